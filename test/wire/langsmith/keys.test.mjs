// SPDX-License-Identifier: Apache-2.0
//
// Service keys and personal access tokens: shown once, roles, workspaces, expiry by the test clock, and never a way up.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {makeKey, startServer, testClock} from '../../harness/server.mjs';
import * as k from './keys-support.mjs';

const {role} = k;
const clock = testClock('2026-01-01T00:00:00Z');
let s;
let admin; // holds ORGANIZATION_ADMIN, no more

before(async () => {
	s = await startServer({env: clock.env});
	for (const id of ['w1', 'w2', 'w3']) {
		await k.makeTenant(s, id, `Workspace ${id}`);
	}
	admin = await k.makeMember(s, 'admin', [role.orgAdmin]);
});
after(async () => assert.equal(await s.stop(), 0));

const call = (status, method, path, body, options) => k.expectStatus(s, status, method, path, body, options);
const refused = (status, method, path, body, options) => k.expectRefusal(s, status, method, path, body, options);
const make = async (path, body, options = {key: admin}) => (await call(200, 'POST', path, body, options)).json;
const list = async (path, options = {key: admin}) => (await call(200, 'GET', path, undefined, options)).json;
const can = async (key, method, path, options = {}) => (await s.call(method, path, undefined, {key, ...options})).status;
const service = async (key) => (await k.whoIs(s, key)).principal;

// ---- service keys -----------------------------------------------------------------------------------------

test('a service key is shown once, and then what can be known of it', async () => {
	const order = {description: 'CI', workspaces: ['w1', 'w2'], expires_at: '2027-01-01T00:00:00Z'};
	const r = await call(200, 'POST', k.serviceKeys, order, {key: admin});
	const {key, ...rest} = r.json;
	assert.match(key, /^lsv2_sk_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}$/);
	assert.match(rest.id, k.uuid);
	assert.equal(r.headers['cache-control'], 'no-store');
	assert.deepEqual(rest, {
		id: rest.id,
		short_key: `lsv2_sk_...${key.slice(-4)}`,
		description: 'CI',
		created_at: '2026-01-01T00:00:00.000000Z',
		created_by: 'user:admin',
		last_used_at: null,
		expires_at: '2027-01-01T00:00:00.000000Z',
		workspace_names: ['Workspace w1', 'Workspace w2'],
		default_workspace_name: 'Workspace w1',
		read_only: false,
		role_id: role.admin,
		org_role_id: null,
		access_scope: 'workspace',
	});
	assert.deepEqual((await list(k.serviceKeys)).find((item) => item.id === rest.id), rest);
	const principal = await service(key);
	assert.equal(principal.type, 'service');
	assert.equal(await k.decide(s, principal, 'projects:delete', 'w1'), true);
	assert.equal(await k.decide(s, principal, 'projects:delete', 'w2'), true);
	assert.equal(await k.decide(s, principal, 'projects:delete', 'w3'), false);
	assert.equal(await k.decide(s, principal, 'organization:read'), false);
});

test('what is left out: a description, everywhere, Workspace Admin, no role of the organization, for ever', async () => {
	const made = await make(k.serviceKeys, {});
	assert.equal(made.description, 'Default API key');
	assert.equal(made.expires_at, null);
	assert.equal(made.workspace_names, null);
	assert.equal(made.default_workspace_name, null);
	assert.equal(made.role_id, role.admin);
	assert.equal(made.org_role_id, null);
	assert.equal(made.access_scope, 'organization');
	const principal = await service(made.key);
	for (const w of ['w1', 'w2', 'w3']) {
		assert.equal(await k.decide(s, principal, 'projects:delete', w), true);
	}
	assert.equal(await can(made.key, 'GET', k.serviceKeys), 403);
	const withRole = await make(k.serviceKeys, {org_role_id: role.orgViewer, role_id: role.viewer, description: null});
	assert.equal(withRole.description, 'Default API key');
	assert.equal(withRole.org_role_id, role.orgViewer);
	assert.equal(await can(withRole.key, 'GET', k.serviceKeys), 200);
	assert.equal(await k.decide(s, await service(withRole.key), 'projects:read', 'w3'), true);
	assert.equal(await k.decide(s, await service(withRole.key), 'projects:delete', 'w3'), false);
});

