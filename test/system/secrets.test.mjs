// SPDX-License-Identifier: Apache-2.0
//
// The secret key file: made with an empty store, needed from then on, changed; and nothing secret is left in the database.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {run, startServer} from '../harness/server.mjs';

const KEY = 'ab'.repeat(32);

/** A server that ends with the test. */
async function started(t) {
	const s = await startServer();
	t.after(() => s.dispose());
	return s;
}

const jwks = async (s) => (await s.call('GET', '/auth/v1/jwks')).json.keys[0].x;

/** Every byte of the database and what lies beside it. */
const bytesOf = (s) => readdirSync(s.dir).filter((name) => name.startsWith('doorward.db')).map((name) => readFileSync(join(s.dir, name), 'latin1')).join('');

/** The secrets that stand in the database, in order: 43 characters when open, more when sealed. */
const stored = (s) => [...bytesOf(s).matchAll(/(?:key_pepper|signing_key|token_key)(sealed\.[\w-]+\.[\w-]+|[\w-]{43})/g)].map((m) => m[1]);

/** A start on the store of a server that was ended: it must fail, and say why. */
async function refused(s, args, text) {
	const before = bytesOf(s);
	const r = await run(['serve', '--store', `sqlite:${join(s.dir, 'doorward.db')}`, '--listen', '127.0.0.1:0', ...args]);
	assert.equal(r.code, 2, r.err);
	assert.match(r.err, text);
	assert.equal(bytesOf(s), before);
}

test('an existing installation is sealed, and nothing of its secrets is left', async (t) => {
	const s = await started(t);
	const x = await jwks(s);
	const file = join(s.dir, 'secret');
	await s.end('SIGTERM');
	const open = stored(s);
	assert.equal(open.length, 3);
	await refused(s, ['--secret-key-file', file], /there is no secret key file/);
	writeFileSync(file, KEY, {mode: 0o600});
	await s.restart({args: ['--secret-key-file', file]});
	assert.equal(await jwks(s), x);
	assert.equal((await s.call('GET', '/doorward/v1/whoami')).status, 200);
	await s.end('SIGTERM');
	for (const secret of open) {
		assert.ok(!bytesOf(s).includes(secret));
	}
	assert.ok(stored(s).every((secret) => secret.startsWith('sealed.')));
	await refused(s, [], /sealed, and no secret key was given/);
	writeFileSync(join(s.dir, 'other'), 'cd'.repeat(32));
	await refused(s, ['--secret-key-file', join(s.dir, 'other')], /another secret key/);
	await s.restart();
	assert.equal(await jwks(s), x);
});

test('a key file is made with an empty store, and changed', async (t) => {
	const s = await started(t);
	await s.end('SIGTERM');
	readdirSync(s.dir).filter((name) => name.startsWith('doorward.db')).forEach((name) => rmSync(join(s.dir, name)));
	const file = join(s.dir, 'secret');
	const next = join(s.dir, 'next');
	await s.restart({args: ['--secret-key-file', file]});
	assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.match(readFileSync(file, 'utf8'), /^[0-9a-f]{64}\n$/);
	const x = await jwks(s);
	// base64url, with white space around it.
	writeFileSync(next, ` ${Buffer.from(KEY, 'hex').toString('base64url')}\n\n`, {mode: 0o600});
	await s.end('SIGTERM');
	await refused(s, ['--secret-key-file', next], /another secret key/);
	await s.restart({args: ['--secret-key-file', next, '--old-secret-key-file', file]});
	assert.equal(await jwks(s), x);
	await s.end('SIGTERM');
	assert.match(s.logs(), /are sealed with secret key \S+ from now on/);
	assert.doesNotMatch(s.logs(), new RegExp(KEY));
	await refused(s, ['--secret-key-file', file], /another secret key/);
	rmSync(file);
	await s.restart({args: [], env: {DOORWARD_SECRET_KEY_FILE: next}});
	assert.equal(await jwks(s), x);
});

test('key files that are none, and options that do not go together', async (t) => {
	const s = await started(t);
	await s.end('SIGTERM');
	const file = join(s.dir, 'secret');
	for (const text of ['', 'ab'.repeat(31), 'ab'.repeat(33), 'zz'.repeat(32), 'x'.repeat(10000)]) {
		writeFileSync(file, text);
		await refused(s, ['--secret-key-file', file], /must hold 32 bytes/);
	}
	await refused(s, ['--secret-key-file', s.dir], /cannot read/);
	await refused(s, ['--old-secret-key-file', file], /needs --secret-key-file/);
	await refused(s, ['--secret-key-file', file, '--old-secret-key-file', join(s.dir, 'missing')], /must hold|no secret key file/);
});
