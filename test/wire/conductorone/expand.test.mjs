// SPDX-License-Identifier: Apache-2.0
//
// What answers refer to, beside them: an expandMask names it, "expanded" holds each object once, and the paths of the
// views lead there. Nothing is shown this way that its reader may not look at.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {accept, makeWorld, manager} from './world.mjs';

let w;
let type;
let entitlement;
before(async () => {
	w = await makeWorld({store: 'memory'});
	type = (await w.owner.post(`apps/${w.app}/resource_types`, {displayName: 'Roles', resourceType: 'ROLE'})).appResourceType.id;
	entitlement = await w.entitlement([accept], {appResourceTypeId: type});
});
after(() => w.server.dispose());

const all = {expandMask: {paths: ['*']}};
const only = (...paths) => ({expandMask: {paths}});
/** The objects that the path leads to, as [type, id]. */
function at(answer, path) {
	const [, places] = /^\$\.expanded\[(\d+(?:,\d+)*)\]$/.exec(path);
	return places.split(',').map((i) => [answer.expanded[i]['@type'].replace('type.googleapis.com/c1.api.', ''), answer.expanded[i].id]);
}
const USER = 'user.v1.User';
const APP = 'app.v1.App';

test('users with their managers and delegates', async () => {
	await w.owner.post('users/alice/set-delegation-by-admin', {delegatedUserId: 'erin'});
	await w.setUser('carl', {manager: 'bob'});
	const r = await w.owner.post('search/users', {ids: ['alice', 'carl', 'bob'], ...all});
	const view = (id) => r.list.find((v) => v.userId === id);
	assert.deepEqual(at(r, view('alice').managersPath), [[USER, 'bob']]);
	assert.deepEqual(at(r, view('alice').delegatedUserPath), [[USER, 'erin']]);
	assert.equal(view('carl').managersPath, view('alice').managersPath, 'each object once');
	assert.deepEqual([view('carl').delegatedUserPath, view('bob').managersPath, view('bob').rolesPath], ['', '', '']);
	assert.equal(r.expanded.length, 2);
	const some = await w.owner.post('search/users', {ids: ['alice'], ...only('delegated_user_id')});
	assert.deepEqual([some.list[0].managersPath, some.list[0].delegatedUserPath], ['', '$.expanded[0]']);
	const me = await w.alice.post('users/introspect', only('manager_ids'));
	assert.deepEqual(at(me, me.userView.managersPath), [[USER, 'bob']]);
	assert.equal(me.expanded.length, 1);
});

test('only what is on the page is expanded', async () => {
	const r = await w.owner.post('search/users', {pageSize: 10, managerIds: ['bob'], ...all});
	assert.deepEqual([r.list.length, r.nextPageToken, r.expanded.length], [2, '', 2]);
	const none = await w.owner.post('search/users', {ids: ['bob'], ...all});
	assert.deepEqual(none.expanded, []);
});

test('without a mask, nothing is, and GET has none', async () => {
	for (const r of [
		await w.owner.post('search/users', {}),
		await w.owner.post('search/entitlements', {expandMask: {paths: []}}),
		await w.owner.post('search/grants', only('nothing_of_the_kind')),
		await w.owner.get('users'),
		await w.owner.get('users/alice'),
		await w.owner.get(`apps/${w.app}/entitlements`),
		await w.owner.get(`apps/${w.app}/app_users`),
		await w.owner.get(`apps/${w.app}/entitlements/${entitlement}/users`),
	]) {
		assert.deepEqual(r.expanded, []);
	}
	assert.equal((await w.owner.get('users/alice')).userView.managersPath, '');
	assert.equal(Object.hasOwn(await w.owner.get('apps'), 'expanded'), false);
});

test('entitlements with their application and resource type, also when made and changed', async () => {
	const check = (r, view) => {
		assert.deepEqual(at(r, view.appPath), [[APP, w.app]]);
		assert.deepEqual(at(r, view.appResourceTypePath), [['app.v1.AppResourceType', type]]);
		assert.equal(r.expanded.length, 2);
	};
	const made = await w.owner.post(`apps/${w.app}/entitlements`, {displayName: 'M', appResourceTypeId: type, ...all});
	check(made, made.appEntitlementView);
	const path = `apps/${w.app}/entitlements/${made.appEntitlementView.appEntitlement.id}`;
	const changed = await w.owner.post(path, {entitlement: {displayName: 'N'}, ...all});
	check(changed, changed.appEntitlementView);
	const found = await w.owner.post('search/entitlements', {resourceTypeIds: [type], ...all});
	assert.equal(found.list.length, 2);
	found.list.forEach((view) => check(found, view));
	const some = await w.owner.post('search/entitlements', {resourceTypeIds: [type], ...only('app_id')});
	assert.deepEqual([some.list[0].appPath, some.list[0].appResourceTypePath, some.expanded.length], ['$.expanded[0]', '', 1]);
	await w.owner.delete(path, {});
});

test('grants with application, account and user', async () => {
	await w.ask(entitlement);
	const r = await w.owner.post('search/grants', {userId: 'alice', ...all});
	const [{entitlement: e, appEntitlementUserBinding: grant}] = r.list;
	assert.deepEqual(at(r, e.appPath), [[APP, w.app]]);
	assert.equal(grant.appUser.appPath, e.appPath);
	assert.deepEqual(at(r, grant.appUser.identityUserPath), [[USER, 'alice']]);
	assert.equal(grant.appUser.lastUsagePath, '');
	const some = await w.owner.post('search/grants', {userId: 'alice', ...only('identity_user_id')});
	assert.deepEqual(some.expanded.map((o) => o.id), ['alice']);
});

test('the review of a task is shown to whoever may look at reviews', async () => {
	const made = await w.owner.post('policies', {
		displayName: 'C', policyType: 'POLICY_TYPE_CERTIFY', policySteps: {certify: {steps: [manager]}},
	});
	const {accessReview: review} = (await w.owner.post('access_review', {displayName: 'R', ownerIds: ['frank'], policyId: made.policy.id})).accessReview;
	await w.owner.post(`access_review/${review.id}/scope_and_entitlements`, {entitlements: [{appId: w.app, appEntitlementId: entitlement}]});
	const started = await w.server.call('POST', `/doorward/v1/access-reviews/${review.id}/start`);
	assert.equal(started.status, 200, started.text);
	const search = (as) => as.post('search/tasks', {accessReviewIds: [review.id], ...all});
	for (const reader of [w.owner, w.erin, w.frank]) {
		const r = await search(reader);
		assert.deepEqual(at(r, r.list[0].accessReviewPath), [['accessreview.v1.AccessReview', review.id]]);
		assert.equal(r.expanded.find((o) => o.id === review.id).displayName, 'R');
	}
	const r = await search(w.bob);
	assert.equal(r.list[0].accessReviewPath, '', 'bob reviews, and no more');
	assert.equal(r.expanded.some((o) => o.id === review.id), false);
	assert.deepEqual(at(r, r.list[0].userPath), [[USER, 'alice']]);
});
