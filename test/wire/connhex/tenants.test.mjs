// SPDX-License-Identifier: Apache-2.0
// Tenants: their policies, what is visible where, the filter headers, and what their end takes with it.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../../harness/server.mjs';
import {anyStatement, decide, expectError, makeMember, makeTenant, ok} from './support.mjs';

let s;
before(async () => {
	s = await startServer({store: 'sqlite'});
});
after(async () => assert.equal(await s.stop(), 0));

const ids = (list) => list.map((x) => x.id);

test('a tenant brings three policies, or none', async () => {
	const before = (await ok(s, 'GET', '/iam/policies')).policies.length;
	const made = await s.call('POST', '/iam/tenants', {id: 'Acme_1', name: 'Acme'});
	assert.equal(made.text, '{"tenant":{"name":"Acme","id":"Acme_1","type":"CUSTOM"}}');
	const policies = (await ok(s, 'GET', '/iam/policies')).policies.slice(before);
	const expected = (suffix, name, role) => ({
		name: `Acme Tenant ${name}`, id: `Acme_1-tenant-${suffix}`, type: 'CUSTOM', members: [],
		statements: [{effect: 'ALLOW', actions: [], role, resources: ['*'], tenants: ['Acme_1']}], tenants: ['Acme_1'],
	});
	assert.deepEqual(policies, [expected('admins', 'Admins', 'tenant-admin'), expected('editors', 'Editors', 'editor'), expected('viewers', 'Viewers', 'viewer')]);
	await ok(s, 'POST', '/iam/tenants', {id: 'bare', name: 'Bare', skipPolicies: true});
	assert.equal((await ok(s, 'GET', '/iam/policies')).policies.length, before + 3);
	assert.equal((await s.call('PUT', '/iam/tenants/bare', {name: 'Still bare'})).text, '{"tenant":{"name":"Still bare","id":"bare","type":"CUSTOM"}}');
	assert.equal((await s.call('GET', '/iam/tenants')).text,
		'{"tenants":[{"name":"Acme","id":"Acme_1","type":"CUSTOM"},{"name":"Still bare","id":"bare","type":"CUSTOM"}]}');
});

test('a tenant goes with all that is only its own, and may come back at once, empty', async () => {
	const key = await makeUser(s, 'worker');
	await makeTenant(s, 'gone');
	await makeTenant(s, 'stays');
	await ok(s, 'POST', '/iam/policies', {id: 'in-gone', name: 'n', members: ['user:local:worker'], tenants: ['gone', 'stays'],
		statements: [{actions: ['a:b:c'], tenants: ['gone']}, {effect: 'DENY', actions: ['a:b:d'], tenants: ['gone', 'stays']}]});
	await ok(s, 'POST', '/iam/policies', {id: 'only-gone', name: 'n', statements: [{effect: 'DENY', actions: ['*'], tenants: ['gone']}]});
	await ok(s, 'POST', '/iam/roles', {id: 'r-gone', name: 'n', actions: ['a:b:c'], tenants: ['gone']});
	await ok(s, 'POST', '/iam/teams', {id: 't-gone', name: 'n', tenants: ['stays', 'gone']});
	const bound = await makeKey(s, {type: 'user', id: 'worker'}, {tenants: ['gone']});
	assert.equal((await s.call('PUT', '/doorward/v1/resources/thing/x', {tenant: 'gone'})).status < 300, true);
	assert.equal(await decide(s, 'worker', 'a:b:c', 'thing', 'x'), true);

	const r = await s.call('DELETE', '/iam/tenants/gone');
	assert.equal(r.text, '{}');
	assert.match(r.headers['doorward-warning'], /^2 deny statements/);
	assert.equal((await s.call('GET', '/iam/tenants/gone')).status, 404);
	const left = (await ok(s, 'GET', '/iam/policies/in-gone')).policy;
	assert.deepEqual(left.statements, [{effect: 'DENY', actions: ['a:b:d'], role: '', resources: ['*'], tenants: ['stays']}]);
	assert.deepEqual(left.tenants, ['stays']);
	assert.equal((await s.call('GET', '/iam/policies/only-gone')).status, 404);
	assert.deepEqual((await ok(s, 'GET', '/iam/roles/r-gone')).role.tenants, []);
	assert.deepEqual((await ok(s, 'GET', '/iam/teams/t-gone')).team.tenants, ['stays']);
	assert.equal((await s.call('GET', '/iam/teams', undefined, {key: bound})).status, 401);
	assert.equal((await s.call('GET', '/iam/teams', undefined, {key})).status, 403);
	assert.equal(await decide(s, 'worker', 'a:b:c', 'thing', 'x'), false);

	await makeTenant(s, 'gone');
	assert.equal(await decide(s, 'worker', 'a:b:c', 'thing', 'x', {tenant: 'gone'}), false);
	await s.kill9();
	await s.restart();
	assert.deepEqual((await ok(s, 'GET', '/iam/policies/in-gone')).policy, left);
	assert.equal((await s.call('GET', '/iam/tenants/gone')).status, 200);
});

