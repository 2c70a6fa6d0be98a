// SPDX-License-Identifier: Apache-2.0
// Projects, keys, and governance policies.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {exchange, makeKey, startServer} from '../../harness/server.mjs';
import {
	ORGANIZATION, assign, builtin, dataOf, decide, expectError, makePerson, makeProject, makeServiceKey, ok, permitted,
} from './support.mjs';

let s;
before(async () => {
	s = await startServer();
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const fresh = (what) => `${what}-${++serial}`;
const at = (p) => (p ? `/v1/projects/${p}` : ORGANIZATION);
const by = (key) => ({key: null, headers: {CONFIDENT_API_KEY: key}});

async function person(role, project) {
	const id = fresh('person');
	await makePerson(s, id);
	if (role) {
		await assign(s, `user:${id}`, role, project);
	}
	return id;
}
/** A key that a user who holds the role made for herself. */
async function personKey(role, project) {
	return makeKey(s, {type: 'user', id: await person(role, project)});
}
async function native(method, path, body) {
	const r = await s.call(method, `/doorward/v1/${path}`, body);
	assert.ok(r.status < 300, r.text);
	return r.json;
}
const makeOrgKey = async () => (await ok(s, 'POST', `${ORGANIZATION}/api-keys`, {name: fresh('key')})).apiKey;
const makeProjectHere = (body = {}, options) => ok(s, 'POST', '/v1/projects', {name: fresh('Project'), ...body}, options);
const projects = async (options) => (await ok(s, 'GET', '/v1/projects', undefined, options)).projects;

/* ---- projects ------------------------------------------------------------------------------------------ */

test('a project is made with its key and its Owner, changed and deleted', async () => {
	const name = fresh('Project');
	const alice = await person();
	const {project, apiKey, ...rest} = await makeProjectHere({name, email: ` ${alice.toUpperCase()}@Example.com`});
	assert.deepEqual(rest, {});
	assert.match(project.created_at, /^\d{4}-.*\.\d{3}Z$/);
	assert.deepEqual(project, {
		id: project.id, name, description: null, organizationId: 'default', created_at: project.created_at, governancePolicy: null,
	});
	assert.match(apiKey.value, /^confident_proj_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}$/);
	assert.deepEqual((await ok(s, 'GET', `${at(project.id)}/members`)).members.map((m) => [m.id, m.projectRole.name]), [[alice, 'Owner']]);
	assert.deepEqual((await projects()).find((p) => p.id === project.id), project);

	const k = by(apiKey.value);
	assert.deepEqual((await ok(s, 'GET', at(project.id), undefined, k)).project, project);
	const changed = (await ok(s, 'PUT', at(project.id), {description: 'what it is for'}, k)).project;
	assert.deepEqual(changed, {...project, description: 'what it is for'});
	assert.equal((await ok(s, 'PUT', at(project.id), {name: 'Renamed'}, k)).project.description, 'what it is for');
	assert.deepEqual((await ok(s, 'PUT', at(project.id), {description: null}, k)).project, {...project, name: 'Renamed'});
	assert.equal((await native('GET', `tenants/${project.id}`)).display_name, 'Renamed', 'a tenant of the directory');

	assert.equal(await decide(s, alice, 'trace:read', project.id), true);
	const keys = (await native('GET', 'keys?limit=200')).items.length;
	const services = (await native('GET', 'services?limit=200')).items.length;
	assert.deepEqual(await ok(s, 'DELETE', at(project.id), undefined, k), {id: project.id, deleted: true});
	for (const [method, path, body] of [['GET', ''], ['PUT', '', {name: 'x'}], ['DELETE', ''], ['GET', '/members'], ['GET', '/api-keys']]) {
		expectError(await s.call(method, at(project.id) + path, body), 404, /Project not found/);
	}
	expectError(await exchange(s.url, 'GET', at(project.id), undefined, k), 401);
	assert.equal((await native('GET', 'keys?limit=200')).items.length, keys - 1);
	assert.equal((await native('GET', 'services?limit=200')).items.length, services - 1, 'the account of the key is gone, too');
});

test('who makes a project owns it, unless a service', async () => {
	const alice = await person(builtin.member);
	const key = await makeKey(s, {type: 'user', id: alice});
	const {project, apiKey} = await makeProjectHere({}, {key});
	assert.deepEqual((await ok(s, 'GET', `${at(project.id)}/members`)).members.map((m) => [m.id, m.projectRole.name]), [[alice, 'Owner']]);
	assert.deepEqual((await ok(s, 'GET', `${at(project.id)}/members`, undefined, by(apiKey.value))).total, 1, 'the key\'s account is no member');
	const org = await makeOrgKey();
	const other = (await makeProjectHere({}, by(org.value))).project;
	assert.equal((await ok(s, 'GET', `${at(other.id)}/members`)).total, 0);
});

test('projects of other dialects are shown, under their ids where they have no name', async () => {
	const id = fresh('plain');
	await makeProject(s, id);
	const {project} = await ok(s, 'GET', at(id));
	assert.deepEqual([project.id, project.name], [id, id]);
	assert.deepEqual((await projects()).map((p) => p.id).slice(-1), [id], 'in the order they were made');
});

test('who may see and change projects', async () => {
	const {project: p, apiKey} = await makeProjectHere();
	const {project: q} = await makeProjectHere();
	const nobody = await personKey();
	for (const [method, path, body] of [['GET', '/v1/projects'], ['POST', '/v1/projects', {name: 'x'}], ['GET', at(p.id)]]) {
		expectError(await s.call(method, path, body, {key: nobody}), 403);
		expectError(await s.call(method, path, body, {key: null}), 401);
	}
	// A project's key is for that project.
	const k = by(apiKey.value);
	for (const [method, path, body] of [
		['GET', '/v1/projects'], ['POST', '/v1/projects', {name: 'x'}], ['GET', at(q.id)], ['PUT', at(q.id), {name: 'x'}],
		['DELETE', at(q.id)], ['GET', `${ORGANIZATION}/members`], ['GET', `${ORGANIZATION}/api-keys`],
		['POST', `${ORGANIZATION}/api-keys`, {name: 'x'}], ['GET', `${at(q.id)}/api-keys`], ['POST', `${at(q.id)}/api-keys`, {name: 'x'}],
	]) {
		expectError(await s.call(method, path, body, k), 403);
	}
	// A Member of the organization makes some, but sees and changes none that she has no role in.
	const member = {key: await personKey(builtin.member)};
	assert.deepEqual(await projects(member), []);
	expectError(await s.call('GET', at(p.id), undefined, member), 403, /project:read/);
	expectError(await s.call('PUT', at(p.id), {name: 'x'}, member), 403, /project:update/);
	expectError(await s.call('DELETE', at(p.id), undefined, member), 403, /project:delete/);
	// project:manage in the organization is enough anywhere, a role in the project there.
	const admin = {key: await personKey(builtin.admin)};
	await ok(s, 'PUT', at(p.id), {name: 'by the admin'}, admin);
	const inside = {key: await personKey(builtin.projectMember, p.id)};
	await ok(s, 'PUT', at(p.id), {name: 'by a member'}, inside);
	expectError(await s.call('DELETE', at(p.id), undefined, inside), 403, /project:delete/);
	expectError(await s.call('GET', at(q.id), undefined, inside), 403, /project:read/);
});

test('bad projects', async () => {
	const {project: p} = await makeProjectHere();
	const before = (await projects()).length;
	for (const body of [{}, {name: null}, {name: 7}, {name: ' '}, {name: 'x'.repeat(256)}, {name: 'x', description: 7},
		{name: 'x', description: 'x'.repeat(4097)}, {name: 'x', email: 7}, {name: 'x', email: 'nobody@example.com'}, '[', '[]']) {
		expectError(await s.call('POST', '/v1/projects', body), 400);
	}
	for (const body of [{name: null}, {name: ''}, {name: 7}, {description: 7}, '[']) {
		expectError(await s.call('PUT', at(p.id), body), 400);
	}
	assert.deepEqual((await ok(s, 'PUT', at(p.id), {})).project, p, 'nothing asked, nothing changed');
	assert.equal((await projects()).length, before);
	expectError(await s.call('PATCH', at(p.id), {}), 405);
});

/* ---- keys ---------------------------------------------------------------------------------------------- */

test('CA-43: a key is shown once, deactivated and activated again', async () => {
	const {project} = await makeProjectHere();
	for (const [where, prefix, works] of [[undefined, 'confident_org_', '/v1/projects'], [project.id, 'confident_proj_', at(project.id)]]) {
		const name = fresh('key');
		const made = await s.call('POST', `${at(where)}/api-keys`, {name});
		assert.equal(made.headers['cache-control'], 'no-store');
		const {apiKey} = dataOf(made);
		assert.ok(Number.isSafeInteger(apiKey.id));
		assert.match(apiKey.value, new RegExp(`^${prefix}[A-Za-z0-9]{12}_[A-Za-z0-9]{40}$`));
		assert.deepEqual(apiKey, {id: apiKey.id, name, valid: true, value: apiKey.value, created_at: apiKey.created_at, lastUsed: null});
		const shown = {...apiKey, value: `***************${apiKey.value.slice(-6)}`};
		const path = `${at(where)}/api-keys/${apiKey.id}`;
		assert.deepEqual((await ok(s, 'GET', path)).apiKey, shown);
		assert.deepEqual((await ok(s, 'GET', `${at(where)}/api-keys`)).apiKeys.find((k) => k.id === apiKey.id), shown);
		const call = () => exchange(s.url, 'GET', works, undefined, by(apiKey.value));
		dataOf(await call());
		const {lastUsed} = (await ok(s, 'GET', path)).apiKey;
		assert.ok(Date.parse(lastUsed) >= Date.parse(shown.created_at));
		shown.lastUsed = lastUsed;
		assert.deepEqual((await ok(s, 'PUT', path, {valid: false})).apiKey, {...shown, valid: false});
		expectError(await call(), 401);
		assert.deepEqual((await ok(s, 'PUT', path, {valid: false})).apiKey, {...shown, valid: false});
		assert.deepEqual((await ok(s, 'GET', path)).apiKey, {...shown, valid: false});
		assert.deepEqual((await ok(s, 'PUT', path, {valid: true})).apiKey, shown);
		dataOf(await call());
		assert.deepEqual(await ok(s, 'DELETE', path), {id: apiKey.id, deleted: true});
		expectError(await call(), 401);
		for (const [method, body] of [['GET'], ['PUT', {valid: true}], ['DELETE']]) {
			expectError(await s.call(method, path, body), 404);
		}
	}
});

test('what keys may: an organization key is Admin, a project key Owner of its project', async () => {
	const {project: p, apiKey} = await makeProjectHere();
	const org = await makeOrgKey();
	const bob = await person();
	await ok(s, 'PUT', `${ORGANIZATION}/members/${bob}`, {roleId: builtin.admin}, by(org.value));
	await ok(s, 'GET', `${at(p.id)}/api-keys`, undefined, by(org.value));
	const second = (await ok(s, 'POST', `${at(p.id)}/api-keys`, {name: 'second'}, by(apiKey.value))).apiKey;
	await ok(s, 'PUT', `${at(p.id)}/members/${bob}`, {roleId: builtin.projectOwner}, by(second.value));
	await ok(s, 'DELETE', at(p.id), undefined, by(second.value));
	// Nothing of the directory's own is theirs.
	for (const path of ['users', 'keys/x', 'organization']) {
		assert.notEqual((await s.call('GET', `/doorward/v1/${path}`, undefined, {key: org.value})).status, 200, path);
	}
});

test('a key is no way up', async () => {
	const {project: p} = await makeProjectHere();
	const {permissions} = await ok(s, 'GET', `${ORGANIZATION}/permissions`);
	const ids = permissions.filter((x) => ['apiKey:read', 'apiKey:manage'].includes(x.name)).map((x) => x.id);
	const {policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: fresh('keys'), permissionIds: ids});
	const {role} = await ok(s, 'POST', `${ORGANIZATION}/roles`, {name: fresh('keys'), policyIds: [policy.id]});
	const holder = {key: await personKey(role.id)};
	const count = async () => (await ok(s, 'GET', `${ORGANIZATION}/api-keys`)).apiKeys.length;
	const before = await count();
	expectError(await s.call('POST', `${ORGANIZATION}/api-keys`, {name: 'up'}, holder), 403, /may not/);
	expectError(await s.call('POST', `${at(p.id)}/api-keys`, {name: 'up'}, holder), 403, /apiKey:manage/);
	expectError(await s.call('POST', `${at(p.id)}/api-keys`, {name: 'up'}, {key: await personKey(builtin.projectMember, p.id)}), 403, /may not/);
	assert.equal(await count(), before);
	// What was switched off is not switched on again by somebody who could not have made it.
	const made = await makeOrgKey();
	const path = `${ORGANIZATION}/api-keys/${made.id}`;
	assert.equal((await ok(s, 'PUT', path, {valid: false}, holder)).apiKey.valid, false);
	expectError(await s.call('PUT', path, {valid: true}, holder), 403, /may not/);
	assert.equal((await ok(s, 'GET', path, undefined, holder)).apiKey.valid, false);
	// Whoever holds all of a role makes keys of it.
	await ok(s, 'POST', `${ORGANIZATION}/api-keys`, {name: 'fine'}, {key: await personKey(builtin.admin)});
	await ok(s, 'POST', `${at(p.id)}/api-keys`, {name: 'fine'}, {key: await personKey(builtin.projectManager, p.id)});
});

