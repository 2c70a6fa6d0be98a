// SPDX-License-Identifier: Apache-2.0
//
// Doorward-As-Of: what was answered at a revision is answered as of it, for ever, through two dialects and after a crash; in every
// dialect the header is understood or refused. The seed is printed when it is not ($DOORWARD_SEED repeats a run).
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {portrait, randomOrganization} from '../harness/random-organization.mjs';
import {makeUser, startServer, testClock} from '../harness/server.mjs';

const N_CHANGES = 120;
const seed = Number(process.env.DOORWARD_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = randomOrganization(seed);
const clock = testClock('2026-01-01T00:00:00Z');

const asOf = (moment) => ({headers: {'Doorward-As-Of': String(moment)}});
const revisionOf = (r) => Number(r.headers['doorward-revision']);

let s;
before(async () => {
	s = await startServer({store: 'sqlite', args: ['--log-level', 'error'], env: clock.env});
});
after(() => s.dispose());

async function ok(promise, status = 200) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

/** One second later than before. */
let seconds = 0;
function tick() {
	seconds += 1;
	const now = new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
	clock.set(now);
	return now;
}

test('answers of then are given again, also after a crash', async () => {
	const recorded = new Map(); // revision -> {answers, at}
	let made = 0;
	for (let i = 0; i < N_CHANGES; i++) {
		const at = tick();
		const [method, path, body] = random.change();
		const r = await s.call(method, path, body);
		assert.ok(r.status < 500, `seed ${seed}, change ${i}: ${method} ${path} ${r.text}`);
		if (r.status < 300 && made++ % 2 === 0) {
			recorded.set(revisionOf(r), {answers: await portrait(s), at});
		}
	}
	assert.ok(recorded.size >= 8, `seed ${seed}: too few changes were made`);
	const check = async (revision, what) => {
		const {answers, at} = recorded.get(revision);
		assert.equal(answers.revision, String(revision));
		assert.deepEqual(await portrait(s, asOf(revision)), answers, `seed ${seed}, revision ${revision} ${what}`);
		assert.deepEqual(await portrait(s, asOf(at)), answers, `seed ${seed}, ${at} ${what}`);
	};
	for (const revision of recorded.keys()) {
		await check(revision, 'from the first on');
	}
	for (const revision of [...recorded.keys()].reverse()) {
		await check(revision, 'from the last on');
	}
	await s.kill9();
	await s.restart();
	for (const revision of recorded.keys()) {
		await check(revision, 'after a crash');
	}
});

test('many at once, while others write', async () => {
	const newest = revisionOf(await s.call('GET', '/doorward/v1/users'));
	const path = '/iam/policies';
	const then = new Map();
	for (let r = 1; r <= newest; r += 5) {
		then.set(r, (await ok(s.call('GET', path, undefined, asOf(r)))).text);
	}
	const reads = [...then].flatMap(([r, text]) => [r, r].map(async () => {
		const again = await s.call('GET', path, undefined, asOf(r));
		assert.equal(again.status, 200, again.text);
		assert.equal(again.text, text);
		assert.equal(revisionOf(again), r);
	}));
	const writes = Array.from({length: 20}, () => s.call(...random.change()));
	await Promise.all([...reads, ...writes]);
});

test('a moment that there is not', async () => {
	const newest = revisionOf(await s.call('GET', '/doorward/v1/users'));
	const cases = [
		['0', /revisions are numbers from 1/], ['-1', /number of a revision or an RFC 3339 time/], ['x', /RFC 3339/], ['1.5', /RFC 3339/],
		['99999999999999999999', /numbers from 1/], [String(newest + 1), new RegExp(`the newest is ${newest}`)],
		['2027-01-01T00:00:00Z', /yet to come/], ['2025-12-31T23:59:59Z', /no organization at that time/], ['2026-01-01', /RFC 3339/],
		['0001-01-01T00:00:00Z', /no organization at that time/],
	];
	for (const [moment, says] of cases) {
		const r = await s.call('GET', '/doorward/v1/users', undefined, asOf(moment));
		assert.equal(r.status, 400, `${moment}: ${r.text}`);
		assert.match(r.json.detail, says, moment);
	}
});

// What LangSmith and Aitronos say of a malformed request.
const statusOf = (path) => (/^\/api\/v1\/(workspaces|audit-logs)|^\/v1\/organizations/.test(path) ? 422 : 400);

test('each dialect says it in its own way, and refuses what makes no sense', async () => {
	const reads = [
		['GET', '/doorward/v1/users'], ['GET', '/iam/policies'], ['GET', '/api/v1/workspaces'], ['GET', '/v1/projects'],
		['GET', '/v1/organizations/default/roles'], ['GET', '/api/v1/apps'],
		['POST', '/access/v1/evaluation', {subject: {type: 'user', id: 'u'}, action: {name: 'a'}, resource: {type: 't', id: 'i'}}],
	];
	for (const [method, path, body] of reads) {
		const now = await ok(s.call(method, path, body));
		const then = await ok(s.call(method, path, body, asOf(1)));
		assert.equal(revisionOf(then), 1, path);
		assert.ok(revisionOf(now) > 1, path);
		const wrong = await s.call(method, path, body, asOf('never'));
		assert.equal(wrong.status, statusOf(path), `${path}: ${wrong.text}`);
		assert.match(wrong.text, /Doorward-As-Of/, path);
	}
	const refused = [
		['GET', '/doorward/v1/audit'], ['GET', '/doorward/v1/whoami'], ['GET', '/api/v1/audit-logs'], ['GET', '/v1/organizations/default/audit-log'],
		['GET', '/api/v1/auth/introspect'], ['POST', '/iam/introspect_pairs', {pairs: []}], ['GET', '/.well-known/authzen-configuration'],
		['POST', '/doorward/v1/users', {id: 'nobody'}], ['DELETE', '/doorward/v1/users/u1'], ['POST', '/iam/policies', {}],
	];
	const before = (await s.call('GET', '/doorward/v1/users')).text;
	for (const [method, path, body] of refused) {
		const r = await s.call(method, path, body, asOf(1));
		assert.equal(r.status, statusOf(path), `${path}: ${r.text}`);
		assert.match(r.text, /past state/, path);
	}
	assert.equal((await s.call('GET', '/doorward/v1/users')).text, before);
});

test('who asks is judged in the present', async () => {
	tick();
	const key = await makeUser(s, 'reader');
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'looker', actions: ['doorward:users:list', 'access:evaluate']}), 201);
	const granted = revisionOf(await ok(s.call('PUT', '/doorward/v1/roles/looker/members/reader'), 204));
	const earlier = granted - 2; // neither the role nor its member
	const list = (moment) => s.call('GET', '/doorward/v1/users', undefined, {key, ...asOf(moment)});
	// Not allowed then, but now.
	await ok(list(earlier));
	const there = await ok(list(granted));
	assert.ok(there.json.items.some((u) => u.id === 'reader'));
	const question = {subject: {type: 'user', id: 'reader'}, action: {name: 'doorward:users:list'}, resource: {type: 'doorward', id: 'users'}};
	const decides = async (moment) => (await ok(s.call('POST', '/access/v1/evaluation', question, {key, ...asOf(moment)}))).json.decision;
	assert.equal(await decides(earlier), false);
	assert.equal(await decides(granted), true);
	// Allowed then, but no longer.
	await ok(s.call('DELETE', '/doorward/v1/roles/looker/members/reader'), 204);
	await ok(list(granted), 403);
	await ok(s.call('GET', '/doorward/v1/users', undefined, {key: 'dw_wrong', ...asOf(granted)}), 401);
	await ok(s.call('DELETE', '/doorward/v1/users/reader'), 204);
	await ok(list(granted), 401);
});

