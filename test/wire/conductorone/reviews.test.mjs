// SPDX-License-Identifier: Apache-2.0
//
// Access reviews: drafts, their scope, opening and closing; what becomes of access that is certified and of what is not.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {ID, client} from './client.mjs';

const NOW = '2026-11-22T10:00:00Z';
const clock = testClock(NOW);
let s;
let c1; // the owner's
let bob; // alice's manager
let dave; // owns reviews
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	c1 = client(s);
	bob = client(s, await makeUser(s, 'bob'));
	dave = client(s, await makeUser(s, 'dave'));
	await makeUser(s, 'alice', {manager: 'bob'});
	await makeUser(s, 'carl');
});
after(async () => assert.equal(await s.stop(), 0));

async function native(status, method, path, body) {
	const r = await s.call(method, `/doorward/v1/${path}`, body);
	assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	return r.json;
}
const makePolicy = async (policyType, steps, more = {}) => {
	const key = policyType.toLowerCase();
	return (await c1.post('policies', {displayName: 'p', policyType: `POLICY_TYPE_${policyType}`, policySteps: {[key]: {steps}}, ...more})).policy.id;
};
const byManager = [{approval: {manager: {}}}];

let serial = 0;
let app;
/** An application of its own for each test: alice has both entitlements, carl the second. */
beforeEach(async () => {
	app = `app${++serial}`;
	const revoke = await makePolicy('REVOKE', [{accept: {}}]);
	await native(201, 'POST', 'apps', {id: app, display_name: app, revoke_policy: revoke});
	for (const entitlement of ['read', 'write']) {
		await native(201, 'PUT', `apps/${app}/entitlements/${entitlement}`, {display_name: entitlement});
		await c1.post(`apps/${app}/entitlements/${entitlement}`, {entitlement: {deprovisionerPolicy: {connector: {defaultBehavior: {}}}}});
	}
	for (const user of ['alice', 'carl']) {
		await native(201, 'PUT', `apps/${app}/accounts/${user}`, {user});
	}
	for (const grant of ['read/bindings/alice', 'write/bindings/alice', 'write/bindings/carl']) {
		await native(201, 'PUT', `apps/${app}/entitlements/${grant}`);
	}
});

const makeReview = async (more = {}) => (await c1.post('access_review', {displayName: 'Autumn', ownerIds: ['dave'], ...more})).accessReview.accessReview;
const setScope = (id, entitlements, scopeV2) =>
	c1.post(`access_review/${id}/scope_and_entitlements`, {entitlements: entitlements.map((e) => ({appId: app, appEntitlementId: e})), ...(scopeV2 && {scopeV2})});
const tasksOf = async (id) => (await c1.searchAll('tasks', {accessReviewIds: [id]})).map((v) => v.task);
const stateOf = async (id) => (await c1.get(`access_review/${id}`)).accessReview.accessReview.state;
async function decide(user, id) {
	const r = await s.call('POST', '/access/v1/evaluation', {
		subject: {type: 'user', id: user}, action: {name: 'use'}, resource: {type: 'app_entitlement', id, properties: {app_id: app}},
	});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}
/** An open review of alice's "read", and its one task. */
async function opened(more) {
	const review = await makeReview(more);
	await setScope(review.id, ['read']);
	assert.equal((await native(200, 'POST', `access-reviews/${review.id}/start`)).access_requests, 1);
	const [task] = await tasksOf(review.id);
	return {review, task};
}
const act = (who, task, verb) => who.post(`tasks/${task.id}/action/${verb}`, {policyStepId: task.policy.current.id, comment: 'seen'});

