// SPDX-License-Identifier: Apache-2.0
// Members of the organization: who is in, who is invited, and what becomes of an invitation.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../../harness/server.mjs';
import {builtin, changesNothing, decide, giveRole, makeMember, makeWorkspace, newestAudit, nobody, ok, refused, timeForm, uuidForm} from './people-support.mjs';

const path = '/api/v1/orgs/current/members';
const platform = '/v1/platform/orgs/current/members';
let s;
before(async () => {
	s = await startServer({store: 'memory'});
});
after(async () => assert.equal(await s.stop(), 0));

const all = () => ok(s, 'GET', path);
const find = async (id) => (await all()).members.find((m) => m.id === id);
const pending = async (email) => (await all()).pending.find((p) => p.email === email);
const holds = async (role, user, tenant) =>
	(await s.call('GET', `/doorward/v1/roles/${role}/members/user:${user}${tenant ? `?tenant=${tenant}` : ''}`)).status === 200;

test('the owner is there from the start, as the Organization Admin that she amounts to', async () => {
	const {organization_id, members, pending} = await all();
	assert.match(organization_id, uuidForm);
	assert.deepEqual(pending, []);
	assert.equal(members.length, 1);
	assert.match(members[0].created_at, timeForm);
	assert.deepEqual({...members[0], created_at: 0}, {
		id: 'owner', organization_id, tenant_id: null, created_at: 0, user_id: 'owner', ls_user_id: 'owner', read_only: false,
		role_id: builtin.ORGANIZATION_ADMIN, role_name: 'Organization Admin', access_scope: 'organization', email: null,
		full_name: 'Owner', display_name: 'Owner', avatar_url: null, linked_login_methods: [], is_disabled: false,
		org_role_id: builtin.ORGANIZATION_ADMIN, org_role_name: 'Organization Admin', tenant_ids: []});
});

test('a registered user is in at once', async () => {
	const w = await makeWorkspace(s, 'At once');
	await makeUser(s, 'alice', {email: 'alice@x.org', display_name: 'Alice'});
	assert.equal(await find('alice'), undefined);
	const told = await ok(s, 'POST', path, {
		email: 'Alice@X.org', role_id: 'ORGANIZATION_VIEWER', workspace_ids: [w, w], workspace_role_id: builtin.WORKSPACE_USER});
	assert.deepEqual({...told, organization_id: 0, created_at: 0}, {
		id: 'alice', organization_id: 0, tenant_id: null, created_at: 0, user_id: 'alice', ls_user_id: 'alice', read_only: false,
		role_id: builtin.ORGANIZATION_VIEWER, role_name: 'Organization Viewer', access_scope: 'organization', email: 'alice@x.org',
		full_name: 'Alice', workspace_ids: [w], workspace_role_id: builtin.WORKSPACE_USER, workspace_role_name: 'Editor', tenant_ids: [w]});
	const seen = await find('alice');
	assert.equal(seen.role_id, builtin.ORGANIZATION_VIEWER);
	assert.deepEqual(seen.tenant_ids, [w]);
	assert.equal(await pending('alice@x.org'), undefined);
	assert.equal((await newestAudit(s))[0].target, 'member:alice');
	assert.equal(await decide(s, 'alice', 'projects:update', {type: 'project', id: 'p', properties: {tenant: w}}), true);
	await refused(s, 409, /alice@x.org is a member of the organization already/, ['POST', path, {email: 'alice@x.org'}]);
	await refused(s, 409, /already/, ['POST', path, {email: 'alice@x.org', role_id: 'ORGANIZATION_USER'}]);
});

test('with a password the user is made, and the password is kept nowhere', async () => {
	const told = await ok(s, 'POST', path, {email: 'Bob@X.org', full_name: 'Bob', password: 'correct horse battery'});
	assert.match(told.id, uuidForm);
	assert.equal(told.user_id, told.id);
	const user = (await s.call('GET', `/doorward/v1/users/${told.id}`)).json;
	assert.deepEqual([user.email, user.display_name], ['bob@x.org', 'Bob']);
	const seen = await find(told.id);
	assert.deepEqual([seen.role_id, seen.email, seen.full_name], [builtin.ORGANIZATION_USER, 'bob@x.org', 'Bob']);
	for (const p of [path, '/doorward/v1/users', '/doorward/v1/audit']) {
		assert.doesNotMatch((await s.call('GET', p)).text, /correct horse/);
	}
	await refused(s, 409, /already/, ['POST', path, {email: 'bob@x.org', password: 'x'}]);
});

