// SPDX-License-Identifier: Apache-2.0
// Members of a workspace, which the X-Tenant-Id header names.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../../harness/server.mjs';
import {builtin, changesNothing, decide, giveRole, makeMember, makeService, makeWorkspace, newestAudit, nobody, ok, refused, timeForm} from './people-support.mjs';

const path = '/api/v1/workspaces/current/members';
const org = '/api/v1/orgs/current/members';
let s;
before(async () => {
	s = await startServer({store: 'memory'});
});
after(async () => assert.equal(await s.stop(), 0));

const at = (w, options) => ({headers: {'X-Tenant-Id': w}, ...options});
const all = (w, options) => ok(s, 'GET', path, undefined, at(w, options));
const find = async (w, id) => (await all(w)).members.find((m) => m.id === id);

test('a member: added, listed, changed, removed', async () => {
	const w = await makeWorkspace(s, 'One');
	await makeMember(s, 'alice', 'ORGANIZATION_USER', undefined, {email: 'alice@x.org', display_name: 'Alice'});
	assert.deepEqual(await all(w), {tenant_id: w, members: [], pending: []});
	const made = await ok(s, 'POST', path, {user_id: 'alice', role_id: builtin.WORKSPACE_USER}, at(w));
	assert.match(made.created_at, timeForm);
	assert.deepEqual({...made, organization_id: 0, created_at: 0}, {
		id: 'alice', organization_id: 0, tenant_id: w, created_at: 0, user_id: 'alice', ls_user_id: 'alice', read_only: false,
		role_id: builtin.WORKSPACE_USER, role_name: 'Editor', access_scope: 'workspace', email: 'alice@x.org', full_name: 'Alice',
		display_name: 'Alice', avatar_url: null, linked_login_methods: [], is_disabled: false,
		org_role_id: builtin.ORGANIZATION_USER, org_role_name: 'Organization User'});
	assert.deepEqual((await all(w)).members, [made]);
	const [row] = await newestAudit(s);
	assert.deepEqual([row.operation, row.target], ['workspaces:manage-members', 'member:alice']);
	const project = {type: 'project', id: 'p', properties: {tenant: w}};
	assert.equal(await decide(s, 'alice', 'projects:update', project), true);
	await refused(s, 409, /already/, ['POST', path, {user_id: 'alice'}, at(w)]);

	const changed = await ok(s, 'PATCH', `${path}/alice`, {role_id: 'WORKSPACE_VIEWER'}, at(w));
	assert.deepEqual(changed, {...made, role_id: builtin.WORKSPACE_VIEWER, role_name: 'Viewer'});
	assert.deepEqual((await all(w)).members, [changed]);
	assert.equal(await decide(s, 'alice', 'projects:update', project), false);
	assert.deepEqual(await ok(s, 'PATCH', `${path}/alice@x.org`, {role_id: 'WORKSPACE_VIEWER'}, at(w)), changed);

	assert.deepEqual(await ok(s, 'DELETE', `${path}/alice`, undefined, at(w)), changed);
	assert.deepEqual((await all(w)).members, []);
	assert.equal(await decide(s, 'alice', 'projects:read', project), false);
	// In the organization she stays.
	assert.ok((await ok(s, 'GET', org)).members.some((m) => m.id === 'alice'));
	await refused(s, 422, /Member not found/, ['DELETE', `${path}/alice`, undefined, at(w)]);
});

test('one workspace is not another', async () => {
	const [a, b] = [await makeWorkspace(s, 'A'), await makeWorkspace(s, 'B')];
	await makeUser(s, 'bob');
	await ok(s, 'POST', path, {org_identity_id: 'bob'}, at(a));
	await ok(s, 'POST', path, {ls_user_id: 'bob', user_id: 'bob', role_id: 'WORKSPACE_ADMIN'}, at(b));
	assert.equal((await find(a, 'bob')).role_name, 'Viewer');
	await refused(s, 422, /Member not found/, ['DELETE', `${path}/owner`, undefined, at(a)]);
	await ok(s, 'DELETE', `${path}/bob`, undefined, at(a));
	assert.equal(await find(a, 'bob'), undefined);
	assert.equal((await find(b, 'bob')).role_name, 'Admin');
});

