// SPDX-License-Identifier: Apache-2.0
// Roles and permissions (cases 63 and 55 of the dialect's specification).
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {builtin, changesNothing, decide, makeMember, makeWorkspace, newestAudit, nobody, ok, refused, uuidForm} from './people-support.mjs';

const roles = '/api/v1/orgs/current/roles';
const custom = {display_name: 'Annotators', description: 'Label things', permissions: ['runs:read', 'annotation-queues:update']};
let s;
before(async () => {
	s = await startServer({store: 'memory'});
});
after(async () => assert.equal(await s.stop(), 0));

const list = (options) => ok(s, 'GET', roles, undefined, options);
const names = async () => (await list()).map((r) => r.name);

test('the list has the built-in roles of both scopes first', async () => {
	const all = await list();
	assert.deepEqual(all.slice(0, 7).map((r) => r.name), Object.keys(builtin));
	assert.deepEqual(all.slice(0, 7).map((r) => r.id), Object.values(builtin));
	for (const r of all.slice(0, 7)) {
		assert.deepEqual(Object.keys(r), ['id', 'name', 'display_name', 'description', 'organization_id', 'permissions', 'access_scope']);
		assert.equal(r.organization_id, null);
		assert.equal(r.access_scope, r.name.startsWith('ORGANIZATION') ? 'organization' : 'workspace');
	}
	const by = Object.fromEntries(all.map((r) => [r.name, r]));
	assert.deepEqual(by.ORGANIZATION_OPERATOR.permissions, ['organization:manage', 'organization:read', 'organization:pats:create']);
	assert.deepEqual(by.ORGANIZATION_VIEWER.permissions, ['organization:read']);
	assert.equal(by.WORKSPACE_USER.display_name, 'Editor');
	assert.ok(by.WORKSPACE_USER.permissions.includes('projects:update') && !by.WORKSPACE_USER.permissions.includes('projects:delete'));
	assert.ok(by.ORGANIZATION_ADMIN.permissions.includes('workspaces:manage'));
	// Connhex's own roles speak of other things.
	assert.deepEqual(all.filter((r) => ['owner', 'editor', 'ingest', 'pdp-client'].includes(r.id)), []);
});

test('a custom role: created, listed, changed, deleted', async () => {
	const made = await ok(s, 'POST', roles, {...custom, permissions: [...custom.permissions, 'runs:read'], more: 1});
	assert.match(made.id, uuidForm);
	assert.match(made.organization_id, uuidForm);
	assert.deepEqual({...made, id: 0, organization_id: 0}, {
		id: 0, name: 'CUSTOM', ...custom, organization_id: 0, access_scope: 'workspace'});
	assert.deepEqual((await list()).at(-1), made);
	const [row] = await newestAudit(s);
	assert.equal(row.operation, 'organization:manage');
	assert.equal(row.target, `role:${made.id}`);

	const next = {display_name: 'Readers', description: '', permissions: []};
	const changed = await ok(s, 'PATCH', `${roles}/${made.id}`, next);
	assert.deepEqual(changed, {...made, ...next});
	assert.deepEqual((await list()).at(-1), changed);

	assert.deepEqual(await ok(s, 'DELETE', `${roles}/${made.id}`), changed);
	assert.ok(!(await list()).some((r) => r.id === made.id));
	await refused(s, 404, /Role not found/, ['DELETE', `${roles}/${made.id}`]);
});

test('what a role says decides, also after a change', async () => {
	const w = await makeWorkspace(s, 'Deciding');
	const role = await ok(s, 'POST', roles, {...custom, permissions: ['projects:read']});
	await makeMember(s, 'dora', role.id, w);
	const project = {type: 'project', id: 'p1', properties: {tenant: w}};
	assert.equal(await decide(s, 'dora', 'projects:read', project), true);
	assert.equal(await decide(s, 'dora', 'projects:delete', project), false);
	await ok(s, 'PATCH', `${roles}/${role.id}`, {...custom, permissions: ['projects:delete']});
	assert.equal(await decide(s, 'dora', 'projects:read', project), false);
	assert.equal(await decide(s, 'dora', 'projects:delete', project), true);
	await ok(s, 'DELETE', `${roles}/${role.id}`);
	assert.equal(await decide(s, 'dora', 'projects:delete', project), false);
});

