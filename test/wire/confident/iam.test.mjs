// SPDX-License-Identifier: Apache-2.0
// Permissions, policies, roles, and what they decide. Numbers are those of the conformance cases of this dialect.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {exchange, makeKey, startServer} from '../../harness/server.mjs';
import {
	ORGANIZATION, assign, builtin, catalogue, dataOf, decide, expectError, makePerson, makeProject, makeServiceKey, ok,
	permitted, unassign,
} from './support.mjs';

const P = '/v1/projects/p';
let s;
let org; // the catalogues: {names, id: {name: id}}
let project;
before(async () => {
	s = await startServer({store: 'memory'});
	await makeProject(s, 'p');
	await makeProject(s, 'q');
	for (const id of ['alice', 'bob', 'carol', 'dora']) {
		await makePerson(s, id);
	}
	await assign(s, 'user:alice', builtin.owner);
	await assign(s, 'user:bob', builtin.member);
	org = await catalogue(s);
	project = await catalogue(s, P);
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const name = (what) => `${what} ${++serial}`;
const idsOf = (c, names) => names.map((n) => c.id[n]);

async function makePolicy(names, {at = ORGANIZATION, ids = idsOf(at === ORGANIZATION ? org : project, names), ...body} = {}) {
	return (await ok(s, 'POST', `${at}/policies`, {name: name('policy'), permissionIds: ids, ...body})).policy;
}
async function makeRole(policyIds, {at = ORGANIZATION, ...body} = {}) {
	return (await ok(s, 'POST', `${at}/roles`, {name: name('role'), policyIds, ...body})).role;
}
/** A new user who holds the role. */
async function makeHolder(role, where) {
	const id = `holder-${++serial}`;
	await makePerson(s, id);
	await assign(s, `user:${id}`, role, where);
	return id;
}
const list = async (what, at = ORGANIZATION) => (await ok(s, 'GET', `${at}/${what}`))[what];
const find = async (what, id, at) => (await list(what, at)).find((d) => d.id === id);

/* ---- the catalogue and who may see it ------------------------------------------------------------------ */

test('CA-01: the permissions of the organization, and those of a project', async () => {
	const key = await makeServiceKey(s, 'org-reader', builtin.admin);
	const {permissions} = dataOf(await exchange(s.url, 'GET', `${ORGANIZATION}/permissions`, undefined, {headers: {CONFIDENT_API_KEY: key}}));
	for (const p of permissions) {
		assert.deepEqual(Object.keys(p), ['id', 'name', 'description']);
		assert.match(p.id, /^[0-9a-f-]{36}$/);
		assert.match(p.name, /^[A-Za-z_]+:[a-z]+$/);
	}
	assert.equal(new Set(permissions.map((p) => p.id)).size, permissions.length);
	for (const n of ['billing:read', 'billing:manage', 'billing:write', 'iam:manage', 'project:manage', 'user:delete']) {
		assert.ok(org.names.includes(n), n);
	}
	for (const n of ['trace:read', 'promptBranch:merge', 'dataset:create', 'iam:manage', 'traces:write']) {
		assert.ok(project.names.includes(n), n);
	}
	assert.ok(!org.names.includes('trace:read') && !project.names.includes('billing:read'));
	assert.notEqual(org.id['iam:manage'], project.id['iam:manage'], 'the catalogues are separate');
});

test('CA-02: no key, a wrong one, one that was revoked', async () => {
	const key = await makeServiceKey(s, 'short-lived', builtin.admin);
	const id = (await s.call('GET', '/doorward/v1/keys')).json.items.at(-1).id;
	await ok(s, 'GET', `${ORGANIZATION}/permissions`, undefined, {key});
	assert.equal((await s.call('DELETE', `/doorward/v1/keys/${id}`)).status, 204);
	for (const sent of [null, 'nonsense', 'confident_org_0123456789abcdef0123456789abcdef', key]) {
		const headers = sent ? {CONFIDENT_API_KEY: sent} : {};
		for (const path of ['permissions', 'policies', 'roles', '']) {
			expectError(await exchange(s.url, 'GET', `${ORGANIZATION}/${path}`.replace(/\/$/, ''), undefined, {headers}), 401);
		}
	}
});

test('CA-03: a project key is for its project only', async () => {
	const key = await makeServiceKey(s, 'project-key', builtin.projectOwner, 'p');
	for (const [method, path, body] of [
		['GET', ORGANIZATION], ['PUT', ORGANIZATION, {name: 'x'}],
		['GET', `${ORGANIZATION}/permissions`], ['GET', `${ORGANIZATION}/policies`], ['GET', `${ORGANIZATION}/roles`],
		['POST', `${ORGANIZATION}/policies`, {name: 'x', permissionIds: []}], ['POST', `${ORGANIZATION}/roles`, {name: 'x', policyIds: []}],
		['GET', '/v1/projects/q/roles'], ['POST', '/v1/projects/q/policies', {name: 'x', permissionIds: []}],
	]) {
		expectError(await s.call(method, path, body, {key}), 403, /permission/);
	}
	await ok(s, 'GET', `${P}/permissions`, undefined, {key});
	await ok(s, 'POST', `${P}/policies`, {name: name('by key'), permissionIds: []}, {key});
});

test('CA-04: every spelling of the header', async () => {
	for (const header of ['CONFIDENT_API_KEY', 'CONFIDENT-API-KEY', 'confident_api_key', 'confident-api-key', 'Confident-Api-Key']) {
		dataOf(await exchange(s.url, 'GET', `${ORGANIZATION}/permissions`, undefined, {headers: {[header]: s.key}}));
	}
});

test('who may read and who may change', async () => {
	const reader = await makeServiceKey(s, 'member-key', builtin.member);
	const nobody = await makeKey(s, {type: 'user', id: 'carol'});
	await ok(s, 'GET', `${ORGANIZATION}/roles`, undefined, {key: reader});
	for (const [method, path, body] of [
		['POST', 'policies', {name: 'x', permissionIds: []}], ['PUT', 'policies/x', {}], ['DELETE', 'policies/x'],
		['POST', 'roles', {name: 'x', policyIds: []}], ['PUT', 'roles/x', {}], ['DELETE', 'roles/x'],
	]) {
		expectError(await s.call(method, `${ORGANIZATION}/${path}`, body, {key: reader}), 403, /iam:manage/);
		expectError(await s.call(method, `${P}/${path}`, body, {key: reader}), 403, /iam:manage/);
	}
	expectError(await s.call('GET', `${ORGANIZATION}/roles`, undefined, {key: nobody}), 403, /iam:read/);
	expectError(await s.call('GET', ORGANIZATION, undefined, {key: nobody}), 403, /organization:read/);
	expectError(await s.call('PUT', ORGANIZATION, {name: 'x'}, {key: reader}), 403, /organization:manage/);
	expectError(await s.call('GET', '/v1/projects/none/roles', undefined, {key: nobody}), 404, /^Project not found$/);
});

/* ---- policies ---------------------------------------------------------------------------------------------- */

test('CA-05: a policy, in the order its permissions were sent', async () => {
	const [read, manage] = idsOf(org, ['billing:read', 'billing:write']);
	const body = {name: 'Manage billing', permissionIds: [manage, read, manage], description: 'Grants access to billing settings'};
	const {policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, body);
	assert.deepEqual(policy, {
		id: policy.id,
		name: body.name,
		description: body.description,
		permissions: [{id: manage, name: 'billing:write'}, {id: read, name: 'billing:read'}],
	});
	assert.deepEqual(await find('policies', policy.id), policy);
});

test('CA-06, CA-07: nothing described, nothing permitted', async () => {
	const {policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: name('bare'), permissionIds: []});
	assert.deepEqual(policy, {id: policy.id, name: policy.name, description: null, permissions: []});
	const {policy: other} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: name('bare'), permissionIds: [], description: null});
	assert.equal(other.description, null);
});