test('anybody else is pending until a user comes with the address', async () => {
	const w = await makeWorkspace(s, 'Later');
	const told = await ok(s, 'POST', path, {email: 'Carol@X.org', full_name: 'Carol', role_id: builtin.ORGANIZATION_OPERATOR, workspace_ids: [w]});
	assert.match(told.id, uuidForm);
	assert.match(told.created_at, timeForm);
	assert.deepEqual({...told, id: 0, organization_id: 0, created_at: 0}, {
		id: 0, organization_id: 0, tenant_id: null, created_at: 0, user_id: null, ls_user_id: null, read_only: false,
		role_id: builtin.ORGANIZATION_OPERATOR, role_name: 'Organization Operator', access_scope: 'organization', email: 'carol@x.org',
		full_name: 'Carol', workspace_ids: [w], workspace_role_id: builtin.WORKSPACE_VIEWER, workspace_role_name: 'Viewer', tenant_ids: [w]});
	assert.deepEqual(await pending('carol@x.org'), told);
	for (const body of [{email: 'carol@x.org'}, {email: 'CAROL@x.org', password: 'p'}]) {
		await refused(s, 409, /carol@x.org is invited already/, ['POST', path, body]);
	}
	await makeUser(s, 'carol', {email: 'carol@x.org'});
	assert.equal(await pending('carol@x.org'), undefined);
	const seen = await find('carol');
	assert.deepEqual([seen.role_id, seen.tenant_ids], [builtin.ORGANIZATION_OPERATOR, [w]]);
	assert.ok(await holds('WORKSPACE_VIEWER', 'carol', w));
	// A user and all that came with her are one revision.
	const [key, user] = await newestAudit(s, 2);
	assert.equal(key.operation, 'doorward:keys:create');
	assert.deepEqual(user.changes.map((c) => `${c.kind} ${c.change}`).sort(),
		['invitation deleted', 'role_member created', 'role_member created', 'user created']);
});

test('or until a user gets the address: what is offered replaces what she had', async () => {
	await makeMember(s, 'dan', 'ORGANIZATION_VIEWER');
	await ok(s, 'POST', path, {email: 'dan@x.org', role_id: 'ORGANIZATION_OPERATOR'});
	assert.equal((await find('dan')).role_name, 'Organization Viewer');
	await ok(s, 'PATCH', '/doorward/v1/users/dan', {email: 'Dan@x.org'});
	assert.equal((await find('dan')).role_name, 'Organization Operator');
	assert.equal(await holds('ORGANIZATION_VIEWER', 'dan'), false);
	assert.equal(await pending('dan@x.org'), undefined);
	// Once: it does not come back with the address.
	await ok(s, 'PATCH', `${path}/dan`, {role_id: 'ORGANIZATION_USER'});
	await ok(s, 'PATCH', '/doorward/v1/users/dan', {email: null});
	await ok(s, 'PATCH', '/doorward/v1/users/dan', {email: 'dan@x.org'});
	assert.equal((await find('dan')).role_name, 'Organization User');
});

test('an invitation is taken back', async () => {
	const told = await ok(s, 'POST', path, {email: 'eve@x.org'});
	assert.deepEqual(await ok(s, 'DELETE', `${path}/${told.id}/pending`), told);
	assert.equal(await pending('eve@x.org'), undefined);
	await makeUser(s, 'eve', {email: 'eve@x.org'});
	assert.equal(await find('eve'), undefined);
	await refused(s, 404, /^Pending member not found$/, ['DELETE', `${path}/${told.id}/pending`]);
	await refused(s, 422, /not a valid UUID/, ['DELETE', `${path}/eve/pending`]);
	await refused(s, 404, /^Member not found$/, ['DELETE', `${path}/${told.id}`]);
});

test('what an invitation offered goes with the role or the workspace, and not back with its id', async () => {
	const w = await makeWorkspace(s, 'Short-lived');
	const role = {id: 'temp', actions: ['projects:read']};
	assert.equal((await s.call('POST', '/doorward/v1/roles', role)).status, 201);
	await ok(s, 'POST', path, {email: 'f1@x.org', workspace_ids: [w], workspace_role_id: 'temp'});
	const other = await makeWorkspace(s, 'Stays');
	await ok(s, 'POST', path, {email: 'f2@x.org', workspace_ids: [w, other]});
	await ok(s, 'DELETE', `/api/v1/orgs/current/roles/temp`);
	assert.equal((await pending('f1@x.org')).workspace_role_id, null);
	assert.equal((await s.call('POST', '/doorward/v1/roles', role)).status, 201);
	await ok(s, 'DELETE', `/api/v1/workspaces/${w}`);
	assert.deepEqual((await pending('f2@x.org')).workspace_ids, [other]);
	await ok(s, 'POST', '/api/v1/workspaces', {display_name: 'Again', id: w});
	await makeUser(s, 'f1', {email: 'f1@x.org'});
	await makeUser(s, 'f2', {email: 'f2@x.org'});
	assert.deepEqual((await find('f1')).tenant_ids, []);
	assert.equal((await find('f1')).role_name, 'Organization User');
	assert.deepEqual((await find('f2')).tenant_ids, [other]);
});