test('a draft: create, get, list, update, scope, delete', async () => {
	const policy = await makePolicy('CERTIFY', byManager);
	const made = await makeReview({description: 'all', policyId: policy, completionDate: '2026-12-31T00:00:00Z'});
	assert.match(made.id, ID);
	assert.deepEqual(
		[made.state, made.policyId, made.createdById, made.expectedTicketCount, made.completionDate, made.startedAt],
		['ACCESS_REVIEW_STATE_DRAFT', policy, 'owner', 0, '2026-12-31T00:00:00Z', undefined],
	);
	assert.deepEqual((await c1.get(`access_review/${made.id}`)).accessReview.accessReview, made);
	assert.ok((await c1.get('access_reviews')).list.some((v) => v.accessReview.id === made.id));
	const update = async (accessReview, updateMask) => (await c1.post(`access_review/${made.id}`, {accessReview, ...(updateMask && {updateMask})})).accessReview.accessReview;
	let r = await update({displayName: 'Winter', description: 'not taken'}, 'displayName');
	assert.deepEqual([r.displayName, r.description], ['Winter', 'all']);
	r = await update({autoCloseDecision: 'CLOSE_DECISION_REVOKED', usePolicyOverride: true, reviewInstructions: 'look twice'});
	assert.deepEqual([r.displayName, r.autoCloseDecision, r.usePolicyOverride, r.reviewInstructions], ['Winter', 'CLOSE_DECISION_REVOKED', true, 'look twice']);
	const scope = await setScope(made.id, ['read', 'write'], {selectedUsers: {userIds: ['alice']}});
	assert.deepEqual(scope.list.map((v) => v.accessReviewEntitlement.appEntitlementId), ['read', 'write']);
	assert.deepEqual(scope.scopeV2, {principalTypeFilter: 'PRINCIPAL_TYPE_FILTER_UNSPECIFIED', selectedUsers: {userIds: ['alice']}});
	assert.deepEqual(await c1.get(`access_review/${made.id}/scope_and_entitlements`), scope);
	const path = `access_review/${made.id}`;
	await c1.fails(400, 3, 'does not exist', 'POST', `${path}/scope_and_entitlements`, {entitlements: [{appId: app, appEntitlementId: 'nope'}]});
	await c1.fails(400, 3, 'there is no user', 'POST', `${path}/scope_and_entitlements`, {scopeV2: {selectedUsers: {userIds: ['nobody']}}});
	await c1.fails(400, 3, 'OwnerIds', 'POST', 'access_review', {displayName: 'x'});
	await c1.fails(400, 3, 'there is no user', 'POST', 'access_review', {displayName: 'x', ownerIds: ['nobody']});
	await c1.fails(400, 3, 'of type certify', 'POST', path, {accessReview: {policyId: await makePolicy('GRANT', byManager)}});
	await bob.fails(403, 7, 'permission denied', 'POST', path, {accessReview: {displayName: 'mine'}});
	assert.deepEqual(await c1.delete(path), {});
	await c1.fails(404, 5, 'access review not found', 'GET', path);
});

test('opening asks once for each person and entitlement in scope', async () => {
	const review = await makeReview({policyId: await makePolicy('CERTIFY', byManager)});
	await native(409, 'POST', `access-reviews/${review.id}/start`); // nothing to review
	await setScope(review.id, ['read', 'write']);
	await native(201, 'PUT', `apps/${app}/accounts/alice-2`, {user: 'alice'});
	await native(201, 'PUT', `apps/${app}/entitlements/write/bindings/alice-2`);
	assert.deepEqual(await native(200, 'POST', `access-reviews/${review.id}/start`), {id: review.id, state: 'OPEN', access_requests: 3});
	const tasks = await tasksOf(review.id);
	assert.deepEqual(tasks.map((t) => `${t.userId} ${t.type.certify.appEntitlementId}`).sort(), ['alice read', 'alice write', 'carl write']);
	for (const t of tasks) {
		assert.deepEqual([t.state, t.origin, t.type.certify.accessReviewId], ['TASK_STATE_OPEN', 'TASK_ORIGIN_ACCESS_REVIEW', review.id]);
	}
	const r = (await c1.get(`access_review/${review.id}`)).accessReview.accessReview;
	assert.deepEqual([r.state, r.startedAt, r.expectedTicketCount], ['ACCESS_REVIEW_STATE_OPEN', NOW, 3]);
	await native(409, 'POST', `access-reviews/${review.id}/start`);
	await c1.fails(400, 9, 'its scope is settled', 'POST', `access_review/${review.id}/scope_and_entitlements`, {entitlements: []});
	// Another review does not ask what is being asked.
	const second = await makeReview({policyId: r.policyId});
	await setScope(second.id, ['read', 'write'], {selectedUsers: {userIds: ['carl']}});
	assert.equal((await native(200, 'POST', `access-reviews/${second.id}/start`)).access_requests, 0);
});

