// SPDX-License-Identifier: Apache-2.0
//
// A server and the library on the same store, which the server changes at random: after every few changes the library catches up, and
// whatever can be asked of the one has the same answer of the other. The same of an export, which stays as it was. The seed is printed
// when they differ ($DOORWARD_SEED repeats a run).
import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {randomOrganization} from '../harness/random-organization.mjs';
import {startServer} from '../harness/server.mjs';

const {LIBDOORWARD_PEER: peerProgram, EXPORT_STORE: exportProgram} = process.env;
const seed = Number(process.env.DOORWARD_SEED ?? Math.floor(Math.random() * 2 ** 31));
const N_ROUNDS = 40;
const CHANGES_A_ROUND = 8;

/** The library in a process of its own: `tell` sends lines, and resolves to as many answers. */
class Peer {
	constructor(args) {
		this.child = spawn(peerProgram, args, {stdio: ['pipe', 'pipe', 'inherit']});
		this.waiting = [];
		createInterface({input: this.child.stdout}).on('line', (line) => this.waiting.shift()(line));
		this.exited = new Promise((resolve) => this.child.once('close', resolve));
	}

	tell(lines) {
		const answers = lines.map(() => new Promise((resolve) => this.waiting.push(resolve)));
		this.child.stdin.write(lines.map((line) => `${line}\n`).join(''));
		return Promise.all(answers);
	}

	async end() {
		this.child.stdin.end();
		assert.equal(await this.exited, 0);
	}
}

const users = ['u1', 'u2', 'u3', 'u4'];
const actions = ['infra:nodes:get', 'infra:nodes:delete', 'infra:nodes:list', 'iam:policies:get', 'read', 'open'];
const evaluations = [];
for (const id of users)
	for (const name of actions)
		for (const [type, node] of [['infra:nodes', 'n1'], ['infra:nodes', 'u1'], ['record', 'r1']])
			for (const properties of [undefined, {tenants: ['t1', 't2', 't3', '(unassigned)', 'unknown']}, {status: 'archived'}])
				evaluations.push({
					subject: {type: 'user', id}, action: {name}, resource: {type, id: node, properties}, context: {level: 3},
				});

const searches = [];
for (const action of ['infra:nodes:get', 'read']) {
	searches.push({part: 'subject', action, type: 'infra:nodes', id: 'n1'});
	searches.push(...users.map((user) => ({part: 'resource', user, action, type: 'infra:nodes'})));
}
searches.push(...users.map((user) => ({part: 'action', user, type: 'infra:nodes', id: 'n1'})));

/** Conditions and times, which the organization of the harness has none of. */
const conditions = [
	'resource.properties.status == "archived"', 'context.level > 2', 'subject.id == "u1" || subject.groups.exists(g, g == "g1")', 'context.none',
];
function policyChange(random) {
	const id = random.pick(['a1', 'a2', 'a3', 'a4']);
	const body = {
		id, effect: random.pick(['allow', 'allow', 'deny']), subjects: [random.pick(['*', 'user:u1', 'user:u2'])],
		actions: [random.pick(['read', 'open', 'infra:nodes:get'])], resources: [random.pick(['*', 'record/*', 'infra:nodes/n1'])],
		condition: random.below(2) ? random.pick(conditions) : null,
		valid_until: random.below(3) ? null : '2001-01-01T00:00:00Z',
	};
	return random.pick([['POST', '/doorward/v1/policies', body], ['PUT', `/doorward/v1/policies/${id}`, body], ['DELETE', `/doorward/v1/policies/${id}`]]);
}

async function askServer(s) {
	const r = await s.call('POST', '/access/v1/evaluations', {evaluations});
	assert.equal(r.status, 200, r.text);
	return r.json.evaluations.map((e) => [e.decision ? '1' : '0', ...(e.context?.tenants ?? [])].join(' '));
}

const askPeer = (peer) => peer.tell(evaluations.map((e) => `ask ${Date.now()} ${JSON.stringify(e)}`));

async function searchServer(s) {
	const found = [];
	for (const {part, user, action, type, id} of searches) {
		const r = await s.call('POST', `/access/v1/search/${part}`, {
			subject: {type: 'user', id: user}, action: action && {name: action}, resource: {type, id}, page: {limit: 1000},
		});
		assert.equal(r.status, 200, r.text);
		found.push(r.json.results.map((result) => result.id ?? result.name).join(' ') + (r.json.page.next_token ? ' …' : ''));
	}
	return found;
}

