// SPDX-License-Identifier: Apache-2.0
//
// Applications natively: their parts, bindings and what they decide, and what goes with whom.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer, testClock} from '../harness/server.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
let s;
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
});
after(async () => assert.equal(await s.stop(), 0));

const v1 = (path) => `/doorward/v1/${path}`;
async function ok(status, method, path, body, options) {
	const r = await s.call(method, v1(path), body, options);
	assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	return r.json;
}
async function decide(user, id, app, options) {
	const resource = {type: 'app_entitlement', id, ...(app && {properties: {app_id: app}})};
	const body = {subject: {type: 'user', id: user}, action: {name: 'use'}, resource};
	const r = await s.call('POST', '/access/v1/evaluation', body, options);
	assert.equal(r.status, 200, r.text);
	return options ? r.json : r.json.decision;
}
/** An application with an entitlement "admin" and an account "a" of the user. */
async function makeApp(app, user) {
	await ok(201, 'POST', 'apps', {id: app, display_name: app});
	await ok(201, 'PUT', `apps/${app}/entitlements/admin`, {display_name: 'Admin'});
	await ok(201, 'PUT', `apps/${app}/accounts/a`, {user});
}

test('an application: create, get, list, change, delete', async () => {
	await makeUser(s, 'olga', {email: 'olga@x.org'});
	const made = await s.call('POST', v1('apps'), {id: 'crm', display_name: 'CRM', owners: ['olga@x.org', 'olga']});
	assert.equal(made.status, 201, made.text);
	assert.equal(made.headers.location, v1('apps/crm'));
	const {created_at, updated_at, ...rest} = made.json;
	assert.deepEqual(rest, {
		id: 'crm', display_name: 'CRM', description: null, owners: ['olga'], grant_policy: null, revoke_policy: null, certify_policy: null,
	});
	assert.equal(created_at, '2026-11-22T10:00:00Z');
	assert.equal(updated_at, created_at);
	assert.deepEqual(await ok(200, 'GET', 'apps/crm'), made.json);
	assert.deepEqual((await ok(200, 'GET', 'apps')).items, [made.json]);
	assert.equal((await ok(200, 'PATCH', 'apps/crm', {description: 'sales'})).description, 'sales');
	await ok(409, 'POST', 'apps', {id: 'crm', display_name: 'again'});
	await ok(400, 'POST', 'apps', {id: 'a/b', display_name: 'x'});
	await ok(400, 'POST', 'apps', {id: 'ab'});
	await ok(400, 'PATCH', 'apps/crm', {owners: ['nobody']});
	await ok(400, 'PATCH', 'apps/crm', {grant_policy: 'nothing'});
	// Whoever comes later by that name owns nothing.
	await ok(204, 'DELETE', 'users/olga');
	assert.deepEqual((await ok(200, 'GET', 'apps/crm')).owners, []);
	await ok(204, 'DELETE', 'apps/crm');
	await ok(404, 'GET', 'apps/crm');
});