test('CA-09: a name is taken once', async () => {
	const p = await makePolicy([]);
	expectError(await s.call('POST', `${ORGANIZATION}/policies`, {name: p.name, permissionIds: []}), 409, /already/);
	await makePolicy([], {name: p.name.toUpperCase()});
});

test('CA-11: a permission of the other catalogue is kept and never counts', async () => {
	const p = await makePolicy([], {ids: [project.id['trace:read'], project.id['iam:manage'], org.id['sso:read']]});
	assert.deepEqual(p.permissions.map((x) => x.name), ['trace:read', 'iam:manage', 'sso:read']);
	const holder = await makeHolder((await makeRole([p.id])).id);
	assert.deepEqual(await permitted(s, holder, org.names), ['sso:read']);
	assert.deepEqual(await permitted(s, holder, ['trace:read', 'iam:manage'], 'p'), []);

	const q = await makePolicy([], {at: P, ids: [org.id['iam:manage'], org.id['project:manage'], project.id['span:read']]});
	const held = await makeHolder((await makeRole([q.id], {at: P})).id, 'p');
	assert.deepEqual(await permitted(s, held, project.names, 'p'), ['span:read']);
	assert.deepEqual(await permitted(s, held, org.names), []);
});

test('one permission under two spellings is one', async () => {
	const p = await makePolicy([], {ids: ['organization/sso:read', org.id['sso:read'], 'project/sso:read'].slice(0, 2)});
	assert.deepEqual(p.permissions, [{id: org.id['sso:read'], name: 'sso:read'}]);
});