test('C1: certified, access stays', async () => {
	const {task} = await opened({policyId: await makePolicy('CERTIFY', byManager)});
	assert.deepEqual(task.stepApproverIds, ['bob']);
	await act(bob, task, 'approve');
	const now = (await c1.get(`tasks/${task.id}`)).taskView.task;
	assert.deepEqual([now.state, now.type.certify.outcome], ['TASK_STATE_CLOSED', 'CERTIFY_OUTCOME_CERTIFIED']);
	assert.equal(await decide('alice', 'read'), true);
});

test('C2: decertified without a post action, nobody takes it away', async () => {
	const {review, task} = await opened({policyId: await makePolicy('CERTIFY', byManager)});
	await act(bob, task, 'deny');
	assert.equal((await c1.get(`tasks/${task.id}`)).taskView.task.type.certify.outcome, 'CERTIFY_OUTCOME_DECERTIFIED');
	assert.equal((await tasksOf(review.id)).length, 1);
	assert.equal(await decide('alice', 'read'), true);
});

test('C3: decertified with certifyRemediateImmediately, a revoke task follows by the revoke policy', async () => {
	const policy = await makePolicy('CERTIFY', byManager, {postActions: [{certifyRemediateImmediately: true}]});
	const {review, task} = await opened({policyId: policy});
	await act(bob, task, 'deny');
	const revoke = (await tasksOf(review.id)).find((t) => t.type.revoke);
	assert.deepEqual(revoke.type.revoke.source.review, {accessReviewId: review.id, certTicketId: task.id});
	assert.deepEqual([revoke.state, revoke.type.revoke.outcome], ['TASK_STATE_CLOSED', 'REVOKE_OUTCOME_REVOKED']);
	assert.equal(await decide('alice', 'read'), false);
	assert.equal(await decide('alice', 'write'), true);
});

test("C4: with usePolicyOverride the entitlement's own policy wins, without it the review's", async () => {
	const own = await makePolicy('CERTIFY', [{approval: {users: {userIds: ['carl']}}}]);
	await c1.post(`apps/${app}/entitlements/read`, {entitlement: {certifyPolicyId: own}});
	const policyId = await makePolicy('CERTIFY', byManager);
	const review = await makeReview({policyId});
	await c1.post(`access_review/${review.id}`, {accessReview: {usePolicyOverride: true}});
	await setScope(review.id, ['read']);
	await native(200, 'POST', `access-reviews/${review.id}/start`);
	const [task] = await tasksOf(review.id);
	assert.deepEqual(task.stepApproverIds, ['carl']);
	await native(200, 'POST', `access-reviews/${review.id}/close`);
	const {task: other} = await opened({policyId});
	assert.deepEqual(other.stepApproverIds, ['bob']);
});

test("C5: where nobody can review, the review's owners do", async () => {
	const review = await makeReview({policyId: await makePolicy('CERTIFY', byManager)});
	await setScope(review.id, ['write'], {selectedUsers: {userIds: ['carl']}}); // he has no manager
	await native(200, 'POST', `access-reviews/${review.id}/start`);
	const [task] = await tasksOf(review.id);
	assert.deepEqual(task.stepApproverIds, ['dave']);
	await act(dave, task, 'approve');
	assert.equal((await c1.get(`tasks/${task.id}`)).taskView.task.type.certify.outcome, 'CERTIFY_OUTCOME_CERTIFIED');
});

