// SPDX-License-Identifier: Apache-2.0
// Members of the organization and of projects, who owns them, and invitations.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer} from '../../harness/server.mjs';
import {
	ORGANIZATION, assign, builtin, decide, expectError, makePerson, makeProject, makeServiceKey, ok,
} from './support.mjs';

let s;
let admin; // an organization key
before(async () => {
	s = await startServer();
	admin = await makeServiceKey(s, 'org-admin', builtin.admin);
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const fresh = (what) => `${what}-${++serial}`;

async function person(role, project) {
	const id = fresh('person');
	await makePerson(s, id);
	if (role) {
		await assign(s, `user:${id}`, role, project);
	}
	return id;
}
async function project() {
	const id = fresh('project');
	await makeProject(s, id);
	return id;
}
const at = (p) => (p ? `/v1/projects/${p}` : ORGANIZATION);

/** All members of the organization or project: {user: name of the role or null}. */
async function members(p) {
	const found = {};
	for (let page = 1, total = 1; Object.keys(found).length < total; page++) {
		const data = await ok(s, 'GET', `${at(p)}/members?page=${page}&pageSize=100`);
		total = data.total;
		for (const m of data.members) {
			assert.deepEqual(Object.keys(m), ['id', 'email', 'name', 'image', p ? 'projectRole' : 'organizationRole']);
			found[m.id] = (p ? m.projectRole : m.organizationRole)?.name ?? null;
		}
	}
	return found;
}
const setRole = (user, roleId, p, key = admin) => s.call('PUT', `${at(p)}/members/${user}`, {roleId}, {key});
const remove = (user, p, key = admin) => s.call('DELETE', `${at(p)}/members/${user}`, undefined, {key});
const invite = (emails, p, body = {}, key = admin) => s.call('POST', `${at(p)}/invitations`, {emails, ...body}, {key});
const invitations = async (p) => (await ok(s, 'GET', `${at(p)}/invitations`)).invitations;

/* ---- members ------------------------------------------------------------------------------------------- */

test('CA-28, CA-32: a role is given, counts at once, and replaces the one before', async () => {
	const bob = await person();
	assert.equal((await members())[bob], null);
	assert.equal(await decide(s, bob, 'billing:manage'), false);
	const r = await setRole(bob, builtin.admin);
	assert.deepEqual(r.json, {
		success: true,
		data: {member: {id: bob, email: `${bob}@example.com`, name: null, image: null, organizationRole: {id: builtin.admin, name: 'Admin'}}},
		deprecated: false,
	});
	assert.equal(await decide(s, bob, 'billing:manage'), true);
	assert.equal((await setRole(`${bob}@example.com`, builtin.member)).status, 200, 'found by e-mail address');
	assert.equal(await decide(s, bob, 'billing:manage'), false);
	assert.equal((await members())[bob], 'Member');
	const held = await s.call('GET', `/doorward/v1/roles/${builtin.admin}/members/${bob}`);
	assert.equal(held.status, 404, 'not beside the new one');
});

test('a custom role is given, and roles of other dialects are left alone', async () => {
	const bob = await person();
	await assign(s, `user:${bob}`, 'viewer');
	const {role} = await ok(s, 'POST', `${ORGANIZATION}/roles`, {name: fresh('role'), policyIds: []});
	assert.equal((await setRole(bob, role.id)).json.data.member.organizationRole.name, role.name);
	assert.equal((await setRole(bob, builtin.member)).status, 200);
	assert.equal((await remove(bob)).status, 200);
	assert.equal((await s.call('GET', `/doorward/v1/roles/viewer/members/${bob}`)).status, 200);
});

test('CA-29, CA-30, CA-31: there is one Owner, who is replaced but neither demoted nor removed', async () => {
	const [alice, bob] = [await person(), await person(builtin.member)];
	assert.equal((await setRole(alice, builtin.owner)).status, 200);
	const before = Number((await setRole(alice, builtin.owner)).headers['doorward-revision']);
	const r = await setRole(bob, builtin.owner);
	assert.equal(r.json.data.member.organizationRole.name, 'Owner');
	assert.equal(Number(r.headers['doorward-revision']), before + 1, 'in one change set');
	const now = await members();
	assert.deepEqual(Object.entries(now).filter(([, role]) => role === 'Owner'), [[bob, 'Owner']]);
	assert.equal(now[alice], 'Admin');
	expectError(await setRole(bob, builtin.member), 403, /Owner/);
	expectError(await remove(bob), 403, /Owner/);
	assert.equal((await members())[bob], 'Owner');
	assert.deepEqual((await remove(alice)).json.data, {id: alice, removed: true});

	// Back to alice: bob is free to go.
	assert.equal((await setRole(alice, builtin.owner)).status, 200);
	assert.equal((await remove(bob)).status, 200);
	// An Admin does not take the ownership, but can give it away.
	const carol = await person(builtin.admin);
	const key = await makeKey(s, {type: 'user', id: carol});
	expectError(await setRole(carol, builtin.owner, undefined, key), 403, /themselves/);
	assert.equal((await members())[alice], 'Owner');
});

test('several Owners, made natively, all step down', async () => {
	const [a, b, c] = [await person(builtin.owner), await person(builtin.owner), await person()];
	await assign(s, `user:${b}`, builtin.admin);
	assert.equal((await members())[b], 'Owner', 'the Owner\'s role is the one shown');
	assert.equal((await setRole(c, builtin.owner)).status, 200);
	const now = await members();
	assert.deepEqual([now[a], now[b], now[c]], ['Admin', 'Admin', 'Owner']);
});

test('a project has an Owner too, who becomes Manager', async () => {
	const [p, q] = [await project(), await project()];
	const [alice, bob] = [await person(builtin.projectOwner, p), await person(builtin.projectMember, p)];
	await assign(s, `user:${alice}`, builtin.projectOwner, q);
	assert.equal(await decide(s, bob, 'project:delete', p), false);
	assert.deepEqual((await setRole(bob, builtin.projectOwner, p)).json.data.member.projectRole, {id: builtin.projectOwner, name: 'Owner'});
	assert.deepEqual(await members(p), {[alice]: 'Manager', [bob]: 'Owner'});
	assert.deepEqual(await members(q), {[alice]: 'Owner'}, 'another project is not concerned');
	assert.equal(await decide(s, bob, 'project:delete', p), true);
	expectError(await setRole(bob, builtin.projectMember, p), 403, /Owner/);
	expectError(await remove(bob, p), 403, /Owner/);
	assert.deepEqual((await remove(alice, p)).json.data, {id: alice, removed: true});
	expectError(await remove(alice, p), 404, /Member not found/);
	assert.deepEqual(await members(p), {[bob]: 'Owner'});
	assert.deepEqual(await members(q), {[alice]: 'Owner'});
});

test('a user of the organization is put into a project by giving a role there', async () => {
	const [p, carol] = [await project(), await person()];
	assert.equal((await setRole(carol, builtin.projectMember, p)).status, 200);
	assert.deepEqual(await members(p), {[carol]: 'Member'});
	assert.equal((await members())[carol], null, 'that gives nothing in the organization');
});

test('who leaves the organization leaves every project, and invitations go; the user stays', async () => {
	const [p, q] = [await project(), await project()];
	const bob = await person(builtin.member);
	for (const where of [p, q]) {
		await assign(s, `user:${bob}`, builtin.projectMember, where);
	}
	assert.equal(await decide(s, bob, 'trace:read', p), true);
	assert.deepEqual((await remove(bob)).json.data, {id: bob, removed: true});
	assert.deepEqual([await members(p), await members(q)], [{}, {}]);
	assert.equal((await members())[bob], null);
	assert.equal(await decide(s, bob, 'trace:read', p), false);
	assert.equal((await s.call('GET', `/doorward/v1/users/${bob}`)).status, 200);
});

test('CA-38: pages', async () => {
	const p = await project();
	const list = [];
	for (let i = 0; i < 3; i++) {
		list.push(await person(builtin.projectMember, p));
	}
	const page = async (query, where = p) => {
		const {members: found, total, ...rest} = await ok(s, 'GET', `${at(where)}/members?${query}`);
		assert.deepEqual(rest, {});
		return [found.map((m) => m.id), total];
	};
	assert.deepEqual(await page(''), [list, 3]);
	assert.deepEqual(await page('page=2&pageSize=1'), [[list[1]], 3]);
	assert.deepEqual(await page('page=2&pageSize=2'), [[list[2]], 3]);
	assert.deepEqual(await page('page=9'), [[], 3]);
	const everybody = Object.keys(await members());
	assert.deepEqual(await page('page=2&pageSize=1', null), [[everybody[1]], everybody.length]);
	assert.deepEqual(await page('page=1000000000&pageSize=100', null), [[], everybody.length]);
	for (const query of ['pageSize=101', 'pageSize=0', 'page=0', 'page=-1', 'page=x', 'pageSize=1.5', 'page=']) {
		for (const where of [p, undefined]) {
			expectError(await s.call('GET', `${at(where)}/members?${query}`), 400);
		}
	}
	const v2 = await ok(s, 'GET', `/v2/organization/members?page=2&pageSize=1`);
	assert.deepEqual(Object.keys(v2), ['members', 'totalOrganizationMembers', 'page', 'pageSize']);
	assert.deepEqual([v2.totalOrganizationMembers, v2.page, v2.pageSize], [everybody.length, 2, 1]);
	assert.deepEqual(await ok(s, 'DELETE', `/v2/projects/${p}/members/${list[0]}`), {id: list[0]});
});

test('bad input and what there is not', async () => {
	const [p, q, bob] = [await project(), await project(), await person(builtin.member)];
	const {role: ofProject} = await ok(s, 'POST', `${at(p)}/roles`, {name: 'r', policyIds: []});
	const before = (await setRole(bob, builtin.member)).headers['doorward-revision'];
	for (const body of [{}, {roleId: null}, {roleId: 7}, {roleId: ''}, {roleId: 'nobody'}, {roleId: ofProject.id}, {roleId: builtin.projectOwner}, {roleId: 'viewer'}, '[', '']) {
		expectError(await s.call('PUT', `${ORGANIZATION}/members/${bob}`, body, {key: admin, headers: {'Content-Type': 'application/json'}}), 400);
	}
	expectError(await setRole(bob, ofProject.id, q), 400, /no role/);
	expectError(await setRole(bob, builtin.member, p), 400, /no role/);
	for (const where of [undefined, p]) {
		expectError(await setRole('nobody', builtin.member, where), 404);
		expectError(await remove('nobody', where), 404);
	}
	expectError(await remove(bob, p), 404);
	expectError(await setRole(bob, builtin.projectMember, 'nowhere'), 404, /Project/);
	assert.equal((await setRole(bob, builtin.member)).headers['doorward-revision'], before, 'nothing changed');
});

test('who may', async () => {
	const p = await project();
	const bob = await person(builtin.member);
	const key = await makeKey(s, {type: 'user', id: bob});
	assert.equal((await s.call('GET', `${ORGANIZATION}/members`, undefined, {key})).status, 200);
	expectError(await s.call('GET', `${at(p)}/members`, undefined, {key}), 403, /user:read/);
	expectError(await setRole(bob, builtin.admin, undefined, key), 403, /user:manage/);
	expectError(await remove(bob, undefined, key), 403, /user:delete/);
	expectError(await invite(['x@example.com'], undefined, {}, key), 403, /user:manage/);
	expectError(await setRole(bob, builtin.projectOwner, p, key), 403);
	expectError(await s.call('GET', `${ORGANIZATION}/members`, undefined, {key: null}), 401);

	const owner = await makeServiceKey(s, fresh('owner-of-p'), builtin.projectOwner, p);
	assert.equal((await setRole(bob, builtin.projectMember, p, owner)).status, 200);
	expectError(await setRole(bob, builtin.projectMember, await project(), owner), 403);
	expectError(await setRole(bob, builtin.admin, undefined, owner), 403);
});

test('nobody gives or takes more than they have', async () => {
	const p = await project();
	const {permissions} = await ok(s, 'GET', `${ORGANIZATION}/permissions`);
	const ids = ['user:read', 'user:manage', 'user:delete'].map((n) => permissions.find((x) => x.name === n).id);
	const {policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: fresh('people'), permissionIds: ids});
	const {role} = await ok(s, 'POST', `${ORGANIZATION}/roles`, {name: fresh('people'), policyIds: [policy.id]});
	const [manager, bob, boss] = [await person(role.id), await person(), await person(builtin.admin)];
	const key = await makeKey(s, {type: 'user', id: manager});
	assert.equal((await setRole(bob, role.id, undefined, key)).status, 200);
	for (const refused of [builtin.admin, builtin.owner, builtin.member]) {
		expectError(await setRole(bob, refused, undefined, key), 403, /may not/);
		expectError(await setRole(manager, refused, undefined, key), 403, /may not/);
	}
	expectError(await setRole(boss, role.id, undefined, key), 403, /may not/);
	expectError(await remove(boss, undefined, key), 403, /may not/);
	expectError(await invite(['new@example.com'], undefined, {organizationRoleId: builtin.admin}, key), 403, /may not/);
	expectError(await setRole(bob, builtin.projectOwner, p, key), 403, /user:manage/);
	assert.equal((await remove(bob, undefined, key)).status, 200);
	assert.equal((await members())[boss], 'Admin');
});

/* ---- invitations --------------------------------------------------------------------------------------- */

test('an invitation to the organization, until the user comes', async () => {
	const email = `${fresh('new')}@example.com`;
	const sent = await invite([` ${email.toUpperCase()} `, email]);
	const [one, ...more] = sent.json.data.invitations;
	assert.deepEqual(more, []);
	assert.ok(Number.isSafeInteger(one.id));
	assert.match(one.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
	assert.deepEqual(one, {id: one.id, email, status: 'PENDING', created_at: one.created_at, organizationRoleId: builtin.member});
	assert.deepEqual((await invitations()).find((i) => i.id === one.id), one);
	assert.deepEqual((await ok(s, 'PUT', `${ORGANIZATION}/invitations/${one.id}`)).invitation, one);
	expectError(await invite([email]), 409);

	const id = fresh('joined');
	assert.equal((await s.call('POST', '/doorward/v1/users', {id, email})).status, 201);
	assert.equal((await members())[id], 'Member');
	assert.ok(!(await invitations()).some((i) => i.id === one.id));
	expectError(await s.call('PUT', `${ORGANIZATION}/invitations/${one.id}`), 404);
});

test('one address, invited to the organization, to projects and through another dialect', async () => {
	const [p, q, email] = [await project(), await project(), `${fresh('everywhere')}@example.com`];
	assert.equal((await invite([email], undefined, {organizationRoleId: builtin.admin})).status, 200);
	assert.equal((await invite([email], p)).json.data.invitations[0].projectRoleId, builtin.projectMember);
	assert.equal((await invite([email], q, {projectRoleId: builtin.projectManager})).status, 200);
	const langsmith = await s.call('POST', '/api/v1/orgs/current/members', {email});
	assert.ok(langsmith.status < 300, langsmith.text);
	const pending = await s.call('GET', '/api/v1/orgs/current/members');
	assert.equal(pending.json.pending.filter((m) => m.email === email).length, 1, 'the others are not its own');
	const id = fresh('joined');
	assert.equal((await s.call('POST', '/doorward/v1/users', {id, email})).status, 201);
	assert.equal((await members())[id], 'Admin');
	assert.deepEqual([await members(p), await members(q)], [{[id]: 'Member'}, {[id]: 'Manager'}]);
	assert.deepEqual([...(await invitations(p)), ...(await invitations(q))], []);
	assert.equal((await s.call('GET', '/api/v1/orgs/current/members')).json.members.filter((m) => m.email === email).length, 1);
});

test('registered users: skipped by the organization, members of a project at once', async () => {
	const [p, bob, carol] = [await project(), await person(), await person()];
	const email = (id) => `${id}@example.com`;
	expectError(await invite([email(bob)]), 409);
	const stranger = `${fresh('new')}@example.com`;
	const mixed = await invite([email(bob), stranger, email(carol)]);
	assert.deepEqual(mixed.json.data.invitations.map((i) => i.email), [stranger]);
	assert.equal((await members())[bob], null);

	const joined = await invite([email(bob), stranger], p);
	assert.deepEqual(joined.json.data.invitations.map((i) => i.email), [stranger]);
	assert.deepEqual(await members(p), {[bob]: 'Member'});
	expectError(await invite([email(bob), stranger], p), 409);
	assert.deepEqual((await invite([email(carol)], p, {projectRoleId: builtin.projectManager})).json.data.invitations, []);
	assert.deepEqual(await members(p), {[bob]: 'Member', [carol]: 'Manager'});
});

test('what ends an invitation', async () => {
	const p = await project();
	const list = async () => (await invitations(p)).map((i) => i.email);
	const [a, b, c] = [1, 2, 3].map(() => `${fresh('new')}@example.com`);
	const {role} = await ok(s, 'POST', `${at(p)}/roles`, {name: 'short-lived', policyIds: []});
	const {invitations: [first]} = (await invite([a], p)).json.data;
	await invite([b], p, {projectRoleId: role.id});
	await invite([c]);
	assert.deepEqual(await list(), [a, b]);
	assert.deepEqual(await ok(s, 'DELETE', `${at(p)}/invitations/${first.id}`), {id: first.id, deleted: true});
	expectError(await s.call('DELETE', `${at(p)}/invitations/${first.id}`), 404);
	await ok(s, 'DELETE', `${at(p)}/roles/${role.id}`);
	assert.deepEqual(await list(), []);
	await invite([a], p);
	await ok(s, 'DELETE', `/v1/projects/${p}`);
	const id = fresh('joined');
	await s.call('POST', '/doorward/v1/users', {id, email: a});
	assert.equal((await members())[id], null);
	assert.ok((await invitations()).some((i) => i.email === c), 'the others wait');
});

test('invitations of one place are unknown in another', async () => {
	const [p, q, email] = [await project(), await project(), `${fresh('new')}@example.com`];
	const {invitations: [inv]} = (await invite([email], p)).json.data;
	const v2 = (await ok(s, 'GET', `/v2/projects/${p}/invitations`)).invitations[0];
	assert.equal(typeof v2.token, 'string');
	for (const where of [q, undefined]) {
		for (const method of ['PUT', 'DELETE']) {
			expectError(await s.call(method, `${at(where)}/invitations/${inv.id}`), 404);
		}
	}
	for (const id of ['x', '-1', '1.5', '99999999999999999999']) {
		expectError(await s.call('PUT', `${at(p)}/invitations/${id}`), 400);
	}
	assert.equal((await invitations(p)).length, 1);
	assert.deepEqual(await ok(s, 'DELETE', `/v2/projects/${p}/invitations/${inv.id}`), {id: inv.id});
});

test('bad invitations', async () => {
	const p = await project();
	const many = Array.from({length: 51}, (_, i) => `many-${i}@example.com`);
	for (const where of [undefined, p]) {
		for (const emails of [undefined, null, [], 'x@example.com', [7], ['x'], ['a@b@c'], [''], ['ok@example.com', 'bad'], many]) {
			expectError(await invite(emails, where), 400);
		}
		for (const role of [7, 'nobody', where ? builtin.projectOwner : builtin.owner, where ? builtin.admin : builtin.projectMember]) {
			expectError(await invite(['ok@example.com'], where, {[where ? 'projectRoleId' : 'organizationRoleId']: role}), 400);
		}
		assert.ok(!(await invitations(where)).some((i) => /^(ok|many)/.test(i.email)), 'nothing was stored');
	}
	assert.equal((await invite(many.slice(1), p)).json.data.invitations.length, 50);
});

/* ---- across restarts ----------------------------------------------------------------------------------- */

test('kill -9 and restart: members and invitations are what they were', async () => {
	const [p, email] = [await project(), `${fresh('later')}@example.com`];
	const [alice, bob] = [await person(builtin.projectOwner, p), await person(builtin.projectMember, p)];
	await setRole(bob, builtin.projectOwner, p);
	const {invitations: [inv]} = (await invite([email], p, {projectRoleId: builtin.projectManager})).json.data;
	await s.kill9();
	await s.restart();
	assert.deepEqual(await members(p), {[alice]: 'Manager', [bob]: 'Owner'});
	assert.deepEqual(await invitations(p), [inv]);
	const id = fresh('joined');
	await s.call('POST', '/doorward/v1/users', {id, email});
	assert.deepEqual(await members(p), {[alice]: 'Manager', [bob]: 'Owner', [id]: 'Manager'});
});

test('the audit trail says what was done in the vendor\'s words', async () => {
	const [p, bob] = [await project(), await person()];
	const reader = await makeServiceKey(s, fresh('reader'), builtin.member);
	// Refused attempts are written before whatever comes later.
	expectError(await setRole(bob, builtin.owner, undefined, reader), 403);
	await setRole(bob, builtin.member);
	await setRole(bob, builtin.projectMember, p);
	await remove(bob, p);
	const {items} = (await s.call('GET', '/doorward/v1/audit?limit=30')).json;
	const rows = items.filter((r) => r.via === 'confident').slice(0, 4).map((r) => [r.event, r.target, r.outcome]);
	assert.deepEqual(rows, [
		['project.users.delete', `user:${bob}`, 'done'],
		['project.users.role.update', `user:${bob}`, 'done'],
		['org.users.role.update', `user:${bob}`, 'done'],
		['org.users.role.update', 'organization:default', 'refused'],
	]);
});