test('CA-12: the list holds custom policies, in the order they were made, and no pages', async () => {
	const before = await list('policies');
	const made = [await makePolicy([]), await makePolicy(['sso:read'])];
	const data = await ok(s, 'GET', `${ORGANIZATION}/policies?page=2&pageSize=1`);
	assert.deepEqual(data, {policies: [...before, ...made]});
});

test('CA-13, CA-14, CA-16: a change replaces what is sent and leaves the description', async () => {
	const p = await makePolicy(['sso:read', 'billing:read'], {description: 'D'});
	const put = (body) => s.call('PUT', `${ORGANIZATION}/policies/${p.id}`, body);
	const b = [org.id['billing:read']];
	assert.deepEqual(dataOf(await put({name: p.name, permissionIds: b})).policy,
		{id: p.id, name: p.name, description: 'D', permissions: [{id: b[0], name: 'billing:read'}]});
	assert.equal(dataOf(await put({name: p.name, permissionIds: b, description: null})).policy.description, null);
	const other = await makePolicy([]);
	expectError(await put({name: other.name, permissionIds: b}), 409);
	const renamed = dataOf(await put({name: name('renamed'), permissionIds: []})).policy;
	assert.deepEqual(await find('policies', p.id), renamed);
	// The old name is free again.
	await makePolicy([], {name: p.name});
});

test('CA-17: what is not there, or not here', async () => {
	const own = await makePolicy([]);
	const inP = await makePolicy([], {at: P});
	const body = {name: 'x', permissionIds: [], policyIds: []};
	for (const [at, id] of [[ORGANIZATION, 'none'], [ORGANIZATION, inP.id], [P, own.id], ['/v1/projects/q', inP.id]]) {
		expectError(await s.call('PUT', `${at}/policies/${id}`, body), 404, /^Policy not found$/);
		expectError(await s.call('DELETE', `${at}/policies/${id}`), 404, /^Policy not found$/);
	}
	const role = await makeRole([], {at: P});
	for (const [at, id] of [[ORGANIZATION, 'none'], [ORGANIZATION, role.id], ['/v1/projects/q', role.id], [P, 'viewer']]) {
		expectError(await s.call('PUT', `${at}/roles/${id}`, body), 404, /^Role not found$/);
		expectError(await s.call('DELETE', `${at}/roles/${id}`), 404, /^Role not found$/);
	}
	assert.deepEqual(await find('policies', inP.id, P), inP);
});

