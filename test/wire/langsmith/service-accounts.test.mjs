// SPDX-License-Identifier: Apache-2.0
//
// Service accounts: services of the shared directory with a role in each of some workspaces.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, run, startServer} from '../../harness/server.mjs';
import * as k from './keys-support.mjs';

const {role} = k;
let s;
let admin;

before(async () => {
	s = await startServer();
	await k.makeTenant(s, 'w1');
	await k.makeTenant(s, 'w2');
	admin = await k.makeMember(s, 'admin', [role.orgAdmin]);
});
after(async () => assert.equal(await s.stop(), 0));

const call = (status, method, path, body, options = {key: admin}) => k.expectStatus(s, status, method, path, body, options);
const refused = (status, method, path, body, options = {key: admin}) => k.expectRefusal(s, status, method, path, body, options);

test('made, listed, deleted', async () => {
	const workspaces = [{workspace_id: 'w2', role_id: role.viewer}, {workspace_id: 'w1'}];
	const made = (await call(200, 'POST', k.serviceAccounts, {name: 'robot', workspaces})).json;
	assert.match(made.id, k.uuid);
	assert.match(made.organization_id, k.uuid);
	assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
	assert.deepEqual(made, {
		id: made.id,
		name: 'robot',
		organization_id: made.organization_id,
		default_workspace_id: 'w2',
		organization_identity_id: made.id,
		created_at: made.created_at,
		updated_at: made.created_at,
	});
	assert.deepEqual((await call(200, 'GET', k.serviceAccounts)).json, [made]);
	const who = {type: 'service', id: made.id};
	assert.equal(await k.decide(s, who, 'projects:delete', 'w1'), true);
	assert.equal(await k.decide(s, who, 'projects:read', 'w2'), true);
	assert.equal(await k.decide(s, who, 'projects:delete', 'w2'), false);
	// It is a service like any other: its key works in its default workspace.
	const key = await makeKey(s, who);
	assert.equal((await s.call('GET', k.workspaceKeys, undefined, {key})).status, 200);
	await refused(403, 'POST', k.workspaceKeys, {role_id: role.viewer}, {key});
	assert.deepEqual((await call(200, 'DELETE', `${k.serviceAccounts}/${made.id}`)).json, made);
	assert.equal((await s.call('GET', k.workspaceKeys, undefined, {key})).status, 401);
	assert.equal(await k.decide(s, who, 'projects:read', 'w2'), false);
	assert.deepEqual((await call(200, 'GET', k.serviceAccounts)).json, []);
	await refused(404, 'DELETE', `${k.serviceAccounts}/${made.id}`);
});

test('without workspaces it may nothing; the services of keys are not shown', async () => {
	const made = (await call(200, 'POST', k.serviceAccounts, {name: 'idle', workspaces: null})).json;
	assert.equal(made.default_workspace_id, null);
	const key = (await call(200, 'POST', k.serviceKeys, {})).json;
	const {id} = (await k.whoIs(s, key.key)).principal;
	assert.deepEqual((await call(200, 'GET', k.serviceAccounts)).json, [made]);
	await refused(404, 'DELETE', `${k.serviceAccounts}/${id}`);
	await call(201, 'POST', '/doorward/v1/services', {id: 'native'}, {});
	assert.deepEqual((await call(200, 'GET', k.serviceAccounts)).json.map((a) => [a.id, a.name]), [
		[made.id, 'idle'],
		['native', 'native'],
	]);
	await call(200, 'DELETE', `${k.serviceAccounts}/native`);
});