test('a key lives no longer than the one it was made with', async () => {
	const admin = await person(builtin.admin);
	const until = '2099-01-01T00:00:00.000Z';
	const {key} = await native('POST', 'keys', {principal: {type: 'user', id: admin}, expires_at: until});
	const made = await ok(s, 'POST', `${ORGANIZATION}/api-keys`, {name: 'short'}, {key});
	const {apiKey} = await ok(s, 'GET', `/v2/organization/api-keys/${made.apiKey.id}`);
	assert.deepEqual(
		Object.keys(apiKey),
		['id', 'name', 'valid', 'value', 'created_at', 'lastUsed', 'expiresAt', 'shadowValue', 'rotatesAt']);
	assert.equal(apiKey.expiresAt, until);
	assert.equal((await ok(s, 'GET', `/v2/organization/api-keys/${(await makeOrgKey()).id}`)).apiKey.expiresAt, null);
	assert.deepEqual(await ok(s, 'DELETE', `/v2/organization/api-keys/${apiKey.id}`), {id: apiKey.id});
});

test('a revoked key stays revoked', async () => {
	const made = await makeOrgKey();
	const [, , id] = made.value.split('_');
	await native('PATCH', `keys/${id}`, {name: 'renamed'});
	assert.equal((await s.call('DELETE', `/doorward/v1/keys/${id}`)).status, 204);
	const path = `${ORGANIZATION}/api-keys/${made.id}`;
	assert.equal((await ok(s, 'GET', path)).apiKey.valid, false);
	expectError(await s.call('PUT', path, {valid: true}), 409, /for good/);
	expectError(await exchange(s.url, 'GET', '/v1/projects', undefined, by(made.value)), 401);
	assert.equal((await native('GET', `keys/${id}`)).revoked, true);
});