test('CA-17: another organization', async (t) => {
	const two = await startServer({org: 'one'});
	t.after(() => two.dispose());
	const {policy} = await ok(two, 'POST', `${ORGANIZATION}/policies`, {name: 'of one', permissionIds: []});
	const {role} = await ok(two, 'POST', `${ORGANIZATION}/roles`, {name: 'of one', policyIds: [policy.id]});
	await two.restart({org: 'two'});
	assert.equal((await ok(two, 'GET', ORGANIZATION)).organization.id, 'two');
	assert.deepEqual(await ok(two, 'GET', `${ORGANIZATION}/policies`), {policies: []});
	assert.equal((await ok(two, 'GET', `${ORGANIZATION}/roles`)).roles.length, 3);
	const body = {name: 'of one', permissionIds: [], policyIds: []};
	for (const path of [`policies/${policy.id}`, `roles/${role.id}`]) {
		expectError(await two.call('PUT', `${ORGANIZATION}/${path}`, body), 404);
		expectError(await two.call('DELETE', `${ORGANIZATION}/${path}`), 404);
	}
	expectError(await two.call('POST', `${ORGANIZATION}/roles`, {name: 'r', policyIds: [policy.id]}), 400, new RegExp(policy.id));
	// A name of the other organization is free in this one.
	await ok(two, 'POST', `${ORGANIZATION}/policies`, body);
	await ok(two, 'POST', `${ORGANIZATION}/roles`, body);
	assert.equal(await two.end('SIGTERM'), 0);
});

test('CA-18: deleted once', async () => {
	const p = await makePolicy([]);
	const r = await s.call('DELETE', `${ORGANIZATION}/policies/${p.id}`);
	assert.deepEqual(dataOf(r), {id: p.id, deleted: true});
	expectError(await s.call('DELETE', `${ORGANIZATION}/policies/${p.id}`), 404);
	assert.equal(await find('policies', p.id), undefined);
});

/* ---- roles ------------------------------------------------------------------------------------------------- */

test('CA-19, CA-20: a role permits the union of its policies, also as they are now', async () => {
	const p1 = await makePolicy(['sso:read', 'billing:read']);
	const p2 = await makePolicy(['billing:read', 'user:read']);
	const holder = await makeHolder((await makeRole([p1.id, p2.id])).id);
	assert.deepEqual(await permitted(s, holder, org.names), ['sso:read', 'user:read', 'billing:read']);
	await ok(s, 'PUT', `${ORGANIZATION}/policies/${p1.id}`, {name: p1.name, permissionIds: [org.id['user:manage']]});
	assert.deepEqual(await permitted(s, holder, org.names), ['user:read', 'user:manage', 'billing:read']);
});

test('CA-21, CA-22: a deleted policy leaves every role at once', async () => {
	const p1 = await makePolicy(['sso:read']);
	const p2 = await makePolicy(['user:read']);
	const roles = [await makeRole([p1.id, p2.id]), await makeRole([p2.id, p1.id])];
	const holders = [await makeHolder(roles[0].id), await makeHolder(roles[1].id)];
	const revision = Number((await s.call('DELETE', `${ORGANIZATION}/policies/${p1.id}`)).headers['doorward-revision']);
	for (const i of [0, 1]) {
		assert.deepEqual((await find('roles', roles[i].id)).policies, [{id: p2.id, name: p2.name}]);
		assert.deepEqual(await permitted(s, holders[i], org.names), ['user:read']);
	}
	const second = await s.call('DELETE', `${ORGANIZATION}/policies/${p2.id}`);
	assert.equal(Number(second.headers['doorward-revision']), revision + 1, 'each is one revision');
	assert.deepEqual((await find('roles', roles[0].id)).policies, []);
	assert.deepEqual(await permitted(s, holders[0], org.names), []);
});

test('CA-23: a role, with and without policies', async () => {
	const p = await makePolicy([]);
	const empty = await makeRole([]);
	assert.deepEqual(empty, {id: empty.id, name: empty.name, description: null, organizationId: 'default', policies: []});
	const role = await makeRole([p.id, p.id], {description: 'D'});
	assert.deepEqual(role, {id: role.id, name: role.name, description: 'D', organizationId: 'default', policies: [{id: p.id, name: p.name}]});
	const inP = await makeRole([], {at: P});
	assert.deepEqual(inP, {id: inP.id, name: inP.name, description: null, projectId: 'p', policies: []});
	assert.deepEqual(await find('roles', role.id), role);
});

