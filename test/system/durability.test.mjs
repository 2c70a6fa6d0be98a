// SPDX-License-Identifier: Apache-2.0
//
// What was acknowledged stays, whatever happens to the process, the disk or the database; what could not be stored is said so, in
// the body of the dialect that asked, and the server goes on.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {exchange, run, startServer} from '../harness/server.mjs';

const users = '/doorward/v1/users';

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

/** A server that ends with the test, however that ends. */
async function started(t, options) {
	const s = await startServer(options);
	t.after(() => s.dispose());
	return s;
}

/** All user ids, page by page. */
async function allUsers(s) {
	const ids = new Set();
	for (let cursor = ''; cursor !== null; ) {
		const {json} = await ok(s.call('GET', `${users}?limit=1000${cursor && `&cursor=${cursor}`}`), 200);
		json.items.forEach((u) => ids.add(u.id));
		cursor = json.next_cursor;
	}
	return ids;
}

/**
 * Writes users on many connections at once until a connection fails. `onAck` is called after each 201. Resolves to the ids
 * that were acknowledged.
 */
async function writeUntilGone(s, connections, onAck) {
	const acknowledged = new Set();
	let next = 0;
	const writer = async () => {
		for (;;) {
			const id = `load-${next++}`;
			let r;
			try {
				r = await exchange(s.url, 'POST', users, {id}, {key: s.key});
			} catch {
				return; // the server is gone
			}
			if (r.status === 201) {
				acknowledged.add(id);
				onAck(acknowledged.size);
			} else {
				assert.equal(r.status, 503, r.text);
			}
		}
	};
	await Promise.all(Array.from({length: connections}, writer));
	return acknowledged;
}

for (const round of [1, 2, 3]) {
	test(`kill -9 under load loses nothing that was acknowledged (${round})`, async (t) => {
		const s = await started(t, {logLevel: 'warn'});
		let killed;
		const acknowledged = await writeUntilGone(s, 16, (n) => {
			if (n >= 100 * round && !killed) {
				killed = s.kill9();
			}
		});
		assert.equal(await killed, 'SIGKILL');
		assert.ok(acknowledged.size >= 100 * round);
		await s.restart();
		const found = await allUsers(s);
		for (const id of acknowledged) {
			assert.ok(found.has(id), `${id} was acknowledged and is gone`);
		}
		// The trail agrees: revisions without gaps, one for each user that is there.
		const {json} = await ok(s.call('GET', '/doorward/v1/organization'), 200);
		assert.equal(json.revision, found.size); // the first one made the owner
		assert.equal(await s.stop(), 0);
	});
}

test('SIGTERM finishes what is in flight, stores nothing unanswered, and exits 0', async (t) => {
	const s = await started(t, {logLevel: 'warn'});
	let code;
	const acknowledged = await writeUntilGone(s, 16, (n) => {
		if (n >= 50 && !code) {
			code = s.end('SIGTERM');
		}
	});
	assert.equal(await code, 0);
	await s.restart();
	const found = await allUsers(s);
	found.delete('owner');
	assert.deepEqual(found, acknowledged);
	assert.equal(await s.stop(), 0);
});

test('state and keys are the same after an orderly restart', async (t) => {
	const s = await started(t);
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'r', actions: ['a:b']}), 201);
	await ok(s.call('POST', users, {id: 'kept', attributes: {x: [1, 2.5, 'é', null, {y: false}]}}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/r/members/kept'), 204);
	const paths = [users, '/doorward/v1/roles', '/doorward/v1/roles/r/members', '/doorward/v1/keys', '/doorward/v1/organization'];
	// The owner's key is used in a minute of its own each time.
	const look = async (path) => JSON.parse((await ok(s.call('GET', path), 200)).text, (name, value) => (name === 'last_used_at' ? null : value));
	const before = [];
	for (const path of paths) {
		before.push(await look(path));
	}
	await s.restart();
	for (const [i, path] of paths.entries()) {
		assert.deepEqual(await look(path), before[i], path);
	}
	const decision = {subject: {type: 'user', id: 'kept'}, action: {name: 'a:b'}, resource: {type: 'x', id: 'y'}};
	assert.deepEqual((await s.call('POST', '/access/v1/evaluation', decision)).json, {decision: true});
	await s.stop();
});

test('a second process on the same store is refused clearly, and the first goes on', async (t) => {
	const s = await started(t);
	const second = await run(['serve', '--store', `sqlite:${join(s.dir, 'doorward.db')}`, '--listen', '127.0.0.1:0']);
	assert.notEqual(second.code, 0);
	assert.match(second.err, /in use by another process/);
	assert.equal(second.out, '');
	await ok(s.call('POST', users, {id: 'still-here'}), 201);
	await s.stop();
});