test('roles and workspaces can be named by their aliases', async () => {
	const made = await make(k.serviceKeys, {role_id: 'WORKSPACE_VIEWER', org_role_id: 'ORGANIZATION_VIEWER'});
	assert.equal(made.role_id, role.viewer);
	assert.equal(made.org_role_id, role.orgViewer);
	const twice = await make(k.serviceKeys, {workspaces: ['w1', 'w1']});
	assert.deepEqual(twice.workspace_names, ['Workspace w1']);
});

test('PATCH gives other roles to the same key', async () => {
	const bound = await make(k.serviceKeys, {workspaces: ['w1', 'w2']});
	const principal = await service(bound.key);
	const patched = await call(200, 'PATCH', `${k.serviceKeys}/${bound.id}`, {role_id: role.viewer}, {key: admin});
	const {key: _, ...shown} = bound;
	assert.deepEqual(patched.json, {...shown, role_id: role.viewer, last_used_at: '2026-01-01T00:00:00.000000Z'});
	assert.deepEqual((await list(k.serviceKeys)).find((i) => i.id === bound.id), patched.json);
	for (const w of ['w1', 'w2']) {
		assert.equal(await k.decide(s, principal, 'projects:read', w), true);
		assert.equal(await k.decide(s, principal, 'projects:delete', w), false);
	}
	assert.equal((await service(bound.key)).id, principal.id);
	await refused(400, 'PATCH', `${k.serviceKeys}/${bound.id}`, {org_role_id: role.orgViewer}, {key: admin});

	const wide = await make(k.serviceKeys, {org_role_id: role.orgAdmin});
	const path = `${k.serviceKeys}/${wide.id}`;
	const both = await call(200, 'PATCH', path, {role_id: role.editor, org_role_id: role.orgViewer}, {key: admin});
	assert.equal(both.json.role_id, role.editor);
	assert.equal(both.json.org_role_id, role.orgViewer);
	assert.equal(await can(wide.key, 'POST', k.serviceKeys), 403);
	assert.equal(await k.decide(s, await service(wide.key), 'projects:delete', 'w1'), false);
	// Null and nothing leave what there is.
	const used = {...both.json, last_used_at: '2026-01-01T00:00:00.000000Z'};
	for (const body of [{}, {role_id: null, org_role_id: null}, {role_id: role.editor}]) {
		assert.deepEqual((await call(200, 'PATCH', path, body, {key: admin})).json, used);
	}
});

test('DELETE takes the key, its service and its roles; the key is refused from then on', async () => {
	const made = await make(k.serviceKeys, {workspaces: ['w1', 'w2'], role_id: role.viewer});
	const {id} = await service(made.key);
	const {key: _, ...shown} = made;
	const before = await k.revision(s);
	const gone = await call(200, 'DELETE', `${k.serviceKeys}/${made.id}`, undefined, {key: admin});
	assert.deepEqual(gone.json, {...shown, last_used_at: '2026-01-01T00:00:00.000000Z'});
	assert.equal(await k.revision(s), before + 1);
	assert.equal(await can(made.key, 'GET', k.workspaceKeys), 401);
	assert.equal(await can(s.key, 'GET', `/doorward/v1/services/${id}`), 404);
	const {changes} = (await call(200, 'GET', `/doorward/v1/audit?revision=${before + 1}`)).json.items[0];
	assert.deepEqual(changes.map((c) => `${c.kind} ${c.change}`), [
		'key deleted',
		'role_member deleted',
		'role_member deleted',
		'service_account deleted',
	]);
	assert.ok(!(await list(k.serviceKeys)).some((i) => i.id === made.id));
	await refused(404, 'DELETE', `${k.serviceKeys}/${made.id}`, undefined, {key: admin});
	await refused(404, 'PATCH', `${k.serviceKeys}/${made.id}`, {role_id: role.viewer}, {key: admin});
});

test('keys of services that were made natively show their own id, and are revoked alone', async () => {
	await call(201, 'POST', '/doorward/v1/services', {id: 'robot'});
	const key = await makeKey(s, {type: 'service', id: 'robot'});
	const other = await makeKey(s, {type: 'service', id: 'robot'});
	const id = key.split('_')[1];
	const shown = (await list(k.serviceKeys)).find((i) => i.id === id);
	assert.equal(shown.short_key, `dw_...${key.slice(-4)}`);
	assert.equal(shown.role_id, null);
	await refused(400, 'PATCH', `${k.serviceKeys}/${id}`, {role_id: role.viewer}, {key: admin});
	await call(200, 'DELETE', `${k.serviceKeys}/${id}`, undefined, {key: admin});
	assert.equal(await can(key, 'GET', '/doorward/v1/whoami'), 401);
	assert.equal(await can(other, 'GET', '/doorward/v1/whoami'), 200);
	await refused(404, 'DELETE', `${k.serviceKeys}/${id}`, undefined, {key: admin});
});