test('a change of a role replaces its policies and leaves its description', async () => {
	const [p1, p2] = [await makePolicy(['sso:read']), await makePolicy(['user:read'])];
	const role = await makeRole([p1.id], {description: 'D'});
	const holder = await makeHolder(role.id);
	const put = (body) => s.call('PUT', `${ORGANIZATION}/roles/${role.id}`, body);
	const next = dataOf(await put({name: role.name, policyIds: [p2.id]})).role;
	assert.deepEqual(next, {...role, policies: [{id: p2.id, name: p2.name}]});
	assert.deepEqual(await permitted(s, holder, org.names), ['user:read']);
	assert.equal(dataOf(await put({name: role.name, policyIds: [], description: null})).role.description, null);
	assert.deepEqual(await permitted(s, holder, org.names), []);
	expectError(await put({name: (await makeRole([])).name, policyIds: []}), 409);
});

test('CA-24: names of built-in roles, in any case, and names that are taken', async () => {
	for (const taken of ['ADMIN', 'owner', 'Member', ' admin ']) {
		expectError(await s.call('POST', `${ORGANIZATION}/roles`, {name: taken, policyIds: []}), 409);
		const role = await makeRole([]);
		expectError(await s.call('PUT', `${ORGANIZATION}/roles/${role.id}`, {name: taken, policyIds: []}), 409);
	}
	for (const taken of ['MANAGER', 'owner']) {
		expectError(await s.call('POST', `${P}/roles`, {name: taken, policyIds: []}), 409);
	}
	// Manager is a role of projects, Admin one of the organization: elsewhere the names are free.
	await makeRole([], {name: 'Manager'});
	await makeRole([], {name: 'Admin', at: P});
	expectError(await s.call('POST', `${ORGANIZATION}/roles`, {name: 'Manager', policyIds: []}), 409);
});

test('CA-25: built-in roles cannot be addressed, by id or by name', async () => {
	const before = await list('roles');
	for (const id of [builtin.owner, builtin.admin, builtin.member, 'CONFIDENT_MEMBER']) {
		expectError(await s.call('PUT', `${ORGANIZATION}/roles/${id}`, {name: 'x', policyIds: []}), 404);
		expectError(await s.call('DELETE', `${ORGANIZATION}/roles/${id}`), 404);
	}
	for (const id of [builtin.projectOwner, builtin.projectManager, builtin.projectMember, builtin.owner]) {
		expectError(await s.call('PUT', `${P}/roles/${id}`, {name: 'x', policyIds: []}), 404);
		expectError(await s.call('DELETE', `${P}/roles/${id}`), 404);
	}
	assert.deepEqual(await list('roles'), before);
});

test('CA-26: a role that somebody holds stays', async () => {
	const p = await makePolicy([]);
	const role = await makeRole([p.id]);
	await assign(s, 'user:dora', role.id);
	expectError(await s.call('DELETE', `${ORGANIZATION}/roles/${role.id}`), 409, /assigned/);
	assert.deepEqual(await find('roles', role.id), role);
	await unassign(s, 'user:dora', role.id);
	assert.deepEqual(await ok(s, 'DELETE', `${ORGANIZATION}/roles/${role.id}`), {id: role.id, deleted: true});
	expectError(await s.call('DELETE', `${ORGANIZATION}/roles/${role.id}`), 404);
	assert.ok(await find('policies', p.id), 'its policies survive');
});

test('CA-27: the lists begin with the built-in roles', async () => {
	const role = await makeRole([]);
	const inP = await makeRole([], {at: P});
	const roles = await list('roles');
	assert.deepEqual(roles.slice(0, 3).map((r) => [r.id, r.name, r.organizationId, r.policies]), [
		[builtin.owner, 'Owner', null, []], [builtin.admin, 'Admin', null, []], [builtin.member, 'Member', null, []],
	]);
	assert.deepEqual(roles.at(-1), role);
	assert.ok(roles.slice(3).every((r) => r.organizationId === 'default'));
	const ofP = await list('roles', P);
	assert.deepEqual(ofP.slice(0, 3).map((r) => [r.id, r.name, r.projectId, r.policies]), [
		[builtin.projectOwner, 'Owner', null, []], [builtin.projectManager, 'Manager', null, []],
		[builtin.projectMember, 'Member', null, []],
	]);
	assert.deepEqual(ofP.at(-1), inP);
	assert.equal((await list('roles', '/v1/projects/q')).length, 3);
});