test('a member changes: role and name', async () => {
	await makeMember(s, 'gus', 'ORGANIZATION_VIEWER');
	const before = await find('gus');
	const changed = await ok(s, 'PATCH', `${path}/gus`, {role_id: builtin.ORGANIZATION_USER, full_name: 'Gus G.', password: 'ignored'});
	assert.deepEqual(changed, {
		...before, role_id: builtin.ORGANIZATION_USER, role_name: 'Organization User', org_role_id: builtin.ORGANIZATION_USER,
		org_role_name: 'Organization User', full_name: 'Gus G.', display_name: 'Gus G.'});
	assert.deepEqual(await find('gus'), changed);
	assert.equal(await holds('ORGANIZATION_VIEWER', 'gus'), false);
	assert.equal((await s.call('GET', '/doorward/v1/users/gus')).json.display_name, 'Gus G.');
	assert.deepEqual(await ok(s, 'PATCH', `${path}/gus`, {}), changed);
	assert.deepEqual(await ok(s, 'PATCH', `${path}/gus`, {role_id: 'ORGANIZATION_USER'}), changed);
});

test('a member leaves: all roles of LangSmith go, keys are revoked, the user stays', async () => {
	const w = await makeWorkspace(s, 'Left');
	const key = await makeMember(s, 'hal', 'ORGANIZATION_OPERATOR');
	await giveRole(s, 'user:hal', 'WORKSPACE_ADMIN', w);
	assert.equal((await s.call('POST', '/doorward/v1/roles', {id: 'everywhere', actions: ['projects:read']})).status, 201);
	await giveRole(s, 'user:hal', 'everywhere');
	await giveRole(s, 'user:hal', 'viewer', w); // Connhex's: not LangSmith's to take
	assert.equal((await s.call('GET', path, undefined, {key})).status, 200);
	const was = await find('hal');
	assert.deepEqual(await ok(s, 'DELETE', `${path}/hal`), was);
	assert.equal(await find('hal'), undefined);
	assert.equal((await s.call('GET', path, undefined, {key})).status, 401);
	assert.equal((await s.call('GET', '/doorward/v1/users/hal')).status, 200);
	for (const [role, tenant, stays] of [['ORGANIZATION_OPERATOR', undefined, false], ['WORKSPACE_ADMIN', w, false], ['everywhere', undefined, false], ['viewer', w, true]]) {
		assert.equal(await holds(role, 'hal', tenant), stays, role);
	}
	await refused(s, 422, /Member not found/, ['DELETE', `${path}/hal`]);
});

