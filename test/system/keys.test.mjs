// SPDX-License-Identifier: Apache-2.0
//
// API keys: made once, shown once, bound, expiring by the test clock, revoked at once, and never a way up.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer, testClock} from '../harness/server.mjs';

const clock = testClock('2026-01-01T00:00:00Z');
const setTime = clock.set;
let s;

before(async () => {
	s = await startServer({env: clock.env});
});
after(() => s.stop());

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

const keys = '/doorward/v1/keys';
const order = (body, key) => s.call('POST', keys, body, {key});
const whoami = (key) => s.call('GET', '/doorward/v1/whoami', undefined, {key});
const idOf = (key) => key.split('_')[1];
const user = (id) => ({type: 'user', id});

/** A user whose role allows these actions, org-wide; resolves to her key. */
async function holder(id, actions) {
	const key = await makeUser(s, id);
	await ok(s.call('POST', '/doorward/v1/roles', {id: `role-of-${id}`, actions}), 201);
	await ok(s.call('PUT', `/doorward/v1/roles/role-of-${id}/members/${id}`), 204);
	return key;
}

test('a key is shown once, with what can be known of it later', async () => {
	await ok(s.call('POST', '/doorward/v1/users', {id: 'alice', email: 'alice@x.org'}), 201);
	const made = await ok(order({principal: user('alice@x.org'), name: 'laptop'}), 201);
	const {key, ...rest} = made.json;
	assert.match(key, /^dw_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}$/);
	assert.equal(made.headers.location, `${keys}/${rest.id}`);
	assert.equal(made.headers['cache-control'], 'no-store');
	assert.deepEqual(rest, {
		id: idOf(key),
		name: 'laptop',
		hint: key.slice(-6),
		principal: {type: 'user', id: 'alice'},
		tenants: null,
		created_at: '2026-01-01T00:00:00Z',
		created_by: 'user:owner',
		expires_at: null,
		revoked: false,
		last_used_at: null,
		inactive: false,
	});
	assert.equal((await ok(whoami(key), 200)).json.actor, 'user:alice');
	const shown = await ok(s.call('GET', `${keys}/${rest.id}`), 200);
	const used = {...rest, last_used_at: '2026-01-01T00:00:00Z'};
	assert.deepEqual(shown.json, used);
	const listed = await ok(s.call('GET', `${keys}?principal=alice`), 200);
	assert.deepEqual(listed.json.items, [used]);
	assert.ok((await ok(s.call('GET', keys), 200)).json.items.length >= 2);
});

test('every header by which a key may come', async () => {
	const key = await makeKey(s, user('alice'));
	for (const headers of [{Authorization: `bearer ${key}`}, {'X-API-Key': key}, {authorization: `Bearer  ${key} `}]) {
		await ok(s.call('GET', '/doorward/v1/whoami', undefined, {key: null, headers}), 200);
	}
	await ok(s.call('GET', '/doorward/v1/whoami', undefined, {key: null, headers: {Authorization: `Basic ${key}`}}), 401);
});

test('what no key is cannot be told apart', async () => {
	const key = await makeKey(s, user('alice'));
	const flip = (text, i) => text.slice(0, i) + (text[i] === 'a' ? 'b' : 'a') + text.slice(i + 1);
	const texts = new Set();
	for (const wrong of [flip(key, 5), flip(key, 20), flip(key, key.length - 1), key.slice(0, -1), `${key}a`, 'dw_', 'x']) {
		const r = await ok(whoami(wrong), 401);
		texts.add(r.json.detail);
	}
	assert.equal(texts.size, 1);
});

test('no secret is stored: neither in the database nor in the log', async () => {
	const key = await makeKey(s, user('alice'));
	const secret = key.split('_')[2];
	await ok(whoami(key), 200);
	const files = readdirSync(s.dir).filter((name) => name.startsWith('doorward.db'));
	assert.ok(files.length > 0);
	for (const name of files) {
		const bytes = readFileSync(join(s.dir, name));
		assert.equal(bytes.includes(secret), false, name);
		assert.equal(bytes.includes(s.key.split('_')[2]), false, name);
	}
	await s.restart();
	await ok(whoami(key), 200);
	assert.equal(s.logs().includes(secret), false);
	assert.equal(s.logs().includes(s.key.split('_')[2]), false);
});

test('an expired key is no key, from its very millisecond', async () => {
	setTime('2026-01-01T00:00:00Z');
	const key = await makeKey(s, user('alice'), {expires_at: '2026-02-01T00:00:00.500+00:00'});
	setTime('2026-02-01T00:00:00.499Z');
	await ok(whoami(key), 200);
	setTime('2026-02-01T00:00:00.500Z');
	await ok(whoami(key), 401);
	const later = await ok(s.call('PATCH', `${keys}/${idOf(key)}`, {expires_at: '2026-03-01T00:00:00Z', name: 'longer'}), 200);
	assert.equal(later.json.name, 'longer');
	await ok(whoami(key), 200);
	await ok(s.call('PATCH', `${keys}/${idOf(key)}`, {expires_at: '2026-01-15T00:00:00Z'}), 400);
	await ok(s.call('PATCH', `${keys}/${idOf(key)}`, {expires_at: null}), 200);
	setTime('2030-01-01T00:00:00Z');
	await ok(whoami(key), 200);
	await ok(order({principal: user('alice'), expires_at: '2029-12-31T23:59:59Z'}), 400);
});