test('keys of one place, and of other dialects, are unknown in another', async () => {
	const {project: p, apiKey} = await makeProjectHere();
	const {project: q} = await makeProjectHere();
	const org = await makeOrgKey();
	await makeServiceKey(s, fresh('plain'), builtin.admin);
	const list = async (where) => (await ok(s, 'GET', `${at(where)}/api-keys`)).apiKeys.map((k) => k.id);
	assert.deepEqual([await list(p.id), (await list(q.id)).length], [[apiKey.id], 1]);
	assert.ok((await list()).includes(org.id) && !(await list()).includes(apiKey.id));
	for (const [where, id] of [[p.id, org.id], [q.id, apiKey.id], [undefined, apiKey.id], [p.id, 1]]) {
		for (const [method, body] of [['GET'], ['PUT', {valid: false}], ['DELETE']]) {
			expectError(await s.call(method, `${at(where)}/api-keys/${id}`, body), 404, /API key not found/);
		}
	}
	const langsmith = await s.call('GET', '/api/v1/orgs/current/service-keys');
	assert.equal(langsmith.status, 200, langsmith.text);
	assert.ok(!langsmith.text.includes(org.name), 'nor are they LangSmith\'s');
});

test('bad keys', async () => {
	const made = await makeOrgKey();
	const count = async () => (await ok(s, 'GET', `${ORGANIZATION}/api-keys`)).apiKeys.length;
	const before = await count();
	for (const body of [{}, {name: null}, {name: ''}, {name: 7}, {name: 'x'.repeat(256)}, '[', '']) {
		expectError(await s.call('POST', `${ORGANIZATION}/api-keys`, body), 400);
	}
	for (const body of [{}, {valid: null}, {valid: 'false'}, {valid: 0}, '[']) {
		expectError(await s.call('PUT', `${ORGANIZATION}/api-keys/${made.id}`, body), 400);
	}
	for (const id of ['x', '-1', '1e3', '99999999999999999999999']) {
		expectError(await s.call('GET', `${ORGANIZATION}/api-keys/${id}`), 400);
	}
	assert.equal(await count(), before);
	for (const text of [made.value.slice(0, -1), `${made.value}x`, made.value.replace('confident_org_', 'confident_us_org_'), 'confident_org_', 'confident_proj_x']) {
		expectError(await exchange(s.url, 'GET', '/v1/projects', undefined, by(text)), 401);
	}
});