// ---- who may ------------------------------------------------------------------------------------------------

test('service keys need organization:manage, lists organization:read', async () => {
	const made = await make(k.serviceKeys, {workspaces: ['w1']});
	const viewer = await k.makeMember(s, 'viewer', [role.orgViewer], [role.admin, 'w1']);
	const outsider = await k.makeMember(s, 'outsider', [role.admin, 'w1']);
	assert.equal((await list(k.serviceKeys, {key: viewer})).some((i) => i.id === made.id), true);
	assert.equal(await can(outsider, 'GET', k.serviceKeys), 403);
	for (const key of [viewer, outsider]) {
		await refused(403, 'POST', k.serviceKeys, {workspaces: ['w1']}, {key});
		await refused(403, 'PATCH', `${k.serviceKeys}/${made.id}`, {role_id: role.viewer}, {key});
		await refused(403, 'DELETE', `${k.serviceKeys}/${made.id}`, undefined, {key});
	}
});

test('nobody gives a key a role that allows what they may not', async () => {
	const operator = await k.makeMember(s, 'operator', [role.orgOperator], [role.editor, 'w1']);
	for (const body of [
		{org_role_id: role.orgAdmin, role_id: role.viewer},
		{org_role_id: role.orgOperator, role_id: role.viewer},
		{},
		{workspaces: ['w1']},
		{workspaces: ['w1', 'w2'], role_id: role.editor},
		{workspaces: ['w1'], role_id: 'owner'},
	]) {
		const r = await refused(403, 'POST', k.serviceKeys, body, {key: operator});
		assert.match(r.json.detail, /allows .*, which the caller may not/);
	}
	const mine = await make(k.serviceKeys, {workspaces: ['w1'], role_id: role.editor}, {key: operator});
	const theirs = await make(k.serviceKeys, {});
	await refused(403, 'PATCH', `${k.serviceKeys}/${mine.id}`, {role_id: role.admin}, {key: operator});
	await refused(403, 'PATCH', `${k.serviceKeys}/${theirs.id}`, {org_role_id: role.orgAdmin}, {key: operator});
	// A key that administers the organization cannot promote itself either.
	const bot = await make(k.serviceKeys, {org_role_id: role.orgOperator, role_id: role.viewer});
	await refused(403, 'PATCH', `${k.serviceKeys}/${bot.id}`, {org_role_id: role.orgAdmin}, {key: bot.key});
	await refused(403, 'PATCH', `${k.serviceKeys}/${bot.id}`, {role_id: role.admin}, {key: bot.key});
	await refused(403, 'POST', k.serviceKeys, {org_role_id: role.orgAdmin}, {key: bot.key});
	await call(200, 'PATCH', `${k.serviceKeys}/${bot.id}`, {org_role_id: role.orgOperator}, {key: bot.key});
});

