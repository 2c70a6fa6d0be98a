// SPDX-License-Identifier: Apache-2.0
// Where this dialect meets the others, and one place of it the next: nothing that is permitted here is permitted there.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer} from '../../harness/server.mjs';
import {
	ORGANIZATION, assign, builtin, catalogue, decide, expectError, makePerson, makeProject, ok, unassign,
} from './support.mjs';

const W = '00000000-0000-4000-8000-0000000000aa'; // a workspace for one dialect, a project for the other
const PLATFORM = '/v1/platform/orgs/current';
let s;
let org; // the catalogues: {names, id: {name: id}}
let project;
before(async () => {
	s = await startServer({store: 'memory'});
	await makeProject(s, W);
	await makeProject(s, 'q');
	org = await catalogue(s);
	project = await catalogue(s, `/v1/projects/${W}`);
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const fresh = (what) => `${what}-${++serial}`;

async function person(...held) {
	const id = fresh('person');
	await makePerson(s, id);
	for (const [role, where] of held) {
		await assign(s, `user:${id}`, role, where);
	}
	return id;
}
/** A custom role that permits these, of the organization or (`at`) a project. */
async function makeRole(names, at = ORGANIZATION) {
	const {id} = at === ORGANIZATION ? org : project;
	const body = {name: fresh('policy'), permissionIds: names.map((n) => id[n])};
	const {policy} = await ok(s, 'POST', `${at}/policies`, body);
	return (await ok(s, 'POST', `${at}/roles`, {name: fresh('role'), policyIds: [policy.id]})).role;
}
async function evaluate(subject, action, resource) {
	const r = await s.call('POST', '/access/v1/evaluation', {subject, action: {name: action}, resource});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}
const tagPolicy = (body) =>
	s.call('POST', `${PLATFORM}/access-policies`, {
		name: fresh('tag policy'),
		description: '',
		effect: 'allow',
		condition_groups: [{
			permission: 'projects:read',
			resource_type: 'project',
			conditions: [{attribute_name: 'resource_tag_key', attribute_key: 'A', operator: 'equals', attribute_value: 'b'}],
		}],
		...body,
	});
const taggedProject = {type: 'project', id: 'tagged', properties: {tenant: W, tags: {A: 'b'}}};

/* ---- LangSmith ------------------------------------------------------------------------------------------- */

test('a role of the organization makes nobody a member of a workspace', async () => {
	const group = fresh('group');
	assert.equal((await s.call('POST', '/doorward/v1/groups', {id: group, kind: 'team'})).status, 201);
	const made = await tagPolicy();
	assert.equal(made.status, 201, made.text);
	const attach = await s.call('POST', `${PLATFORM}/teams/${group}/access-policies`, {access_policy_id: made.json.id});
	assert.ok(attach.status < 300, attach.text);
	const join = async (id) => {
		assert.equal((await s.call('PUT', `/doorward/v1/groups/${group}/members/${id}`)).status, 204);
		return evaluate({type: 'user', id}, 'projects:read', taggedProject);
	};
	assert.equal(await join(await person(['WORKSPACE_VIEWER', W])), true, 'the policy is attached');
	assert.equal(await join(await person()), false);
	for (const role of [builtin.owner, builtin.admin, builtin.member]) {
		assert.equal(await join(await person([role])), false, role);
	}
	assert.equal(await join(await person([builtin.projectMember, 'q'])), false, 'of another project');
	assert.equal(await join(await person([builtin.projectOwner, W])), false, 'a project role is none of the workspace');
});

test('roles of this dialect carry no tag policies', async () => {
	const roles = [builtin.member, builtin.projectMember, (await makeRole([])).id, (await makeRole([], `/v1/projects/${W}`)).id];
	const {json: policy} = await tagPolicy();
	for (const id of roles) {
		const r = await s.call('POST', `${PLATFORM}/roles/${id}/access-policies`, {access_policy_ids: [policy.id]});
		assert.ok([400, 404].includes(r.status), `${id}: ${r.status} ${r.text}`);
		const made = await tagPolicy({role_ids: [id]});
		assert.ok([400, 404].includes(made.status), `${id}: ${made.status} ${made.text}`);
	}
	const bob = await person([roles[0]], [roles[1], W]);
	assert.equal(await evaluate({type: 'user', id: bob}, 'projects:read', taggedProject), false);
});

/* ---- the native API -------------------------------------------------------------------------------------- */

test('a project role asked about as such permits nothing in other projects', async () => {
	const role = await makeRole(['trace:read'], `/v1/projects/${W}`);
	const may = (id, tenant) => evaluate({type: 'role', id}, 'trace:read', {type: 'trace', id: 't', properties: {tenant}});
	assert.equal(await may(role.id, W), true);
	assert.equal(await may(role.id, 'q'), false);
	assert.equal(await may(builtin.projectMember, 'q'), true, 'a built-in one is of every project');
});

test('a key that is switched off leaves no other behind', async () => {
	for (const at of [ORGANIZATION, `/v1/projects/${W}`]) {
		const {apiKey} = await ok(s, 'POST', `${at}/api-keys`, {name: 'k'});
		const key = apiKey.value;
		const {items} = (await s.call('GET', '/doorward/v1/keys?limit=1000')).json;
		const {principal} = items.find((k) => key.includes(k.id));
		const tenants = at === ORGANIZATION ? null : [W];
		const second = await s.call('POST', '/doorward/v1/keys', {principal, name: 'second', tenants}, {key});
		assert.notEqual(second.status, 201, `${at}: a second key of a service that was made for one`);
		await ok(s, 'PUT', `${at}/api-keys/${apiKey.id}`, {valid: false});
		expectError(await s.call('GET', `${at}/roles`, undefined, {key}), 401);
	}
});

test('who is given a role holds that alone, whatever was given natively', async () => {
	const many = await person([builtin.member], [builtin.admin]);
	assert.equal(await decide(s, many, 'billing:manage'), true);
	const {member} = await ok(s, 'PUT', `${ORGANIZATION}/members/${many}`, {roleId: builtin.member});
	assert.equal(member.organizationRole.name, 'Member');
	assert.equal(await decide(s, many, 'billing:manage'), false);
	const both = await person([builtin.projectMember, W], [builtin.projectManager, W]);
	await ok(s, 'PUT', `/v1/projects/${W}/members/${both}`, {roleId: builtin.projectMember});
	assert.equal(await decide(s, both, 'iam:manage', W), false);
});

test('taking a role away takes the right to all that is held there', async () => {
	const deputy = await person([(await makeRole(['user:read', 'user:manage', 'user:delete'])).id]);
	const key = await makeKey(s, {type: 'user', id: deputy});
	const target = await person([(await makeRole(['user:read'])).id], [builtin.admin]);
	const r = await s.call('DELETE', `${ORGANIZATION}/members/${target}`, undefined, {key});
	expectError(r, 403);
	assert.equal(await decide(s, target, 'billing:manage'), true);
	await unassign(s, `user:${target}`, builtin.admin);
	await ok(s, 'DELETE', `${ORGANIZATION}/members/${target}`, undefined, {key});
});

test('a role keeps a name of its own, also when it is renamed natively', async () => {
	for (const at of [ORGANIZATION, `/v1/projects/${W}`]) {
		const [one, other] = [await makeRole([], at), await makeRole([], at)];
		const rename = async (text) => (await s.call('PATCH', `/doorward/v1/roles/${one.id}`, {display_name: text})).status;
		for (const taken of [other.name, 'Owner', 'MEMBER']) {
			assert.equal(await rename(taken), 409, taken);
		}
		for (const blank of [null, '', ' ']) {
			assert.equal(await rename(blank), 400, JSON.stringify(blank));
		}
		assert.equal(await rename(one.name), 200);
		const renamed = fresh('renamed');
		assert.equal(await rename(renamed), 200);
		const {roles} = await ok(s, 'GET', `${at}/roles`);
		assert.deepEqual(roles.find((r) => r.id === one.id), {...one, name: renamed});
	}
});

/* ---- names of both catalogues ---------------------------------------------------------------------------- */

test('a permission of a project says nothing of the organization, under whatever name', async () => {
	const both = org.names.filter((n) => project.names.includes(n));
	assert.ok(both.includes('iam:manage') && both.length > 5, both.join());
	const owner = await person([builtin.projectOwner, W], [builtin.projectOwner, 'q']);
	const key = await makeKey(s, {type: 'user', id: owner});
	for (const action of both) {
		assert.equal(await decide(s, owner, action), false, action);
		assert.equal(await decide(s, owner, action, W), true, action);
	}
	for (const what of ['roles', 'policies', 'members', 'invitations', 'api-keys', 'governance-policies']) {
		expectError(await s.call('GET', `${ORGANIZATION}/${what}`, undefined, {key}), 403);
	}
	expectError(await s.call('GET', '/v1/projects', undefined, {key}), 403);
});

test('project:manage alone opens projects and nothing of the organization', async () => {
	const manager = await person([(await makeRole(['project:manage'])).id]);
	const key = await makeKey(s, {type: 'user', id: manager});
	await ok(s, 'GET', `/v1/projects/${W}/roles`, undefined, {key});
	await ok(s, 'PUT', `/v1/projects/${W}`, {description: 'x'}, {key});
	for (const [method, path, body] of [
		['GET', `${ORGANIZATION}/roles`], ['PUT', ORGANIZATION, {name: 'x'}], ['GET', `${ORGANIZATION}/members`],
		['POST', `${ORGANIZATION}/api-keys`, {name: 'x'}], ['POST', '/v1/projects', {name: 'x'}],
	]) {
		expectError(await s.call(method, path, body, {key}), 403);
	}
	const at = {type: 'trace', id: 't', properties: {tenants: [W, '(unassigned)']}};
	assert.equal(await evaluate({type: 'user', id: manager}, 'trace:read', at), false, 'the organization among the places');
});

test('an empty description is one', async () => {
	const {policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: fresh('policy'), permissionIds: [], description: ''});
	assert.equal(policy.description, '');
	const {policies} = await ok(s, 'GET', `${ORGANIZATION}/policies`);
	assert.deepEqual(policies.find((p) => p.id === policy.id), policy);
});