/* ---- governance ---------------------------------------------------------------------------------------- */

const policies = async () => (await ok(s, 'GET', `${ORGANIZATION}/governance-policies`)).governancePolicies;
const govern = (id, verb, projectIds, options) =>
	s.call('POST', `${ORGANIZATION}/governance-policies/${id}/${verb}`, {projectIds}, options);
async function makeGovernance(body = {}) {
	return native('POST', 'governance-policies', {id: fresh('gov'), name: fresh('Governance'), ...body});
}

test('CA-41: governance policies and permission policies do not show each other', async () => {
	const controls = [{id: 'c1', name: 'PII', type: 'guardrail'}, {id: 'c2', name: 'Budget', type: 'limit'}];
	const made = await makeGovernance({description: 'rules', controls});
	assert.deepEqual(made.controls, controls);
	const {policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: made.name, permissionIds: []});
	const found = (await policies()).find((p) => p.id === made.id);
	assert.deepEqual(found, {id: made.id, name: made.name, description: 'rules', projectsCount: 0, controls});
	assert.ok(!(await policies()).some((p) => p.id === policy.id));
	const iam = (await ok(s, 'GET', `${ORGANIZATION}/policies`)).policies.map((p) => p.id);
	assert.ok(iam.includes(policy.id) && !iam.includes(made.id));
	expectError(await s.call('DELETE', `${ORGANIZATION}/policies/${made.id}`), 404);
	expectError(await govern(policy.id, 'assign', ['x']), 404);
});