test('a key is no way around the policies of tags', async () => {
	const policies = '/v1/platform/orgs/current/access-policies';
	const condition = {attribute_name: 'resource_tag_key', attribute_key: 'Env', operator: 'equals', attribute_value: 'prod'};
	const policy = (name, effect, permission, role_ids) => {
		const body = {name, effect, condition_groups: [{permission, resource_type: 'project', conditions: [condition]}], role_ids};
		return call(201, 'POST', policies, body, {key: admin});
	};
	for (const [id, actions] of [
		['lead', ['workspaces:read', 'workspaces:manage-keys', 'projects:read']],
		['reader', ['projects:read']],
		['by-policy', []],
		['in-w2', ['workspaces:read']],
	]) {
		await call(201, 'POST', '/doorward/v1/roles', {id, actions});
	}
	const lead = await k.makeMember(s, 'lead', ['lead', 'w1'], ['in-w2', 'w2']);
	const w1 = {key: lead, headers: {'X-Tenant-Id': 'w1'}};
	// What a role allows by a policy counts like what it allows itself.
	await make(k.workspaceKeys, {role_id: 'by-policy'}, w1);
	await policy('deletes production', 'allow', 'projects:delete', ['by-policy']);
	const r = await refused(403, 'POST', k.workspaceKeys, {role_id: 'by-policy'}, w1);
	assert.match(r.json.detail, /projects:delete/);
	// A deny of another workspace's role says nothing here; one of the own role goes along or stops it.
	await policy('denies in w2', 'deny', 'projects:read', ['in-w2']);
	await make(k.workspaceKeys, {role_id: 'reader'}, w1);
	const {id} = (await policy('denies leads', 'deny', 'projects:read', ['lead'])).json;
	const around = await refused(403, 'POST', k.workspaceKeys, {role_id: 'reader'}, w1);
	assert.match(around.json.detail, new RegExp(id));
	await make(k.workspaceKeys, {role_id: 'lead'}, w1);
	await call(204, 'POST', '/v1/platform/orgs/current/roles/reader/access-policies', {access_policy_ids: [id]}, {key: admin});
	await make(k.workspaceKeys, {role_id: 'reader'}, w1);
	// Through a group, which a key is never in.
	await call(201, 'POST', '/doorward/v1/groups', {id: 'leads'});
	await call(204, 'PUT', '/doorward/v1/groups/leads/members/lead');
	const ofGroup = await policy('denies the group', 'deny', 'projects:read', []);
	const attached = {access_policy_id: ofGroup.json.id};
	await call(201, 'POST', '/api/v1/platform/orgs/current/teams/leads/access-policies', attached, {key: admin});
	await refused(403, 'POST', k.workspaceKeys, {role_id: 'lead'}, w1);
	// Who manages the organization manages its policies, too.
	await make(k.serviceKeys, {workspaces: ['w1'], role_id: 'lead'});
});

test('a key goes with its last workspace, and its service with it', async () => {
	await k.makeTenant(s, 'passing', 'Passing');
	const key = await make(k.serviceKeys, {workspaces: ['passing'], default_workspace_id: 'passing'});
	const both = await make(k.serviceKeys, {workspaces: ['passing', 'w1'], default_workspace_id: 'passing'});
	const wide = await make(k.serviceKeys, {default_workspace_id: 'passing'});
	const {id} = (await k.whoIs(s, key.key)).principal;
	await call(204, 'DELETE', '/doorward/v1/tenants/passing');
	assert.equal(await can(key.key, 'GET', k.workspaceKeys), 401);
	assert.equal(await can(s.key, 'GET', `/doorward/v1/services/${id}`), 404);
	assert.equal(await can(both.key, 'GET', k.workspaceKeys), 200);
	assert.equal(await can(wide.key, 'GET', k.workspaceKeys), 403);
	const left = await list(k.serviceKeys);
	assert.ok(!left.some((i) => i.id === key.id));
	assert.equal(left.find((i) => i.id === both.id).default_workspace_name, 'Workspace w1');
	assert.equal(left.find((i) => i.id === wide.id).default_workspace_name, null);
});

test('a key does not outlive the key it is made with', async () => {
	const principal = {type: 'user', id: 'admin'};
	const short = await makeKey(s, principal, {expires_at: '2026-06-01T00:00:00Z'});
	for (const path of [k.serviceKeys, k.tokens]) {
		await refused(403, 'POST', path, {}, {key: short});
		await refused(403, 'POST', path, {expires_at: '2026-06-01T00:00:01Z'}, {key: short});
		await make(path, {expires_at: '2026-06-01T00:00:00Z'}, {key: short});
	}
});

// ---- expiry ---------------------------------------------------------------------------------------------------

test('an expired key is 401, and stays so', async () => {
	const made = await make(k.serviceKeys, {expires_at: '2026-01-01T00:00:10Z', org_role_id: role.orgViewer});
	const token = await make(k.tokens, {expires_at: '2026-01-01T00:00:10+00:00'});
	clock.set('2026-01-01T00:00:09.999Z');
	assert.equal(await can(made.key, 'GET', k.serviceKeys), 200);
	assert.equal(await can(token.key, 'GET', k.tokens), 200);
	clock.set('2026-01-01T00:00:10Z');
	for (const key of [made.key, token.key]) {
		const r = await call(401, 'GET', k.serviceKeys, undefined, {key});
		assert.deepEqual(Object.keys(r.json), ['detail']);
	}
	// A PATCH does not bring it back.
	await call(200, 'PATCH', `${k.serviceKeys}/${made.id}`, {role_id: role.viewer}, {key: admin});
	assert.equal(await can(made.key, 'GET', k.serviceKeys), 401);
	assert.equal((await list(k.serviceKeys)).find((i) => i.id === made.id).expires_at, '2026-01-01T00:00:10.000000Z');
	for (const at of ['2026-01-01T00:00:10Z', '2025-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1969-01-01T00:00:00Z']) {
		await refused(422, 'POST', k.serviceKeys, {expires_at: at}, {key: admin});
		await refused(422, 'POST', k.tokens, {expires_at: at}, {key: admin});
	}
});

