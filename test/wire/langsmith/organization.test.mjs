// SPDX-License-Identifier: Apache-2.0
// The organization as LangSmith shows it, and the features that the native API switches.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../../harness/server.mjs';
import {changesNothing, makeMember, makeWorkspace, newestAudit, ok, refused, timeForm, uuidForm} from './people-support.mjs';

const native = '/doorward/v1/organization';
const paths = ['/api/v1/orgs/current', '/api/v1/orgs/current/info', '/v1/platform/orgs/current/info', '/api/v1/platform/orgs/current/info'];
let s;
before(async () => {
	s = await startServer({store: 'memory'});
});
after(async () => assert.equal(await s.stop(), 0));

const switches = async () => (await ok(s, 'GET', native)).features;
const config = async () => (await ok(s, 'GET', paths[0])).config;

test('what it says', async () => {
	const o = await ok(s, 'GET', paths[0]);
	assert.match(o.id, uuidForm);
	assert.match(o.created_at, timeForm);
	assert.deepEqual({...o, id: 0, created_at: 0}, {
		id: 0, display_name: (await ok(s, 'GET', native)).display_name, created_at: 0,
		is_personal: false, disabled: false, reached_max_workspaces: false,
		config: {can_use_rbac: true, can_use_abac: true, can_use_audit_logs: true},
		permissions: o.permissions});
	assert.deepEqual(o.permissions.slice(0, 3), ['organization:pats:create', 'organization:read', 'organization:manage']);
	for (const path of paths) {
		assert.deepEqual(await ok(s, 'GET', path), o);
	}
});

test('everybody with a key may ask what she is; the organization itself takes organization:read', async () => {
	const w = await makeWorkspace(s, 'W');
	const who = [
		['admin', 'ORGANIZATION_ADMIN', undefined, ['organization:pats:create', 'organization:read', 'organization:manage']],
		['operator', 'ORGANIZATION_OPERATOR', undefined, ['organization:pats:create', 'organization:read', 'organization:manage']],
		['user', 'ORGANIZATION_USER', undefined, ['organization:pats:create', 'organization:read']],
		['viewer', 'ORGANIZATION_VIEWER', undefined, ['organization:read']],
		['editor', 'WORKSPACE_USER', w, []],
	];
	for (const [id, role, tenant, permissions] of who) {
		const key = await makeMember(s, id, role, tenant);
		assert.equal((await s.call('GET', paths[0], undefined, {key})).status, permissions.length ? 200 : 403, id);
		for (const path of paths.slice(1)) {
			assert.deepEqual((await ok(s, 'GET', path, undefined, {key})).permissions, permissions, id);
		}
	}
	// In some workspaces only is not in the organization.
	const bound = await makeKey(s, {type: 'user', id: 'admin'}, {tenants: [w]});
	assert.deepEqual((await ok(s, 'GET', paths[1], undefined, {key: bound})).permissions, []);
	for (const path of paths) {
		assert.equal((await s.call('GET', path, undefined, {key: null})).status, 401);
		assert.equal((await s.call('POST', path, {})).status, 405);
	}
});

test('the features are switched natively', async () => {
	const others = {aitronos_department_inheritance: false};
	assert.deepEqual(await switches(), {langsmith_rbac: true, langsmith_abac: true, langsmith_audit_logs: true, ...others});
	const off = await s.call('PATCH', native, {features: {langsmith_audit_logs: false}});
	assert.equal(off.status, 200, off.text);
	assert.equal(off.headers['doorward-warning'], undefined);
	assert.deepEqual(off.json, await ok(s, 'GET', native));
	assert.equal(off.headers['doorward-revision'], String(off.json.revision));
	assert.deepEqual(off.json.features, {langsmith_rbac: true, langsmith_abac: true, langsmith_audit_logs: false, ...others});
	assert.deepEqual(await config(), {can_use_rbac: true, can_use_abac: true, can_use_audit_logs: false});

	assert.equal((await s.call('PATCH', native, {features: {langsmith_abac: false}})).headers['doorward-warning'], undefined);
	assert.deepEqual(await config(), {can_use_rbac: true, can_use_abac: false, can_use_audit_logs: false});
	const opened = await s.call('PATCH', native, {features: {langsmith_rbac: false}});
	assert.match(opened.headers['doorward-warning'], /^access may have widened: every role now allows all of a workspace$/);
	assert.equal((await s.call('PATCH', native, {features: {langsmith_rbac: false}})).headers['doorward-warning'], undefined);
	await ok(s, 'PATCH', native, {features: {langsmith_rbac: true, langsmith_abac: true, langsmith_audit_logs: true}});
	assert.deepEqual(await config(), {can_use_rbac: true, can_use_abac: true, can_use_audit_logs: true});
	assert.equal((await newestAudit(s))[0].operation, 'doorward:organization:update');
});

