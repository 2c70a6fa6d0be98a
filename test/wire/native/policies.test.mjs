// SPDX-License-Identifier: Apache-2.0
// Native policies: made, changed, listed and deleted; what is refused; what goes with what they name.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {decide, native} from './support.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
let s;
let call;
before(async () => {
	s = await startServer({store: 'sqlite', env: clock.env});
	call = native(s);
	await makeUser(s, 'alice', {email: 'alice@x.org', attributes: {department: 'sales', level: 3}});
	await makeUser(s, 'bob');
	await call(201, 'POST', 'groups', {id: 'devs', kind: 'team'});
	await call(204, 'PUT', 'groups/devs/members/bob');
	for (const id of ['t1', 't2']) {
		await call(201, 'POST', 'tenants', {id});
	}
});
after(async () => assert.equal(await s.stop(), 0));

const base = {effect: 'allow', subjects: ['user:alice'], actions: ['read'], resources: ['doc/*']};
const drop = (id) => call(204, 'DELETE', `policies/${id}`);

test('a policy as it was sent, and as it is shown', async () => {
	const sent = {
		id: 'full', description: 'All of it', effect: 'deny', subjects: ['user:alice@x.org', 'group:devs', 'role:pdp-client', '*'],
		actions: ['write', 'infra:*'], resources: ['doc/1', 'doc/*', 'doc', 'doc/team:*', '*'], tenants: ['t1'],
		condition: 'resource.properties.status == "archived"', valid_from: '2026-01-01T00:00:00Z', valid_until: '2027-01-01T00:00:00Z',
	};
	const made = await s.call('POST', '/doorward/v1/policies', sent);
	assert.equal(made.status, 201, made.text);
	assert.equal(made.headers.location, '/doorward/v1/policies/full');
	const {created_at: at, updated_at: _u, ...shown} = made.json;
	assert.equal(at, '2026-11-22T10:00:00Z');
	const times = {valid_from: '2026-01-01T00:00:00Z', valid_until: '2027-01-01T00:00:00Z'};
	assert.deepEqual(shown, {...sent, ...times, subjects: ['user:alice', 'group:devs', 'role:pdp-client', '*']}, 'an e-mail address becomes the id');
	assert.deepEqual(await call(200, 'GET', 'policies/full'), made.json);
	assert.deepEqual((await call(200, 'GET', 'policies')).items, [made.json]);
	await call(409, 'POST', 'policies', sent);
	await drop('full');
	await call(404, 'GET', 'policies/full');
});

test('left out: everywhere, always, on no condition', async () => {
	const p = await call(201, 'POST', 'policies', {id: 'short', ...base});
	assert.deepEqual([p.description, p.tenants, p.condition, p.valid_from, p.valid_until], [null, null, null, null, null]);
	await drop('short');
});

test('PUT makes and replaces, PATCH changes what it names', async () => {
	const put = await s.call('PUT', '/doorward/v1/policies/p', {...base, condition: 'true'});
	assert.equal(put.status, 201, put.text);
	assert.equal((await call(200, 'PUT', 'policies/p', {id: 'p', ...base})).condition, null, 'all of it is replaced');
	assert.equal((await call(200, 'PATCH', 'policies/p', {description: 'read'})).description, 'read');
	const narrowed = await call(200, 'PATCH', 'policies/p', {tenants: ['t1'], condition: 'false'});
	assert.deepEqual([narrowed.description, narrowed.tenants, narrowed.condition], ['read', ['t1'], 'false']);
	const widened = await call(200, 'PATCH', 'policies/p', {tenants: null, condition: null});
	assert.deepEqual([widened.tenants, widened.condition], [null, null]);
	await call(400, 'PATCH', 'policies/p', {id: 'q'});
	await call(400, 'PUT', 'policies/p', {...base, id: 'q'});
	await drop('p');
});

test('lists come in pages', async () => {
	for (const id of ['a', 'b', 'c']) {
		await call(201, 'POST', 'policies', {id, ...base});
	}
	const first = await call(200, 'GET', 'policies?limit=2');
	assert.deepEqual(first.items.map((p) => p.id), ['a', 'b']);
	const rest = await call(200, 'GET', `policies?limit=2&cursor=${first.next_cursor}`);
	assert.deepEqual([rest.items.map((p) => p.id), rest.next_cursor], [['c'], null]);
	for (const id of ['a', 'b', 'c']) {
		await drop(id);
	}
});