// ---- which workspace, which organization -------------------------------------------------------------------------

test('a key for the whole organization must name a workspace; others have their own', async () => {
	const wide = await make(k.serviceKeys, {});
	const preferring = await make(k.serviceKeys, {default_workspace_id: 'w2'});
	const bound = await make(k.serviceKeys, {workspaces: ['w2', 'w3']});
	const chosen = await make(k.serviceKeys, {workspaces: ['w2', 'w3'], default_workspace_id: 'w3'});
	const inTenant = (w) => ({headers: {'X-Tenant-Id': w}});
	assert.equal(preferring.default_workspace_name, 'Workspace w2');
	assert.equal(chosen.default_workspace_name, 'Workspace w3');
	const r = await call(403, 'GET', k.workspaceKeys, undefined, {key: wide.key});
	assert.match(r.json.detail, /X-Tenant-Id/);
	assert.equal(await can(wide.key, 'GET', k.workspaceKeys, inTenant('w1')), 200);
	assert.equal(await can(wide.key, 'GET', k.workspaceKeys, {headers: {'x-tenant-id': 'w1'}}), 200);
	assert.equal(await can(wide.key, 'GET', k.workspaceKeys, {headers: {'X-TENANT-ID': 'w1'}}), 200);
	assert.equal(await can(wide.key, 'GET', k.workspaceKeys, inTenant(k.nobody)), 404);
	assert.equal(await can(bound.key, 'GET', k.workspaceKeys, inTenant('w1')), 403);
	assert.equal(await can(bound.key, 'GET', k.workspaceKeys, inTenant('w3')), 200);
	const here = async (key) => {
		const made = await make(k.workspaceKeys, {role_id: role.viewer}, {key});
		return made.workspace_names;
	};
	assert.deepEqual(await here(preferring.key), ['Workspace w2']);
	assert.deepEqual(await here(bound.key), ['Workspace w2']);
	assert.deepEqual(await here(chosen.key), ['Workspace w3']);
});

test('X-Organization-Id is the own organization or refused; absent it is that of the key', async () => {
	assert.equal(await can(admin, 'GET', k.serviceKeys), 200);
	const {organization_id: own} = await make(k.serviceAccounts, {name: 'who am I'});
	assert.match(own, k.uuid);
	for (const name of ['X-Organization-Id', 'x-organization-id', 'X-ORGANIZATION-ID']) {
		for (const id of [own, own.toUpperCase(), 'default']) {
			assert.equal(await can(admin, 'GET', k.serviceKeys, {headers: {[name]: id}}), 200);
		}
		await refused(403, 'GET', k.serviceKeys, undefined, {key: admin, headers: {[name]: k.nobody}});
		await refused(403, 'POST', k.serviceKeys, {}, {key: admin, headers: {[name]: 'acme'}});
	}
});

test('without a key, or with what is none: 401', async () => {
	await call(401, 'GET', k.serviceKeys, undefined, {key: null});
	const {key} = await make(k.serviceKeys, {});
	const texts = new Set();
	for (const wrong of [
		`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`,
		key.replace('lsv2_sk_', 'ls__'),
		key.replace('lsv2_sk_', 'lsv2_xx_'),
		'ls__0123456789abcdef0123456789abcdef',
		'lsv2_sk_',
		'x',
	]) {
		texts.add((await call(401, 'GET', k.serviceKeys, undefined, {key: null, headers: {'X-API-Key': wrong}})).text);
	}
	assert.equal(texts.size, 1);
	for (const name of ['X-API-Key', 'x-api-key', 'X-API-KEY']) {
		assert.equal(await can(null, 'GET', k.workspaceKeys, {headers: {[name]: key, 'X-Tenant-Id': 'w1'}}), 200);
	}
});

// ---- keys of a workspace --------------------------------------------------------------------------------------------

