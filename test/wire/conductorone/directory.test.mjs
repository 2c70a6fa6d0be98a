// SPDX-License-Identifier: Apache-2.0
//
// ConductorOne's directory: users, applications, owners, resource types, entitlements, accounts; what goes with what.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {ID, client} from './client.mjs';

const NOW = '2026-11-22T10:00:00Z';
const clock = testClock(NOW);
let s;
let c1;
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	c1 = client(s);
	await makeUser(s, 'bob', {email: 'bob@x.org', display_name: 'Bob'});
	await makeUser(s, 'alice', {
		email: 'alice@x.org', display_name: 'Alice', manager: 'bob',
		attributes: {department: 'Engineering', job_title: 'Developer', employmentType: 'employee', type: 'human', employee_id: 'E7', level: 5},
	});
	await makeUser(s, 'carl', {attributes: {employmentType: 'contractor', status: 'USER_STATUS_DISABLED', type: 'SERVICE'}});
});
after(async () => assert.equal(await s.stop(), 0));

async function native(status, method, path, body) {
	const r = await s.call(method, `/doorward/v1/${path}`, body);
	assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	return r.json;
}
const makeApp = async (displayName, more = {}) => (await c1.post('apps', {displayName, ...more})).app;
const makePolicy = async (policyType) => (await c1.post('policies', {displayName: policyType, policyType})).policy.id;
const ids = (list) => list.map((x) => x.id);
const NOWHERE = 'nowhere00000000000000000000';

/* ---- users ------------------------------------------------------------------------------------------------ */

test('a user is the directory\'s, with what ConductorOne knows of it among the attributes', async () => {
	const {user, userId} = (await c1.get('users/alice')).userView;
	assert.equal(userId, 'alice');
	const {createdAt, updatedAt, ...all} = user;
	// Nothing is mapped to a user from elsewhere.
	const sources = Object.keys(all).filter((name) => name.endsWith('Sources'));
	assert.equal(sources.length, 9);
	const rest = Object.fromEntries(Object.entries(all).filter(([name]) => !sources.includes(name)));
	assert.ok(sources.every((name) => all[name].length === 0));
	assert.equal(createdAt, NOW);
	assert.equal(updatedAt, NOW);
	assert.deepEqual(rest, {
		id: 'alice', displayName: 'Alice', email: 'alice@x.org', emails: ['alice@x.org'], username: '', usernames: [],
		department: 'Engineering', jobTitle: 'Developer', employmentStatus: '', employmentType: 'employee', employeeIds: ['E7'],
		managerIds: ['bob'], delegatedUserId: '', directoryIds: [], directoryStatus: 'ENABLED', status: 'ENABLED',
		type: 'USER_TYPE_HUMAN', origin: 'USER_ORIGIN_LOCAL', roleIds: [],
		profile: {department: 'Engineering', job_title: 'Developer', employmentType: 'employee', type: 'human', employee_id: 'E7', level: 5},
	});
	assert.equal((await c1.get('users/alice@x.org')).userView.userId, 'alice');
	const carl = (await c1.get('users/carl')).userView.user;
	assert.deepEqual([carl.status, carl.type, carl.displayName], ['DISABLED', 'USER_TYPE_SERVICE', 'carl']);
	await c1.fails(400, 3, 'does not match regex pattern', 'GET', 'users/nobody');
	await c1.fails(404, 5, 'user not found', 'GET', `users/${NOWHERE}`);
});