test('roles of other dialects show when they say nothing that is unknown here', async () => {
	const native = [
		['native-some', ['projects:read', 'runs:read'], true],
		['native-none', [], true],
		['native-mixed', ['projects:read', 'infra:nodes:get'], false],
		['native-all', ['*'], false],
	];
	for (const [id, actions] of native) {
		assert.equal((await s.call('POST', '/doorward/v1/roles', {id, actions})).status, 201);
	}
	const shown = Object.fromEntries((await list()).map((r) => [r.id, r]));
	for (const [id, actions, shows] of native) {
		assert.equal(id in shown, shows, id);
		if (shows) {
			assert.equal(shown[id].name, 'CUSTOM');
			assert.equal(shown[id].access_scope, 'workspace');
			assert.equal(shown[id].display_name, id);
			assert.equal(shown[id].description, '');
			assert.deepEqual(shown[id].permissions, actions);
		}
	}
	await changesNothing(s, async () => {
		await refused(s, 422, /Role not found.*not a valid UUID/, ['DELETE', `${roles}/native-all`]);
		await refused(s, 422, /Role not found/, ['PATCH', `${roles}/owner`, custom]);
	});
	const changed = await ok(s, 'PATCH', `${roles}/native-some`, custom);
	assert.equal(changed.id, 'native-some');
	assert.deepEqual((await s.call('GET', '/doorward/v1/roles/native-some')).json.actions, custom.permissions);
	await ok(s, 'DELETE', `${roles}/native-none`);
	assert.equal((await s.call('GET', '/doorward/v1/roles/native-none')).status, 404);
});

test('bad input is refused and changes nothing', async (t) => {
	const mine = await ok(s, 'POST', roles, custom);
	const many = Array.from({length: 1001}, () => 'runs:read');
	/** [status, message, body] for creating and changing alike */
	const bad = [
		[422, /"display_name" is required/, {...custom, display_name: undefined}],
		[422, /"display_name" is required/, {...custom, display_name: null}],
		[422, /"display_name" must not be empty/, {...custom, display_name: ''}],
		[422, /"display_name" must be a string/, {...custom, display_name: 1}],
		[422, /display_name is longer than 4096 bytes/, {...custom, display_name: 'x'.repeat(4097)}],
		[422, /"description" is required/, {...custom, description: undefined}],
		[422, /"description" must be a string/, {...custom, description: {}}],
		[422, /description is longer/, {...custom, description: 'x'.repeat(4097)}],
		[422, /"permissions" must be an array/, {...custom, permissions: undefined}],
		[422, /"permissions" must be an array/, {...custom, permissions: null}],
		[422, /"permissions" must be an array/, {...custom, permissions: 'runs:read'}],
		[422, /"permissions" must be an array/, {...custom, permissions: [1]}],
		[422, /at most 1000/, {...custom, permissions: many}],
		[422, /no permission "runs:fly"/, {...custom, permissions: ['runs:fly']}],
		[422, /no permission "\*"/, {...custom, permissions: ['*']}],
		[422, /no permission ""/, {...custom, permissions: ['']}],
		[400, /organization:read is a permission of the organization/, {...custom, permissions: ['runs:read', 'organization:read']}],
		[400, /organization:pats:create/, {...custom, permissions: ['organization:pats:create']}],
		[422, /must be a JSON object/, []],
		[422, /not valid JSON/, '{'],
	];
	await changesNothing(s, async () => {
		for (const [status, message, body] of bad) {
			await t.test(`${status} ${message}`, async () => {
				await refused(s, status, message, ['POST', roles, body]);
				await refused(s, status, message, ['PATCH', `${roles}/${mine.id}`, body]);
			});
		}
		for (const name of Object.keys(builtin)) {
			for (const id of [name, builtin[name]]) {
				await refused(s, 400, /built-in roles cannot be changed/, ['PATCH', `${roles}/${id}`, custom]);
				await refused(s, 400, /built-in roles cannot be changed/, ['DELETE', `${roles}/${id}`]);
			}
		}
		for (const method of ['PATCH', 'DELETE']) {
			await refused(s, 404, /^Role not found$/, [method, `${roles}/${nobody}`, custom]);
			await refused(s, 422, /"x" is not a valid UUID/, [method, `${roles}/x`, custom]);
		}
		assert.equal((await s.call('GET', `${roles}/${mine.id}`)).status, 405);
		assert.equal((await s.call('PUT', roles, custom)).status, 405);
	});
	assert.deepEqual((await list()).at(-1), mine);
});