test('a project is under one policy at most: assigning moves it', async () => {
	const [a, b] = [await makeGovernance(), await makeGovernance()];
	const [p, q] = [(await makeProjectHere()).project, (await makeProjectHere()).project];
	const under = async (id) => (await ok(s, 'GET', at(id))).project.governancePolicy;
	const list = async (id, query = '') => ok(s, 'GET', `${ORGANIZATION}/governance-policies/${id}/projects${query}`);
	assert.deepEqual(dataOf(await govern(a.id, 'assign', [q.id, 'nowhere', p.id, q.id])), {
		governancePolicy: {id: a.id, name: a.name}, assignedProjectIds: [q.id, p.id], notFoundProjectIds: ['nowhere'], count: 2,
	});
	assert.deepEqual(await under(p.id), {id: a.id, name: a.name});
	assert.deepEqual(await list(a.id), {projects: [{id: p.id, name: p.name}, {id: q.id, name: q.name}], total: 2});
	assert.deepEqual(await list(a.id, '?page=2&pageSize=1'), {projects: [{id: q.id, name: q.name}], total: 2});
	assert.deepEqual(await list(a.id, '?page=7'), {projects: [], total: 2});
	for (const query of ['?pageSize=101', '?page=0', '?page=x']) {
		expectError(await s.call('GET', `${ORGANIZATION}/governance-policies/${a.id}/projects${query}`), 400);
	}
	dataOf(await govern(b.id, 'assign', [p.id]));
	assert.deepEqual([(await under(p.id)).id, (await list(a.id)).total, (await list(b.id)).total], [b.id, 1, 1]);
	assert.deepEqual((await policies()).filter((x) => [a.id, b.id].includes(x.id)).map((x) => x.projectsCount), [1, 1]);
	assert.deepEqual(dataOf(await govern(a.id, 'unassign', [p.id, q.id, 'nowhere'])), {
		governancePolicy: {id: a.id, name: a.name}, unassignedProjectIds: [q.id], skippedProjectIds: [p.id, 'nowhere'], count: 1,
	});
	assert.deepEqual([await under(q.id), (await under(p.id)).id], [null, b.id]);
	// It survives other changes of the project, and ends with the policy.
	await ok(s, 'PUT', at(p.id), {description: 'changed'});
	assert.equal((await under(p.id)).id, b.id);
	await native('DELETE', `governance-policies/${b.id}`);
	assert.equal(await under(p.id), null);
	expectError(await s.call('GET', `${ORGANIZATION}/governance-policies/${b.id}/projects`), 404);
});