test('users are listed and searched', async () => {
	const {list} = await c1.get('users');
	assert.deepEqual(list.map((v) => v.userId), ['owner', 'bob', 'alice', 'carl']);
	const found = async (body) => (await c1.searchAll('users', body)).map((v) => v.userId);
	assert.deepEqual(await found({query: 'ALI'}), ['alice']);
	assert.deepEqual(await found({query: '@x.org'}), ['bob', 'alice']);
	assert.deepEqual(await found({email: 'Bob@x.org'}), ['bob']);
	assert.deepEqual(await found({ids: ['carl', 'bob']}), ['bob', 'carl']);
	assert.deepEqual(await found({refs: [{id: 'carl'}]}), ['carl']);
	assert.deepEqual(await found({excludeIds: ['owner', 'bob']}), ['alice', 'carl']);
	assert.deepEqual(await found({managerIds: ['bob']}), ['alice']);
	assert.deepEqual(await found({departments: ['Engineering']}), ['alice']);
	assert.deepEqual(await found({jobTitles: ['Developer', 'x']}), ['alice']);
	assert.deepEqual(await found({userStatuses: ['DISABLED']}), ['carl']);
	assert.deepEqual(await found({excludeTypes: ['USER_TYPE_HUMAN']}), ['carl']);
	assert.deepEqual(await found({origins: ['USER_ORIGIN_DIRECTORY']}), []);
	assert.deepEqual(await found({delegateStatus: 'DELEGATE_STATUS_HAS_DELEGATE'}), []);
	assert.deepEqual(await found({roleIds: ['nothing']}), []);
	await c1.fails(400, 3, 'unknown field', 'POST', 'search/users', {name: 'x'});
});

test('a delegate is set, found, and gone with who it was', async () => {
	await makeUser(s, 'dan');
	const set = (body) => c1.post('users/alice/set-delegation-by-admin', body);
	const {item} = await set({delegatedUserId: 'dan', delegationStartAt: '2026-11-23T00:00:00Z', delegationExpireAt: '2026-12-01T00:00:00Z'});
	assert.deepEqual([item.userId, item.delegatedUserId, item.startAt, item.expirationAt], ['alice', 'dan', '2026-11-23T00:00:00Z', '2026-12-01T00:00:00Z']);
	assert.equal((await c1.get('users/alice')).userView.user.delegatedUserId, 'dan');
	assert.deepEqual((await c1.searchAll('users', {delegatedUserIds: ['dan']})).map((v) => v.userId), ['alice']);
	assert.deepEqual((await c1.searchAll('users', {delegateStatus: 'DELEGATE_STATUS_HAS_DELEGATE'})).map((v) => v.userId), ['alice']);
	const bad = (body, text) => c1.fails(400, 3, text, 'POST', 'users/alice/set-delegation-by-admin', body);
	await bad({delegatedUserId: 'alice'}, 'nobody is their own');
	await bad({delegatedUserId: 'nobody'}, 'there is no user');
	await bad({delegatedUserId: 'dan', delegationExpireAt: '2026-11-22T10:00:00Z'}, 'has ended');
	await bad({delegatedUserId: 'dan', delegationStartAt: '2026-12-02T00:00:00Z', delegationExpireAt: '2026-12-01T00:00:00Z'}, 'before it begins');
	await set({delegatedUserId: ''});
	assert.equal((await c1.get('users/alice')).userView.user.delegatedUserId, '');
	await set({delegatedUserId: 'dan'});
	await native(204, 'DELETE', 'users/dan');
	assert.equal((await c1.get('users/alice')).userView.user.delegatedUserId, '');
});

/* ---- applications ----------------------------------------------------------------------------------------- */

