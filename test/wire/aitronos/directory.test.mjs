// SPDX-License-Identifier: Apache-2.0
// Departments, roles and capabilities.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer, testClock} from '../../harness/server.mjs';
import {ORG, decide, expectError, expectInvalid, grant, hold, levels, makePerson, makeRole, ok, role} from './support.mjs';

const DEPARTMENTS = `${ORG}/departments`;
const ROLES = `${ORG}/roles`;
const capabilities = [
	'manage_users', 'invite_users', 'deactivate_users', 'remove_users', 'manage_departments', 'manage_roles',
	'manage_knowledge_slices', 'manage_billing', 'view_audit_log',
];
const clock = testClock('2026-01-15T10:30:00Z');
let s;
const keys = {};
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	keys.owner = await makePerson(s, 'usr_owner', role.owner);
	keys.admin = await makePerson(s, 'usr_admin', role.admin);
	keys.departments = await makePerson(s, 'usr_departments', 'role_department_manager');
	keys.ann = await makePerson(s, 'ann');
	await makePerson(s, 'bob');
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const fresh = (what) => `${what} ${++serial}`;
const by = (who) => ({key: keys[who]});
const native = (status, method, path, body) => ok(s, status, method, `/doorward/v1/${path}`, body);
const found = (r, id) => expectError(r, 404, 'DEPARTMENT_NOT_FOUND', {department_id: id});
const makeDepartment = (body = {}, options) => ok(s, 201, 'POST', DEPARTMENTS, {name: fresh('Department'), ...body}, options);
const getDepartment = (id) => ok(s, 200, 'GET', `${DEPARTMENTS}/${id}`);
const addMember = (id, user_id, options) => ok(s, 201, 'POST', `${DEPARTMENTS}/${id}/members`, {user_id}, options);
const reparent = (id, new_parent_id) => s.call('POST', `${DEPARTMENTS}/${id}/reparent`, {new_parent_id});

/* ---- departments ----------------------------------------------------------------------------------------- */