test('a workspace makes, lists and deletes its own keys', async () => {
	const manager = await k.makeMember(s, 'manager', [role.admin, 'w1'], [role.viewer, 'w2']);
	const w1 = {key: manager, headers: {'X-Tenant-Id': 'w1'}};
	const w2 = {key: manager, headers: {'X-Tenant-Id': 'w2'}};
	const made = await make(k.workspaceKeys, {description: 'of w1', role_id: role.editor, workspaces: ['w1']}, w1);
	assert.match(made.key, /^lsv2_sk_/);
	assert.deepEqual(made.workspace_names, ['Workspace w1']);
	assert.equal(made.access_scope, 'workspace');
	const {key: _, ...shown} = made;
	assert.deepEqual((await list(k.workspaceKeys, w1)).find((i) => i.id === made.id), shown);
	assert.ok(!(await list(k.workspaceKeys, w2)).some((i) => i.id === made.id));
	assert.ok((await list(k.serviceKeys)).some((i) => i.id === made.id));
	await refused(403, 'POST', k.workspaceKeys, {}, w2);
	await refused(403, 'DELETE', `${k.workspaceKeys}/${made.id}`, undefined, w2);
	await refused(400, 'POST', k.workspaceKeys, {workspaces: ['w1', 'w2']}, w1);
	await refused(400, 'POST', k.workspaceKeys, {org_role_id: role.orgViewer}, w1);
	await refused(400, 'POST', k.workspaceKeys, {default_workspace_id: 'w2'}, w1);
	const wider = await make(k.serviceKeys, {workspaces: ['w1', 'w2']});
	const wide = await make(k.serviceKeys, {});
	assert.ok((await list(k.workspaceKeys, w1)).some((i) => i.id === wider.id));
	await refused(403, 'DELETE', `${k.workspaceKeys}/${wider.id}`, undefined, w1);
	await refused(404, 'DELETE', `${k.workspaceKeys}/${wide.id}`, undefined, w1);
	await call(200, 'DELETE', `${k.workspaceKeys}/${made.id}`, undefined, w1);
	assert.equal(await can(made.key, 'GET', k.workspaceKeys), 401);
	await refused(404, 'DELETE', `${k.workspaceKeys}/${made.id}`, undefined, w1);
});

test('workspaces:manage-keys or workspaces:manage is enough, workspaces:read to look', async () => {
	for (const [id, actions] of [
		['keys', ['workspaces:manage-keys', 'workspaces:read', 'projects:read']],
		['manage', ['workspaces:manage', 'workspaces:read', 'projects:read']],
	]) {
		await call(201, 'POST', '/doorward/v1/roles', {id: `may-${id}`, actions});
		await call(201, 'POST', '/doorward/v1/roles', {id: `less-${id}`, actions: ['projects:read']});
		const key = await k.makeMember(s, `may-${id}`, [`may-${id}`, 'w1']);
		const options = {key, headers: {'X-Tenant-Id': 'w1'}};
		const made = await make(k.workspaceKeys, {role_id: `less-${id}`}, options);
		assert.equal(made.role_id, `less-${id}`);
		await refused(403, 'POST', k.workspaceKeys, {}, options);
		await refused(403, 'POST', k.workspaceKeys, {role_id: role.viewer}, options);
		await call(200, 'DELETE', `${k.workspaceKeys}/${made.id}`, undefined, options);
	}
	const key = await k.makeMember(s, 'looker', [role.viewer, 'w1']);
	const options = {key, headers: {'X-Tenant-Id': 'w1'}};
	assert.equal(await can(key, 'GET', k.workspaceKeys, options), 200);
	await refused(403, 'POST', k.workspaceKeys, {role_id: role.viewer}, options);
});

// ---- personal access tokens -------------------------------------------------------------------------------------------