test('who may govern, and with what', async () => {
	const made = await makeGovernance();
	const {project: p} = await makeProjectHere();
	const member = {key: await personKey(builtin.member)};
	await ok(s, 'GET', `${ORGANIZATION}/governance-policies`, undefined, member);
	expectError(await govern(made.id, 'assign', [p.id], member), 403, /organization:manage/);
	expectError(await govern(made.id, 'unassign', [p.id], member), 403, /organization:manage/);
	for (const ids of [undefined, null, [], p.id, [7]]) {
		expectError(await govern(made.id, 'assign', ids), 400);
		expectError(await govern(made.id, 'unassign', ids), 400);
	}
	expectError(await govern('nowhere', 'assign', [p.id]), 404);
	assert.equal((await ok(s, 'GET', at(p.id))).project.governancePolicy, null);
});

test('governance policies are made natively', async () => {
	const made = await makeGovernance({controls: [{id: 'c'}]});
	const path = `/doorward/v1/governance-policies`;
	assert.deepEqual(made.controls, [{id: 'c', name: null, type: null}]);
	assert.deepEqual((await native('GET', `governance-policies/${made.id}`)), made);
	const changed = await native('PATCH', `governance-policies/${made.id}`, {description: 'd', controls: null});
	assert.deepEqual([changed.name, changed.description, changed.controls], [made.name, 'd', []]);
	const bad = [{}, {name: ''}, {name: 7}, {controls: {}}, {controls: [7]}, {controls: [{}]}, {controls: [{id: 7}]},
		{controls: Array.from({length: 101}, (_, i) => ({id: `c${i}`}))}, {description: 'x'.repeat(4097)}];
	for (const body of bad) {
		const r = await s.call('POST', path, {id: fresh('gov'), ...(Object.keys(body)[0] === 'name' || !Object.keys(body).length ? {} : {name: fresh('G')}), ...body});
		assert.equal(r.status, 400, JSON.stringify(body));
	}
	assert.equal((await s.call('POST', path, {id: fresh('gov'), name: made.name})).status, 409);
	assert.equal((await s.call('POST', path, {id: made.id, name: fresh('G')})).status, 409);
	const other = await makeGovernance();
	assert.equal((await s.call('PATCH', `${path}/${other.id}`, {name: made.name})).status, 409);
	assert.equal((await native('GET', `governance-policies/${other.id}`)).name, other.name);
	const key = await personKey(builtin.admin);
	assert.equal((await s.call('POST', path, {id: 'x', name: 'x'}, {key})).status, 403);
});

/* ---- across organizations and restarts ------------------------------------------------------------------ */