test('an application: create, get, update with and without mask, delete', async () => {
	const grant = await makePolicy('POLICY_TYPE_GRANT');
	const revoke = await makePolicy('POLICY_TYPE_REVOKE');
	const made = await makeApp('CRM', {
		description: 'sales', owners: ['bob', 'alice@x.org', 'bob'], grantPolicyId: grant, monthlyCostUsd: 12, annotations: {team: 'a', tier: '1'},
	});
	assert.match(made.id, ID);
	assert.deepEqual(ids(made.appOwners), ['bob', 'alice']);
	assert.deepEqual([made.description, made.grantPolicyId, made.monthlyCostUsd, made.userCount], ['sales', grant, 12, '0']);
	assert.deepEqual([made.createdAt, made.updatedAt], [NOW, NOW]);
	assert.deepEqual((await c1.get(`apps/${made.id}`)).app, made);
	clock.set('2026-11-22T11:00:00Z');
	const path = `apps/${made.id}`;
	// With a mask only what it names, whatever else is sent; annotations are merged.
	let {app} = await c1.post(path, {app: {id: made.id, displayName: 'X', description: 'y', annotations: {tier: '', zone: 'eu'}}, updateMask: 'displayName,annotations'});
	assert.deepEqual([app.displayName, app.description, app.updatedAt, app.createdAt], ['X', 'sales', '2026-11-22T11:00:00Z', NOW]);
	assert.deepEqual(app.annotations, {team: 'a', zone: 'eu'});
	// Without one, what is given; an empty text is given, too.
	({app} = await c1.post(path, {app: {revokePolicyId: revoke, description: '', iconUrl: 'https://x.org/i.png'}}));
	assert.deepEqual([app.displayName, app.description, app.grantPolicyId, app.revokePolicyId, app.iconUrl], ['X', '', grant, revoke, 'https://x.org/i.png']);
	assert.deepEqual((await c1.post(path, {app: {display_name: 'Y'}, updateMask: 'displayName'})).app.displayName, 'Y');
	await c1.fails(400, 3, 'of type revoke', 'POST', path, {app: {revokePolicyId: grant}});
	await c1.fails(400, 3, 'there is no policy', 'POST', path, {app: {grantPolicyId: NOWHERE}});
	await c1.fails(400, 3, 'unknown field "displayName"', 'POST', path, {displayName: 'flat'});
	await c1.fails(400, 3, 'App: value is required', 'POST', path, {});
	await c1.fails(400, 3, '', 'POST', path, {app: {displayName: 'x'}, updateMask: 'nothing'});
	await c1.fails(400, 3, 'display_name', 'POST', path, {app: {displayName: ''}});
	clock.set(NOW);
	assert.deepEqual(await c1.delete(path), {});
	await c1.fails(404, 5, 'app not found', 'GET', path);
	await c1.fails(400, 3, 'does not match regex pattern', 'GET', 'apps/abc');
	await c1.fails(400, 3, 'DisplayName', 'POST', 'apps', {});
	await c1.fails(400, 3, 'there is no user', 'POST', 'apps', {displayName: 'x', owners: ['nobody']});
});

test('an application made natively is the same one, under its own id', async () => {
	await native(201, 'POST', 'apps', {id: 'wiki', display_name: 'Wiki'});
	assert.equal((await c1.get('apps/wiki')).app.displayName, 'Wiki');
	await c1.post('apps/wiki', {app: {description: 'pages'}});
	assert.equal((await native(200, 'GET', 'apps/wiki')).description, 'pages');
	await c1.delete('apps/wiki');
	await native(404, 'GET', 'apps/wiki');
});

test('applications are listed in pages and searched', async () => {
	const made = [];
	for (let i = 0; i < 23; i++) {
		made.push((await makeApp(`Page ${i}`)).id);
	}
	const {list, pages} = await c1.all('apps', 10);
	assert.deepEqual(ids(list), made);
	assert.equal(pages, 3);
	await c1.fails(400, 3, 'page token', 'GET', 'apps?page_token=rubbish');
	assert.deepEqual((await c1.searchAll('apps', {displayName: 'PAGE 2'})).map((a) => a.displayName), ['Page 2', 'Page 20', 'Page 21', 'Page 22']);
	assert.deepEqual(ids(await c1.searchAll('apps', {appIds: [made[3], made[1]], excludeAppIds: [made[1]]})), [made[3]]);
	assert.deepEqual(await c1.searchAll('apps', {onlyDirectories: true}), []);
	for (const id of made) {
		await c1.delete(`apps/${id}`);
	}
});