test('writes that make deny statements vanish say so', async () => {
	const denies = {id: 'denies', name: 'n', members: ['user:*', 'team:*'],
		statements: [{effect: 'DENY', role: 'myDenyRole', actions: [], tenants: ['*']}, anyStatement, {effect: 'DENY', actions: ['a:b:c', 'a:b:d'], tenants: ['stays', 'gone']}]};
	const lost = (r) => {
		assert.equal(r.status, 200, r.text);
		return Number(/^(\d+) deny/.exec(r.headers['doorward-warning'] ?? '')?.[1] ?? 0);
	};
	const role = {id: 'myDenyRole', name: 'n', actions: ['x:y:z', 'x:y:w']};
	await ok(s, 'POST', '/iam/roles', role);
	assert.equal(lost(await s.call('POST', '/iam/policies', denies)), 0);
	/* The same, said in another order. */
	const [a, b, c] = denies.statements;
	const same = [b, {...c, actions: ['a:b:d', 'a:b:c'], tenants: ['gone', 'stays']}, a];
	assert.equal(lost(await s.call('PUT', '/iam/policies/denies', {...denies, members: ['team:*', 'user:*'], statements: same})), 0);
	assert.equal(lost(await s.call('PUT', '/iam/policies/denies', {...denies, statements: [a, b, {...c, tenants: ['stays']}]})), 1);
	assert.equal(lost(await s.call('PUT', '/iam/policies/denies', denies)), 1);
	assert.equal(lost(await s.call('POST', '/iam/policies/denies/members:add', {members: ['*']})), 0);
	assert.equal(lost(await s.call('POST', '/iam/policies/denies/members:remove', {members: ['*']})), 2);
	assert.equal(lost(await s.call('PUT', '/iam/roles/myDenyRole', {...role, actions: ['x:y:w', 'x:y:z', 'x:y:v']})), 0);
	assert.equal(lost(await s.call('PUT', '/iam/roles/myDenyRole', role)), 1);
	assert.equal(lost(await s.call('DELETE', '/iam/roles/myDenyRole')), 1);
	assert.equal(lost(await s.call('DELETE', '/iam/policies/denies')), 1);
	await ok(s, 'POST', '/iam/teams', {id: 'kept-out', name: 'n'});
	await ok(s, 'POST', '/iam/policies', {id: 'keeps-out', name: 'n', members: ['team:local:kept-out'], statements: [{effect: 'DENY', actions: ['*'], tenants: ['*']}]});
	assert.equal(lost(await s.call('DELETE', '/iam/teams/kept-out')), 1);
	assert.deepEqual((await ok(s, 'GET', '/iam/policies/keeps-out')).policy.members, []);
});