test('what counted until a time counts as of before it', async () => {
	tick();
	await ok(s.call('POST', '/doorward/v1/apps', {id: 'crm', display_name: 'CRM'}), 201);
	await ok(s.call('POST', '/doorward/v1/users', {id: 'tom', email: 'tom@x.org'}), 201);
	await ok(s.call('PUT', '/doorward/v1/apps/crm/entitlements/admin', {display_name: 'Admin'}), 201);
	await ok(s.call('PUT', '/doorward/v1/apps/crm/accounts/tom', {user: 'tom'}), 201);
	const until = new Date(Date.UTC(2026, 0, 1, 0, 0, seconds + 60)).toISOString();
	const bound = await s.call('PUT', '/doorward/v1/apps/crm/entitlements/admin/bindings/tom', {expires_at: until});
	assert.ok(bound.status < 300, bound.text);
	const question = {subject: {type: 'user', id: 'tom'}, action: {name: 'use'}, resource: {type: 'app_entitlement', id: 'admin', properties: {app_id: 'crm'}}};
	const decides = async (options) => (await ok(s.call('POST', '/access/v1/evaluation', question, options))).json.decision;
	const during = tick();
	assert.equal(await decides(), true);
	seconds += 100;
	const later = tick();
	assert.equal(await decides(), false);
	assert.equal(await decides(asOf(during)), true);
	assert.equal(await decides(asOf(later)), false);
});