test('what is refused, and that it changes nothing', async () => {
	const rows = [
		[{effect: undefined}, /effect is required/],
		[{effect: 'permit'}, /effect must be "allow" or "deny"/],
		[{effect: null}, /effect must be/],
		[{subjects: ['alice']}, /subjects: "alice" is none of/],
		[{subjects: ['user:']}, /is none of/],
		[{subjects: ['user:nobody']}, /"user:nobody" is not in the directory/],
		[{subjects: ['group:alice']}, /is not in the directory/],
		[{subjects: 'user:alice'}, /subjects" must be an array/],
		[{subjects: Array.from({length: 1001}, (_, i) => `user:${i}`)}, /more than 1000/],
		[{actions: []}, /actions must name at least one/],
		[{actions: ['re*d']}, /"re\*d" is not the name of an action/],
		[{actions: ['']}, /is not the name/],
		[{resources: []}, /resources must name at least one/],
		[{resources: ['*/x']}, /is none of TYPE/],
		[{resources: ['doc/a*']}, /is none of TYPE/],
		[{resources: ['doc/${a2:username}']}, /is none of TYPE/],
		[{tenants: []}, /tenants must be null/],
		[{tenants: ['nowhere']}, /"nowhere" is no tenant/],
		[{valid_from: '2026-02-01T00:00:00Z', valid_until: '2026-02-01T00:00:00Z'}, /valid_until must be later/],
		[{valid_until: '1970-01-01T00:00:00Z'}, /later than 1970/],
		[{valid_until: 'soon'}, /RFC 3339/],
		[{condition: ''}, /condition: line 1, column 1: /],
		[{condition: 'true &&\n  subject.propertis.x'}, /condition: line 2, column 10: undefined field 'propertis'/],
		[{condition: 'user.x'}, /line 1, column 1: undeclared reference to 'user'/],
		[{condition: '1 + 1'}, /expected type 'bool' but found 'int'/],
		[{condition: '"'}, /condition: line 1/],
		[{condition: `"${'x'.repeat(10000)}" == ""`}, /longer than 10000 bytes/],
		[{condition: 7}, /condition" must be a string/],
		[{description: 'x'.repeat(5000)}, /description is longer/],
		[{id: '../x'}, /id must be/],
		[{id: undefined}, /id is required/],
	];
	for (const [change, why] of rows) {
		const r = await s.call('POST', '/doorward/v1/policies', {id: 'bad', ...base, ...change});
		assert.equal(r.status, 400, JSON.stringify(change));
		assert.match(r.json.detail, why);
		assert.equal(r.headers['content-type'], 'application/problem+json');
	}
	assert.deepEqual((await call(200, 'GET', 'policies')).items, []);
});

test('who may: doorward:policies:*', async () => {
	const {json} = await s.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'bob'}, name: 'bob'});
	const as_bob = native(s, json.key);
	await as_bob(403, 'GET', 'policies');
	await as_bob(403, 'POST', 'policies', {id: 'mine', ...base});
	await call(201, 'POST', 'roles', {id: 'policy-reader', actions: ['doorward:policies:list', 'doorward:policies:get']});
	await call(204, 'PUT', 'roles/policy-reader/members/user:bob');
	await as_bob(200, 'GET', 'policies');
	await as_bob(403, 'PUT', 'policies/mine', base);
	/* A policy can give permissions of Doorward itself, too. */
	await call(201, 'POST', 'policies', {id: 'writer', effect: 'allow', subjects: ['user:bob'], actions: ['doorward:policies:*'], resources: ['*'], condition: 'subject.id == "bob" && action.name.endsWith(":update")'});
	await as_bob(201, 'PUT', 'policies/mine', base);
	await as_bob(403, 'DELETE', 'policies/mine');
	await drop('mine');
	await drop('writer');
	await call(204, 'DELETE', 'roles/policy-reader');
});

test('decisions: subjects, resources, tenants, time', async () => {
	await call(201, 'POST', 'policies', {id: 'g', effect: 'allow', subjects: ['group:devs'], actions: ['open'], resources: ['doc/team:*'], tenants: ['t1'], valid_until: '2026-12-01T00:00:00Z'});
	const doc = (id, tenant) => ({type: 'doc', id, properties: {tenant}});
	assert.equal(await decide(s, 'bob', 'open', doc('team:1', 't1')), true);
	assert.equal(await decide(s, 'bob', 'open', doc('1', 't1')), false);
	assert.equal(await decide(s, 'bob', 'open', doc('team:1', 't2')), false);
	assert.equal(await decide(s, 'alice', 'open', doc('team:1', 't1')), false);
	clock.set('2026-12-01T00:00:00Z');
	assert.equal(await decide(s, 'bob', 'open', doc('team:1', 't1')), false);
	clock.set('2026-11-22T10:00:00Z');
	await drop('g');
});

test('conditions: what is known, what is sent, and a deny that cannot tell', async () => {
	await call(201, 'POST', 'policies', {id: 'c', effect: 'allow', subjects: ['*'], actions: ['buy'], resources: ['doc/*'], condition: 'subject.properties.level >= 3 && context.amount < 100 && now < timestamp("2027-01-01T00:00:00Z")'});
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 10}), true);
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 100}), false);
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1'), false, 'no amount');
	assert.equal(await decide(s, 'bob', 'buy', 'doc/1', {amount: 10}), false, 'no level');
	assert.equal(await decide(s, {type: 'user', id: 'bob', properties: {level: 4}}, 'buy', 'doc/1', {amount: 10}), true, 'the asker vouches');
	await call(201, 'POST', 'policies', {id: 'd', effect: 'deny', subjects: ['*'], actions: ['buy'], resources: ['doc/*'], condition: 'context.blocked'});
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 10, blocked: false}), true);
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 10, blocked: true}), false);
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 10}), false, 'unknown denies');
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 10, blocked: 'no'}), false, 'so does what is no bool');
	await call(200, 'PATCH', 'policies/d', {condition: 'has(context.blocked) && context.blocked == true'});
	assert.equal(await decide(s, 'alice', 'buy', 'doc/1', {amount: 10}), true);
	await drop('c');
	await drop('d');
});