test('resource types, entitlements and accounts', async () => {
	await makeUser(s, 'pat');
	await ok(201, 'POST', 'apps', {id: 'wiki', display_name: 'Wiki'});
	await ok(201, 'PUT', 'apps/wiki/resource-types/role', {display_name: 'Role'});
	const entitlement = {
		display_name: 'Editor', description: 'may edit', slug: 'editor', resource_type: 'role', owners: ['pat'], grant_policy: null,
		revoke_policy: null, certify_policy: null, emergency_access: true, emergency_policy: null, max_duration_seconds: 86400, risk_level: 'high',
	};
	const {created_at: _c, updated_at: _u, ...made} = await ok(201, 'PUT', 'apps/wiki/entitlements/editor', entitlement);
	assert.deepEqual(made, {app: 'wiki', id: 'editor', ...entitlement});
	assert.equal((await ok(200, 'PATCH', 'apps/wiki/entitlements/editor', {emergency_access: null})).emergency_access, false);
	// PUT says all of it.
	assert.equal((await ok(200, 'PUT', 'apps/wiki/entitlements/editor', {display_name: 'E', resource_type: 'role'})).max_duration_seconds, null);
	await ok(400, 'PUT', 'apps/wiki/entitlements/x', {display_name: 'X', resource_type: 'nope'});
	await ok(400, 'PUT', 'apps/wiki/entitlements/x', {display_name: 'X', max_duration_seconds: -1});
	await ok(400, 'PUT', 'apps/wiki/entitlements/x', {display_name: 'X', max_duration_seconds: '1h'});
	await ok(404, 'PUT', 'apps/nope/entitlements/x', {display_name: 'X'});
	await ok(409, 'DELETE', 'apps/wiki/resource-types/role');
	const account = await ok(201, 'PUT', 'apps/wiki/accounts/u1', {user: 'pat', username: 'pat', profile: {team: 'docs'}});
	assert.equal(account.type, 'USER');
	assert.equal(account.status, 'ENABLED');
	assert.deepEqual(account.profile, {team: 'docs'});
	await ok(400, 'PUT', 'apps/wiki/accounts/u2', {user: 'nobody'});
	await ok(400, 'PUT', 'apps/wiki/accounts/u2', {status: 'ASLEEP'});
	await ok(201, 'PUT', 'apps/wiki/accounts/u2', {});
	assert.deepEqual((await ok(200, 'GET', 'apps/wiki/accounts')).items.map((a) => a.id), ['u1', 'u2']);
	assert.deepEqual((await ok(200, 'GET', 'apps/wiki/accounts?user=pat')).items.map((a) => a.id), ['u1']);
	await ok(204, 'DELETE', 'apps/wiki/entitlements/editor');
	await ok(204, 'DELETE', 'apps/wiki/resource-types/role');
	await ok(404, 'GET', 'apps/wiki/resource-types/role');
});

test('a binding decides at once, until it expires to the millisecond', async () => {
	await makeUser(s, 'quin');
	await makeApp('db', 'quin');
	assert.equal(await decide('quin', 'admin', 'db'), false);
	const binding = await ok(201, 'PUT', 'apps/db/entitlements/admin/bindings/a', {expires_at: '2026-11-22T10:00:01.500Z'});
	const {created_at: _c, updated_at: _u, ...shown} = binding;
	assert.deepEqual(shown, {
		app: 'db', entitlement: 'admin', account: 'a', user: 'quin', expires_at: '2026-11-22T10:00:01.500Z', access_request: null,
	});
	assert.equal(await decide('quin', 'admin', 'db'), true);
	const {context} = await decide('quin', 'admin', 'db', {headers: {'Doorward-Explain': 'true'}});
	assert.deepEqual(context.reason, {
		document: 'db/admin/a', kind: 'entitlement_binding', statement: 0, effect: 'allow',
		text: 'Allowed by the entitlement binding db/admin/a (admin in db for the account a of quin, until 2026-11-22T10:00:01.500Z).',
	});
	clock.set('2026-11-22T10:00:01.499Z');
	assert.equal(await decide('quin', 'admin', 'db'), true);
	clock.set('2026-11-22T10:00:01.500Z');
	assert.equal(await decide('quin', 'admin', 'db'), false);
	await ok(400, 'PUT', 'apps/db/entitlements/admin/bindings/a', {expires_at: '2026-11-22T10:00:00Z'});
	await ok(201, 'PUT', 'apps/db/entitlements/admin/bindings/a'); // the one that expired was taken away
	assert.equal(await decide('quin', 'admin', 'db'), true);
	await ok(404, 'PUT', 'apps/db/entitlements/admin/bindings/b');
	await ok(404, 'PUT', 'apps/db/entitlements/other/bindings/a');
	assert.equal((await ok(200, 'GET', 'apps/db/entitlements/admin/bindings')).items.length, 1);
	assert.equal((await ok(200, 'GET', 'apps/db/entitlements/admin/bindings/a')).expires_at, null);
	await ok(204, 'DELETE', 'apps/db/entitlements/admin/bindings/a');
	await ok(404, 'DELETE', 'apps/db/entitlements/admin/bindings/a');
	assert.equal(await decide('quin', 'admin', 'db'), false);
});