test('a token acts as its user, exactly', async () => {
	const ann = await k.makeMember(s, 'ann', [role.orgUser], [role.editor, 'w1'], [role.viewer, 'w2']);
	for (const path of [k.tokens, k.oldTokens]) {
		const made = await make(path, {description: 'laptop'}, {key: ann});
		const {key, ...shown} = made;
		assert.match(key, /^lsv2_pt_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}$/);
		assert.match(made.id, k.uuid);
		assert.equal(made.short_key, `lsv2_pt_...${key.slice(-4)}`);
		assert.equal(made.role_id, null);
		assert.equal(made.access_scope, 'organization');
		const me = await k.whoIs(s, key);
		assert.equal(me.actor, 'user:ann');
		assert.deepEqual(await list(path, {key}), await list(path, {key: ann}));
		shown.last_used_at = (await list(path, {key})).find((i) => i.id === made.id).last_used_at;
		assert.notEqual(shown.last_used_at, null);
		assert.deepEqual((await list(path, {key})).find((i) => i.id === made.id), shown);
		// Nobody else sees or deletes it.
		for (const other of [admin, s.key]) {
			assert.ok(!(await list(path, {key: other})).some((i) => i.id === made.id));
			await refused(404, 'DELETE', `${path}/${made.id}`, undefined, {key: other});
		}
		assert.ok(!(await list(k.serviceKeys)).some((i) => i.id === made.id));
		await refused(404, 'DELETE', `${k.serviceKeys}/${made.id}`, undefined, {key: admin});
		assert.deepEqual((await call(200, 'DELETE', `${path}/${made.id}`, undefined, {key})).json, shown);
		assert.equal(await can(key, 'GET', path), 401);
		await refused(404, 'DELETE', `${path}/${made.id}`, undefined, {key: ann});
	}
});

test('a token for workspaces counts in those only, and makes none that counts in more', async () => {
	const bob = await k.makeMember(s, 'bob', [role.orgUser], [role.viewer, 'w1'], [role.viewer, 'w2']);
	const made = await make(k.tokens, {workspaces: ['w2'], default_workspace_id: 'w2'}, {key: bob});
	assert.deepEqual(made.workspace_names, ['Workspace w2']);
	assert.equal(made.access_scope, 'workspace');
	assert.equal(await can(made.key, 'GET', k.workspaceKeys), 200);
	assert.equal(await can(made.key, 'GET', k.workspaceKeys, {headers: {'X-Tenant-Id': 'w1'}}), 403);
	assert.equal(await can(made.key, 'GET', k.serviceKeys), 403);
	for (const body of [{}, {workspaces: ['w1']}, {workspaces: ['w2']}]) {
		await refused(403, 'POST', k.tokens, body, {key: made.key});
	}
});

test('who may make tokens', async () => {
	const watcher = await k.makeMember(s, 'watcher', [role.orgViewer]);
	await refused(403, 'POST', k.tokens, {}, {key: watcher});
	await refused(403, 'POST', k.oldTokens, {}, {key: watcher});
	assert.equal((await list(k.tokens, {key: watcher})).length, 1);
	const bot = await make(k.serviceKeys, {org_role_id: role.orgAdmin});
	for (const path of [k.tokens, k.oldTokens]) {
		await refused(403, 'GET', path, undefined, {key: bot.key});
		await refused(403, 'POST', path, {}, {key: bot.key});
		await refused(403, 'DELETE', `${path}/${bot.id}`, undefined, {key: bot.key});
	}
	await refused(400, 'POST', k.tokens, {role_id: role.viewer}, {key: admin});
	await refused(400, 'POST', k.tokens, {org_role_id: role.orgViewer}, {key: admin});
});

test('keys of another organization are not there, and its id is refused', async () => {
	const mine = await make(k.serviceKeys, {org_role_id: role.orgAdmin});
	const token = await make(k.tokens, {});
	const own = s.key;
	const two = await s.restart({org: 'acme'});
	const theirs = two.key;
	assert.notEqual(theirs, own);
	const other = await make(k.serviceKeys, {org_role_id: role.orgAdmin}, {key: theirs});
	const {organization_id: acme} = await make(k.serviceAccounts, {name: 'x'}, {key: theirs});
	for (const [key, foreign] of [
		[theirs, mine],
		[mine.key, other],
	]) {
		assert.ok(!(await list(k.serviceKeys, {key})).some((i) => i.id === foreign.id));
		await refused(404, 'DELETE', `${k.serviceKeys}/${foreign.id}`, undefined, {key});
		await refused(404, 'PATCH', `${k.serviceKeys}/${foreign.id}`, {role_id: role.viewer}, {key});
	}
	await refused(404, 'DELETE', `${k.tokens}/${token.id}`, undefined, {key: theirs});
	await refused(422, 'POST', k.serviceKeys, {workspaces: ['w1']}, {key: theirs, headers: {'X-Organization-Id': acme}});
	await refused(403, 'GET', k.serviceKeys, undefined, {key: mine.key, headers: {'X-Organization-Id': acme}});
	await s.restart({org: undefined});
	s.key = own;
});

// ---- bad input ----------------------------------------------------------------------------------------------------------