test('what a caller sees is what her permission holds for', async () => {
	for (const id of ['v1', 'v2']) {
		await makeTenant(s, id);
		await ok(s, 'POST', '/iam/teams', {id: `team-${id}`, name: id, tenants: [id]});
	}
	await ok(s, 'POST', '/iam/teams', {id: 'team-none', name: 'n'});
	const see = async (key, headers) => ids((await ok(s, 'GET', '/iam/teams', undefined, {key, headers})).teams).filter((id) => /^team-/.test(id));
	const all = {actions: ['iam:teams:*', 'iam:tenants:*'], tenants: ['*']};
	const v1 = await makeMember(s, 'sees-v1', [{...all, tenants: ['v1']}]);
	const none = await makeMember(s, 'sees-none', [{...all, tenants: ['(unassigned)']}]);
	const but = await makeMember(s, 'sees-all-but', [all, {effect: 'DENY', actions: ['iam:teams:list'], tenants: ['v1']}]);
	assert.deepEqual(await see(v1), ['team-v1']);
	assert.deepEqual(await see(none), ['team-none']);
	assert.deepEqual(await see(but), ['team-v2', 'team-none']);
	/* "*" asks for no filter; it is not a way around the deny. */
	assert.deepEqual(await see(but, {tenants: '*'}), ['team-v2', 'team-none']);
	assert.deepEqual(await see(but, {tenants: 'v1,v2'}), ['team-v2']);
	expectError(await s.call('GET', '/iam/teams', undefined, {key: but, headers: {tenants: 'v1'}}), 403, 7, 'Permission Denied');
	expectError(await s.call('GET', '/iam/teams', undefined, {key: v1, headers: {tenants: 'v2'}}), 403, 7, 'Permission Denied');
	/* Tenants themselves: only those in which the permission holds. */
	assert.deepEqual(ids((await ok(s, 'GET', '/iam/tenants', undefined, {key: v1})).tenants), ['v1']);
	assert.deepEqual(ids((await ok(s, 'GET', '/iam/tenants', undefined, {headers: {projects: 'v2'}})).tenants), ['v2']);
	expectError(await s.call('GET', '/iam/tenants/v2', undefined, {key: v1}), 404, 5, 'could not find project with ID "v2"');
	expectError(await s.call('DELETE', '/iam/tenants/v2', undefined, {key: v1}), 404, 5, 'could not find project with ID "v2"');
	expectError(await s.call('PUT', '/iam/tenants/v2', {name: 'n'}, {key: v1}), 404, 5, 'project with ID "v2" not found');
	/* Users of a team out of sight. */
	const users = await makeMember(s, 'sees-users', [{actions: ['iam:teamUsers:*', 'iam:userTeams:get'], tenants: ['v1']}]);
	await ok(s, 'POST', '/iam/teams/team-v1/users:add', {membership_ids: ['m']}, {key: users});
	expectError(await s.call('POST', '/iam/teams/team-v2/users:add', {membership_ids: ['m']}, {key: users}), 404, 5, 'no team with ID "team-v2" found');
	await ok(s, 'POST', '/iam/teams/team-v2/users:add', {membership_ids: ['m']});
	assert.deepEqual(ids((await ok(s, 'GET', '/iam/users/m/teams', undefined, {key: users})).teams), ['team-v1']);
});

test('the filter header: both names, lists, spaces, repeats', async () => {
	const see = async (headers) => ids((await ok(s, 'GET', '/iam/teams', undefined, {headers})).teams).filter((id) => /^team-/.test(id));
	assert.deepEqual(await see({tenants: 'v1'}), ['team-v1']);
	assert.deepEqual(await see({projects: 'v2'}), ['team-v2']);
	assert.deepEqual(await see({Tenants: ' v2 , v1,v2,v1 '}), ['team-v1', 'team-v2']);
	assert.deepEqual(await see({tenants: ['v1', 'v2']}), ['team-v1', 'team-v2']);
	assert.deepEqual(await see({tenants: 'v1', projects: 'v2'}), ['team-v1']);
	assert.deepEqual(await see({tenants: '(unassigned), v1'}), ['team-v1', 'team-none']);
	assert.deepEqual(await see({tenants: 'unknown'}), []);
});

test('policies of the ancestor that speak of projects mean tenants', async () => {
	const key = await makeMember(s, 'old-hand', [{actions: ['iam:projects:list', 'iam:projects:get'], resources: ['iam:projects', 'iam:projects:v1'], tenants: ['*']}]);
	assert.equal((await s.call('GET', '/iam/tenants', undefined, {key})).status, 200);
	assert.equal((await s.call('GET', '/iam/tenants/v1', undefined, {key})).status, 200);
	assert.equal((await s.call('GET', '/iam/tenants/v2', undefined, {key})).status, 403);
	assert.deepEqual((await ok(s, 'GET', '/iam/policies/of-old-hand')).policy.statements[0].actions, ['iam:projects:list', 'iam:projects:get']);
});