const searchPeer = (peer) =>
	peer.tell(searches.map(({part, user = '-', action = '-', type, id = '-'}) => `find ${part} ${Date.now()} user ${user} ${action} ${type} ${id}`));

let s;
let file;
before(async () => {
	s = await startServer({store: 'sqlite', org: 'acme', args: ['--log-level', 'error']});
	file = join(s.dir, 'doorward.db');
	for (const id of users)
		assert.equal((await s.call('POST', '/doorward/v1/users', {id})).status, 201);
});
after(() => s.dispose());

test('the library decides and finds what the server does, at every revision', async () => {
	const random = randomOrganization(seed);
	const store = new Peer(['store', file, 'acme']);
	let allowed = 0;
	let found = 0;
	let accepted = 0;
	for (let round = 0; round < N_ROUNDS; round++) {
		for (let i = 0; i < CHANGES_A_ROUND; i++) {
			const [method, path, body] = random.below(4) ? random.change() : policyChange(random);
			const r = await s.call(method, path, body);
			assert.ok(r.status < 500, `seed ${seed}: ${method} ${path} ${r.text}`);
			accepted += r.status < 300 ? 1 : 0;
		}
		const [revision] = await store.tell(['refresh']);
		const now = await s.call('GET', '/doorward/v1/users');
		assert.equal(revision, now.headers['doorward-revision'], `seed ${seed}, round ${round}`);
		const want = await askServer(s);
		assert.deepEqual(await askPeer(store), want, `seed ${seed}, round ${round}`);
		allowed += want.filter((answer) => answer[0] === '1').length;
		if (round % 8 === 7) {
			const results = await searchServer(s);
			assert.deepEqual(await searchPeer(store), results, `seed ${seed}, round ${round}`);
			found += results.filter((line) => line).length;
		}
	}
	assert.ok(accepted > N_ROUNDS, `seed ${seed}: ${accepted} changes`);
	assert.ok(allowed > 0 && allowed < N_ROUNDS * evaluations.length, `seed ${seed}: ${allowed} allowed`);
	assert.ok(found > 0, `seed ${seed}: nothing is found`);
	/* Opened now, by whoever has seen nothing of the way. */
	const late = new Peer(['store', file, 'acme']);
	assert.deepEqual(await askPeer(late), await askServer(s), `seed ${seed}`);
	await late.end();
	await store.end();
});

test('an export decides as its server did', async () => {
	const path = join(s.dir, 'export.json');
	writeFileSync(path, execFileSync(exportProgram, [file, 'acme']));
	const want = await askServer(s);
	const results = await searchServer(s);
	const peer = new Peer(['export', path]);
	assert.deepEqual(await askPeer(peer), want, `seed ${seed}`);
	assert.deepEqual(await searchPeer(peer), results, `seed ${seed}`);
	const policy = {id: 'later', effect: 'deny', subjects: ['*'], actions: ['*'], resources: ['record/*'], tenants: null, condition: null, valid_from: null, valid_until: null};
	assert.equal((await s.call('POST', '/doorward/v1/policies', policy)).status, 201);
	assert.deepEqual(await askPeer(peer), want, `seed ${seed}`);
	await peer.end();
});

test('a store of a server that is down, or was killed, is opened as well', async () => {
	const want = await askServer(s);
	await s.kill9();
	const peer = new Peer(['store', file, 'acme']);
	assert.deepEqual(await askPeer(peer), want);
	await s.restart();
	assert.equal((await s.call('DELETE', '/doorward/v1/policies/later')).status, 204);
	await peer.tell(['refresh']);
	assert.deepEqual(await askPeer(peer), await askServer(s));
	await peer.end();
});

test('what cannot be opened is told', () => {
	for (const [args, text] of [
		[['store', join(s.dir, 'none.db'), 'acme'], /none\.db/],
		[['store', file, 'other'], /no organization "other"/],
		[['export', file], /no archive/],
	]) {
		const {status, stderr} = spawnSync(peerProgram, args, {encoding: 'utf8'});
		assert.equal(status, 1);
		assert.match(stderr, text);
	}
});