test('lists in pages: order, filters, the number of all', async () => {
	const people = [['p-ann', 'Ann', 'zz@page.org', 'ORGANIZATION_VIEWER'], ['p-Bea', 'bea', 'aa@page.org', 'ORGANIZATION_USER'], ['p-cat', 'Cat', 'mm@page.org', 'ORGANIZATION_ADMIN']];
	for (const [id, display_name, email, role] of people) {
		await makeMember(s, id, role, undefined, {display_name, email});
	}
	const page = async (query) => {
		const r = await s.call('GET', `${path}/active?${query}`);
		assert.equal(r.status, 200, r.text);
		return {ids: r.json.map((m) => m.id), total: Number(r.headers['x-pagination-total'])};
	};
	assert.deepEqual(await page('q=PAGE.org'), {ids: ['p-cat', 'p-Bea', 'p-ann'], total: 3});
	assert.deepEqual(await page('q=page.org&sort_by_desc=false'), {ids: ['p-ann', 'p-Bea', 'p-cat'], total: 3});
	assert.deepEqual(await page('q=page.org&sort_by=name&sort_by_desc=false'), {ids: ['p-ann', 'p-Bea', 'p-cat'], total: 3});
	assert.deepEqual(await page('q=page.org&sort_by=email&sort_by_desc=false'), {ids: ['p-Bea', 'p-cat', 'p-ann'], total: 3});
	assert.deepEqual(await page('q=page.org&sort_by=email'), {ids: ['p-ann', 'p-cat', 'p-Bea'], total: 3});
	assert.deepEqual(await page('q=page.org&sort_by=role&sort_by_desc=false'), {ids: ['p-cat', 'p-Bea', 'p-ann'], total: 3});
	assert.deepEqual(await page('q=page.org&limit=1&offset=1'), {ids: ['p-Bea'], total: 3});
	assert.deepEqual(await page('q=page.org&offset=3'), {ids: [], total: 3});
	assert.deepEqual(await page('q=page.org&offset=4294967295&limit=500'), {ids: [], total: 3});
	assert.deepEqual((await page('q=bEA')).ids, ['p-Bea']);
	assert.deepEqual((await page('emails=AA@page.org&emails=zz@page.org&sort_by_desc=false')).ids, ['p-ann', 'p-Bea']);
	assert.deepEqual((await page('ls_user_ids=p-cat&ls_user_ids=nobody')).ids, ['p-cat']);
	assert.deepEqual((await page('q=page.org&is_disabled=true')).ids, []);
	assert.equal((await page('q=page.org&is_disabled=false')).total, 3);
	const everybody = (await all()).members;
	assert.equal((await page('')).total, everybody.length);
	assert.deepEqual((await page('sort_by_desc=false')).ids, everybody.slice(0, 50).map((m) => m.id));

	for (const email of ['q1@wait.org', 'q2@wait.org', 'q3@wait.org']) {
		await ok(s, 'POST', path, {email, full_name: email.slice(0, 2).toUpperCase()});
	}
	const r = await s.call('GET', `${path}/pending?q=wait.org&sort_by=name&sort_by_desc=false&limit=2`);
	assert.deepEqual(r.json.map((p) => p.email), ['q1@wait.org', 'q2@wait.org']);
	assert.equal(r.headers['x-pagination-total'], '3');
	assert.deepEqual(await ok(s, 'GET', `${path}/pending?emails=q3@wait.org`), [await pending('q3@wait.org')]);
	for (const which of ['active', 'pending']) {
		for (const [query, text] of [
			['limit=0', /limit must be a number from 1 to 500/], ['limit=501', /limit/], ['limit=-1', /limit/], ['limit=', /limit/], ['limit=5x', /limit/],
			['offset=-1', /offset/], ['offset=1.5', /offset/], ['offset=99999999999999999999', /offset/], ['sort_by=age', /sort_by must be/], ['sort_by=', /sort_by/],
			['sort_by_desc=up', /sort_by_desc must be true or false/], ['is_disabled=x', /is_disabled/], ['q=%ff', /q is malformed/],
			['emails=a&emails=%zz', /emails is malformed/], ['ls_user_ids=%00', /ls_user_ids/]]) {
			await refused(s, 422, text, ['GET', `${path}/${which}?${query}`]);
		}
	}
});

test('many at once: all or none', async () => {
	const w = await makeWorkspace(s, 'Batch');
	await makeUser(s, 'b0', {email: 'b0@batch.org'});
	const told = await ok(s, 'POST', `${path}/batch`, [
		{email: 'b0@batch.org', workspace_ids: [w], workspace_role_id: 'WORKSPACE_ADMIN'},
		{email: 'b1@batch.org', password: 'x', workspace_ids: [w]},
		{email: 'b2@batch.org', role_id: 'ORGANIZATION_VIEWER'}]);
	assert.deepEqual(told.map((p) => [p.email, p.user_id !== null, p.role_name, p.workspace_role_name]), [
		['b0@batch.org', true, 'Organization User', 'Admin'], ['b1@batch.org', true, 'Organization User', 'Viewer'], ['b2@batch.org', false, 'Organization Viewer', null]]);
	assert.deepEqual((await find('b0')).tenant_ids, [w]);
	assert.deepEqual((await find(told[1].id)).tenant_ids, [w]);
	assert.ok(await pending('b2@batch.org'));
	assert.deepEqual(await ok(s, 'POST', `${path}/batch`, []), []);
	const full = await ok(s, 'POST', `${path}/batch`, Array.from({length: 500}, (_, i) => ({email: `n${i}@full.org`})));
	assert.equal(full.length, 500);
	await changesNothing(s, async () => {
		const fresh = {email: 'fresh@batch.org'};
		await refused(s, 422, /at most 500/, ['POST', `${path}/batch`, Array.from({length: 501}, (_, i) => ({email: `m${i}@full.org`}))]);
		await refused(s, 409, /b2@batch.org is invited already/, ['POST', `${path}/batch`, [fresh, {email: 'b2@batch.org'}]]);
		await refused(s, 409, /b0@batch.org is a member/, ['POST', `${path}/batch`, [fresh, {email: 'b0@batch.org'}]]);
		await refused(s, 422, /stands twice/, ['POST', `${path}/batch`, [fresh, {email: 'Fresh@batch.org', password: 'p'}]]);
		await refused(s, 422, /must be an object/, ['POST', `${path}/batch`, [fresh, 'x']]);
		await refused(s, 422, /must be an object/, ['POST', `${path}/batch`, [null]]);
		await refused(s, 422, /"email" is required/, ['POST', `${path}/batch`, [fresh, {}]]);
		await refused(s, 404, /Workspace not found/, ['POST', `${path}/batch`, [fresh, {email: 'g@x.org', workspace_ids: [nobody]}]]);
		await refused(s, 422, /must be a JSON array/, ['POST', `${path}/batch`, fresh]);
	});
	assert.equal(await pending('fresh@batch.org'), undefined);
});