test('which entitlement is meant', async () => {
	await makeUser(s, 'ruth');
	await makeUser(s, 'rita');
	await makeApp('one', 'ruth');
	await ok(201, 'PUT', 'apps/one/entitlements/solo', {display_name: 'Solo'});
	await ok(201, 'PUT', 'apps/one/entitlements/solo/bindings/a');
	assert.equal(await decide('ruth', 'solo'), true); // the only one of that id
	assert.equal(await decide('ruth', 'solo', 'one'), true);
	assert.equal(await decide('ruth', 'solo', 'two'), false);
	assert.equal(await decide('ruth', 'one/solo'), true); // as the engine calls it
	assert.equal(await decide('rita', 'solo', 'one'), false);
	await makeApp('two', 'rita');
	await ok(201, 'PUT', 'apps/two/entitlements/solo', {display_name: 'Solo'});
	assert.equal(await decide('ruth', 'solo'), false); // one of two: nobody knows which
	assert.equal(await decide('ruth', 'solo', 'one'), true);
	assert.equal(await decide('ruth', 'none', 'one'), false);
	assert.equal(await decide('ruth', '', 'one'), false);
	// Not even who may everything: which is asked about is not known.
	assert.equal(await decide('owner', 'solo'), false);
	const r = await s.call('POST', '/access/v1/evaluation', {
		subject: {type: 'user', id: 'ruth'}, action: {name: 'use'}, resource: {type: 'app_entitlement', id: 'solo', properties: {app_id: 7}},
	});
	assert.equal(r.status, 400, r.text);
	assert.match(r.text, /resource\.properties\.app_id must be a string/);
});

test('an account that passes on takes what it has along', async () => {
	await makeUser(s, 'sam');
	await makeUser(s, 'sue');
	await makeApp('mail', 'sam');
	await ok(201, 'PUT', 'apps/mail/entitlements/admin/bindings/a');
	assert.equal(await decide('sam', 'admin', 'mail'), true);
	await ok(200, 'PATCH', 'apps/mail/accounts/a', {user: 'sue'});
	assert.equal(await decide('sam', 'admin', 'mail'), false);
	assert.equal(await decide('sue', 'admin', 'mail'), true);
	await ok(200, 'PATCH', 'apps/mail/accounts/a', {user: null});
	assert.equal(await decide('sue', 'admin', 'mail'), false);
	assert.equal((await ok(200, 'GET', 'apps/mail/entitlements/admin/bindings/a')).user, null);
});

test('what goes with a user, an account, an entitlement, an application: each in one revision', async () => {
	await makeUser(s, 'tom');
	for (const app of ['w', 'x', 'y', 'z']) {
		await makeApp(app, 'tom');
		await ok(201, 'PUT', `apps/${app}/entitlements/admin/bindings/a`);
	}
	const goes = async (path, app) => {
		const before = Number((await s.call('GET', v1('apps'))).headers['doorward-revision']);
		assert.equal(await decide('tom', 'admin', app), true);
		const r = await s.call('DELETE', v1(path));
		assert.equal(r.status, 204, r.text);
		assert.equal(Number(r.headers['doorward-revision']), before + 1);
		assert.equal(await decide('tom', 'admin', app), false);
	};
	await goes('apps/w/accounts/a', 'w');
	assert.deepEqual((await ok(200, 'GET', 'apps/w/entitlements/admin/bindings')).items, []);
	await goes('apps/x/entitlements/admin', 'x');
	await goes('apps/y', 'y');
	await makeApp('y', 'tom'); // nothing of the one before is left
	assert.deepEqual((await ok(200, 'GET', 'apps/y/entitlements/admin/bindings')).items, []);
	await goes('users/tom', 'z');
	// The account is nobody's, and whoever comes by that name has nothing.
	assert.equal((await ok(200, 'GET', 'apps/z/accounts/a')).user, null);
	await makeUser(s, 'tom');
	assert.equal(await decide('tom', 'admin', 'z'), false);
});

test('who may not, may not', async () => {
	const key = await makeUser(s, 'uma');
	for (const [method, path, body] of [
		['GET', 'apps'], ['POST', 'apps', {id: 'q', display_name: 'q'}], ['PUT', 'apps/z/entitlements/q', {display_name: 'q'}],
		['PUT', 'apps/z/entitlements/admin/bindings/a'], ['DELETE', 'apps/z'], ['GET', 'apps/z/accounts'],
	]) {
		await ok(403, method, path, body, {key});
	}
	// Nor with a key of a service bound to a tenant.
	await ok(201, 'POST', 'tenants', {id: 't', display_name: 't'});
	const bound = await makeKey(s, {type: 'user', id: 'owner'}, {tenants: ['t']});
	await ok(403, 'PUT', 'apps/z/entitlements/admin/bindings/a', undefined, {key: bound});
});