test('a department is made, read, changed and deleted', async () => {
	const name = fresh('Sales');
	const made = await makeDepartment({name, description: 'They sell', color: '#ff0000'}, by('departments'));
	assert.match(made.id, /^dept_[A-Za-z0-9]{12}$/);
	assert.deepEqual(made, {
		id: made.id, name, description: 'They sell', parent_id: null, path: `/${made.id}`, depth: 0, organization_id: 'default',
		member_count: 0, is_active: true, is_default: false, color: '#ff0000', created_by: 'usr_departments',
		created_at: '2026-01-15T10:30:00Z',
	});
	assert.deepEqual(await getDepartment(made.id), made);
	const changed = await ok(s, 200, 'PATCH', `${DEPARTMENTS}/${made.id}`, {description: null, parent_id: 'ignored'}, by('departments'));
	assert.deepEqual(changed, {...made, description: null});
	const renamed = await ok(s, 200, 'PATCH', `${DEPARTMENTS}/${made.id}`, {name: `${name}!`});
	assert.deepEqual(renamed, {...changed, name: `${name}!`});
	assert.deepEqual((await ok(s, 200, 'GET', DEPARTMENTS)).find((d) => d.id === made.id), renamed);
	const group = await native(200, 'GET', `groups/${made.id}`);
	assert.deepEqual([group.kind, group.display_name, group.color], ['department', `${name}!`, '#ff0000']);
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${made.id}`, undefined, by('departments'));
	for (const [method, path, body] of [
		['GET', ''], ['PATCH', '', {name: 'x'}], ['DELETE', ''], ['POST', '/reparent', {new_parent_id: null}], ['GET', '/members'],
		['POST', '/members', {user_id: 'ann'}], ['DELETE', '/members/ann'],
	]) {
		const error = found(await s.call(method, `${DEPARTMENTS}/${made.id}${path}`, body), made.id);
		assert.equal(error.message, 'The requested department could not be found.');
	}
});

test('a path says the organization as it was named', async () => {
	const made = await ok(s, 201, 'POST', '/v1/organizations/org_default/departments', {name: fresh('Named')});
	assert.equal(made.organization_id, 'org_default');
	assert.equal((await getDepartment(made.id)).organization_id, 'default');
	expectError(await s.call('GET', '/v1/organizations/other/departments'), 403, 'ORGANIZATION_ACCESS_DENIED');
});

test('what a department cannot be', async () => {
	const good = {name: fresh('Good')};
	const {id} = await makeDepartment();
	const n = (await ok(s, 200, 'GET', DEPARTMENTS)).length;
	for (const [field, value] of [
		['name', undefined], ['name', null], ['name', ''], ['name', ' \t'], ['name', 7], ['name', 'x'.repeat(256)], ['description', 7],
		['name', 'a\nb'], ['name', 'a\u007f'], ['name', 'a\u0085'], ['description', 'a\u0007'],
		['description', 'x'.repeat(1001)], ['color', []], ['color', 'x'.repeat(33)], ['parent_id', 7], ['parent_id', 'dept_nope'],
		['parent_id', 'ann'],
	]) {
		expectInvalid(await s.call('POST', DEPARTMENTS, {...good, [field]: value}), field);
		if (field !== 'parent_id' && value !== undefined) {
			expectInvalid(await s.call('PATCH', `${DEPARTMENTS}/${id}`, {[field]: value}), field);
		}
	}
	expectError(await s.call('POST', DEPARTMENTS, '{'), 400, 'INVALID_REQUEST');
	assert.equal((await ok(s, 200, 'GET', DEPARTMENTS)).length, n, 'nothing was made');
	await makeDepartment({name: 'é'.repeat(255), description: 'Two\nlines\tof it'});
});

test('a name is one department\'s, whichever dialect makes it', async () => {
	const name = fresh('Unique');
	const {id} = await makeDepartment({name});
	const other = await makeDepartment();
	const taken = (r) => expectError(r, 409, 'RESOURCE_ALREADY_EXISTS');
	taken(await s.call('POST', DEPARTMENTS, {name}));
	taken(await s.call('PATCH', `${DEPARTMENTS}/${other.id}`, {name}));
	await native(409, 'POST', 'groups', {id: 'd-again', kind: 'department', display_name: name});
	await native(409, 'PATCH', `groups/${other.id}`, {display_name: name});
	await native(201, 'POST', 'groups', {id: 'team-of-the-name', kind: 'team', display_name: name});
	await native(409, 'PATCH', 'groups/team-of-the-name', {kind: 'department'});
	// Connhex calls every group a team.
	assert.equal((await s.call('PUT', `/iam/teams/${other.id}`, {name, tenants: []})).status, 409);
	await ok(s, 200, 'PATCH', `${DEPARTMENTS}/${id}`, {name}, by('departments'));
	await ok(s, 200, 'PATCH', `${DEPARTMENTS}/${id}`, {name: `${name} no more`});
	await ok(s, 200, 'PATCH', `${DEPARTMENTS}/${other.id}`, {name});
});

test('what is made natively is a department like others', async () => {
	await native(201, 'POST', 'groups', {id: 'd-native', kind: 'department', description: 'Made elsewhere', color: 'blue'});
	await native(201, 'POST', 'groups', {id: 't-native', kind: 'team'});
	await native(201, 'POST', 'groups', {id: 'd-below-team', kind: 'department', parent: 't-native'});
	const d = await getDepartment('d-native');
	assert.deepEqual([d.name, d.description, d.color, d.created_by], ['d-native', 'Made elsewhere', 'blue', null]);
	const below = await getDepartment('d-below-team');
	assert.deepEqual([below.parent_id, below.path, below.depth], [null, '/d-below-team', 0], 'a team above it does not show');
	found(await s.call('GET', `${DEPARTMENTS}/t-native`), 't-native');
	expectInvalid(await s.call('POST', DEPARTMENTS, {name: 'x', parent_id: 't-native'}), 'parent_id');
	await ok(s, 200, 'PATCH', `${DEPARTMENTS}/d-below-team`, {description: 'stays where it is'});
	assert.equal((await native(200, 'GET', 'groups/d-below-team')).parent, 't-native');
});

test('departments stand below each other, and are moved with all below', async () => {
	const a = await makeDepartment();
	const b = await makeDepartment({parent_id: a.id});
	const c = await makeDepartment({parent_id: b.id});
	const other = await makeDepartment();
	assert.deepEqual([b.parent_id, b.path, b.depth], [a.id, `/${a.id}/${b.id}`, 1]);
	assert.deepEqual([c.path, c.depth], [`/${a.id}/${b.id}/${c.id}`, 2]);
	const moved = await ok(s, 200, 'POST', `${DEPARTMENTS}/${b.id}/reparent`, {new_parent_id: other.id}, by('departments'));
	assert.deepEqual(moved, {...b, parent_id: other.id, path: `/${other.id}/${b.id}`});
	assert.equal((await getDepartment(c.id)).path, `/${other.id}/${b.id}/${c.id}`);
	for (const below of [b.id, c.id]) {
		expectInvalid(await reparent(b.id, below), 'new_parent_id');
	}
	expectInvalid(await reparent(other.id, c.id), 'new_parent_id');
	expectInvalid(await reparent(b.id, 'dept_nope'), 'new_parent_id');
	expectInvalid(await reparent(b.id, 7), 'new_parent_id');
	expectInvalid(await s.call('POST', `${DEPARTMENTS}/${b.id}/reparent`, {}), 'new_parent_id');
	assert.equal((await getDepartment(b.id)).parent_id, other.id);
	const top = await ok(s, 200, 'POST', `${DEPARTMENTS}/${b.id}/reparent`, {new_parent_id: null});
	assert.deepEqual([top.parent_id, top.depth], [null, 0]);
});

/** Departments below each other, natively: ids from the top down. */
async function makeChain(name, n, parent = null) {
	const ids = [];
	for (let i = 0; i < n; i++) {
		ids.push(`${name}-${i}`);
		await native(201, 'POST', 'groups', {id: ids[i], kind: 'department', parent: i ? ids[i - 1] : parent});
	}
	return ids;
}

test('chains are bounded, however they come about', async () => {
	const deep = await makeChain('deep', 65);
	assert.equal((await getDepartment(deep[64])).depth, 64);
	expectInvalid(await s.call('POST', DEPARTMENTS, {name: fresh('Too deep'), parent_id: deep[64]}), 'parent_id');
	await native(400, 'POST', 'groups', {id: 'too-deep', kind: 'department', parent: deep[64]});
	// What is moved brings along what stands below it.
	const short = await makeChain('short', 3);
	expectInvalid(await reparent(short[0], deep[62]), 'new_parent_id');
	await native(400, 'PATCH', `groups/${short[0]}`, {parent: deep[62]});
	await ok(s, 200, 'POST', `${DEPARTMENTS}/${short[0]}/reparent`, {new_parent_id: deep[61]});
	assert.equal((await getDepartment(short[2])).depth, 64);
	let [node] = await ok(s, 200, 'GET', `${DEPARTMENTS}/tree?scope=${deep[0]}`);
	for (const id of deep) {
		assert.equal(node.id, id);
		node = node.children.find((d) => d.id.startsWith('deep'));
	}
	assert.equal(node, undefined);
});

const shape = (nodes) => nodes.map((d) => (d.children.length ? {[d.id]: shape(d.children)} : d.id));

test('the tree, whole and in parts', async () => {
	const a = (await makeDepartment()).id;
	const b = (await makeDepartment({parent_id: a})).id;
	const c = (await makeDepartment({parent_id: b})).id;
	const d = (await makeDepartment({parent_id: a})).id;
	const e = (await makeDepartment()).id;
	const tree = async (query = '') => shape(await ok(s, 200, 'GET', `${DEPARTMENTS}/tree${query}`, undefined, by('ann')));
	assert.deepEqual((await tree()).slice(-2), [{[a]: [{[b]: [c]}, d]}, e]);
	assert.deepEqual(await tree(`?scope=${b}`), [{[b]: [c]}]);
	assert.deepEqual(await tree(`?scope=${e},${b},${e}`), [e, {[b]: [c]}]);
	assert.deepEqual(await tree(`?scope=${c},%20${a},${d}`), [{[a]: [{[b]: [c]}, d]}], 'each once');
	found(await s.call('GET', `${DEPARTMENTS}/tree?scope=${a},dept_nope`), 'dept_nope');
	expectInvalid(await s.call('GET', `${DEPARTMENTS}/tree?scope=%ff`), 'scope');
	const [node] = await ok(s, 200, 'GET', `${DEPARTMENTS}/tree?scope=${c}`);
	assert.deepEqual(node, {...(await getDepartment(c)), children: []});
});

test('members come and go, once each', async () => {
	const {id} = await makeDepartment();
	const members = () => ok(s, 200, 'GET', `${DEPARTMENTS}/${id}/members`, undefined, by('ann'));
	await native(200, 'PATCH', 'users/bob', {display_name: 'Bob Builder'});
	assert.deepEqual(await members(), []);
	const bob = {user_id: 'bob', full_name: 'Bob Builder', email: 'bob@example.com', added_at: '2026-01-15T10:30:00Z'};
	assert.deepEqual(await addMember(id, 'bob', by('departments')), bob);
	assert.equal((await addMember(id, 'ann@example.com')).user_id, 'ann', 'by any name');
	assert.deepEqual(await members(), [bob, {...bob, user_id: 'ann', full_name: 'ann', email: 'ann@example.com'}]);
	assert.equal((await getDepartment(id)).member_count, 2);
	for (const name of ['ann', 'ann@example.com']) {
		expectError(await s.call('POST', `${DEPARTMENTS}/${id}/members`, {user_id: name}), 409, 'RESOURCE_ALREADY_EXISTS');
	}
	expectError(await s.call('POST', `${DEPARTMENTS}/${id}/members`, {user_id: 'nobody'}), 404, 'RESOURCE_NOT_FOUND', {user_id: 'nobody'});
	for (const user_id of [undefined, null, '', 7]) {
		expectInvalid(await s.call('POST', `${DEPARTMENTS}/${id}/members`, {user_id}), 'user_id');
	}
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${id}/members/ann`, undefined, by('departments'));
	expectError(await s.call('DELETE', `${DEPARTMENTS}/${id}/members/ann`), 404, 'RESOURCE_NOT_FOUND', {user_id: 'ann'});
	expectError(await s.call('DELETE', `${DEPARTMENTS}/${id}/members/nobody`), 404, 'RESOURCE_NOT_FOUND', {user_id: 'nobody'});
	assert.deepEqual(await members(), [bob]);
});