test('roles of one\'s own, natively made ones too, and what several amount to', async () => {
	const w = await makeWorkspace(s, 'Roles');
	const custom = await ok(s, 'POST', '/api/v1/orgs/current/roles', {display_name: 'Readers', description: '', permissions: ['runs:read']});
	assert.equal((await s.call('POST', '/doorward/v1/roles', {id: 'plain-reader', actions: ['projects:read']})).status, 201);
	await makeUser(s, 'cat');
	await giveRole(s, 'user:cat', 'tenant-admin', w); // Connhex's: she is no member by that, and it is not replaced
	assert.equal(await find(w, 'cat'), undefined);
	assert.equal((await ok(s, 'POST', path, {user_id: 'cat', role_id: custom.id}, at(w))).role_name, 'Readers');
	assert.equal((await ok(s, 'PATCH', `${path}/cat`, {role_id: 'plain-reader'}, at(w))).role_name, 'plain-reader');
	await giveRole(s, 'user:cat', 'WORKSPACE_USER', w);
	assert.equal((await find(w, 'cat')).role_name, 'plain-reader');
	assert.equal((await all(w)).members.length, 1);
	await ok(s, 'PATCH', `${path}/cat`, {role_id: 'WORKSPACE_USER'}, at(w));
	assert.equal((await s.call('GET', `/doorward/v1/roles/plain-reader/members/cat?tenant=${w}`)).status, 404);
	assert.equal((await s.call('GET', `/doorward/v1/roles/tenant-admin/members/cat?tenant=${w}`)).status, 200);
	// Services hold roles, too, but are no people.
	await makeService(s, 'robot', 'WORKSPACE_ADMIN', w);
	assert.deepEqual((await all(w)).members.map((m) => m.id), ['cat']);
	// A role that is deleted is nobody's any more.
	await ok(s, 'PATCH', `${path}/cat`, {role_id: custom.id}, at(w));
	await ok(s, 'DELETE', `/api/v1/orgs/current/roles/${custom.id}`);
	assert.equal(await find(w, 'cat'), undefined);
});

test('lists in pages', async () => {
	const w = await makeWorkspace(s, 'Pages');
	for (const [id, role] of [['pa', 'WORKSPACE_VIEWER'], ['pb', 'WORKSPACE_ADMIN'], ['pc', 'WORKSPACE_USER']]) {
		await makeMember(s, id, role, w, {email: `${id}@page.org`});
	}
	const r = await s.call('GET', `${path}/active?sort_by=role&sort_by_desc=false&limit=2`, undefined, at(w));
	assert.deepEqual(r.json.map((m) => m.role_name), ['Admin', 'Editor']);
	assert.equal(r.headers['x-pagination-total'], '3');
	assert.deepEqual((await ok(s, 'GET', `${path}/active?emails=PB@page.org`, undefined, at(w))).map((m) => m.id), ['pb']);
	await refused(s, 422, /limit/, ['GET', `${path}/active?limit=0`, undefined, at(w)]);
	await refused(s, 422, /sort_by/, ['GET', `${path}/pending?sort_by=x`, undefined, at(w)]);
});

test('many at once by address: strangers are invited, all or none', async () => {
	const [w, other] = [await makeWorkspace(s, 'Batch'), await makeWorkspace(s, 'Other')];
	await makeUser(s, 'dan', {email: 'dan@x.org'});
	const told = await ok(s, 'POST', `${path}/batch`, [
		{email: 'Dan@x.org', role_id: 'WORKSPACE_USER'}, {email: 'fay@x.org', workspace_role_id: 'WORKSPACE_ADMIN'},
		{email: 'gil@x.org', password: 'p', full_name: 'Gil'}], at(w));
	assert.deepEqual(told.map((p) => [p.email, p.user_id !== null, p.tenant_id, p.role_name, p.workspace_ids]), [
		['dan@x.org', true, w, 'Editor', [w]], ['fay@x.org', false, w, 'Admin', [w]], ['gil@x.org', true, w, 'Viewer', [w]]]);
	assert.deepEqual((await all(w)).members.map((m) => [m.email, m.role_name, m.org_role_name]),
		[['dan@x.org', 'Editor', null], ['gil@x.org', 'Viewer', 'Organization User']]);
	const waiting = (await all(w)).pending;
	assert.deepEqual(waiting, [told[1]]);
	assert.deepEqual(await ok(s, 'GET', `${path}/pending`, undefined, at(w)), waiting);
	assert.deepEqual((await all(other)).pending, []);
	await makeUser(s, 'fay', {email: 'fay@x.org'});
	assert.equal((await find(w, 'fay')).role_name, 'Admin');
	await changesNothing(s, async () => {
		await refused(s, 409, /dan@x.org is a member of the workspace already/, ['POST', `${path}/batch`, [{email: 'new@x.org'}, {email: 'dan@x.org'}], at(w)]);
		await refused(s, 422, /stands twice/, ['POST', `${path}/batch`, [{email: 'new@x.org'}, {email: 'NEW@x.org'}], at(w)]);
		await refused(s, 400, /not one of workspaces/, ['POST', `${path}/batch`, [{email: 'new@x.org', role_id: 'ORGANIZATION_ADMIN'}], at(w)]);
		await refused(s, 422, /not an e-mail address/, ['POST', `${path}/batch`, [{email: 'new'}], at(w)]);
		await refused(s, 422, /at most 500/, ['POST', `${path}/batch`, Array.from({length: 501}, () => ({})), at(w)]);
		await refused(s, 422, /must be a JSON array/, ['POST', `${path}/batch`, {}, at(w)]);
	});
});