test('bad input is refused and changes nothing', async () => {
	const bad = [
		[422, {description: 7}],
		[422, {description: 'x'.repeat(4097)}],
		[422, {description: 'a\u0000b'}],
		[422, {expires_at: 'tomorrow'}],
		[422, {expires_at: 1}],
		[422, {workspaces: 'w1'}],
		[422, {workspaces: []}],
		[422, {workspaces: [1]}],
		[422, {workspaces: ['nope']}],
		[404, {workspaces: [k.nobody]}],
		[404, {workspaces: ['w1', k.nobody]}],
		[422, {workspaces: Array.from({length: 201}, () => 'w1')}],
		[422, {default_workspace_id: ''}],
		[404, {default_workspace_id: k.nobody}],
		[400, {default_workspace_id: 'w1', workspaces: ['w2']}],
		[422, {read_only: 'yes'}],
		[400, {read_only: true}],
	];
	const roles = [
		[422, {role_id: 7}],
		[422, {role_id: ''}],
		[422, {role_id: 'NO_SUCH_ROLE'}],
		[404, {role_id: k.nobody}],
		[400, {role_id: role.orgViewer}],
		[400, {org_role_id: role.viewer}],
		[422, {org_role_id: ['x']}],
		[404, {org_role_id: k.nobody}],
		[400, {org_role_id: role.orgViewer, workspaces: ['w1']}],
	];
	for (const [status, body] of [...bad, ...roles]) {
		await refused(status, 'POST', k.serviceKeys, body, {key: admin});
	}
	for (const [status, body] of bad) {
		await refused(status, 'POST', k.tokens, body, {key: admin});
	}
	const made = await make(k.serviceKeys, {});
	for (const [status, body] of roles.slice(0, -1)) {
		await refused(status, 'PATCH', `${k.serviceKeys}/${made.id}`, body, {key: admin});
	}
	for (const path of [k.serviceKeys, k.tokens]) {
		for (const body of ['', '{', '[]', '"x"', 'null', '{"description":"a","description":"b"}']) {
			await refused(422, 'POST', path, body, {key: admin});
		}
		await refused(422, 'DELETE', `${path}/nope`, undefined, {key: admin});
		await refused(404, 'DELETE', `${path}/${k.nobody}`, undefined, {key: admin});
		assert.equal(await can(admin, 'PUT', path), 405);
	}
	const r = await refused(422, 'POST', k.serviceKeys, {workspaces: 'w1'}, {key: admin});
	assert.deepEqual(r.json.detail[0].loc, ['body', 'workspaces']);
	// What is not known is ignored.
	await make(k.serviceKeys, {description: 'with more', unknown: [1, {}]});
});

// ---- secrets ------------------------------------------------------------------------------------------------------------

test('a secret is in no later answer, no log and no file', async () => {
	const secrets = [];
	for (const [path, options] of [
		[k.serviceKeys, {key: admin}],
		[k.tokens, {key: admin}],
		[k.workspaceKeys, {key: admin, headers: {'X-Tenant-Id': 'w1'}}],
	]) {
		const {key, id} = await make(path, {description: 'secret'}, options);
		await can(key, 'GET', path, {headers: {'X-Tenant-Id': 'w1'}});
		await can(`${key}x`, 'GET', path);
		secrets.push(key.split('_')[3]);
		assert.ok(!(await s.call('GET', path, undefined, options)).text.includes(secrets.at(-1)), id);
	}
	const answers = [];
	for (const path of [k.serviceKeys, k.tokens, k.serviceAccounts, '/doorward/v1/keys', '/doorward/v1/services',
		'/doorward/v1/audit?limit=1000', `${k.auditLogs}?start_time=2025-01-01T00:00:00Z&end_time=2027-01-01T00:00:00Z&limit=100`]) {
		answers.push((await call(200, 'GET', path)).text);
	}
	await s.restart();
	const files = readdirSync(s.dir)
		.filter((name) => name.startsWith('doorward.db'))
		.map((name) => readFileSync(join(s.dir, name), 'latin1'));
	assert.ok(files.some((text) => text.includes('lsv2') || text.includes('create_service_key')));
	for (const secret of secrets) {
		assert.match(secret, /^[A-Za-z0-9]{40}$/);
		for (const text of [...answers, ...files, s.logs()]) {
			assert.ok(!text.includes(secret));
		}
	}
	// And the keys still work.
	assert.equal((await list(k.serviceKeys)).length > 3, true);
});
