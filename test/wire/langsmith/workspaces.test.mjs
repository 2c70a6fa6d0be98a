// SPDX-License-Identifier: Apache-2.0
// Workspaces, which are the tenants of every dialect.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer} from '../../harness/server.mjs';
import {builtin, changesNothing, decide, giveRole, makeMember, makeService, makeWorkspace, newestAudit, nobody, ok, refused, timeForm, uuidForm} from './people-support.mjs';

const path = '/api/v1/workspaces';
let s;
before(async () => {
	s = await startServer({store: 'memory'});
});
after(async () => assert.equal(await s.stop(), 0));

const list = (key) => ok(s, 'GET', path, undefined, key && {key});
const find = async (id, key) => (await list(key)).find((w) => w.id === id);

test('a workspace: created, listed, renamed, deleted', async () => {
	const made = await ok(s, 'POST', path, {display_name: "Team-1 'Blue' (a_b) @home", tenant_handle: 'blue-1', extra: true});
	assert.match(made.id, uuidForm);
	assert.match(made.organization_id, uuidForm);
	assert.match(made.created_at, timeForm);
	assert.deepEqual({...made, id: 0, organization_id: 0, created_at: 0}, {
		id: 0, organization_id: 0, created_at: 0, display_name: "Team-1 'Blue' (a_b) @home",
		is_personal: false, is_deleted: false, tenant_handle: 'blue-1', data_plane_url: null});
	assert.equal((await newestAudit(s))[0].target, `workspace:${made.id}`);

	// The owner amounts to an Organization Admin, who is Admin everywhere without being put in.
	const {read_only, role_id, role_name, permissions, ...seen} = await find(made.id);
	assert.deepEqual(seen, made);
	assert.deepEqual({read_only, role_id, role_name}, {read_only: false, role_id: builtin.WORKSPACE_ADMIN, role_name: 'Admin'});
	assert.ok(permissions.includes('workspaces:manage') && permissions.includes('prompts:tag'));
	assert.ok(!permissions.some((p) => p.startsWith('organization:')));
	assert.deepEqual((await ok(s, 'GET', '/api/v1/workspaces/current/members', undefined, {headers: {'X-Tenant-Id': made.id}})).members, []);

	assert.equal((await s.call('GET', `/doorward/v1/tenants/${made.id}`)).json.display_name, made.display_name);
	const renamed = await ok(s, 'PATCH', `${path}/${made.id}`, {display_name: 'Green'});
	assert.deepEqual(renamed, {...made, display_name: 'Green'});
	assert.equal((await find(made.id)).display_name, 'Green');

	assert.deepEqual(await ok(s, 'DELETE', `${path}/${made.id}`), {...renamed, is_deleted: true});
	assert.equal(await find(made.id), undefined);
	await refused(s, 404, /^Workspace not found$/, ['DELETE', `${path}/${made.id}`]);
	await refused(s, 404, /^Workspace not found$/, ['PATCH', `${path}/${made.id}`, {display_name: 'x'}]);
	// Its handle is free again.
	await ok(s, 'POST', path, {display_name: 'Heir', tenant_handle: 'blue-1'});
});

test('the id and the handle may be chosen, once', async () => {
	const id = '11111111-2222-4333-8444-555555555555';
	assert.equal((await ok(s, 'POST', path, {display_name: 'Chosen', id, tenant_handle: 'chosen'})).id, id);
	await changesNothing(s, async () => {
		await refused(s, 409, /already/, ['POST', path, {display_name: 'Chosen', id}]);
		await refused(s, 409, /handle chosen/, ['POST', path, {display_name: 'Other', tenant_handle: 'chosen'}]);
	});
});

test('tenants of other dialects are workspaces', async () => {
	assert.equal((await s.call('POST', '/doorward/v1/tenants', {id: 'plain'})).status, 201);
	const seen = await find('plain');
	assert.equal(seen.display_name, 'plain');
	assert.equal(seen.tenant_handle, null);
	assert.equal((await ok(s, 'PATCH', `${path}/plain`, {display_name: 'Plain'})).display_name, 'Plain');
	await ok(s, 'DELETE', `${path}/plain`);
	assert.equal((await s.call('GET', '/doorward/v1/tenants/plain')).status, 404);
});