test('who may: reading takes organization:read, changing organization:manage', async () => {
	const w = await makeWorkspace(s, 'Who may');
	const who = [
		['r-admin', 'ORGANIZATION_ADMIN', undefined, 200, 200],
		['r-operator', 'ORGANIZATION_OPERATOR', undefined, 200, 200],
		['r-user', 'ORGANIZATION_USER', undefined, 200, 403],
		['r-viewer', 'ORGANIZATION_VIEWER', undefined, 200, 403],
		['r-workspace-admin', 'WORKSPACE_ADMIN', w, 403, 403],
	];
	for (const [id, role, tenant, read, write] of who) {
		const key = await makeMember(s, id, role, tenant);
		const before = await names();
		assert.equal((await s.call('GET', roles, undefined, {key})).status, read, id);
		const made = await s.call('POST', roles, custom, {key});
		assert.equal(made.status, write, `${id}: ${made.text}`);
		assert.equal((await names()).length, before.length + (write === 200));
		const role_id = made.json.id ?? (await list()).at(-1).id;
		assert.equal((await s.call('PATCH', `${roles}/${role_id}`, custom, {key})).status, write, id);
		assert.equal((await s.call('DELETE', `${roles}/${role_id}`, undefined, {key})).status, write, id);
		assert.deepEqual(await names(), before);
		// Whoever has a key may read what permissions there are.
		assert.equal((await s.call('GET', '/api/v1/orgs/permissions', undefined, {key})).status, 200);
	}
	for (const path of [roles, '/api/v1/orgs/permissions']) {
		await refused(s, 401, /no API key/, ['GET', path, undefined, {key: null}]);
		await refused(s, 401, /not valid/, ['GET', path, undefined, {key: 'lsv2_pt_nonsense'}]);
	}
});

test('the permissions there are', async () => {
	const all = await ok(s, 'GET', '/api/v1/orgs/permissions');
	assert.equal(new Set(all.map((p) => p.name)).size, all.length);
	assert.ok(all.length >= 104);
	for (const p of all) {
		assert.deepEqual(Object.keys(p), ['name', 'description', 'access_scope']);
		assert.ok(p.description);
		assert.equal(p.access_scope, p.name.startsWith('organization:') ? 'organization' : 'workspace');
	}
	assert.ok(all.some((p) => p.name === 'prompts:tag'));
});

test('another organization has its own roles, and a restart keeps them', async (t) => {
	const one = await startServer({org: 'one'});
	t.after(() => one.dispose());
	const mine = await ok(one, 'POST', roles, custom);
	const key = one.key;
	await one.restart({org: 'two'});
	assert.deepEqual((await ok(one, 'GET', roles, undefined, {key})).at(-1), mine);
	const others = await ok(one, 'GET', roles);
	assert.deepEqual(others.map((r) => r.id), Object.values(builtin));
	await refused(one, 404, /Role not found/, ['PATCH', `${roles}/${mine.id}`, custom]);
	await refused(one, 404, /Role not found/, ['DELETE', `${roles}/${mine.id}`]);
	await refused(one, 403, /Forbidden/, ['GET', roles, undefined, {headers: {'X-Organization-Id': 'one'}}]);
	assert.deepEqual(await ok(one, 'GET', roles, undefined, {key, headers: {'x-organization-id': mine.organization_id}}),
		await ok(one, 'GET', roles, undefined, {key}));
});