test('bad input is refused and changes nothing', async () => {
	const email = 'bad@x.org';
	const many = Array.from({length: 501}, () => nobody);
	await makeMember(s, 'ivy', 'ORGANIZATION_USER');
	await changesNothing(s, async () => {
		for (const [body, text, status = 422] of [
			[{}, /"email" is required/], [{email: null}, /"email" is required/], [{email: 1}, /"email" must be a string/],
			[{email: ''}, /not an e-mail address/], [{email: 'x'}, /not an e-mail address/], [{email: 'a b@x.org'}, /not an e-mail address/],
			[{email: `${'x'.repeat(300)}@x.org`}, /not an e-mail address/], [{email: 'a\u0000@x.org'}, /NUL/],
			[{email, role_id: 1}, /"role_id" must be a string/], [{email, role_id: 'x'}, /Role not found/], [{email, role_id: nobody}, /Role not found/, 404],
			[{email, role_id: 'owner'}, /Role not found/], [{email, role_id: 'WORKSPACE_ADMIN'}, /not one of the organization/, 400],
			[{email, workspace_role_id: 'ORGANIZATION_ADMIN'}, /not one of workspaces/, 400], [{email, workspace_role_id: nobody}, /Role not found/, 404],
			[{email, workspace_role_id: {}}, /"workspace_role_id" must be a string/],
			[{email, workspace_ids: 'w'}, /"workspace_ids" must be an array/], [{email, workspace_ids: [1]}, /"workspace_ids"/],
			[{email, workspace_ids: ['w']}, /Workspace not found.*not a valid UUID/], [{email, workspace_ids: [nobody]}, /Workspace not found/, 404],
			[{email, workspace_ids: many}, /at most 500 workspaces/],
			[{email, full_name: 1}, /"full_name" must be a string/], [{email, full_name: 'x'.repeat(4097)}, /full_name is longer/],
			[{email, password: 1}, /"password" must be a string/], ['[]', /must be a JSON object/], ['{', /not valid JSON/]]) {
			await refused(s, status, text, ['POST', path, body]);
		}
		for (const [body, text, status = 422] of [
			[{role_id: 5}, /"role_id" must be a string/], [{role_id: 'x'}, /Role not found/], [{role_id: nobody}, /Role not found/, 404],
			[{role_id: ''}, /Role not found/], [{role_id: 'WORKSPACE_USER'}, /not one of the organization/, 400],
			[{full_name: []}, /"full_name"/], [{full_name: 'x'.repeat(4097)}, /longer/], [{password: {}}, /"password"/],
			[[], /must be a JSON object/], ['', /not valid JSON/]]) {
			await refused(s, status, text, ['PATCH', `${path}/ivy`, body]);
		}
		for (const method of ['PATCH', 'DELETE']) {
			await refused(s, 404, /^Member not found$/, [method, `${path}/${nobody}`, {}]);
			await refused(s, 422, /Member not found: "unknown" is not a valid UUID/, [method, `${path}/unknown`, {}]);
		}
	});
});

test('who may', async () => {
	const w = await makeWorkspace(s, 'Permissions');
	const who = [
		['m-admin', 'ORGANIZATION_ADMIN', undefined, 200, 200], ['m-operator', 'ORGANIZATION_OPERATOR', undefined, 200, 200],
		['m-user', 'ORGANIZATION_USER', undefined, 200, 403], ['m-viewer', 'ORGANIZATION_VIEWER', undefined, 200, 403],
		['m-wadmin', 'WORKSPACE_ADMIN', w, 403, 403], ['m-weditor', 'WORKSPACE_USER', w, 403, 403]];
	for (const [id, role, tenant, read, write] of who) {
		const key = await makeMember(s, id, role, tenant);
		const victim = `${id}-victim`;
		await makeMember(s, victim, 'ORGANIZATION_VIEWER');
		const waiting = await ok(s, 'POST', path, {email: `${id}@who.org`});
		for (const p of [path, `${path}/active`, `${path}/pending`, platform, `/api${platform}`]) {
			assert.equal((await s.call('GET', p, undefined, {key})).status, read, `${id} ${p}`);
		}
		for (const [method, p, body] of [
			['POST', path, {email: `new-${id}@who.org`}], ['POST', `${path}/batch`, [{email: `batch-${id}@who.org`}]],
			['PATCH', `${path}/${victim}`, {role_id: 'ORGANIZATION_USER'}], ['DELETE', `${path}/${waiting.id}/pending`], ['DELETE', `${path}/${victim}`]]) {
			const r = await s.call(method, p, body, {key});
			assert.equal(r.status, write, `${id} ${method} ${p}: ${r.text}`);
		}
		assert.equal((await find(victim)) === undefined, write === 200);
		assert.equal((await pending(`new-${id}@who.org`)) !== undefined, write === 200);
	}
	const [row] = await newestAudit(s);
	assert.deepEqual([row.actor, row.operation, row.outcome], ['user:m-weditor', 'organization:manage', 'refused']);
	for (const [method, p] of [['GET', path], ['POST', path], ['POST', `${path}/batch`], ['PATCH', `${path}/x`], ['DELETE', `${path}/x`], ['DELETE', `${path}/x/pending`], ['GET', `${path}/active`]]) {
		await refused(s, 401, /no API key/, [method, p, {}, {key: null}]);
	}
});

