// SPDX-License-Identifier: Apache-2.0
//
// Grants as ConductorOne shows them, what `cone get` looks at, and what they decide.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {client} from './client.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
let s;
let c1;
before(async () => {
	s = await startServer({store: 'sqlite', env: clock.env});
	c1 = client(s);
	await makeUser(s, 'alice', {email: 'alice@x.org'});
	await makeUser(s, 'bob');
	for (const app of ['crm', 'wiki']) {
		await native(201, 'POST', 'apps', {id: app, display_name: app});
		await native(201, 'PUT', `apps/${app}/entitlements/admin`, {display_name: 'Admin', slug: `${app}-admin`});
	}
	await native(201, 'PUT', 'apps/crm/accounts/a1', {user: 'alice', username: 'al', email: 'alice@x.org'});
	await native(201, 'PUT', 'apps/crm/accounts/a2', {user: 'alice', type: 'SERVICE_ACCOUNT', status: 'DISABLED'});
	await native(201, 'PUT', 'apps/crm/accounts/b1', {user: 'bob'});
	await native(201, 'PUT', 'apps/wiki/accounts/a1', {user: 'alice'});
});
after(async () => assert.equal(await s.stop(), 0));

async function native(status, method, path, body) {
	const r = await s.call(method, `/doorward/v1/${path}`, body);
	assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	return r.json;
}
const grant = (path, body = {}) => {
	const [app, entitlement, account] = path.split('/');
	return native(201, 'PUT', `apps/${app}/entitlements/${entitlement}/bindings/${account}`, body);
};
const end = (path) => {
	const [app, entitlement, account] = path.split('/');
	return native(204, 'DELETE', `apps/${app}/entitlements/${entitlement}/bindings/${account}`);
};
async function decide(user, app) {
	const r = await s.call('POST', '/access/v1/evaluation', {
		subject: {type: 'user', id: user}, action: {name: 'use'}, resource: {type: 'app_entitlement', id: 'admin', properties: {app_id: app}},
	});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}

test('accounts of an application, and those of one user', async () => {
	const {list} = await c1.get('apps/crm/app_users');
	assert.deepEqual(list.map((v) => v.appUser.id), ['a1', 'a2', 'b1']);
	const {createdAt: _c, updatedAt: _u, ...a1} = list[0].appUser;
	assert.deepEqual(a1, {
		id: 'a1', appId: 'crm', identityUserId: 'alice', displayName: 'al', username: 'al', usernames: ['al'], email: 'alice@x.org',
		emails: ['alice@x.org'], employeeIds: [], appUserType: 'APP_USER_TYPE_USER', status: {status: 'STATUS_ENABLED', details: ''}, isExternal: false,
		agentStatus: 'APP_USER_AGENT_STATUS_UNSPECIFIED', nhiDetail: '', nhiType: 'APP_USER_NHI_TYPE_UNSPECIFIED',
	});
	assert.deepEqual([list[1].appUser.appUserType, list[1].appUser.status.status], ['APP_USER_TYPE_SERVICE_ACCOUNT', 'STATUS_DISABLED']);
	assert.deepEqual((await c1.get('apps/crm/users/alice/app_users')).list.map((v) => v.appUser.id), ['a1', 'a2']);
	assert.deepEqual((await c1.get('apps/wiki/users/bob/app_users')).list, []);
	await c1.fails(400, 3, 'regex', 'GET', 'apps/crm/users/nobody/app_users');
});

test('cone get: all accounts of the identity, those without the grant by their ids alone', async () => {
	await grant('crm/admin/a1', {expires_at: '2026-11-22T12:00:00Z'});
	const {bindings} = await c1.get('apps/crm/entitlements/admin/users/alice/grants');
	assert.deepEqual(bindings, [
		{
			appId: 'crm', appEntitlementId: 'admin', appUserId: 'a1', grantSources: [], createdAt: '2026-11-22T10:00:00Z', deprovisionAt: '2026-11-22T12:00:00Z',
		},
		{appId: 'crm', appEntitlementId: '', appUserId: 'a2', grantSources: []},
	]);
	assert.deepEqual((await c1.get('apps/wiki/entitlements/admin/users/bob/grants')).bindings, []);
	await c1.fails(404, 5, 'app entitlement not found', 'GET', 'apps/crm/entitlements/nowhere00000000000000000000/users/alice/grants');
	await c1.fails(400, 3, 'regex', 'GET', 'apps/crm/entitlements/admin/users/nobody/grants');
	await end('crm/admin/a1');
});