/* ---- decisions --------------------------------------------------------------------------------------------- */

const notMembers = ['project:manage', 'organization:manage', 'featureAccess:manage', 'sso:manage', 'apiKey:manage', 'user:manage',
	'user:delete', 'billing:manage', 'modelCredential:manage', 'modelCost:manage', 'metric:manage', 'retentionConfig:manage',
	'iam:manage', 'billing:write'];
const notProjectMembers = ['project:delete', 'retentionConfig:manage', 'user:manage', 'user:delete', 'iam:manage'];

test('CA-33: every permission of every built-in role', async () => {
	const rows = [
		// role, where it is held, what it permits in the organization, in the project
		[builtin.owner, undefined, org.names, project.names],
		[builtin.admin, undefined, org.names, project.names],
		[builtin.member, undefined, org.names.filter((n) => !notMembers.includes(n)), []],
		[builtin.projectOwner, 'p', [], project.names],
		[builtin.projectManager, 'p', [], project.names],
		[builtin.projectMember, 'p', [], project.names.filter((n) => !notProjectMembers.includes(n))],
	];
	assert.ok(notMembers.every((n) => org.names.includes(n)) && notProjectMembers.every((n) => project.names.includes(n)));
	for (const [role, where, inOrganization, inProject] of rows) {
		const holder = await makeHolder(role, where);
		assert.deepEqual(await permitted(s, holder, org.names), inOrganization, role);
		// What the organization permits says nothing of its projects, though some names are in both catalogues.
		assert.deepEqual(await permitted(s, holder, project.names, 'p'), inProject, role);
		if (where) {
			assert.deepEqual(await permitted(s, holder, project.names, 'q'), [], `${role}, elsewhere`);
		}
	}
});

test('CA-32: who holds no role may nothing', async () => {
	assert.deepEqual(await permitted(s, 'carol', org.names), []);
	assert.deepEqual(await permitted(s, 'carol', project.names, 'p'), []);
});

test('CA-34, CA-35: project:manage opens every project, membership of the organization none', async () => {
	const p = await makePolicy(['project:manage']);
	const manager = await makeHolder((await makeRole([p.id])).id);
	for (const where of ['p', 'q']) {
		assert.deepEqual(await permitted(s, manager, project.names, where), project.names);
	}
	// Names that both catalogues have must not come back through the project.
	assert.deepEqual(await permitted(s, manager, org.names), ['project:manage']);
	for (const action of ['trace:read', 'trace:delete', 'dataset:create']) {
		assert.equal(await decide(s, 'bob', action, 'p'), false, action);
	}
	assert.equal(await decide(s, manager, 'trace:delete'), false, 'without a project it is about the organization');
	const key = await makeKey(s, {type: 'user', id: manager});
	await ok(s, 'POST', `${P}/policies`, {name: name('bypass'), permissionIds: []}, {key});
	expectError(await s.call('POST', `${ORGANIZATION}/policies`, {name: 'x', permissionIds: []}, {key}), 403);
	await ok(s, 'PUT', `${ORGANIZATION}/policies/${p.id}`, {name: p.name, permissionIds: []});
	assert.deepEqual(await permitted(s, manager, project.names, 'p'), []);
	expectError(await s.call('GET', `${P}/policies`, undefined, {key}), 403);
});

test('no permission implies another', async () => {
	const p = await makePolicy(['billing:manage']);
	assert.deepEqual(await permitted(s, await makeHolder((await makeRole([p.id])).id), [...org.names, 'billing:*', '*']), ['billing:manage']);
});

test('a service and a group hold roles as users do', async () => {
	const p = await makePolicy(['sso:read']);
	const role = await makeRole([p.id]);
	for (const [path, body] of [['groups', {id: 'crew', kind: 'team'}], ['services', {id: 'robot'}]]) {
		assert.equal((await s.call('POST', `/doorward/v1/${path}`, body)).status, 201);
	}
	await makePerson(s, 'erin');
	assert.equal((await s.call('PUT', '/doorward/v1/groups/crew/members/erin')).status, 204);
	assert.deepEqual(await permitted(s, 'erin', org.names), []);
	await assign(s, 'group:crew', role.id);
	assert.deepEqual(await permitted(s, 'erin', org.names), ['sso:read']);
	await assign(s, 'service:robot', role.id);
	const key = await makeKey(s, {type: 'service', id: 'robot'});
	expectError(await s.call('GET', ORGANIZATION, undefined, {key}), 403);
});