test('owners of applications and of entitlements', async () => {
	const app = (await makeApp('Owned')).id;
	const entitlement = (await c1.post(`apps/${app}/entitlements`, {displayName: 'E'})).appEntitlementView.appEntitlement.id;
	for (const path of [`apps/${app}`, `apps/${app}/entitlements/${entitlement}`]) {
		const owners = async () => (await c1.get(`${path}/ownerids`)).userIds;
		assert.deepEqual(await owners(), []);
		assert.deepEqual(await c1.put(`${path}/owners`, {userIds: ['alice', 'bob']}), {});
		assert.deepEqual(await owners(), ['alice', 'bob']);
		assert.deepEqual(ids((await c1.get(`${path}/owners`)).list), ['alice', 'bob']);
		await c1.delete(`${path}/owners/alice`);
		assert.deepEqual(await owners(), ['bob']);
		await (path.includes('entitlements') ? c1.post(`${path}/owners`, {userId: 'carl'}) : c1.post(`${path}/owners/carl`));
		assert.deepEqual(await owners(), ['bob', 'carl']);
		await c1.fails(400, 3, 'there is no user', 'PUT', `${path}/owners`, {userIds: ['nobody']});
		assert.deepEqual(await owners(), ['bob', 'carl']);
		const some = await c1.send('DELETE', `${path}/owners`, {userIds: ['bob']});
		assert.equal(some.status, 200, some.text);
		assert.deepEqual(await owners(), ['carl']);
		await c1.delete(`${path}/owners`);
		assert.deepEqual(await owners(), []);
	}
});

test('who goes owns nothing any more', async () => {
	await makeUser(s, 'olga');
	const app = (await makeApp('Left', {owners: ['olga', 'bob']})).id;
	const {appEntitlement} = (await c1.post(`apps/${app}/entitlements`, {displayName: 'E', appEntitlementOwnerIds: ['olga']})).appEntitlementView;
	await native(204, 'DELETE', 'users/olga');
	await makeUser(s, 'olga');
	assert.deepEqual((await c1.get(`apps/${app}/ownerids`)).userIds, ['bob']);
	assert.deepEqual((await c1.get(`apps/${app}/entitlements/${appEntitlement.id}/ownerids`)).userIds, []);
});

/* ---- entitlements ------------------------------------------------------------------------------------------ */

test('resource types', async () => {
	const app = (await makeApp('Typed')).id;
	const types = `apps/${app}/resource_types`;
	const {appResourceType: role} = await c1.post(types, {displayName: 'Role', resourceType: 'ROLE'});
	assert.match(role.id, ID);
	assert.deepEqual([role.appId, role.displayName], [app, 'Role']);
	assert.deepEqual((await c1.get(`${types}/${role.id}`)).appResourceTypeView.appResourceType, role);
	assert.deepEqual((await c1.get(types)).list.map((v) => v.appResourceType), [role]);
	assert.equal((await c1.post(`${types}/${role.id}`, {appResourceType: {displayName: 'Roles'}})).appResourceType.displayName, 'Roles');
	await c1.fails(400, 3, 'ResourceType', 'POST', types, {displayName: 'x'});
	const {appEntitlement} = (await c1.post(`apps/${app}/entitlements`, {displayName: 'E', appResourceTypeId: role.id})).appEntitlementView;
	await c1.fails(400, 9, 'there are entitlements or actions of', 'DELETE', `${types}/${role.id}`, {});
	await c1.delete(`apps/${app}/entitlements/${appEntitlement.id}`);
	await c1.delete(`${types}/${role.id}`);
	await c1.fails(404, 5, 'not found', 'GET', `${types}/${role.id}`);
});