test('an Operator cannot raise itself or others, nor bring down an Admin', async () => {
	const key = await makeMember(s, 'op', 'ORGANIZATION_OPERATOR');
	await makeMember(s, 'chief', 'ORGANIZATION_ADMIN');
	const w = await makeWorkspace(s, 'Not the Operators');
	const invited = await ok(s, 'POST', path, {email: 'chief2@x.org', role_id: 'ORGANIZATION_ADMIN'});
	await changesNothing(s, async () => {
		const text = /only Organization Admins/;
		await refused(s, 403, text, ['PATCH', `${path}/op`, {role_id: 'ORGANIZATION_ADMIN'}, {key}]);
		await refused(s, 403, text, ['POST', path, {email: 'op2@x.org', role_id: builtin.ORGANIZATION_ADMIN}, {key}]);
		await refused(s, 403, text, ['POST', `${path}/batch`, [{email: 'op2@x.org'}, {email: 'op3@x.org', role_id: 'ORGANIZATION_ADMIN'}], {key}]);
		await refused(s, 403, text, ['PATCH', `${path}/chief`, {role_id: 'ORGANIZATION_VIEWER'}, {key}]);
		await refused(s, 403, text, ['DELETE', `${path}/chief`, undefined, {key}]);
		await refused(s, 403, text, ['DELETE', `${path}/owner`, undefined, {key}]);
		await refused(s, 403, text, ['DELETE', `${path}/${invited.id}/pending`, undefined, {key}]);
		await refused(s, 403, /workspaces:manage-members/, ['POST', path, {email: 'op4@x.org', workspace_ids: [w]}, {key}]);
	});
	// It stays as it is, and may be called by another name.
	assert.equal((await ok(s, 'PATCH', `${path}/chief`, {role_id: 'ORGANIZATION_ADMIN', full_name: 'Chief'}, {key})).full_name, 'Chief');
	const admin = await makeKey(s, {type: 'user', id: 'chief'});
	assert.equal((await ok(s, 'PATCH', `${path}/op`, {role_id: 'ORGANIZATION_ADMIN'}, {key: admin})).role_name, 'Organization Admin');
	await ok(s, 'DELETE', `${path}/${invited.id}/pending`, undefined, {key});
});

test('who administers access in another dialect keeps her keys', async () => {
	const hers = await makeMember(s, 'native-admin', 'ORGANIZATION_USER');
	assert.equal((await s.call('PUT', '/doorward/v1/groups/admins/members/native-admin')).status, 204);
	for (const role of ['ORGANIZATION_OPERATOR', 'ORGANIZATION_ADMIN']) {
		const key = await makeMember(s, `not-so-${role}`, role);
		await changesNothing(s, () =>
			refused(s, 403, /administers access in ways that the caller may not/, ['DELETE', `${path}/native-admin`, undefined, {key}]));
	}
	assert.equal((await s.call('GET', path, undefined, {key: hers})).status, 200);
	await ok(s, 'DELETE', `${path}/native-admin`, undefined, {key: hers});
	assert.equal((await s.call('GET', path, undefined, {key: hers})).status, 401);
});

test('the owner is not LangSmith\'s to change', async () => {
	await changesNothing(s, async () => {
		await refused(s, 400, /owner/, ['DELETE', `${path}/owner`]);
		await refused(s, 400, /owner/, ['PATCH', `${path}/owner`, {role_id: 'ORGANIZATION_USER'}]);
	});
	assert.equal((await ok(s, 'PATCH', `${path}/owner`, {role_id: 'ORGANIZATION_ADMIN', full_name: 'The Owner'})).full_name, 'The Owner');
	assert.equal((await find('owner')).role_name, 'Organization Admin');
});