test('they are there after a restart', async () => {
	await call(201, 'POST', 'policies', {id: 'kept', ...base, condition: 'subject.properties.department == "sales"'});
	await s.restart();
	assert.equal(await decide(s, 'alice', 'read', 'doc/1'), true);
	await drop('kept');
	assert.equal(await decide(s, 'alice', 'read', 'doc/1'), false);
});

test('subjects and tenants that go are taken out; a deny that says less is told', async () => {
	await makeUser(s, 'gone');
	await call(201, 'POST', 'groups', {id: 'gone', kind: 'team'});
	await call(201, 'POST', 'roles', {id: 'gone'});
	await call(201, 'POST', 'services', {id: 'gone'});
	await call(201, 'POST', 'tenants', {id: 'gone'});
	await call(201, 'POST', 'policies', {id: 'one', ...base, effect: 'deny', subjects: ['user:gone', 'user:alice'], tenants: ['gone', 't1']});
	await call(201, 'POST', 'policies', {id: 'all', ...base, subjects: ['user:gone', 'group:gone', 'role:gone', 'service:gone']});
	await call(201, 'POST', 'policies', {id: 'only', ...base, tenants: ['gone']});
	const r = await s.call('DELETE', '/doorward/v1/users/gone');
	assert.equal(r.status, 204);
	assert.match(r.headers['doorward-warning'], /access may have widened/);
	assert.deepEqual((await call(200, 'GET', 'policies/one')).subjects, ['user:alice']);
	for (const [noun, left] of [['groups', ['role:gone', 'service:gone']], ['roles', ['service:gone']], ['services', []]]) {
		await call(204, 'DELETE', `${noun}/gone`);
		assert.deepEqual((await call(200, 'GET', 'policies/all')).subjects, left);
	}
	await call(200, 'PATCH', 'policies/all', {description: 'about nobody'});
	await call(204, 'DELETE', 'tenants/gone');
	assert.deepEqual((await call(200, 'GET', 'policies/one')).tenants, ['t1']);
	await call(404, 'GET', 'policies/only');
	await drop('all');
	const patched = await s.call('PATCH', '/doorward/v1/policies/one', {effect: 'allow'});
	assert.match(patched.headers['doorward-warning'], /access may have widened/);
	assert.equal((await s.call('PATCH', '/doorward/v1/policies/one', {description: 'x'})).headers['doorward-warning'], undefined);
	await call(200, 'PATCH', 'policies/one', {effect: 'deny'});
	assert.match((await s.call('DELETE', '/doorward/v1/policies/one')).headers['doorward-warning'], /access may have widened/);
});

/* A policy may name the tenant, a role of it and the service of a key bound to it: all of them go at once. */
test('a tenant goes with its roles and keys', async () => {
	await call(201, 'POST', 'tenants', {id: 'p1'});
	const role = (await s.call('POST', '/v1/projects/p1/roles', {name: 'reader', policyIds: []})).json.data.role.id;
	const before = new Set((await call(200, 'GET', 'services')).items.map((i) => i.id));
	const key = await s.call('POST', '/v1/projects/p1/api-keys', {name: 'k'});
	assert.equal(key.status, 200, key.text);
	const [service] = (await call(200, 'GET', 'services')).items.map((i) => i.id).filter((id) => !before.has(id));
	assert.ok(service);
	const subjects = [`role:${role}`, `service:${service}`];
	await call(201, 'POST', 'policies', {id: 'both', ...base, subjects: ['user:alice', ...subjects], tenants: ['t1', 'p1']});
	await call(201, 'POST', 'policies', {id: 'theirs', ...base, subjects});
	await call(201, 'POST', 'policies', {id: 'there', ...base, subjects, tenants: ['p1']});
	await call(204, 'DELETE', 'tenants/p1');
	await call(404, 'GET', `services/${service}`);
	const both = await call(200, 'GET', 'policies/both');
	assert.deepEqual([both.subjects, both.tenants], [['user:alice'], ['t1']]);
	assert.deepEqual((await call(200, 'GET', 'policies/theirs')).subjects, []);
	await call(404, 'GET', 'policies/there');
	await drop('both');
	await drop('theirs');
});

test('the audit trail names the policy', async () => {
	await call(201, 'POST', 'policies', {id: 'audited', ...base});
	const {items} = await call(200, 'GET', 'audit?limit=1');
	assert.match(JSON.stringify(items[0]), /policies:audited/);
	await drop('audited');
});