test('search: whose, where, of what', async () => {
	await grant('crm/admin/a1', {expires_at: '2026-11-22T12:00:00Z'});
	await grant('crm/admin/b1');
	await grant('wiki/admin/a1');
	const names = (list) => list.map((g) => `${g.appEntitlementUserBinding.appId}/${g.appEntitlementUserBinding.appUserId}`);
	const found = async (body) => names(await c1.searchAll('grants', body));
	assert.deepEqual(await found({}), ['crm/a1', 'crm/b1', 'wiki/a1']);
	assert.deepEqual(await found({userId: 'alice'}), ['crm/a1', 'wiki/a1']);
	assert.deepEqual(await found({userId: 'alice@x.org', appIds: ['crm']}), ['crm/a1']);
	assert.deepEqual(await found({userId: 'nobody'}), []);
	assert.deepEqual(await found({appUserIds: ['b1']}), ['crm/b1']);
	assert.deepEqual(await found({entitlementRefs: [{appId: 'wiki', id: 'admin'}]}), ['wiki/a1']);
	assert.deepEqual(await found({entitlementSlugs: ['crm-admin']}), ['crm/a1', 'crm/b1']);
	assert.deepEqual(await found({purpose: ['APP_ENTITLEMENT_PURPOSE_VALUE_PERMISSION']}), []);
	const [first] = await c1.searchAll('grants', {userId: 'alice'});
	assert.equal(first.entitlement.appEntitlement.slug, 'crm-admin');
	assert.equal(first.appEntitlementUserBinding.appUser.appUser.identityUserId, 'alice');
	assert.equal(first.appEntitlementUserBinding.appEntitlementUserBindingDeprovisionAt, '2026-11-22T12:00:00Z');
	assert.equal(first.appEntitlementUserBinding.originatingTicketId, '');
	assert.deepEqual((await c1.get('apps/crm/entitlements/admin/users')).list.map((v) => v.appUserId), ['a1', 'b1']);
	// What has expired is no grant, whether or not anybody has taken it away yet.
	clock.set('2026-11-22T12:00:00Z');
	assert.deepEqual(await found({appIds: ['crm']}), ['crm/b1']);
	assert.deepEqual((await c1.get('apps/crm/entitlements/admin/users')).list.map((v) => v.appUserId), ['b1']);
	assert.equal((await c1.get('apps/crm/entitlements/admin/users/alice/grants')).bindings[0].appEntitlementId, '');
	assert.equal((await c1.get('apps/crm/entitlements/admin')).appEntitlementView.appEntitlement.grantCount, '1');
	clock.set('2026-11-22T10:00:00Z');
});

test('the end of a grant is moved and taken away', async () => {
	await native(201, 'PUT', 'apps/wiki/entitlements/edit', {display_name: 'Edit'});
	await grant('wiki/edit/a1', {expires_at: '2026-11-22T12:00:00Z'});
	const path = 'apps/wiki/entitlements/edit/users/a1';
	const moved = await c1.post(`${path}/update-grant-duration`, {newDeprovisionAt: '2026-11-22T13:00:00.250Z'});
	assert.equal(moved.binding.deprovisionAt, '2026-11-22T13:00:00.250Z');
	assert.equal((await c1.get('apps/wiki/entitlements/edit/users/alice/grants')).bindings[0].deprovisionAt, '2026-11-22T13:00:00.250Z');
	await c1.fails(400, 3, 'NewDeprovisionAt', 'POST', `${path}/update-grant-duration`, {newDeprovisionAt: '2026-11-22T10:00:00Z'});
	await c1.fails(400, 3, 'NewDeprovisionAt', 'POST', `${path}/update-grant-duration`, {});
	await c1.fails(404, 5, 'grant not found', 'POST', 'apps/crm/entitlements/admin/users/a2/update-grant-duration', {newDeprovisionAt: '2026-11-23T00:00:00Z'});
	const open = await c1.post(`${path}/remove-grant-duration`);
	assert.deepEqual([open.binding.deprovisionAt, open.binding.createdAt], [undefined, '2026-11-22T10:00:00Z']);
	await end('wiki/edit/a1');
	await c1.fails(404, 5, 'grant not found', 'POST', `${path}/remove-grant-duration`, {});
});

test('a grant decides at once, until its last millisecond, and after a restart', async () => {
	await native(201, 'POST', 'apps', {id: 'db', display_name: 'db'});
	await native(201, 'PUT', 'apps/db/entitlements/admin', {display_name: 'Admin'});
	await native(201, 'PUT', 'apps/db/accounts/b', {user: 'bob'});
	assert.equal(await decide('bob', 'db'), false);
	await grant('db/admin/b', {expires_at: '2026-11-22T10:30:00.001Z'});
	assert.equal(await decide('bob', 'db'), true);
	await s.restart();
	assert.equal(await decide('bob', 'db'), true);
	clock.set('2026-11-22T10:30:00.000Z');
	assert.equal(await decide('bob', 'db'), true);
	clock.set('2026-11-22T10:30:00.001Z');
	assert.equal(await decide('bob', 'db'), false);
	clock.set('2026-11-22T10:00:00Z');
	await c1.delete('apps/db');
	assert.equal(await decide('bob', 'db'), false);
});