test('nobody is locked out: the last who administers stays', async (t) => {
	const one = await startServer({store: 'memory'});
	t.after(() => one.dispose());
	const key = await makeMember(one, 'last', 'ORGANIZATION_ADMIN');
	await makeUser(one, 'member');
	// An owner counts: as long as there is one, Admins may go.
	await ok(one, 'PATCH', `${path}/last`, {role_id: 'ORGANIZATION_VIEWER'});
	await ok(one, 'PATCH', `${path}/last`, {role_id: 'ORGANIZATION_ADMIN'});
	// An empty group of owners does not.
	assert.equal((await one.call('POST', '/doorward/v1/groups', {id: 'owners'})).status, 201);
	await giveRole(one, 'group:owners', 'owner');
	assert.equal((await one.call('DELETE', '/doorward/v1/roles/owner/members/owner')).status, 204);
	await changesNothing(one, async () => {
		await refused(one, 400, /nobody else administers/, ['DELETE', `${path}/last`, undefined, {key}]);
		await refused(one, 400, /nobody else administers/, ['PATCH', `${path}/last`, {role_id: 'ORGANIZATION_USER'}, {key}]);
	});
	assert.equal((await one.call('PUT', '/doorward/v1/groups/owners/members/member')).status, 204);
	await ok(one, 'DELETE', `${path}/last`, undefined, {key});
	assert.equal((await one.call('GET', path, undefined, {key})).status, 401);
});

test('the platform\'s list: active and pending in one, filtered by globs', async (t) => {
	const one = await startServer({store: 'memory'});
	t.after(() => one.dispose());
	const [red, blue] = [await makeWorkspace(one, 'Red'), await makeWorkspace(one, 'Blue')];
	await makeMember(one, 'ann', 'ORGANIZATION_VIEWER', undefined, {email: 'ann@x.org', display_name: 'Ann Arbor'});
	await giveRole(one, 'user:ann', 'WORKSPACE_ADMIN', red);
	await giveRole(one, 'user:ann', 'WORKSPACE_VIEWER', blue);
	await makeMember(one, 'bob', 'WORKSPACE_USER', blue, {email: 'bob@y.org', display_name: 'Bob'});
	await ok(one, 'POST', path, {email: 'cat@x.org', full_name: 'Cat', workspace_ids: [red], workspace_role_id: 'WORKSPACE_USER'});

	const rows = await ok(one, 'GET', platform);
	assert.deepEqual(await ok(one, 'GET', `/api${platform}`), rows);
	assert.deepEqual(rows.map((r) => r.display_name), ['Owner', 'Ann Arbor', 'Bob', 'Cat']);
	assert.match(rows[1].created_at, timeForm);
	assert.deepEqual({...rows[1], created_at: 0}, {
		id: 'ann', ls_user_id: 'ann', email: 'ann@x.org', display_name: 'Ann Arbor', avatar_url: null, created_at: 0, is_pending: false,
		is_disabled: false, role_id: builtin.ORGANIZATION_VIEWER, role_name: 'Organization Viewer', linked_login_methods: [], scim_groups: [],
		workspace_memberships: [
			{workspace_id: red, workspace_name: 'Red', role_id: builtin.WORKSPACE_ADMIN, role_name: 'Admin'},
			{workspace_id: blue, workspace_name: 'Blue', role_id: builtin.WORKSPACE_VIEWER, role_name: 'Viewer'}]});
	assert.equal(rows[2].role_id, null);
	assert.deepEqual([rows[3].is_pending, rows[3].ls_user_id, rows[3].workspace_memberships], [true, null,
		[{workspace_id: red, workspace_name: 'Red', role_id: builtin.WORKSPACE_USER, role_name: 'Editor'}]]);

	const names = async (query, options) => {
		const r = await one.call('GET', `${platform}?${query}`, undefined, options);
		assert.equal(r.status, 200, r.text);
		assert.equal(Number(r.headers['x-pagination-total']) >= r.json.length, true);
		return r.json.map((m) => m.display_name).join();
	};
	for (const [query, want] of [
		['active_is=true', 'Owner,Ann Arbor,Bob'], ['active_is=false', 'Cat'], ['pending_is=true', 'Cat'], ['pending_is=false', 'Owner,Ann Arbor,Bob'],
		['active_is=true&pending_is=true', ''], ['active_is=true&pending_is=false', 'Owner,Ann Arbor,Bob'],
		['limit=1&offset=1', 'Ann Arbor'], ['offset=4', ''],
		['name_like=ann*', 'Ann Arbor'], ['name_like=*ARBOR', 'Ann Arbor'], ['name_like=ann', ''], ['name_like=*', 'Owner,Ann Arbor,Bob,Cat'],
		['name_like=*a*r*r', 'Ann Arbor'], ['name_like=a*b*c', ''], ['name_like=b?b', ''], ['name_like=Bob&name_like=c*t', 'Bob,Cat'], ['name_like=', ''],
		['email_like=*@x.org', 'Ann Arbor,Cat'], ['email_like=*@X.org&name_like=C*', 'Cat'], ['email_like=*.org', 'Ann Arbor,Bob,Cat'],
		['workspace_name_like=red', 'Ann Arbor,Cat'], [`workspace_name_like=${blue}`, 'Ann Arbor,Bob'], ['workspace_name_like=*u*', 'Ann Arbor,Bob'], ['workspace_name_like=*', 'Ann Arbor,Bob,Cat'],
		['workspace_role_like=editor', 'Bob,Cat'], ['workspace_role_like=WORKSPACE_ADMIN', 'Ann Arbor'],
		['workspace_name_like=blue&workspace_role_like=admin', ''], ['workspace_name_like=red&workspace_role_like=admin', 'Ann Arbor'],
		['organization_role_like=organization%20*er', 'Ann Arbor,Cat'], ['organization_role_like=ORGANIZATION_VIEWER', 'Ann Arbor'], ['organization_role_like=*', 'Owner,Ann Arbor,Cat']]) {
		assert.equal(await names(query), want, query);
	}
	assert.equal((await one.call('GET', `${platform}?limit=2`)).headers['x-pagination-total'], '4');
	assert.equal((await one.call('GET', platform)).headers['x-members-list-all-workspaces'], 'true');

	// Without organization:manage only the workspaces one may read show, and filter.
	const key = await makeMember(one, 'dee', 'ORGANIZATION_VIEWER', undefined, {display_name: 'Dee'});
	assert.equal((await one.call('GET', platform, undefined, {key})).headers['x-members-list-all-workspaces'], 'false');
	assert.deepEqual((await ok(one, 'GET', platform, undefined, {key})).flatMap((m) => m.workspace_memberships), []);
	assert.equal(await names('workspace_name_like=red', {key}), '');
	await giveRole(one, 'user:dee', 'WORKSPACE_VIEWER', blue);
	assert.equal(await names('workspace_name_like=*', {key}), 'Ann Arbor,Bob,Dee');

	// Its errors are objects of strings.
	for (const query of ['limit=0', 'limit=501', 'offset=x', 'active_is=maybe', 'pending_is=', 'name_like=%zz', `email_like=${'x'.repeat(256)}`, `name_like=a${'&name_like=a'.repeat(20)}`]) {
		for (const prefix of ['', '/api']) {
			const r = await one.call('GET', `${prefix}${platform}?${query}`);
			assert.equal(r.status, 400, query);
			assert.deepEqual(Object.keys(r.json), ['error']);
			assert.equal(typeof r.json.error, 'string');
		}
	}
	assert.deepEqual((await one.call('GET', platform, undefined, {key: null})).json, {error: 'no API key was sent'});
});