test('its name', async () => {
	const before = await ok(s, 'GET', native);
	assert.equal((await ok(s, 'PATCH', native, {display_name: 'ACME'})).display_name, 'ACME');
	assert.equal((await ok(s, 'GET', paths[0])).display_name, 'ACME');
	assert.equal((await ok(s, 'PATCH', native, {})).display_name, 'ACME');
	assert.equal((await ok(s, 'PATCH', native, {display_name: null})).display_name, null);
	assert.equal((await ok(s, 'GET', paths[0])).display_name, before.id);
	assert.deepEqual({...(await ok(s, 'PATCH', native, {display_name: before.display_name})), revision: 0}, {...before, revision: 0});
});

test('bad input is refused and changes nothing', async () => {
	const bad = [
		[{features: {langsmith_sso: true}}, /no feature "langsmith_sso"/],
		[{features: {'': true}}, /no feature ""/],
		[{features: {langsmith_rbac: false, unknown: true}}, /no feature "unknown"/],
		[{features: {langsmith_abac: null}}, /langsmith_abac must be true or false/],
		[{features: {langsmith_abac: 'no'}}, /langsmith_abac must be true or false/],
		[{features: {langsmith_abac: 0}}, /langsmith_abac must be true or false/],
		[{features: []}, /features must be an object/],
		[{features: null}, /features must be an object/],
		[{display_name: 1}, /"display_name" must be a string/],
		[{display_name: 'a\u0000'}, /NUL/],
		[{display_name: 'x'.repeat(4097)}, /longer than 4096/],
		[[], /must be a JSON object/],
		['{', /not valid JSON/],
	];
	await changesNothing(s, async () => {
		for (const [body, text] of bad) {
			const r = await s.call('PATCH', native, body);
			assert.equal(r.status, 400, JSON.stringify(body));
			assert.match(r.json.detail, text);
		}
	});
});

test('switching takes doorward:organization:update, which no role of LangSmith has', async () => {
	for (const role of ['ORGANIZATION_ADMIN', 'ORGANIZATION_OPERATOR']) {
		const key = await makeMember(s, `switch-${role}`, role);
		assert.equal((await s.call('PATCH', native, {features: {langsmith_abac: false}}, {key})).status, 403);
	}
	assert.equal((await s.call('POST', '/doorward/v1/roles', {id: 'switcher', actions: ['doorward:organization:update']})).status, 201);
	const key = await makeUser(s, 'sam');
	assert.equal((await s.call('PUT', '/doorward/v1/roles/switcher/members/sam')).status, 204);
	await ok(s, 'PATCH', native, {features: {langsmith_abac: true}}, {key});
	assert.equal((await s.call('GET', native, undefined, {key})).status, 403);
});

test('each organization has its own, and a restart keeps it', async (t) => {
	const one = await startServer({org: 'one'});
	t.after(() => one.dispose());
	const mine = await ok(one, 'PATCH', native, {display_name: 'One', features: {langsmith_abac: false}});
	const key = one.key;
	const id = (await ok(one, 'GET', paths[0])).id;
	await one.restart({org: 'two'});
	assert.deepEqual(await ok(one, 'GET', native, undefined, {key}), mine);
	assert.equal((await ok(one, 'GET', paths[0], undefined, {key})).config.can_use_abac, false);
	assert.equal((await ok(one, 'GET', paths[0])).config.can_use_abac, true);
	assert.notEqual((await ok(one, 'GET', paths[0])).id, id);
	await refused(one, 403, /Forbidden/, ['GET', paths[0], undefined, {headers: {'X-Organization-Id': id}}]);
	const platform = await one.call('GET', paths[2], undefined, {headers: {'X-Organization-Id': id}});
	assert.equal(platform.status, 403);
	assert.deepEqual(platform.json, {error: 'Forbidden', type: 'about:blank', title: 'Forbidden', status: 403, detail: 'Forbidden'});
});