test('a role is held where it belongs, whoever gives it', async () => {
	const ofP = await makeRole([], {at: P});
	const ofOrg = await makeRole([]);
	const give = (role, query) => s.call('PUT', `/doorward/v1/roles/${role}/members/user:dora${query}`);
	for (const [role, query] of [
		[builtin.projectOwner, ''], [ofP.id, ''], [ofP.id, '?tenant=q'], [builtin.admin, '?tenant=p'], [ofOrg.id, '?tenant=p'],
	]) {
		assert.equal((await give(role, query)).status, 400, `${role}${query}`);
	}
	const r = await s.call('PATCH', `/doorward/v1/roles/${ofOrg.id}`, {actions: ['iam:manage']});
	assert.equal(r.status, 400, r.text);
	assert.deepEqual(await permitted(s, 'dora', [...org.names, ...project.names], 'p'), []);
});

test('LangSmith neither shows nor touches roles of this dialect', async () => {
	const made = [await makeRole([]), await makeRole([], {at: P})];
	const at = '/api/v1/orgs/current/roles';
	const shown = (await s.call('GET', at)).json;
	assert.ok(shown.some((r) => r.name === 'WORKSPACE_ADMIN'));
	for (const id of [...made.map((r) => r.id), ...Object.values(builtin)]) {
		assert.ok(!shown.some((r) => r.id === id), id);
		assert.equal((await s.call('DELETE', `${at}/${id}`)).status, 404);
		assert.equal((await s.call('PATCH', `${at}/${id}`, {display_name: 'x', description: '', permissions: []})).status, 404);
	}
	assert.deepEqual(await find('roles', made[0].id), made[0]);
	assert.deepEqual(await find('roles', made[1].id, P), made[1]);
});

test('a key for who administers access is made by nobody less powerful', async () => {
	assert.equal((await s.call('POST', '/doorward/v1/roles', {id: 'key-maker', actions: ['doorward:keys:create']})).status, 201);
	await makePerson(s, 'frank');
	await assign(s, 'user:frank', 'key-maker');
	const key = await makeKey(s, {type: 'user', id: 'frank'});
	const make = async (id) => (await s.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id}, name: 'k'}, {key})).status;
	const p = await makePolicy(['apiKey:manage']);
	assert.equal(await make(await makeHolder(builtin.member)), 201);
	for (const [role, where] of [[builtin.admin], [(await makeRole([p.id])).id], [builtin.projectManager, 'q']]) {
		assert.equal(await make(await makeHolder(role, where)), 403, role);
	}
});

test('CA-36, CA-37: organization and projects do not share names or policies', async () => {
	const p = await makePolicy([]);
	const same = await makePolicy([], {at: P, name: p.name});
	await makePolicy([], {at: '/v1/projects/q', name: p.name});
	expectError(await s.call('POST', `${P}/policies`, {name: p.name, permissionIds: []}), 409);
	for (const [at, id] of [[P, p.id], [ORGANIZATION, same.id], ['/v1/projects/q', same.id], [P, 'none']]) {
		expectError(await s.call('POST', `${at}/roles`, {name: name('role'), policyIds: [id]}), 400, new RegExp(id));
	}
	const role = await makeRole([same.id], {at: P});
	expectError(await s.call('PUT', `${P}/roles/${role.id}`, {name: role.name, policyIds: [same.id, p.id]}), 400, new RegExp(p.id));
	assert.deepEqual(await find('roles', role.id, P), role);
});