test('each organization has its own members, and a restart keeps them and the invitations', async (t) => {
	const one = await startServer({org: 'one'});
	t.after(() => one.dispose());
	await makeMember(one, 'ann', 'ORGANIZATION_VIEWER', undefined, {email: 'ann@x.org'});
	const invited = await ok(one, 'POST', path, {email: 'bea@x.org', role_id: 'ORGANIZATION_OPERATOR'});
	const mine = await ok(one, 'GET', path);
	const key = one.key;
	await one.restart({org: 'two'});
	assert.deepEqual(await ok(one, 'GET', path, undefined, {key}), mine);
	assert.deepEqual((await ok(one, 'GET', path)).members.map((m) => m.id), ['owner']);
	await refused(one, 422, /Member not found/, ['PATCH', `${path}/ann`, {}]);
	await refused(one, 404, /Pending member not found/, ['DELETE', `${path}/${invited.id}/pending`]);
	// The address of a user of the other organization is a stranger's here, and an offer there is none here.
	assert.equal((await ok(one, 'POST', path, {email: 'ann@x.org'})).user_id, null);
	await makeUser(one, 'bea', {email: 'bea@x.org'});
	assert.deepEqual((await ok(one, 'GET', path)).members.map((m) => m.id), ['owner']);
	// After the restart, the offer still waits in its own.
	assert.equal((await one.call('POST', '/doorward/v1/users', {id: 'bea', email: 'bea@x.org'}, {key})).status, 201);
	const after = await ok(one, 'GET', path, undefined, {key});
	assert.deepEqual(after.pending, []);
	assert.equal(after.members.find((m) => m.id === 'bea').role_name, 'Organization Operator');
});