test('an entitlement: create, get, update, delete', async () => {
	const app = (await makeApp('Full')).id;
	const grant = await makePolicy('POLICY_TYPE_GRANT');
	const certify = await makePolicy('POLICY_TYPE_CERTIFY');
	const all = `apps/${app}/entitlements`;
	const body = {
		displayName: 'Admin', description: 'may all', slug: 'admin', alias: 'adm', purpose: 'APP_ENTITLEMENT_PURPOSE_VALUE_ASSIGNMENT',
		grantPolicyId: grant, certifyPolicyId: certify, emergencyGrantEnabled: true, emergencyGrantPolicyId: grant, durationGrant: '86400s',
		provisionPolicy: {manual: {instructions: 'by hand', assignee: {users: {userIds: ['bob']}}}}, annotations: {team: 'infra'}, riskLevelValueId: 'high',
		appEntitlementOwnerIds: ['bob'],
	};
	const made = (await c1.post(all, body)).appEntitlementView.appEntitlement;
	assert.match(made.id, ID);
	const {appEntitlementOwnerIds: _o, provisionPolicy: _p, ...same} = body;
	for (const [name, value] of Object.entries(same)) {
		assert.deepEqual(made[name], value, name);
	}
	assert.equal(made.provisionerPolicy.manual.instructions, 'by hand');
	assert.deepEqual(made.provisionerPolicy.manual.assignee.users.userIds, ['bob']);
	assert.deepEqual([made.appId, made.grantCount, 'durationUnset' in made], [app, '0', false]);
	const path = `${all}/${made.id}`;
	assert.deepEqual((await c1.get(path)).appEntitlementView.appEntitlement, made);
	const update = async (entitlement, updateMask) => (await c1.post(path, {entitlement, ...(updateMask && {updateMask})})).appEntitlementView.appEntitlement;
	// One arm of the duration takes the place of the other.
	let e = await update({durationUnset: {}});
	assert.deepEqual([e.durationGrant, e.durationUnset], [undefined, {}]);
	e = await update({durationGrant: '3600.5s', description: 'not taken'}, 'durationGrant');
	assert.deepEqual([e.durationGrant, e.durationUnset, e.description], ['3600.500s', undefined, 'may all']);
	e = await update({emergencyGrantEnabled: false, provisionerPolicy: {unconfigured: {}}, alias: ''});
	assert.deepEqual([e.emergencyGrantEnabled, e.provisionerPolicy, e.alias, e.slug], [false, {unconfigured: {}}, '', 'admin']);
	await c1.fails(400, 3, 'invalid google.protobuf.Duration value "1h"', 'POST', path, {entitlement: {durationGrant: '1h'}});
	await c1.fails(400, 3, 'greater than 0s', 'POST', path, {entitlement: {durationGrant: '-1s'}});
	await c1.fails(400, 3, 'of type grant', 'POST', path, {entitlement: {grantPolicyId: certify}});
	await c1.fails(400, 3, 'resource_type', 'POST', path, {entitlement: {appResourceTypeId: NOWHERE}});
	await c1.fails(400, 3, '', 'POST', path, {entitlement: {durationGrant: '1s', durationUnset: {}}});
	assert.deepEqual(await c1.delete(path), {});
	await c1.fails(404, 5, 'app entitlement not found', 'GET', path);
});

test('entitlements of the same id in two applications are two', async () => {
	for (const app of ['left', 'right']) {
		await native(201, 'POST', 'apps', {id: app, display_name: app});
		await native(201, 'PUT', `apps/${app}/entitlements/same`, {display_name: `of ${app}`});
	}
	assert.equal((await c1.get('apps/left/entitlements/same')).appEntitlementView.appEntitlement.displayName, 'of left');
	await c1.delete('apps/left');
	assert.equal((await c1.get('apps/right/entitlements/same')).appEntitlementView.appEntitlement.displayName, 'of right');
	await c1.delete('apps/right');
});