test('an invitation is taken back for one workspace, or ends with the last', async () => {
	const [a, b] = [await makeWorkspace(s, 'A2'), await makeWorkspace(s, 'B2')];
	const told = await ok(s, 'POST', org, {email: 'hal@x.org', workspace_ids: [a, b], workspace_role_id: 'WORKSPACE_USER'});
	const seen = (await all(a)).pending[0];
	assert.deepEqual([seen.id, seen.tenant_id, seen.role_name, seen.access_scope], [told.id, a, 'Editor', 'workspace']);
	assert.deepEqual(await ok(s, 'DELETE', `${path}/${told.id}/pending`, undefined, at(a)), seen);
	assert.deepEqual((await all(a)).pending, []);
	assert.deepEqual((await all(b)).pending[0].workspace_ids, [b]);
	await refused(s, 404, /Pending member not found/, ['DELETE', `${path}/${told.id}/pending`, undefined, at(a)]);
	await ok(s, 'DELETE', `${path}/${told.id}/pending`, undefined, at(b));
	// It also led into the organization, and still does.
	assert.deepEqual((await ok(s, 'GET', org)).pending.map((p) => [p.email, p.workspace_ids]), [['hal@x.org', []]]);
});

test('bad input is refused and changes nothing', async () => {
	const w = await makeWorkspace(s, 'Bad input');
	await makeUser(s, 'ida');
	await makeMember(s, 'ina', 'WORKSPACE_VIEWER', w);
	await changesNothing(s, async () => {
		for (const [body, text, status = 422] of [
			[{}, /one of user_id, org_identity_id and ls_user_id is required/], [{user_id: null}, /is required/], [{user_id: 1}, /"user_id" must be a string/],
			[{org_identity_id: []}, /"org_identity_id" must be a string/], [{ls_user_id: {}}, /"ls_user_id"/], [{user_id: 'ida', ls_user_id: 'ina'}, /name different users/],
			[{user_id: ''}, /User not found/], [{user_id: 'who'}, /User not found.*not a valid UUID/], [{user_id: nobody}, /^User not found$/, 404],
			[{user_id: 'ida', role_id: 1}, /"role_id" must be a string/], [{user_id: 'ida', role_id: 'x'}, /Role not found/], [{user_id: 'ida', role_id: nobody}, /Role not found/, 404],
			[{user_id: 'ida', role_id: 'ORGANIZATION_USER'}, /not one of workspaces/, 400], [{user_id: 'ida', role_id: 'owner'}, /Role not found/],
			['[]', /must be a JSON object/], ['{', /not valid JSON/]]) {
			await refused(s, status, text, ['POST', path, body, at(w)]);
		}
		for (const [body, text, status = 422] of [
			[{}, /"role_id" is required/], [{role_id: null}, /"role_id" is required/], [{role_id: 1}, /"role_id" must be a string/], [{role_id: 'x'}, /Role not found/],
			[{role_id: nobody}, /Role not found/, 404], [{role_id: 'ORGANIZATION_ADMIN'}, /not one of workspaces/, 400], ['', /not valid JSON/]]) {
			await refused(s, status, text, ['PATCH', `${path}/ina`, body, at(w)]);
		}
		for (const method of ['PATCH', 'DELETE']) {
			await refused(s, 404, /^Member not found$/, [method, `${path}/${nobody}`, {role_id: 'WORKSPACE_USER'}, at(w)]);
			await refused(s, 422, /Member not found/, [method, `${path}/ida`, {role_id: 'WORKSPACE_USER'}, at(w)]);
		}
		for (const method of ['GET', 'POST']) {
			await refused(s, 404, /^Workspace not found$/, [method, path, {user_id: 'ida'}, at(nobody)]);
			await refused(s, 404, /^Workspace not found$/, [method, path, {user_id: 'ida'}, at('../x')]);
		}
	});
});