test('a project takes its policies and roles with it', async () => {
	await makeProject(s, 'gone');
	const at = '/v1/projects/gone';
	const p = await makePolicy(['trace:read'], {at});
	const role = await makeRole([p.id], {at});
	const holder = await makeHolder(role.id, 'gone');
	assert.equal(await decide(s, holder, 'trace:read', 'gone'), true);
	assert.equal((await s.call('DELETE', '/doorward/v1/tenants/gone')).status, 204);
	assert.equal(await decide(s, holder, 'trace:read', 'gone'), false);
	expectError(await s.call('GET', `${at}/roles`), 404, /^Project not found$/);
	await makeProject(s, 'gone');
	assert.deepEqual(await list('policies', at), []);
	assert.equal((await list('roles', at)).length, 3);
	assert.equal((await s.call('GET', `/doorward/v1/roles/${role.id}`)).status, 404);
	assert.equal(await decide(s, holder, 'trace:read', 'gone'), false, 'nobody comes back with it');
});

/* ---- the organization, and the rest ---------------------------------------------------------------------- */

test('the organization and its name', async () => {
	const {organization} = await ok(s, 'GET', ORGANIZATION);
	assert.deepEqual(organization, {id: 'default', name: 'default', plan: 'ENTERPRISE', created_at: organization.created_at});
	assert.match(organization.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
	const next = (await ok(s, 'PUT', ORGANIZATION, {name: 'Acme', plan: 'FREE'})).organization;
	assert.deepEqual(next, {...organization, name: 'Acme'});
	assert.deepEqual((await ok(s, 'GET', ORGANIZATION)).organization, next);
});

test('generation 2: the same, but what is deleted is named only', async () => {
	const {policy} = await ok(s, 'POST', '/v2/organization/policies', {name: name('v2'), permissionIds: []});
	assert.deepEqual(await find('policies', policy.id), policy);
	const {role} = await ok(s, 'POST', '/v2/projects/p/roles', {name: name('v2'), policyIds: []});
	assert.deepEqual(await ok(s, 'DELETE', `/v2/projects/p/roles/${role.id}`), {id: role.id});
	assert.deepEqual(await ok(s, 'DELETE', `/v2/organization/policies/${policy.id}`), {id: policy.id});
	assert.deepEqual(await ok(s, 'GET', '/v2/organization/permissions'), await ok(s, 'GET', `${ORGANIZATION}/permissions`));
});

test('CA-44: of many that take one name at once, one has it', async () => {
	const body = {name: name('wanted'), permissionIds: []};
	for (const [path, sent] of [['policies', body], ['roles', {name: body.name, policyIds: []}]]) {
		const answers = await Promise.all(Array.from({length: 24}, () => s.call('POST', `${ORGANIZATION}/${path}`, sent)));
		const statuses = answers.map((r) => r.status).sort();
		assert.deepEqual(statuses, [200, ...Array.from({length: 23}, () => 409)]);
		assert.equal((await list(path)).filter((d) => d.name === body.name).length, 1);
	}
});

test('the audit trail names what was done, and to what', async () => {
	const p = await makePolicy([]);
	const role = await makeRole([], {at: P});
	await ok(s, 'DELETE', `${P}/roles/${role.id}`);
	const {items} = (await s.call('GET', '/doorward/v1/audit?limit=1000')).json;
	const rows = items.map((i) => `${i.operation} ${i.target}`);
	assert.ok(rows.includes(`iam:manage permission_policy:${p.id}`), rows.slice(-3).join('\n'));
	assert.ok(rows.includes(`iam:manage role:${role.id}`));
});

test('what was made is there after a crash, and decides the same', async (t) => {
	const d = await startServer();
	t.after(() => d.dispose());
	await makeProject(d, 'p');
	await makePerson(d, 'bob');
	const ids = await catalogue(d, P);
	const {policy} = await ok(d, 'POST', `${P}/policies`, {name: 'Read', permissionIds: [ids.id['trace:read']], description: 'D'});
	const {role} = await ok(d, 'POST', `${P}/roles`, {name: 'Reader', policyIds: [policy.id]});
	await assign(d, 'user:bob', role.id, 'p');
	const seen = () => Promise.all([ok(d, 'GET', `${P}/policies`), ok(d, 'GET', `${P}/roles`), permitted(d, 'bob', ids.names, 'p')]);
	const before = await seen();
	assert.deepEqual(before[2], ['trace:read']);
	await d.kill9();
	await d.restart();
	assert.deepEqual(await seen(), before);
	assert.equal(await d.end('SIGTERM'), 0);
});