test('deny statements that go with an account are told', async () => {
	const {id} = (await call(200, 'POST', k.serviceAccounts, {name: 'denied'})).json;
	const statements = [{effect: 'DENY', actions: ['infra:nodes:get'], tenants: ['*']}];
	const policy = {id: 'p', name: 'p', members: [`token:${id}`], statements};
	await call(200, 'POST', '/iam/policies', policy, {});
	const gone = await call(200, 'DELETE', `${k.serviceAccounts}/${id}`);
	assert.match(gone.headers['doorward-warning'], /deny statement/);
	const [row] = (await call(200, 'GET', '/doorward/v1/audit?event=delete_service_account&limit=1', undefined, {})).json.items;
	assert.equal(row.warning, gone.headers['doorward-warning']);
	assert.equal(row.target, `service_account:${id}`);
	const shown = await run(['audit', '--url', s.url, '--key', s.key]);
	assert.equal(shown.code, 0, shown.err);
	assert.ok(shown.out.split('\n').some((line) => line.includes(id) && line.endsWith(`  warning: ${row.warning}`)), shown.out);
});

test('who may', async () => {
	const made = (await call(200, 'POST', k.serviceAccounts, {name: 'kept'})).json;
	const viewer = {key: await k.makeMember(s, 'viewer', [role.orgViewer])};
	const operator = {key: await k.makeMember(s, 'operator', [role.orgOperator], [role.viewer, 'w1'])};
	const nobody = {key: await k.makeMember(s, 'nobody', [role.admin, 'w1'])};
	assert.ok((await call(200, 'GET', k.serviceAccounts, undefined, viewer)).json.some((a) => a.id === made.id));
	await refused(403, 'GET', k.serviceAccounts, undefined, nobody);
	for (const options of [viewer, nobody]) {
		await refused(403, 'POST', k.serviceAccounts, {name: 'x'}, options);
		await refused(403, 'DELETE', `${k.serviceAccounts}/${made.id}`, undefined, options);
	}
	// Nobody gives what they have not.
	await refused(403, 'POST', k.serviceAccounts, {name: 'x', workspaces: [{workspace_id: 'w1'}]}, operator);
	const workspaces = [{workspace_id: 'w1', role_id: role.viewer}, {workspace_id: 'w2', role_id: role.viewer}];
	await refused(403, 'POST', k.serviceAccounts, {name: 'x', workspaces}, operator);
	await call(200, 'POST', k.serviceAccounts, {name: 'x', workspaces: workspaces.slice(0, 1)}, operator);
});

test('bad input is refused and changes nothing', async () => {
	for (const [status, body] of [
		[422, {}],
		[422, {name: null}],
		[422, {name: ''}],
		[422, {name: 7}],
		[422, {name: 'x'.repeat(4097)}],
		[422, {name: 'x', workspaces: {}}],
		[422, {name: 'x', workspaces: ['w1']}],
		[422, {name: 'x', workspaces: [{}]}],
		[422, {name: 'x', workspaces: [{workspace_id: 1}]}],
		[422, {name: 'x', workspaces: [{workspace_id: 'nope'}]}],
		[404, {name: 'x', workspaces: [{workspace_id: k.nobody}]}],
		[422, {name: 'x', workspaces: [{workspace_id: 'w1'}, {workspace_id: 'w1'}]}],
		[422, {name: 'x', workspaces: [{workspace_id: 'w1', role_id: 'nope'}]}],
		[422, {name: 'x', workspaces: [{workspace_id: 'w1', role_id: 1}]}],
		[404, {name: 'x', workspaces: [{workspace_id: 'w1', role_id: k.nobody}]}],
		[400, {name: 'x', workspaces: [{workspace_id: 'w1', role_id: role.orgAdmin}]}],
		[422, {name: 'x', workspaces: Array.from({length: 201}, () => ({workspace_id: 'w1'}))}],
	]) {
		await refused(status, 'POST', k.serviceAccounts, body);
	}
	await refused(422, 'DELETE', `${k.serviceAccounts}/nope`);
	await refused(404, 'DELETE', `${k.serviceAccounts}/${k.nobody}`);
	await call(401, 'GET', k.serviceAccounts, undefined, {key: null});
	await call(405, 'PATCH', k.serviceAccounts, {});
});