test('another organization has its own', async (t) => {
	const two = await startServer({org: 'one'});
	t.after(() => two.dispose());
	const first = two.key;
	const {project, apiKey} = await ok(two, 'POST', '/v1/projects', {name: 'of one'});
	const org = (await ok(two, 'POST', `${ORGANIZATION}/api-keys`, {name: 'of one'})).apiKey;
	const inv = (await ok(two, 'POST', `${ORGANIZATION}/invitations`, {emails: ['new@example.com']})).invitations[0];
	await two.call('POST', '/doorward/v1/governance-policies', {id: 'g', name: 'G'});
	await two.call('POST', '/doorward/v1/users', {id: 'alice'});
	await two.restart({org: 'two'});
	assert.notEqual(two.key, first);
	assert.ok((await ok(two, 'GET', '/v1/projects')).projects.every((p) => p.id !== project.id && p.organizationId === 'two'));
	for (const [method, path, body] of [
		['GET', at(project.id)], ['PUT', at(project.id), {name: 'x'}], ['DELETE', at(project.id)], ['GET', `${at(project.id)}/members`],
		['GET', `${ORGANIZATION}/api-keys/${org.id}`], ['PUT', `${ORGANIZATION}/api-keys/${org.id}`, {valid: false}],
		['DELETE', `${ORGANIZATION}/api-keys/${org.id}`], ['PUT', `${ORGANIZATION}/invitations/${inv.id}`],
		['DELETE', `${ORGANIZATION}/invitations/${inv.id}`], ['PUT', `${ORGANIZATION}/members/alice`, {roleId: builtin.admin}],
		['DELETE', `${ORGANIZATION}/members/alice`], ['POST', `${ORGANIZATION}/governance-policies/g/assign`, {projectIds: ['x']}],
	]) {
		expectError(await two.call(method, path, body), 404);
	}
	// The address that one invited is a stranger's here; and one's keys still open one.
	await two.call('POST', '/doorward/v1/users', {id: 'new', email: 'new@example.com'});
	assert.equal((await ok(two, 'GET', `${ORGANIZATION}/members`)).members.find((m) => m.id === 'new').organizationRole, null);
	assert.deepEqual((await ok(two, 'GET', '/v1/projects', undefined, by(org.value))).projects.filter((p) => p.id === project.id).length, 1);
	assert.equal((await ok(two, 'GET', at(project.id), undefined, by(apiKey.value))).project.name, 'of one');
	assert.equal(await two.end('SIGTERM'), 0);
});

test('kill -9 and restart: projects, keys and governance are what they were', async () => {
	const [{project: p, apiKey}, gov] = [await makeProjectHere({description: 'kept'}), await makeGovernance()];
	const [live, dead] = [await makeOrgKey(), await makeOrgKey()];
	await govern(gov.id, 'assign', [p.id]);
	await ok(s, 'PUT', `${ORGANIZATION}/api-keys/${dead.id}`, {valid: false});
	// A crash may lose when a key was used in the last minute.
	const shown = ({apiKeys}) => apiKeys.map(({lastUsed, ...rest}) => rest);
	const look = async () => [
		await projects(), await policies(), shown(await ok(s, 'GET', `${ORGANIZATION}/api-keys`)), shown(await ok(s, 'GET', `${at(p.id)}/api-keys`)),
	];
	const seen = await look();
	await s.kill9();
	await s.restart();
	assert.deepEqual(await look(), seen);
	dataOf(await exchange(s.url, 'GET', '/v1/projects', undefined, by(live.value)));
	dataOf(await exchange(s.url, 'GET', at(p.id), undefined, by(apiKey.value)));
	expectError(await exchange(s.url, 'GET', '/v1/projects', undefined, by(dead.value)), 401);
	await ok(s, 'PUT', `${ORGANIZATION}/api-keys/${dead.id}`, {valid: true});
	dataOf(await exchange(s.url, 'GET', '/v1/projects', undefined, by(dead.value)));
});

test('project:manage opens every project as long as it is held', async () => {
	const {project: p} = await makeProjectHere();
	const bob = await person(builtin.admin);
	assert.deepEqual(await permitted(s, bob, ['trace:delete', 'iam:manage', 'no:such'], p.id), ['trace:delete', 'iam:manage']);
	await ok(s, 'PUT', `${ORGANIZATION}/members/${bob}`, {roleId: builtin.member});
	assert.deepEqual(await permitted(s, bob, ['trace:delete', 'iam:manage', 'iam:read'], p.id), []);
});