test('entitlements are listed and searched', async () => {
	await native(201, 'POST', 'apps', {id: 'e1', display_name: 'e1'});
	await native(201, 'POST', 'apps', {id: 'e2', display_name: 'e2'});
	const put = (app, id, body) => native(201, 'PUT', `apps/${app}/entitlements/${id}`, {display_name: id, ...body});
	await native(201, 'PUT', 'apps/e1/resource-types/role', {display_name: 'Role'});
	const grant = await makePolicy('POLICY_TYPE_GRANT');
	await put('e1', 'reader', {resource_type: 'role', risk_level: 'low', description: 'Reads'});
	await put('e1', 'writer', {grant_policy: grant, slug: 'w'});
	await put('e2', 'reader', {});
	await native(201, 'PUT', 'apps/e1/accounts/a', {user: 'alice'});
	await native(201, 'PUT', 'apps/e1/entitlements/writer/bindings/a', {});
	const names = (list) => list.map((v) => `${v.appEntitlement.appId}/${v.appEntitlement.id}`);
	const found = async (body) => names(await c1.searchAll('entitlements', {...body, appIds: body.appIds ?? ['e1', 'e2']}));
	assert.deepEqual(names((await c1.get('apps/e1/entitlements')).list), ['e1/reader', 'e1/writer']);
	assert.deepEqual(await found({}), ['e1/reader', 'e1/writer', 'e2/reader']);
	assert.deepEqual(await found({appIds: ['e2']}), ['e2/reader']);
	assert.deepEqual(await found({excludeAppIds: ['e1']}), ['e2/reader']);
	assert.deepEqual(await found({query: 'READ'}), ['e1/reader', 'e2/reader']);
	assert.deepEqual(await found({displayName: 'writer'}), ['e1/writer']);
	assert.deepEqual(await found({refs: [{appId: 'e1', id: 'reader'}]}), ['e1/reader']);
	assert.deepEqual(await found({excludedEntitlementRefs: [{appId: 'e1', id: 'reader'}]}), ['e1/writer', 'e2/reader']);
	assert.deepEqual(await found({resourceTypeIds: ['role']}), ['e1/reader']);
	assert.deepEqual(await found({excludeResourceTypeIds: ['role']}), ['e1/writer', 'e2/reader']);
	assert.deepEqual(await found({riskLevelIds: ['low']}), ['e1/reader']);
	assert.deepEqual(await found({policyRefs: [{id: grant}]}), ['e1/writer']);
	assert.deepEqual(await found({appUserIds: ['a']}), ['e1/writer']);
	assert.deepEqual(await found({excludeAppUserIds: ['a']}), ['e1/reader', 'e2/reader']);
	assert.deepEqual(await found({isAutomated: true}), []);
	assert.deepEqual(names((await c1.get('apps/e1/entitlements/users/a')).list), ['e1/writer']);
	assert.equal((await c1.get('apps/e1/entitlements/writer')).appEntitlementView.appEntitlement.grantCount, '1');
	assert.equal((await c1.get('apps/e1')).app.userCount, '1');
});

test('what is changed is in the audit trail, under its name and with what it was about', async () => {
	const app = (await makeApp('Traced')).id;
	await c1.fails(400, 3, 'there is no user', 'PUT', `apps/${app}/owners`, {userIds: ['nobody']});
	const {items} = await native(200, 'GET', 'audit?limit=1000');
	const mine = items.filter((r) => r.target === `app:${app}`).map((r) => [r.via, r.operation, r.outcome ?? r.status]);
	assert.equal(mine.length, 2, JSON.stringify(items.slice(0, 3)));
	assert.ok(mine.every(([via]) => via === 'conductorone'));
});

test('P28: without a key 401, without the right 403', async () => {
	const basic = client(s, await makeUser(s, 'basic'));
	const nobody = client(s, null);
	// Any user may look at what can be asked for, and whether they have it.
	for (const path of ['apps', 'apps/e1', 'apps/e1/entitlements/writer', 'users/basic', 'apps/e1/entitlements/writer/users/basic/grants']) {
		await basic.get(path);
		await nobody.fails(401, 16, '', 'GET', path);
	}
	await basic.fails(403, 7, 'permission denied', 'GET', 'access_reviews');
	for (const [method, path, body] of [
		['POST', 'apps', {displayName: 'x'}], ['POST', 'users/alice/set-delegation-by-admin', {delegatedUserId: 'bob'}],
		['DELETE', 'apps/e1', {}], ['PUT', 'apps/e1/owners', {userIds: []}], ['POST', 'apps/e1/entitlements', {displayName: 'x'}],
		['POST', 'apps/e1/entitlements/writer/users/a/remove-grant-duration', {}],
	]) {
		await basic.fails(403, 7, 'permission denied', method, path, body);
		await nobody.fails(401, 16, '', method, path, body);
	}
});