/** The store cannot take a write now: each dialect says so in its own body, decisions and reading go on. */
async function isUnavailable(s, text) {
	const native = await ok(s.call('POST', users, {id: 'not-stored'}), 503);
	assert.equal(native.headers['content-type'], 'application/problem+json');
	assert.equal(native.json.type, 'urn:doorward:problem:unavailable');
	assert.match(native.json.detail, text);
	assert.ok(native.headers['retry-after']);
	const connhex = await ok(s.call('POST', '/iam/teams', {id: 'not-stored', name: 'x'}), 503);
	assert.match(connhex.headers['content-type'], /^application\/json/);
	assert.ok(connhex.json.message ?? connhex.json.error);
	await ok(s.call('GET', '/healthz'), 200);
	const ask = {subject: {type: 'user', id: 'owner'}, action: {name: 'x:y'}, resource: {type: 'x', id: 'y'}};
	assert.deepEqual((await ok(s.call('POST', '/access/v1/evaluation', ask), 200)).json, {decision: true});
	await ok(s.call('GET', `${users}/not-stored`), 404);
}

test('a locked database answers 503 and is taken up again', async (t) => {
	const python = spawnSync('python3', ['-c', 'import sqlite3']);
	if (python.status !== 0) {
		t.skip('python3 with sqlite3 is needed to hold the lock');
		return;
	}
	const dir = mkdtempSync(join(tmpdir(), 'doorward-locked-'));
	t.after(() => rmSync(dir, {recursive: true}));
	const file = join(dir, 'locked.db');
	const s = await started(t, {store: `sqlite:${file}?busy_timeout_ms=20`});
	await ok(s.call('POST', users, {id: 'before'}), 201);
	const hold = 'import sqlite3,sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute("BEGIN IMMEDIATE"); print("locked", flush=True); sys.stdin.read()';
	const holder = spawn('python3', ['-c', hold, file], {stdio: ['pipe', 'pipe', 'inherit']});
	const gone = new Promise((resolve) => holder.once('close', resolve));
	await new Promise((resolve) => holder.stdout.once('data', resolve));

	await isUnavailable(s, /locked/);
	holder.stdin.end();
	await gone;
	await ok(s.call('POST', users, {id: 'after'}), 201);
	await s.restart();
	assert.deepEqual(await allUsers(s), new Set(['owner', 'before', 'after']));
	await s.stop();
});

test('a full disk answers 503, loses nothing, and is taken up again when there is room', async (t) => {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-full-'));
	const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dir]);
	if (mounted.status !== 0) {
		rmSync(dir, {recursive: true});
		t.skip('a small tmpfs cannot be mounted here (needs root)');
		return;
	}
	t.after(() => {
		spawnSync('umount', ['-l', dir]);
		rmSync(dir, {recursive: true});
	});
	const s = await started(t, {store: `sqlite:${join(dir, 'full.db')}`, logLevel: 'warn'});
	const {bfree, bsize} = statfsSync(dir);
	const filler = join(dir, 'filler');
	writeFileSync(filler, Buffer.alloc((bfree - 64) * bsize));

	const acknowledged = new Set(['owner']);
	const writeUntilFull = async (kind, attributes) => {
		for (let i = 0; ; i++) {
			const r = await s.call('POST', users, {id: `${kind}-${i}`, attributes});
			if (r.status !== 201) {
				assert.equal(r.status, 503, r.text);
				return i;
			}
			acknowledged.add(`${kind}-${i}`);
		}
	};
	assert.ok((await writeUntilFull('large', {text: 'x'.repeat(20000)})) > 0, 'some room was left at first');
	// What a failed write left of the log, and the rest of the disk, would still do for a small one.
	const rest = statfsSync(dir);
	writeFileSync(`${filler}2`, Buffer.alloc(rest.bfree * rest.bsize));
	await writeUntilFull('small', {});
	await isUnavailable(s, /disk is full/);
	assert.deepEqual(await allUsers(s), acknowledged);
	assert.match((await s.call('GET', '/metrics')).text, /^doorward_store_writable 0$/m);

	rmSync(filler);
	rmSync(`${filler}2`);
	await ok(s.call('POST', users, {id: 'room-again'}), 201);
	assert.match((await s.call('GET', '/metrics')).text, /^doorward_store_writable 1$/m);
	acknowledged.add('room-again');
	await s.restart();
	assert.deepEqual(await allUsers(s), acknowledged);
	await s.stop();
});