test('a revoked key stops at once and for good, and stays on record', async () => {
	const key = await makeKey(s, user('alice'));
	await ok(whoami(key), 200);
	await ok(s.call('DELETE', `${keys}/${idOf(key)}`), 204);
	await ok(whoami(key), 401);
	await ok(s.call('DELETE', `${keys}/${idOf(key)}`), 204);
	const shown = await ok(s.call('GET', `${keys}/${idOf(key)}`), 200);
	assert.equal(shown.json.revoked, true);
	await ok(s.call('PATCH', `${keys}/${idOf(key)}`, {name: 'back'}), 409);
	await s.restart();
	await ok(whoami(key), 401);
	await ok(s.call('DELETE', `${keys}/AAAABBBBCCCC`), 404);
});

test('the keys of who is deleted are gone, and do not come back with the id', async () => {
	const key = await makeUser(s, 'gone');
	await ok(s.call('DELETE', '/doorward/v1/users/gone'), 204);
	await ok(whoami(key), 401);
	await ok(s.call('POST', '/doorward/v1/users', {id: 'gone'}), 201);
	await ok(whoami(key), 401);
});

test('what is wrong with an order is said', async () => {
	for (const [body, detail] of [
		[{}, /principal/],
		[{principal: 'alice'}, /principal/],
		[{principal: {type: 'user'}}, /principal/],
		[{principal: {type: 'group', id: 'admins'}}, /principal\.type/],
		[{principal: user('nobody-there')}, /nobody-there/],
		[{principal: user('alice'), name: 5}, /name/],
		[{principal: user('alice'), tenants: []}, /tenants/],
		[{principal: user('alice'), tenants: 't1'}, /tenants/],
		[{principal: user('alice'), tenants: ['nowhere']}, /nowhere/],
		[{principal: user('alice'), expires_at: 'tomorrow'}, /expires_at/],
		[{principal: user('alice'), expires_at: 5}, /expires_at/],
	]) {
		const r = await ok(order(body), 400);
		assert.match(r.json.detail, detail);
	}
});

test('everybody makes, sees and revokes their own keys, and nobody else’s', async () => {
	const key = await makeUser(s, 'selfy');
	const second = (await ok(order({principal: user('selfy'), name: 'second'}, key), 201)).json;
	assert.equal(second.created_by, 'user:selfy');
	const owners = idOf(s.key);
	const listed = (await ok(s.call('GET', keys, undefined, {key}), 200)).json.items;
	assert.deepEqual(new Set(listed.map((k) => k.principal.id)), new Set(['selfy']));
	await ok(s.call('GET', `${keys}/${second.id}`, undefined, {key}), 200);
	await ok(s.call('GET', `${keys}/${owners}`, undefined, {key}), 403);
	await ok(s.call('DELETE', `${keys}/${owners}`, undefined, {key}), 403);
	await ok(s.call('PATCH', `${keys}/${second.id}`, {name: 'x'}, {key}), 403);
	await ok(order({principal: user('alice')}, key), 403);
	await ok(order({principal: user('owner')}, key), 403);
	await ok(s.call('DELETE', `${keys}/${second.id}`, undefined, {key}), 204);
	await ok(whoami(second.key), 401);
});

test('a key made with a key reaches no further', async () => {
	for (const id of ['kt1', 'kt2']) {
		await ok(s.call('POST', '/doorward/v1/tenants', {id}), 201);
	}
	const self = user('alice');
	const bound = await makeKey(s, self, {tenants: ['kt1']});
	await ok(order({principal: self}, bound), 403);
	await ok(order({principal: self, tenants: ['kt2']}, bound), 403);
	await ok(order({principal: self, tenants: ['kt1', 'kt2']}, bound), 403);
	await ok(order({principal: self, tenants: ['kt1']}, bound), 201);

	setTime('2031-01-01T00:00:00Z');
	const short = await makeKey(s, self, {expires_at: '2031-02-01T00:00:00Z'});
	await ok(order({principal: self}, short), 403);
	await ok(order({principal: self, expires_at: '2031-02-01T00:00:01Z'}, short), 403);
	await ok(order({principal: self, expires_at: '2031-02-01T00:00:00Z'}, short), 201);
});

test('a bound key of the owner does not administer the organization', async () => {
	const bound = await makeKey(s, user('owner'), {tenants: ['kt1']});
	await ok(s.call('POST', '/doorward/v1/users', {id: 'sneaked'}, {key: bound}), 403);
	await ok(order({principal: user('alice')}, bound), 403);
	await ok(s.call('PUT', '/doorward/v1/resources/thing/k1', {tenant: 'kt1'}, {key: bound}), 201);
	await ok(s.call('PUT', '/doorward/v1/resources/thing/k2', {tenant: 'kt2'}, {key: bound}), 403);
});

test('keys for others need the permission, and never lead to who administers access', async () => {
	const desk = await holder('desk', ['doorward:keys:*']);
	await ok(order({principal: user('alice')}, desk), 201);
	const up = await ok(order({principal: user('owner')}, desk), 403);
	assert.match(up.json.detail, /administers/);
	await holder('policy-writer', ['iam:policies:create']);
	await ok(order({principal: user('policy-writer')}, desk), 403);

	await makeUser(s, 'narrow');
	await ok(
		s.call('POST', '/iam/policies', {
			id: 'keys-of-alice',
			name: 'keys of alice',
			members: ['user:local:narrow'],
			statements: [{effect: 'ALLOW', actions: ['doorward:keys:create'], resources: ['doorward:keys:user:alice'], tenants: ['*']}],
		}),
		200,
	);
	const narrow = await makeKey(s, user('narrow'));
	await ok(order({principal: user('alice')}, narrow), 201);
	await ok(order({principal: user('desk')}, narrow), 403);
	await ok(order({principal: user('owner')}, narrow), 403);
});