test('bad input is refused and changes nothing', async () => {
	const w = await makeWorkspace(s, 'Untouched');
	const names = [
		[/"display_name" is required/, undefined], [/"display_name" is required/, null], [/"display_name" must be a string/, 7],
		[/1 to 4096 letters/, ''], [/letters, digits/, 'a/b'], [/letters, digits/, 'caf\u00e9'], [/letters, digits/, 'a\nb'],
		[/without NUL/, 'a\u0000b'], [/letters, digits/, 'x'.repeat(4097)],
	];
	await changesNothing(s, async () => {
		for (const [text, display_name] of names) {
			await refused(s, 422, text, ['POST', path, {display_name}]);
			await refused(s, 422, text, ['PATCH', `${path}/${w}`, {display_name}]);
		}
		for (const id of ['x', '', '11111111-2222-4333-8444-55555555555', '11111111222243338444555555555555']) {
			await refused(s, 422, /id is not a valid UUID/, ['POST', path, {display_name: 'a', id}]);
		}
		await refused(s, 422, /"id" must be a string/, ['POST', path, {display_name: 'a', id: 1}]);
		for (const tenant_handle of ['', '-a', '_a', 'a b', 'a.b', 'x'.repeat(65)]) {
			await refused(s, 422, /tenant_handle must be/, ['POST', path, {display_name: 'a', tenant_handle}]);
		}
		await refused(s, 422, /"tenant_handle" must be a string/, ['POST', path, {display_name: 'a', tenant_handle: []}]);
		await refused(s, 422, /must be a JSON object/, ['POST', path, '[]']);
		await refused(s, 422, /not valid JSON/, ['PATCH', `${path}/${w}`, 'no']);
		for (const method of ['PATCH', 'DELETE']) {
			await refused(s, 404, /^Workspace not found$/, [method, `${path}/${nobody}`, {display_name: 'x'}]);
			await refused(s, 422, /"nope" is not a valid UUID/, [method, `${path}/nope`, {display_name: 'x'}]);
		}
		for (const value of ['maybe', '', '2']) {
			await refused(s, 422, /include_deleted must be true or false/, ['GET', `${path}?include_deleted=${value}`]);
		}
		await refused(s, 422, /include_deleted is malformed/, ['GET', `${path}?include_deleted=%zz`]);
	});
	for (const value of ['true', 'False', '1', '0']) {
		assert.deepEqual(await ok(s, 'GET', `${path}?include_deleted=${value}`), await list());
	}
});

test('everybody sees her own workspaces, with what she may do there', async () => {
	const [a, b, c] = [await makeWorkspace(s, 'A'), await makeWorkspace(s, 'B'), await makeWorkspace(s, 'C')];
	const key = await makeMember(s, 'eve', 'WORKSPACE_VIEWER', a);
	assert.deepEqual((await list(key)).map((w) => w.id), [a]);
	await giveRole(s, 'user:eve', 'WORKSPACE_ADMIN', c);
	const seen = await list(key);
	assert.deepEqual(seen.map((w) => [w.id, w.role_name]), [[a, 'Viewer'], [c, 'Admin']]);
	assert.deepEqual(seen[0].permissions.filter((p) => !p.endsWith(':read')), []);
	assert.ok(seen[1].permissions.includes('workspaces:manage-members'));

	// Without a role of her own, but with one through a group, she sees it as well.
	await s.call('POST', '/doorward/v1/groups', {id: 'b-people'});
	assert.equal((await s.call('PUT', '/doorward/v1/groups/b-people/members/eve')).status, 204);
	await giveRole(s, 'group:b-people', 'WORKSPACE_VIEWER', b);
	const through = await find(b, key);
	assert.equal(through.role_id, null);
	assert.ok(through.permissions.includes('projects:read'));

	// Whoever manages the organization sees all of them, whether she may do anything there or not.
	const operator = await makeMember(s, 'olga', 'ORGANIZATION_OPERATOR');
	assert.deepEqual((await list(operator)).map((w) => w.id), (await list()).map((w) => w.id));
	assert.deepEqual((await find(a, operator)).permissions, []);
	assert.equal((await find(a, operator)).role_id, null);
	assert.deepEqual(await list(await makeMember(s, 'vera', 'ORGANIZATION_VIEWER')), []);

	// A key bound to some sees no others.
	const bound = await makeKey(s, {type: 'user', id: 'eve'}, {tenants: [c]});
	assert.deepEqual((await list(bound)).map((w) => w.id), [c]);
	const owners = await makeKey(s, {type: 'user', id: 'owner'}, {tenants: [a]});
	assert.deepEqual((await list(owners)).map((w) => w.id), [a]);
	// A service is in workspaces as a person is.
	assert.deepEqual((await list(await makeService(s, 'robot', 'WORKSPACE_USER', b))).map((w) => [w.id, w.role_name]), [[b, 'Editor']]);
});