test('who may', async () => {
	const [w, other] = [await makeWorkspace(s, 'Guarded'), await makeWorkspace(s, 'Elsewhere')];
	const who = [
		['g-admin', 'ORGANIZATION_ADMIN', undefined, 200, 200], ['g-operator', 'ORGANIZATION_OPERATOR', undefined, 403, 403],
		['g-user', 'ORGANIZATION_USER', undefined, 403, 403], ['g-wadmin', 'WORKSPACE_ADMIN', w, 200, 200],
		['g-weditor', 'WORKSPACE_USER', w, 200, 403], ['g-wviewer', 'WORKSPACE_VIEWER', w, 200, 403], ['g-outsider', 'WORKSPACE_ADMIN', other, 403, 403]];
	for (const [id, role, tenant, read, write] of who) {
		const key = await makeMember(s, id, role, tenant);
		await makeUser(s, `${id}-new`, {email: `${id}-new@x.org`});
		await makeUser(s, `${id}-more`, {email: `${id}-more@x.org`});
		for (const p of [path, `${path}/active`, `${path}/pending`]) {
			assert.equal((await s.call('GET', p, undefined, at(w, {key}))).status, read, `${id} ${p}`);
		}
		for (const [method, p, body] of [
			['POST', path, {user_id: `${id}-new`}], ['POST', `${path}/batch`, [{email: `${id}-more@x.org`, role_id: 'WORKSPACE_ADMIN'}]]]) {
			const r = await s.call(method, p, body, at(w, {key}));
			assert.equal(r.status, write, `${id} ${p}: ${r.text}`);
		}
		await giveRole(s, `user:${id}-more`, 'WORKSPACE_ADMIN', w);
		for (const [method, p, body] of [
			['PATCH', `${path}/${id}-more`, {role_id: 'WORKSPACE_USER'}], ['DELETE', `${path}/${id}-more`]]) {
			assert.equal((await s.call(method, p, body, at(w, {key}))).status, write, `${id} ${method}`);
		}
		assert.equal((await find(w, `${id}-new`)) !== undefined, write === 200, id);
		assert.equal((await find(w, `${id}-more`)) === undefined, write === 200, id);
	}
	for (const [method, p] of [['GET', path], ['POST', path], ['POST', `${path}/batch`], ['PATCH', `${path}/x`], ['DELETE', `${path}/x`], ['DELETE', `${path}/x/pending`]]) {
		await refused(s, 401, /no API key/, [method, p, {}, at(w, {key: null})]);
	}
});

test('who manages members of a workspace brings no strangers into the organization', async () => {
	const w = await makeWorkspace(s, 'Strangers');
	const key = await makeMember(s, 'kim', 'WORKSPACE_ADMIN', w);
	await makeUser(s, 'known', {email: 'known@x.org'});
	await changesNothing(s, async () => {
		await refused(s, 403, /nobody's address/, ['POST', `${path}/batch`, [{email: 'known@x.org'}, {email: 'stranger@x.org', password: 'p'}], at(w, {key})]);
		await refused(s, 403, /Forbidden/, ['POST', org, {email: 'stranger@x.org', workspace_ids: [w]}, {key}]);
	});
	// She takes back an offer into hers, though, and gives any role there.
	const told = await ok(s, 'POST', org, {email: 'stranger@x.org', workspace_ids: [w]});
	await ok(s, 'DELETE', `${path}/${told.id}/pending`, undefined, at(w, {key}));
	await ok(s, 'POST', path, {user_id: 'known', role_id: 'WORKSPACE_ADMIN'}, at(w, {key}));
});

test('without the header a key works in its own workspace', async () => {
	const [a, b] = [await makeWorkspace(s, 'Default A'), await makeWorkspace(s, 'Default B')];
	const key = await makeMember(s, 'lea', 'WORKSPACE_ADMIN', b);
	assert.equal((await ok(s, 'GET', path, undefined, {key})).tenant_id, b);
	const bound = await makeKey(s, {type: 'user', id: 'owner'}, {tenants: [a]});
	assert.equal((await ok(s, 'GET', path, undefined, {key: bound})).tenant_id, a);
	await refused(s, 403, /^Forbidden$/, ['GET', path, undefined, at(b, {key: bound})]);
	const service = await makeService(s, 'wide', 'ORGANIZATION_ADMIN');
	await refused(s, 403, /X-Tenant-Id/, ['GET', path, undefined, {key: service}]);
	assert.equal((await all(a, {key: service})).tenant_id, a);
});