test('whoever is in it under several names is one member, and leaves under all of them', async () => {
	const {id} = await makeDepartment();
	// Connhex: before she was known here.
	assert.equal((await s.call('POST', `/iam/teams/${id}/users:add`, {membershipIds: ['late@example.com', 'nobody@example.com']})).status, 200);
	await makePerson(s, 'late');
	await native(204, 'PUT', `groups/${id}/members/late`);
	await grant(s, 'assistant/asst_late', `department/${id}`);
	assert.deepEqual((await ok(s, 200, 'GET', `${DEPARTMENTS}/${id}/members`)).map((m) => m.user_id), ['late']);
	assert.equal((await getDepartment(id)).member_count, 1);
	assert.equal(await decide(s, 'late', 'read', 'assistant/asst_late'), true);
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${id}/members/late`);
	assert.equal((await getDepartment(id)).member_count, 0);
	assert.equal(await decide(s, 'late', 'read', 'assistant/asst_late'), false);
});

test('a department goes once nothing is below or in it, and its grants with it', async () => {
	const {id} = await makeDepartment();
	const child = (await makeDepartment({parent_id: id})).id;
	await addMember(id, 'ann');
	await grant(s, 'assistant/asst_gone', `department/${id}`);
	const error = expectError(await s.call('DELETE', `${DEPARTMENTS}/${id}`), 422, 'DEPARTMENT_HAS_CHILDREN', {department_id: id});
	assert.equal(error.message, 'This department cannot be deleted because it has child departments. Reparent or remove them first.');
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${child}`);
	expectError(await s.call('DELETE', `${DEPARTMENTS}/${id}`), 422, 'DEPARTMENT_HAS_MEMBERS', {department_id: id});
	assert.deepEqual(await levels(s, 'ann', '?entity_type=assistant'), {'assistant/asst_gone': 'read'});
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${id}/members/ann`);
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${id}`);
	assert.equal((await ok(s, 200, 'GET', `${ORG}/access/grants?entity_id=asst_gone`)).total, 0);
});