test('closing cancels what is not decided', async () => {
	const {review, task} = await opened({policyId: await makePolicy('CERTIFY', byManager)});
	clock.set('2026-11-22T11:00:00Z');
	assert.deepEqual(await native(200, 'POST', `access-reviews/${review.id}/close`), {id: review.id, state: 'CLOSED', access_requests: 1});
	assert.equal((await c1.get(`tasks/${task.id}`)).taskView.task.type.certify.outcome, 'CERTIFY_OUTCOME_CANCELLED');
	assert.equal(await stateOf(review.id), 'ACCESS_REVIEW_STATE_CLOSED');
	assert.equal((await c1.get(`access_review/${review.id}`)).accessReview.accessReview.closedAt, '2026-11-22T11:00:00Z');
	assert.equal(await decide('alice', 'read'), true);
	await native(409, 'POST', `access-reviews/${review.id}/close`);
	await c1.fails(400, 9, 'is closed', 'POST', `access_review/${review.id}`, {accessReview: {displayName: 'x'}});
	clock.set(NOW);
});

test('closing revokes what is not decided, if it is to', async () => {
	const {review, task} = await opened({policyId: await makePolicy('CERTIFY', byManager)});
	await c1.post(`access_review/${review.id}`, {accessReview: {autoCloseDecision: 'CLOSE_DECISION_REVOKED'}});
	await native(200, 'POST', `access-reviews/${review.id}/close`);
	const revoke = (await tasksOf(review.id)).find((t) => t.type.revoke);
	assert.equal(revoke.type.revoke.source.review.certTicketId, task.id);
	assert.equal(await decide('alice', 'read'), false);
});

test('deleting an open review cancels its tasks, and a reviewed grant that goes takes its task along', async () => {
	const policyId = await makePolicy('CERTIFY', byManager);
	const {review, task} = await opened({policyId});
	await c1.delete(`access_review/${review.id}`);
	assert.equal((await c1.get(`tasks/${task.id}`)).taskView.task.type.certify.outcome, 'CERTIFY_OUTCOME_CANCELLED');
	const again = await opened({policyId});
	await native(204, 'DELETE', `apps/${app}/accounts/alice`);
	assert.equal((await c1.get(`tasks/${again.task.id}`)).taskView.task.type.certify.outcome, 'CERTIFY_OUTCOME_CANCELLED');
});

test('a grant that goes is not asked about any more, whichever way it goes', async () => {
	const policyId = await makePolicy('CERTIFY', byManager);
	const outcome = async (task) => (await c1.get(`tasks/${task.id}`)).taskView.task.type.certify.outcome;
	const direct = await opened({policyId});
	await native(204, 'DELETE', `apps/${app}/entitlements/read/bindings/alice`);
	assert.equal(await outcome(direct.task), 'CERTIFY_OUTCOME_CANCELLED');
	await native(201, 'PUT', `apps/${app}/entitlements/read/bindings/alice`, {expires_at: '2026-11-22T10:30:00Z'});
	const expired = await opened({policyId});
	assert.equal(await outcome(expired.task), 'CERTIFY_OUTCOME_UNSPECIFIED');
	clock.set('2026-11-22T10:30:00Z');
	assert.equal(await outcome(expired.task), 'CERTIFY_OUTCOME_CANCELLED');
	clock.set(NOW);
	await native(201, 'PUT', `apps/${app}/entitlements/read/bindings/alice`);
	const requested = await opened({policyId});
	await c1.post('task/revoke', {appId: app, appEntitlementId: 'read', appUserId: 'alice', description: 'gone'});
	assert.equal(await decide('alice', 'read'), false);
	assert.equal(await outcome(requested.task), 'CERTIFY_OUTCOME_CANCELLED');
});