test('who makes a workspace is its Admin', async () => {
	const key = await makeMember(s, 'otto', 'ORGANIZATION_OPERATOR');
	const w = await makeWorkspace(s, 'Of Otto', {key});
	assert.equal((await find(w, key)).role_id, builtin.WORKSPACE_ADMIN);
	assert.equal(await decide(s, 'otto', 'projects:delete', {type: 'project', id: 'p', properties: {tenant: w}}), true);
	assert.deepEqual((await ok(s, 'GET', `${path}/current/members`, undefined, {key, headers: {'X-Tenant-Id': w}})).members.map((m) => m.id), ['otto']);
	const service = await makeService(s, 'maker', 'ORGANIZATION_OPERATOR');
	assert.equal((await find(await makeWorkspace(s, 'Of a service', {key: service}), service)).role_name, 'Admin');
	// An Organization Admin is that anyway.
	const admin = await makeMember(s, 'ada', 'ORGANIZATION_ADMIN');
	const hers = await makeWorkspace(s, 'Of Ada', {key: admin});
	assert.equal((await find(hers, admin)).role_id, builtin.WORKSPACE_ADMIN);
	assert.equal((await s.call('GET', '/doorward/v1/roles/WORKSPACE_ADMIN/members/user:ada?tenant=' + hers)).status, 404);
});

test('who may create, rename and delete', async () => {
	const w = await makeWorkspace(s, 'Guarded');
	const who = [
		['w-admin', 'ORGANIZATION_ADMIN', undefined, [200, 200, 200]],
		['w-operator', 'ORGANIZATION_OPERATOR', undefined, [200, 403, 200]],
		['w-user', 'ORGANIZATION_USER', undefined, [403, 403, 403]],
		['w-viewer', 'ORGANIZATION_VIEWER', undefined, [403, 403, 403]],
		['w-wadmin', 'WORKSPACE_ADMIN', w, [403, 200, 403]],
		['w-weditor', 'WORKSPACE_USER', w, [403, 403, 403]],
		['w-wviewer', 'WORKSPACE_VIEWER', w, [403, 403, 403]],
	];
	for (const [id, role, tenant, [create, rename, remove]] of who) {
		const key = await makeMember(s, id, role, tenant);
		const victim = await makeWorkspace(s, `Of ${id}`);
		assert.equal((await s.call('POST', path, {display_name: `By ${id}`}, {key})).status, create, id);
		assert.equal((await s.call('PATCH', `${path}/${w}`, {display_name: 'Guarded'}, {key})).status, rename, id);
		assert.equal((await s.call('DELETE', `${path}/${victim}`, undefined, {key})).status, remove, id);
		assert.equal((await find(victim)) === undefined, remove === 200);
	}
	// Admin of one is nothing in another.
	const other = await makeWorkspace(s, 'Other');
	const key = await makeMember(s, 'w-of-one', 'WORKSPACE_ADMIN', w);
	await refused(s, 403, /^Forbidden$/, ['PATCH', `${path}/${other}`, {display_name: 'x'}, {key}]);
	const [row] = await newestAudit(s);
	assert.deepEqual([row.actor, row.operation, row.target, row.outcome], ['user:w-of-one', 'workspaces:manage', `workspace:${other}`, 'refused']);
	for (const [method, p] of [['GET', path], ['POST', path], ['PATCH', `${path}/${w}`], ['DELETE', `${path}/${w}`]]) {
		await refused(s, 401, /no API key/, [method, p, {display_name: 'x'}, {key: null}]);
	}
});

test('what goes with a workspace', async () => {
	const w = await makeWorkspace(s, 'Doomed');
	const key = await makeMember(s, 'zoe', 'WORKSPACE_ADMIN', w);
	assert.equal((await list(key)).length, 1);
	await ok(s, 'DELETE', `${path}/${w}`);
	assert.deepEqual(await list(key), []);
	// Not back with the id.
	await ok(s, 'POST', path, {display_name: 'Again', id: w});
	assert.deepEqual(await list(key), []);
});

test('another organization has its own workspaces, and a restart keeps them', async (t) => {
	const one = await startServer({org: 'one'});
	t.after(() => one.dispose());
	const mine = await ok(one, 'POST', path, {display_name: 'Mine', tenant_handle: 'same'});
	const key = one.key;
	await one.restart({org: 'two'});
	assert.deepEqual((await ok(one, 'GET', path, undefined, {key})).map((w) => w.id), [mine.id]);
	assert.deepEqual(await ok(one, 'GET', path), []);
	await refused(one, 404, /Workspace not found/, ['PATCH', `${path}/${mine.id}`, {display_name: 'x'}]);
	await refused(one, 404, /Workspace not found/, ['DELETE', `${path}/${mine.id}`]);
	// Handles are each organization's own.
	await ok(one, 'POST', path, {display_name: 'Theirs', tenant_handle: 'same'});
	await refused(one, 409, /handle same/, ['POST', path, {display_name: 'Twice', tenant_handle: 'same'}, {key}]);
});