test('who may change departments', async () => {
	const {id} = await makeDepartment();
	const writes = [
		['POST', DEPARTMENTS, {name: fresh('Forbidden')}], ['PATCH', `${DEPARTMENTS}/${id}`, {name: fresh('Forbidden')}],
		['POST', `${DEPARTMENTS}/${id}/reparent`, {new_parent_id: null}], ['POST', `${DEPARTMENTS}/${id}/members`, {user_id: 'ann'}],
		['DELETE', `${DEPARTMENTS}/${id}/members/ann`], ['DELETE', `${DEPARTMENTS}/${id}`],
	];
	for (const [method, path, body] of writes) {
		expectError(await s.call(method, path, body, by('ann')), 403, 'INSUFFICIENT_PERMISSIONS');
		expectError(await s.call(method, path, body, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
	}
	for (const path of ['', '/tree', `/${id}`, `/${id}/members`]) {
		await ok(s, 200, 'GET', DEPARTMENTS + path, undefined, by('ann'));
		expectError(await s.call('GET', DEPARTMENTS + path, undefined, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
	}
	// A department that may do more, natively, is not the department manager's to give.
	await native(204, 'PUT', `roles/owner/members/group:${id}`);
	expectError(await s.call('POST', `${DEPARTMENTS}/${id}/members`, {user_id: 'usr_departments'}, by('departments')), 403,
		'INSUFFICIENT_PERMISSIONS');
	await addMember(id, 'ann');
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${id}/members/ann`);
});

/* ---- roles ------------------------------------------------------------------------------------------------ */

const makeAitronosRole = (body = {}, options) =>
	ok(s, 201, 'POST', ROLES, {name: fresh('Role'), capabilities: ['view_audit_log'], ...body}, options);
const getRole = (id) => ok(s, 200, 'GET', `${ROLES}/${id}`);
const assign = (id, user_id, options) => s.call('POST', `${ROLES}/${id}/members`, {user_id}, options);
const assigned = async (...args) => {
	const r = await assign(...args);
	assert.equal(r.status, 201, r.text);
	return r.json;
};
const unassign = (id, user, options) => s.call('DELETE', `${ROLES}/${id}/members/${user}`, undefined, options);
/** Somebody new with a role of these capabilities; resolves to {id, role, key}. */
async function personWith(list) {
	const made = await makeAitronosRole({capabilities: list});
	const id = `person-${++serial}`;
	const key = await makePerson(s, id);
	await assigned(made.id, id);
	return {id, role: made.id, key};
}

test('capabilities are listed to whoever has a key', async () => {
	const list = await ok(s, 200, 'GET', '/v1/capabilities', undefined, by('ann'));
	assert.deepEqual(list.map((c) => c.key), capabilities);
	for (const c of list) {
		assert.deepEqual(Object.keys(c), ['key', 'label', 'description', 'group']);
		assert.ok(c.label && c.description && c.group);
	}
	assert.deepEqual([list[0].group, list[4].group], ['User Management', 'Department Management']);
	expectError(await s.call('GET', '/v1/capabilities', undefined, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
	expectError(await s.call('POST', '/v1/capabilities', {}), 405, 'METHOD_NOT_ALLOWED');
});

test('the six built-in roles come first, then the others by name', async () => {
	await makeAitronosRole({name: 'zebra'});
	await makeAitronosRole({name: 'Aardvark'});
	await makeRole(s, 'of-another-dialect');
	const list = await ok(s, 200, 'GET', ROLES, undefined, by('ann'));
	assert.deepEqual(list.slice(0, 6).map((r) => r.name),
		['Owner', 'Admin', 'Member', 'Department Manager', 'Knowledge Manager', 'Billing Manager']);
	const custom = list.slice(6).map((r) => r.name);
	assert.deepEqual(custom, [...custom].sort((x, y) => (x.toLowerCase() < y.toLowerCase() ? -1 : 1)));
	assert.deepEqual([custom[0], custom.at(-1)], ['Aardvark', 'zebra']);
	assert.ok(!custom.includes('of-another-dialect'));
	assert.deepEqual(list[0], {
		id: 'role_owner', name: 'Owner', description: list[0].description, permissions: ['aitronos:grants:manage'], is_base_role: true,
		is_custom: false, is_system_role: true, capabilities, member_count: 1, knowledge_slice_ids: [], organization_id: null,
		created_at: null,
	});
	assert.deepEqual(list.slice(0, 6).map((r) => r.capabilities.length), [9, 9, 0, 2, 1, 1]);
	assert.deepEqual(await ok(s, 200, 'GET', `${ROLES}?include_global=false`), list.slice(6));
	assert.deepEqual(await ok(s, 200, 'GET', `${ROLES}?include_global=true`), list);
	expectInvalid(await s.call('GET', `${ROLES}?include_global=perhaps`), 'include_global');
	for (const r of [list[0], list[6]]) {
		assert.deepEqual(await ok(s, 200, 'GET', `${ROLES}/${r.id}`, undefined, by('ann')), r);
	}
	for (const id of ['of-another-dialect', 'owner', 'role_nope']) {
		expectError(await s.call('GET', `${ROLES}/${id}`), 404, 'RESOURCE_NOT_FOUND', {role_id: id});
	}
});

test('a role is made, changed and deleted', async () => {
	const name = fresh('Auditor');
	const made = await makeAitronosRole({name, description: 'Looks', capabilities: ['view_audit_log', 'manage_billing']});
	assert.match(made.id, /^role_[A-Za-z0-9]{12}$/);
	assert.deepEqual(made, {
		id: made.id, name, description: 'Looks', permissions: [], is_base_role: false, is_custom: true, is_system_role: false,
		capabilities: ['view_audit_log', 'manage_billing'], member_count: 0, knowledge_slice_ids: [], organization_id: 'default',
		created_at: '2026-01-15T10:30:00Z',
	});
	assert.deepEqual(await getRole(made.id), made);
	const changed = await ok(s, 200, 'PATCH', `${ROLES}/${made.id}`, {capabilities: ['invite_users'], description: null});
	assert.deepEqual(changed, {...made, capabilities: ['invite_users'], description: null}, 'replaced as a whole');
	assert.equal((await ok(s, 200, 'PATCH', `${ROLES}/${made.id}`, {name: `${name}!`})).name, `${name}!`);
	for (const slice of ['kslice_b', 'kslice_a']) {
		await grant(s, `knowledge_slice/${slice}`, `role/${made.id}`);
	}
	await grant(s, 'assistant/asst_1', `role/${made.id}`);
	assert.deepEqual((await getRole(made.id)).knowledge_slice_ids, ['kslice_b', 'kslice_a']);
	// Who may not see grants is not told of them here either.
	const seen = await ok(s, 200, 'GET', `${ROLES}/${made.id}`, undefined, by('ann'));
	assert.deepEqual([seen.id, seen.knowledge_slice_ids], [made.id, []]);
	assert.ok((await ok(s, 200, 'GET', ROLES, undefined, by('ann'))).every((r) => r.knowledge_slice_ids.length === 0));
	await ok(s, 204, 'DELETE', `${ROLES}/${made.id}`);
	assert.equal((await ok(s, 200, 'GET', `${ORG}/access/grants?grantee_type=role&entity_id=kslice_b`)).total, 0, 'its grants end with it');
	for (const [method, path, body] of [['GET', ''], ['PATCH', '', {}], ['DELETE', ''], ['GET', '/members'], ['POST', '/members', {user_id: 'ann'}], ['DELETE', '/members/ann']]) {
		expectError(await s.call(method, `${ROLES}/${made.id}${path}`, body), 404, 'RESOURCE_NOT_FOUND', {role_id: made.id});
	}
});

test('what a role cannot be', async () => {
	const {id, ...before} = await makeAitronosRole();
	for (const [field, value] of [
		['name', undefined], ['name', ''], ['name', '  '], ['name', null], ['name', 'x'.repeat(101)], ['name', 7], ['name', 'a\u0001b'],
		['description', 'x'.repeat(501)], ['description', {}], ['capabilities', undefined], ['capabilities', null], ['capabilities', []],
		['capabilities', 'manage_roles'], ['capabilities', [7]], ['capabilities', ['fly']], ['capabilities', ['view_audit_log', 'view_audit_log']],
		['capabilities', ['aitronos:grants:manage']], ['capabilities', ['*']], ['capabilities', Array(1001).fill('view_audit_log')],
	]) {
		expectInvalid(await s.call('POST', ROLES, {name: fresh('Role'), capabilities: ['view_audit_log'], [field]: value}), field);
		if (value !== undefined) {
			expectInvalid(await s.call('PATCH', `${ROLES}/${id}`, {[field]: value}), field);
		}
	}
	assert.deepEqual(await getRole(id), {id, ...before});
	const taken = await makeAitronosRole({name: `Straße ${++serial}`});
	for (const name of [taken.name, taken.name.toUpperCase().replace('SS', 'ß'), ` ${taken.name} `, 'owner', 'Member']) {
		expectError(await s.call('POST', ROLES, {name, capabilities: ['view_audit_log']}), 409, 'RESOURCE_ALREADY_EXISTS');
		expectError(await s.call('PATCH', `${ROLES}/${id}`, {name}), 409, 'RESOURCE_ALREADY_EXISTS');
		await native(409, 'PATCH', `roles/${id}`, {display_name: name});
	}
	await native(400, 'PATCH', `roles/${id}`, {display_name: null});
	await ok(s, 200, 'PATCH', `${ROLES}/${taken.id}`, {name: taken.name.toUpperCase()});
});

test('system roles are immutable', async () => {
	for (const r of [role.owner, 'role_billing_manager']) {
		for (const [method, body] of [['PATCH', {name: 'x'}], ['PATCH', {}], ['DELETE', undefined]]) {
			const error = expectError(await s.call(method, `${ROLES}/${r}`, body), 403, 'SYSTEM_ROLE_IMMUTABLE', {role_id: r});
			assert.equal(error.message, 'System roles cannot be modified or deleted.');
		}
	}
});

test('nobody gives more than they have', async () => {
	const manager = await personWith(['manage_roles', 'view_audit_log']);
	const denied = (r) => expectError(r, 403, 'INSUFFICIENT_PERMISSIONS');
	denied(await s.call('POST', ROLES, {name: fresh('Role'), capabilities: ['view_audit_log', 'manage_billing']}, manager));
	const mine = await makeAitronosRole({capabilities: ['view_audit_log']}, manager);
	denied(await s.call('PATCH', `${ROLES}/${mine.id}`, {capabilities: ['manage_billing']}, manager));
	denied(await s.call('PATCH', `${ROLES}/${manager.role}`, {capabilities: capabilities}, manager));
	await ok(s, 200, 'PATCH', `${ROLES}/${mine.id}`, {capabilities: ['manage_roles']}, manager);
	await assigned(mine.id, 'bob', manager);
	await assigned(role.member, 'bob', manager);
	for (const r of [role.owner, role.admin, 'role_billing_manager']) {
		denied(await assign(r, manager.id, manager));
	}
	denied(await unassign(role.admin, 'usr_admin', manager));
	// An Admin holds all that an Owner does, and is none.
	denied(await assign(role.owner, 'usr_admin', by('admin')));
	denied(await unassign(role.owner, 'usr_owner', by('admin')));
	await assigned(role.admin, 'bob', by('admin'));
	assert.equal((await unassign(role.admin, 'bob', by('admin'))).status, 204);
	await assigned(role.owner, 'bob', by('owner'));
	assert.equal((await unassign(role.owner, 'bob', by('owner'))).status, 204);
	for (const id of [mine.id, role.member]) {
		assert.equal((await unassign(id, 'bob', manager)).status, 204);
	}
	// Nor do they take more from all who hold a role than they could from one of them.
	const rich = await makeAitronosRole({capabilities: ['view_audit_log', 'manage_billing']});
	for (const kept of [['view_audit_log'], ['manage_roles']]) {
		denied(await s.call('PATCH', `${ROLES}/${rich.id}`, {capabilities: kept}, manager));
	}
	assert.deepEqual((await ok(s, 200, 'GET', `${ROLES}/${rich.id}`)).capabilities, rich.capabilities);
	// What another dialect gave the role to allow stays, and is shown.
	await native(200, 'PATCH', `roles/${mine.id}`, {actions: ['manage_roles', 'projects:read']});
	const changed = await ok(s, 200, 'PATCH', `${ROLES}/${mine.id}`, {capabilities: ['view_audit_log']}, manager);
	assert.deepEqual([changed.capabilities, changed.permissions], [['view_audit_log'], ['projects:read']]);
	denied(await assign(mine.id, 'bob', manager), 'projects:read is more than she has');
});

test('who may change roles', async () => {
	const {id} = await makeAitronosRole();
	for (const [method, path, body] of [
		['POST', '', {name: fresh('Role'), capabilities: ['view_audit_log']}], ['PATCH', `/${id}`, {}], ['DELETE', `/${id}`],
		['POST', `/${id}/members`, {user_id: 'ann'}], ['DELETE', `/${id}/members/ann`],
	]) {
		expectError(await s.call(method, ROLES + path, body, by('departments')), 403, 'INSUFFICIENT_PERMISSIONS');
		expectError(await s.call(method, ROLES + path, body, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
	}
	await ok(s, 200, 'GET', `${ROLES}/${id}/members`, undefined, by('ann'));
	// A key bound to a tenant is not enough, whoever's it is.
	await native(201, 'POST', 'tenants', {id: 't1'});
	const bound = {key: await makeKey(s, {type: 'user', id: 'usr_owner'}, {tenants: ['t1']})};
	expectError(await s.call('POST', ROLES, {name: fresh('Role'), capabilities: ['view_audit_log']}, bound), 403, 'INSUFFICIENT_PERMISSIONS');
	expectError(await assign(role.owner, 'ann', bound), 403, 'INSUFFICIENT_PERMISSIONS');
});

test('a key for whoever gives access here is not made by whoever may only make keys', async () => {
	await makeRole(s, 'key-maker', ['doorward:keys:create']);
	const key = await makePerson(s, 'key-maker', 'key-maker');
	const make = (id) => s.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id}, name: 'x'}, {key});
	assert.equal((await make('ann')).status, 201);
	await makeRole(s, 'grants-alone', ['aitronos:grants:manage']);
	await makePerson(s, 'grants-alone', 'grants-alone');
	for (const id of [
		'usr_owner', 'usr_admin', 'usr_departments', 'grants-alone', (await personWith(['manage_roles'])).id,
		(await personWith(['manage_knowledge_slices'])).id,
	]) {
		assert.equal((await make(id)).status, 403, id);
	}
});

test('a role is assigned and taken back', async () => {
	const {id} = await makeAitronosRole({capabilities: ['manage_departments']});
	const key = await makePerson(s, 'worker');
	const body = () => ({name: fresh('Department')});
	expectError(await s.call('POST', DEPARTMENTS, body(), {key}), 403, 'INSUFFICIENT_PERMISSIONS');
	const a = await assigned(id, 'worker@example.com');
	assert.match(a.id, /^urol_[a-z0-9]{12}$/);
	assert.deepEqual(a, {id: a.id, user_id: 'worker', role_id: id, organization_id: 'default', assigned_at: '2026-01-15T10:30:00+00:00'});
	await ok(s, 201, 'POST', DEPARTMENTS, body(), {key});
	expectError(await assign(id, 'worker'), 409, 'RESOURCE_ALREADY_EXISTS');
	expectError(await assign(id, 'nobody'), 404, 'RESOURCE_NOT_FOUND', {user_id: 'nobody'});
	expectInvalid(await assign(id, 7), 'user_id');
	const error = expectError(await s.call('DELETE', `${ROLES}/${id}`), 409, 'ROLE_HAS_MEMBERS', {role_id: id});
	assert.equal(error.message, 'Cannot delete role with active members. Reassign members first.');
	// Capabilities that are taken from the role are gone at once.
	await ok(s, 200, 'PATCH', `${ROLES}/${id}`, {capabilities: ['manage_billing']});
	expectError(await s.call('POST', DEPARTMENTS, body(), {key}), 403, 'INSUFFICIENT_PERMISSIONS');
	assert.equal((await unassign(id, 'worker')).status, 204);
	expectError(await unassign(id, 'worker'), 404, 'ROLE_ASSIGNMENT_NOT_FOUND', {user_id: 'worker'});
	expectError(await unassign(id, 'nobody'), 404, 'RESOURCE_NOT_FOUND', {user_id: 'nobody'});
	await ok(s, 204, 'DELETE', `${ROLES}/${id}`);
});

test('members of a role, in pages', async () => {
	const {id} = await makeAitronosRole();
	await native(201, 'POST', 'tenants', {id: 't2'});
	for (let i = 0; i < 3; i++) {
		await makePerson(s, `holder-${i}`);
		await assigned(id, `holder-${i}`);
	}
	// Neither a service nor a holder in one tenant only is a member.
	await native(201, 'POST', 'services', {id: 'ci'});
	await native(204, 'PUT', `roles/${id}/members/service:ci`);
	await native(204, 'PUT', `roles/${id}/members/user:ann?tenant=t2`);
	const page = async (query) => {
		const {members, total, ...rest} = await ok(s, 200, 'GET', `${ROLES}/${id}/members${query}`);
		assert.deepEqual([total, rest], [3, {}]);
		return members;
	};
	const all = await page('');
	assert.deepEqual(all[0], {
		user_id: 'holder-0', full_name: 'holder-0', email: 'holder-0@example.com', account_state: 'active', avatar_url: null,
	});
	assert.deepEqual([...await page('?limit=2'), ...await page('?limit=2&skip=2')], all);
	assert.deepEqual(await page('?skip=1000'), []);
	for (const [query, field] of [['?limit=0', 'limit'], ['?limit=101', 'limit'], ['?skip=-1', 'skip'], ['?skip=x', 'skip']]) {
		expectInvalid(await s.call('GET', `${ROLES}/${id}/members${query}`), field);
	}
	assert.equal((await getRole(id)).member_count, 3);
});

test('the last Owner stays', async () => {
	const refused = (r) => {
		assert.equal(r.json.error.type, 'validation_error');
		r.json.error.type = 'client_error'; // the one page that says otherwise
		expectError(r, 422, 'LAST_OWNER_CANNOT_BE_REMOVED', {user_id: 'usr_owner'});
	};
	refused(await unassign(role.owner, 'usr_owner'));
	refused(await unassign(role.owner, 'usr_owner', by('owner')));
	await assigned(role.owner, 'ann');
	assert.equal((await unassign(role.owner, 'usr_owner', by('ann'))).status, 204);
	await assigned(role.owner, 'usr_owner', by('ann'));
	assert.equal((await unassign(role.owner, 'ann', by('ann'))).status, 204);
	await hold(s, role.owner, 'bob');
	assert.equal((await unassign(role.owner, 'bob')).status, 204);
});

/* ---- the audit trail ---------------------------------------------------------------------------------------- */

test('every change has its event and its target', async () => {
	const d = (await makeDepartment()).id;
	const r = (await makeAitronosRole()).id;
	await ok(s, 200, 'PATCH', `${DEPARTMENTS}/${d}`, {description: 'x'});
	await ok(s, 200, 'POST', `${DEPARTMENTS}/${d}/reparent`, {new_parent_id: null});
	await addMember(d, 'ann');
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${d}/members/ann`);
	await ok(s, 204, 'DELETE', `${DEPARTMENTS}/${d}`);
	await ok(s, 200, 'PATCH', `${ROLES}/${r}`, {description: 'x'});
	await assigned(r, 'ann');
	assert.equal((await unassign(r, 'ann')).status, 204);
	await ok(s, 204, 'DELETE', `${ROLES}/${r}`);
	expectInvalid(await s.call('POST', DEPARTMENTS, {}), 'name');
	const rows = (await native(200, 'GET', 'audit?limit=12')).items.reverse();
	assert.deepEqual(rows.map((row) => [row.event, row.target, row.outcome]), [
		['department.created', `department:${d}`, 'done'],
		['role.created', `role:${r}`, 'done'],
		['department.updated', `department:${d}`, 'done'],
		['department.updated', `department:${d}`, 'done'],
		['department_membership.assigned', `department_membership:${d}/ann`, 'done'],
		['department_membership.unassigned', `department_membership:${d}/ann`, 'done'],
		['department.deleted', `department:${d}`, 'done'],
		['role.updated', `role:${r}`, 'done'],
		['role_assignment.assigned', `role_assignment:${r}/ann`, 'done'],
		['role_assignment.unassigned', `role_assignment:${r}/ann`, 'done'],
		['role.deleted', `role:${r}`, 'done'],
		['department.created', 'organization:default', 'refused'],
	]);
});
