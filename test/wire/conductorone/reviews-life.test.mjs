// SPDX-License-Identifier: Apache-2.0
//
// Access reviews from the draft to what is left when they close: what may stand in one, the cases C1 to C6 of
// certification, what time and power cuts do, and who may.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {ID, TIME, client} from './client.mjs';
import {accept, makeWorld, manager, owners} from './world.mjs';

let w;
before(async () => {
	w = await makeWorld();
});
after(() => w.server.dispose());

const STATE = (name) => `ACCESS_REVIEW_STATE_${name}`;
const iso = (seconds) => new Date(w.now + seconds * 1000).toISOString().replace('.000', '');

async function certifyPolicy(steps, more = {}) {
	const r = await w.owner.post('policies', {
		displayName: `review ${++w.n}`, policyType: 'POLICY_TYPE_CERTIFY', policySteps: {certify: {steps}}, ...more,
	});
	return r.policy.id;
}
/** A new entitlement that these users have. */
async function held(users = ['alice'], more = {}) {
	const entitlement = await w.entitlement([accept], {durationUnset: {}, durationGrant: undefined, ...more});
	for (const user of users) {
		await w.ask(entitlement, user);
	}
	return entitlement;
}
async function draft(policyId, more = {}) {
	return (await w.owner.post('access_review', {displayName: `campaign ${++w.n}`, ownerIds: ['frank'], policyId, ...more})).accessReview.accessReview;
}
const read = async (review, as = w.owner) => (await as.get(`access_review/${review.id}`)).accessReview.accessReview;
async function change(review, accessReview) {
	return (await w.owner.post(`access_review/${review.id}`, {accessReview, updateMask: Object.keys(accessReview).join(',')})).accessReview.accessReview;
}
const refs = (entitlements) => entitlements.map((appEntitlementId) => ({appId: w.app, appEntitlementId}));
const scope = (review, entitlements, scopeV2 = {specificResources: {}}) =>
	w.owner.post(`access_review/${review.id}/scope_and_entitlements`, {entitlements: refs(entitlements), scopeV2});
async function turn(review, verb, status = 200, key = w.keys.erin) {
	const r = await w.server.call('POST', `/doorward/v1/access-reviews/${review.id}/${verb}`, undefined, {key});
	assert.equal(r.status, status, r.text);
	return r.json;
}
const tasks = async (review, type = 'certify') =>
	(await w.owner.searchAll('tasks', {accessReviewIds: [review.id], taskTypes: [{[type]: {}}]})).map((v) => v.task);
const report = (review, as = w.owner) => as.get(`access_review/${review.id}/report?page_size=100`);

/** Started, about this entitlement alone; resolves to its tasks. */
async function begin(policyId, entitlement, more = {}) {
	const review = await draft(policyId);
	await scope(review, [entitlement]);
	if (Object.keys(more).length) {
		await change(review, more);
	}
	await turn(review, 'start');
	return {review, list: await tasks(review)};
}

test('a draft is made, read, changed, listed, copied, deleted', async () => {
	const policy = await certifyPolicy([manager]);
	const entitlement = await held();
	const made = await draft(policy, {description: 'why', notificationConfig: {sendClose: true}});
	assert.match(made.id, ID);
	assert.deepEqual([made.state, made.policyId, made.createdById, made.usePolicyOverride], [STATE('DRAFT'), policy, 'owner', false]);
	assert.match(made.createdAt, TIME);
	assert.equal(made.startedAt, undefined);
	const changed = await change(made, {displayName: 'Q4', autoCloseDecision: 'CLOSE_DECISION_SKIP', reviewInstructions: 'look twice'});
	assert.deepEqual(
		[changed.displayName, changed.description, changed.autoCloseDecision, changed.reviewInstructions, changed.notificationConfig.sendClose],
		['Q4', 'why', 'CLOSE_DECISION_SKIP', 'look twice', true],
	);
	assert.deepEqual(await read(made), changed);
	const {list} = await w.owner.all('access_reviews', 10);
	assert.ok(list.some((v) => v.accessReview.id === made.id));
	await scope(made, [entitlement], {selectedUsers: {userIds: ['alice']}});
	const copy = await draft(policy, {duplicateFrom: made.id});
	assert.deepEqual(copy.scopeV2.selectedUsers, {userIds: ['alice']});
	const copied = await w.owner.get(`access_review/${copy.id}/scope_and_entitlements`);
	assert.deepEqual(copied.list.map((v) => v.accessReviewEntitlement.appEntitlementId), [entitlement]);
	assert.deepEqual(await w.owner.delete(`access_review/${made.id}`), {});
	await w.owner.fails(404, 5, 'access review not found', 'GET', `access_review/${made.id}`);
	await w.owner.fails(400, 3, 'regex', 'GET', 'access_review/abc');
});

test('what a mask names is expanded', async () => {
	const policyId = await certifyPolicy([manager]);
	const all = {expandMask: {paths: ['*']}};
	const r = await w.owner.post('access_review', {displayName: 'x', ownerIds: ['frank'], policyId, ...all});
	assert.deepEqual([r.accessReview.createdByUserPath, r.accessReview.policyPath], ['$.expanded[0]', '$.expanded[1]']);
	assert.deepEqual(r.expanded.map((e) => [e['@type'], e.id]), [
		['type.googleapis.com/c1.api.user.v1.User', 'owner'], ['type.googleapis.com/c1.api.policy.v1.Policy', policyId],
	]);
	const review = r.accessReview.accessReview;
	const one = await w.owner.post(`access_review/${review.id}`, {accessReview: {description: 'y'}, expandMask: {paths: ['policy_id']}});
	assert.deepEqual([one.accessReview.createdByUserPath, one.accessReview.policyPath, one.expanded.length], ['', '$.expanded[0]', 1]);
	const entitlements = refs([await held(), await held()]);
	const s = await w.owner.post(`access_review/${review.id}/scope_and_entitlements`, {entitlements, ...all});
	assert.deepEqual(s.list.map((v) => [v.appPath, v.entitlementPath, v.policyPath]), [
		['$.expanded[0]', '$.expanded[1]', '$.expanded[2]'], ['$.expanded[0]', '$.expanded[3]', '$.expanded[2]'],
	]);
	assert.equal(s.expanded[3].id, entitlements[1].appEntitlementId);
});

test('what a draft must be', async () => {
	const body = {displayName: 'x', ownerIds: ['frank']};
	const bad = (text, more) => w.owner.fails(400, 3, text, 'POST', 'access_review', {...body, ...more});
	await bad('DisplayName', {displayName: ''});
	await bad('display_name', {displayName: ' '});
	await bad('OwnerIds', {ownerIds: []});
	await bad('nobody', {ownerIds: ['nobody']});
	await bad('no policy', {policyId: 'x'.repeat(27)});
	await bad('of type certify', {policyId: await w.policy([manager])});
	await bad('unknown field', {nope: 1});
	await bad('appSelectionCriteria is not supported', {scopeV2: {appSelectionCriteria: {}}});
	await bad('undeclared reference', {scopeV2: {celExpression: {expression: 'nope'}}});
	await bad(/oneof/, {scopeV2: {allUsers: {}, selectedUsers: {userIds: ['alice']}}});
	await bad('no user "nobody"', {scopeV2: {selectedUsers: {userIds: ['nobody']}}});
	await bad('BY_INHERITANCE is not supported', {scopeType: 'ACCESS_REVIEW_SCOPE_TYPE_BY_INHERITANCE'});
	await w.owner.fails(404, 5, 'not found', 'POST', 'access_review', {...body, duplicateFrom: 'x'.repeat(27)});
	const review = await draft('');
	const update = (text, accessReview) =>
		w.owner.fails(400, 3, text, 'POST', `access_review/${review.id}`, {accessReview, updateMask: Object.keys(accessReview).join(',')});
	await update('inclusionScope is not supported', {inclusionScope: {userIds: ['alice']}});
	await update('use scopeV2', {scope: {}});
	await update('requireSignature is not supported', {signatureConfig: {requireSignature: true}});
	await update('later than', {autoStartCampaign: true, scheduledStartDate: iso(9), autoCloseCampaign: true, completionDate: iso(9)});
	await w.owner.fails(400, 3, 'does not exist', 'POST', `access_review/${review.id}/scope_and_entitlements`, {entitlements: refs(['none'])});
	await turn(review, 'start', 409);
	await turn({id: 'nothing'}, 'start', 404);
});

test('C1 what is certified stays', async () => {
	const entitlement = await held(['alice', 'carl']);
	const {review, list} = await begin(await certifyPolicy([owners]), entitlement);
	assert.deepEqual(list.map((t) => t.type.certify.identityUserId).sort(), ['alice', 'carl']);
	assert.ok(list.every((t) => t.state === 'TASK_STATE_OPEN' && t.origin === 'TASK_ORIGIN_ACCESS_REVIEW' && t.type.certify.accessReviewId === review.id));
	assert.deepEqual(list[0].stepApproverIds, ['dave']);
	const open = await read(review);
	assert.deepEqual([open.state, open.expectedTicketCount, open.startedAt], [STATE('OPEN'), 2, iso(0)]);
	// What is granted later is no part of it, and what is under review already is not reviewed twice.
	await w.ask(entitlement, 'frank');
	assert.equal((await begin(await certifyPolicy([owners]), entitlement)).list.length, 1);
	const task = await w.act(w.dave, list[0], 'approve');
	assert.deepEqual([task.state, task.type.certify.outcome], ['TASK_STATE_CLOSED', 'CERTIFY_OUTCOME_CERTIFIED']);
	assert.equal(await w.may(list[0].type.certify.identityUserId, entitlement), true);
	await turn(review, 'start', 409);
});

test('C2 what is denied is decertified, and no more', async () => {
	const entitlement = await held();
	const {review, list} = await begin(await certifyPolicy([owners]), entitlement);
	const task = await w.act(w.dave, list[0], 'deny');
	assert.equal(task.type.certify.outcome, 'CERTIFY_OUTCOME_DECERTIFIED');
	assert.deepEqual(await tasks(review, 'revoke'), []);
	assert.equal(await w.may('alice', entitlement), true);
});

test('C3 denied with immediate remediation: a revocation by its own policy', async () => {
	const revokePolicyId = (await w.owner.post('policies', {
		displayName: 'revoke', policyType: 'POLICY_TYPE_REVOKE', policySteps: {revoke: {steps: [{approval: {users: {userIds: ['erin']}}}]}},
	})).policy.id;
	const policy = await certifyPolicy([owners], {postActions: [{certifyRemediateImmediately: true}]});
	const asked = await held(['alice'], {revokePolicyId});
	const {review, list} = await begin(policy, asked);
	const cert = await w.act(w.dave, list[0], 'deny');
	const [revoke] = await tasks(review, 'revoke');
	assert.deepEqual(revoke.type.revoke.source.review, {accessReviewId: review.id, certTicketId: cert.id});
	assert.deepEqual(revoke.stepApproverIds, ['erin']);
	assert.equal(await w.may('alice', asked), true);
	// It is a matter of its own: the close of the review does not end it.
	await turn(review, 'close');
	await w.act(w.erin, revoke, 'approve');
	assert.equal(await w.may('alice', asked), false);
	assert.deepEqual(await w.grants(asked), []);
});

test('C3 denied for a person with two accounts: both lose it, and one alone does not end the question', async () => {
	const policy = await certifyPolicy([owners], {postActions: [{certifyRemediateImmediately: true}]});
	const asked = await held();
	const bind = async (method, account) => {
		const r = await w.server.call(method, `/doorward/v1/apps/${w.app}/entitlements/${asked}/bindings/${account}`);
		assert.ok(r.status < 300, r.text);
	};
	for (const account of ['second', 'third']) {
		const r = await w.server.call('PUT', `/doorward/v1/apps/${w.app}/accounts/${account}${w.n}`, {user: 'alice'});
		assert.equal(r.status, 201, r.text);
		await bind('PUT', account + w.n);
	}
	const [first] = await w.grants(asked);
	const {review, list} = await begin(policy, asked);
	assert.equal(list.length, 1);
	await bind('DELETE', list[0].type.certify.appUserId);
	assert.equal((await w.task(list[0].id)).state, 'TASK_STATE_OPEN', `without ${first.appUserId}`);
	await w.act(w.dave, list[0], 'deny');
	for (const task of await tasks(review, 'revoke')) {
		if (task.state === 'TASK_STATE_OPEN') {
			await w.act(w.dave, task, 'approve');
		}
	}
	assert.equal((await tasks(review, 'revoke')).length, 2);
	assert.deepEqual(await w.grants(asked), []);
	assert.equal(await w.may('alice', asked), false);
});

test('what a person has in no account any more is not asked about, whichever account the question names', async () => {
	const asked = await held();
	const account = `other${++w.n}`;
	const call = async (method, path, body) => {
		const r = await w.server.call(method, `/doorward/v1/apps/${w.app}/${path}`, body);
		assert.ok(r.status < 300, r.text);
	};
	await call('PUT', `accounts/${account}`, {user: 'alice'});
	await call('PUT', `entitlements/${asked}/bindings/${account}`);
	const {list} = await begin(await certifyPolicy([owners]), asked);
	assert.equal(list.length, 1);
	assert.notEqual(list[0].type.certify.appUserId, account);
	await call('DELETE', `entitlements/${asked}/bindings/${list[0].type.certify.appUserId}`);
	assert.equal((await w.task(list[0].id)).state, 'TASK_STATE_OPEN');
	await call('DELETE', `entitlements/${asked}/bindings/${account}`);
	assert.equal((await w.task(list[0].id)).type.certify.outcome, 'CERTIFY_OUTCOME_CANCELLED');
});

test('C4 which policy counts', async () => {
	const own = await certifyPolicy([{approval: {users: {userIds: ['erin']}}}]);
	const campaign = await certifyPolicy([owners]);
	const approvers = async (more) => {
		const {review, list} = await begin(campaign, await held(['alice'], {certifyPolicyId: own}), more);
		await turn(review, 'close');
		return list[0].stepApproverIds;
	};
	assert.deepEqual(await approvers({}), ['dave']);
	assert.deepEqual(await approvers({usePolicyOverride: true}), ['erin']);
	// The entitlement has none: the application's, and only then the review's.
	const {list} = await begin(campaign, await held(), {usePolicyOverride: true});
	assert.deepEqual(list[0].stepApproverIds, ['dave']);
	const ofApp = await certifyPolicy([{approval: {users: {userIds: ['bob']}}}]);
	await w.owner.post(`apps/${w.app}`, {app: {certifyPolicyId: ofApp}, updateMask: 'certifyPolicyId'});
	const second = await begin(campaign, await held(), {usePolicyOverride: true});
	assert.deepEqual(second.list[0].stepApproverIds, ['bob']);
	await w.owner.post(`apps/${w.app}`, {app: {certifyPolicyId: ''}, updateMask: 'certifyPolicyId'});
});

test('C5 nobody to review it: the owners of the campaign', async () => {
	const {list} = await begin(await certifyPolicy([manager]), await held(['carl']));
	assert.deepEqual(list[0].stepApproverIds, ['frank']);
	const task = await w.act(w.frank, list[0], 'approve');
	assert.equal(task.type.certify.outcome, 'CERTIFY_OUTCOME_CERTIFIED');
});

test('C6 the close decides what nobody decided', async () => {
	const policy = await certifyPolicy([owners]);
	const cases = [
		['CLOSE_DECISION_UNSPECIFIED', 'CANCELLED', true, undefined],
		['CLOSE_DECISION_NO_ACTION', 'CANCELLED', true, undefined],
		['CLOSE_DECISION_SKIP', 'CANCELLED', true, /^Skipped/],
		['CLOSE_DECISION_REVOKED', 'DECERTIFIED', false, /^Revoked/],
	];
	const revokePolicyId = (await w.owner.post('policies', {
		displayName: 'at once', policyType: 'POLICY_TYPE_REVOKE', policySteps: {revoke: {steps: [accept]}},
	})).policy.id;
	for (const [autoCloseDecision, outcome, stays, comment] of cases) {
		const entitlement = await held(['alice', 'bob'], {revokePolicyId});
		await w.owner.post(`apps/${w.app}/entitlements/${entitlement}`, {entitlement: {deprovisionerPolicy: {connector: {defaultBehavior: {}}}}});
		const {review, list} = await begin(policy, entitlement, {autoCloseDecision});
		const kept = await w.act(w.dave, list[1], 'approve');
		assert.deepEqual(await turn(review, 'close'), {id: review.id, state: 'CLOSED', access_requests: 1});
		const task = await w.task(list[0].id);
		assert.deepEqual([task.state, task.type.certify.outcome], ['TASK_STATE_CLOSED', `CERTIFY_OUTCOME_${outcome}`], autoCloseDecision);
		const [said] = await w.trail(task, 'comment');
		comment ? assert.match(said.comment, comment) : assert.equal(said, undefined);
		const revokes = await tasks(review, 'revoke');
		assert.deepEqual(revokes.map((t) => t.type.revoke.source.review.certTicketId), stays ? [] : [task.id]);
		assert.equal(await w.may(list[0].userId, entitlement), stays, autoCloseDecision);
		assert.equal(await w.may(kept.userId, entitlement), true);
		await turn(review, 'close', 409);
		await w.owner.fails(400, 9, 'closed', 'POST', `access_review/${review.id}`, {accessReview: {displayName: 'x'}});
	}
});

test('what is not had any more needs no review', async () => {
	const [revoked, ended, kept] = [await held(), await held(), await held()];
	const review = await draft(await certifyPolicy([owners]));
	await scope(review, [revoked, ended, kept]);
	await turn(review, 'start');
	const task = (await w.alice.post('task/revoke', {appId: w.app, appEntitlementId: revoked, identityUserId: 'alice'})).taskView.task;
	if ((await w.task(task.id)).state === 'TASK_STATE_OPEN') {
		await w.act(w.dave, task, 'approve');
	}
	const [grant] = await w.grants(ended);
	const r = await w.server.call('DELETE', `/doorward/v1/apps/${w.app}/entitlements/${ended}/bindings/${grant.appUserId}`);
	assert.equal(r.status, 204, r.text);
	const outcomes = Object.fromEntries((await tasks(review)).map((t) => [t.type.certify.appEntitlementId, t.type.certify.outcome]));
	assert.deepEqual(outcomes, {
		[revoked]: 'CERTIFY_OUTCOME_CANCELLED', [ended]: 'CERTIFY_OUTCOME_CANCELLED', [kept]: 'CERTIFY_OUTCOME_UNSPECIFIED',
	});
});

test('once it is open, its scope and its policy are settled', async () => {
	const {review} = await begin(await certifyPolicy([owners]), await held());
	await w.owner.fails(400, 9, 'its scope is settled', 'POST', `access_review/${review.id}/scope_and_entitlements`, {entitlements: []});
	await w.owner.fails(400, 9, 'its scope is settled', 'POST', `access_review/${review.id}`, {accessReview: {scopeV2: {appAccess: {}}}});
	await w.owner.fails(400, 9, 'its policy is settled', 'POST', `access_review/${review.id}`, {accessReview: {usePolicyOverride: true}});
	const past = {autoCloseCampaign: true, completionDate: iso(0)};
	await w.owner.fails(400, 3, 'in the future', 'POST', `access_review/${review.id}`, {accessReview: past});
	assert.equal((await change(review, {displayName: 'renamed'})).displayName, 'renamed');
});

test('the scope: types, all applications, users, accounts, grants', async () => {
	const policy = await certifyPolicy([owners]);
	const one = await held(['alice', 'carl']);
	const two = await held(['bob']);
	const found = async (entitlements, scopeV2) => {
		const review = await draft(policy);
		await scope(review, entitlements, scopeV2);
		await turn(review, 'start');
		const list = await tasks(review);
		await turn(review, 'close');
		return list.map((t) => t.type.certify.identityUserId).sort();
	};
	assert.deepEqual(await found([one, two], {}), ['alice', 'bob', 'carl']);
	assert.deepEqual(await found([one, two], {selectedUsers: {userIds: ['alice', 'bob']}}), ['alice', 'bob']);
	assert.deepEqual(await found([one, two], {userCriteria: {managerUserIds: ['bob']}}), ['alice']);
	assert.deepEqual(await found([one, two], {userCriteria: {groupAppEntitlementsRef: [{appId: w.app, id: two}]}}), ['bob']);
	assert.deepEqual(await found([one, two], {celExpression: {expression: 'subject.department == "Engineering"'}}), ['alice']);
	assert.deepEqual(await found([one, two], {accountCriteria: {accountTypes: ['APP_USER_TYPE_SERVICE_ACCOUNT']}}), []);
	assert.deepEqual(await found([one, two], {accountCriteria: {appUserStatuses: ['APP_USER_STATUS_ENABLED']}}), ['alice', 'bob', 'carl']);
	assert.deepEqual(await found([one, two], {grantsByCriteria: {typeFilter: 'GRANT_FILTER_TYPE_TEMPORARY'}}), []);
	assert.deepEqual(await found([one], {grantsByCriteria: {sourceFilter: 'GRANT_SOURCE_FILTER_INHERITED'}}), []);
	assert.deepEqual(await found([one], {grantsByCriteria: {sourceFilter: 'GRANT_SOURCE_FILTER_DIRECT'}}), ['alice', 'carl']);
	assert.deepEqual(await found([one], {grantsByCriteria: {grantsAddedBetween: {startDate: iso(1)}}}), []);
	assert.deepEqual(await found([one], {grantsByCriteria: {grantsAddedBetween: {startDate: iso(0), endDate: iso(1)}}}), ['alice', 'carl']);
	const all = await found([], {appAccess: {}});
	assert.ok(all.length > 3 && all.includes('bob'));
	// An expression that fails stops the start: nobody drops out of a review unseen.
	const failing = await draft(policy);
	await scope(failing, [one], {celExpression: {expression: 'subject.profile["none"] == "x"'}});
	await turn(failing, 'start', 409);
	assert.deepEqual([(await read(failing)).state, await tasks(failing)], [STATE('DRAFT'), []]);
	// By type replaces what was named one by one.
	const type = await w.server.call('PUT', `/doorward/v1/apps/${w.app}/resource-types/role`, {display_name: 'Role'});
	assert.equal(type.status, 201, type.text);
	const r = await w.server.call('PATCH', `/doorward/v1/apps/${w.app}/entitlements/${two}`, {resource_type: 'role'});
	assert.equal(r.status, 200, r.text);
	const review = await draft(policy);
	const named = async () => (await w.owner.get(`access_review/${review.id}/scope_and_entitlements`)).list.map((v) => v.accessReviewEntitlement.appEntitlementId);
	await scope(review, [one]);
	assert.deepEqual(await named(), [one]);
	const byType = {resourceTypeSelections: [{appId: w.app, resourceTypeId: 'role'}]};
	assert.deepEqual(await w.owner.post(`access_review/${review.id}/scope_by_resource_type`, byType), {});
	assert.deepEqual(await named(), []);
	await turn(review, 'start');
	assert.deepEqual((await tasks(review)).map((t) => t.type.certify.identityUserId), ['bob']);
});

test('the report: who decided what, and what came of it', async () => {
	const policy = await certifyPolicy([owners], {postActions: [{certifyRemediateImmediately: true}]});
	const entitlement = await held(['alice', 'bob', 'carl', 'frank']);
	const {review, list} = await begin(policy, entitlement, {autoCloseDecision: 'CLOSE_DECISION_SKIP'});
	const of = (user) => list.find((t) => t.userId === user);
	await w.act(w.dave, of('alice'), 'approve', {comment: 'needs it'});
	await w.act(w.dave, of('bob'), 'deny', {comment: 'left the team'});
	let r = await report(review);
	assert.deepEqual([r.report.accessReviewId, r.report.state, r.report.startedAt], [review.id, STATE('OPEN'), iso(0)]);
	assert.deepEqual(
		[r.report.counts.tasks, r.report.counts.open, r.report.counts.certified, r.report.counts.decertified, r.report.counts.cancelled],
		[4, 2, 1, 1, 0],
	);
	assert.equal(r.report.counts.revocationsOpen + r.report.counts.revoked, 1);
	const row = (user) => r.list.find((x) => x.identityUserId === user);
	assert.deepEqual(row('alice').decisions, [{userId: 'dave', decision: 'approved', decidedAt: iso(0)}]);
	assert.deepEqual(row('bob').decisions, [{userId: 'dave', decision: 'denied', decidedAt: iso(0)}]);
	assert.deepEqual(row('bob').comments, [{userId: 'dave', comment: 'left the team', createdAt: iso(0)}]);
	assert.equal(row('bob').revocations.length, 1);
	assert.deepEqual([row('bob').taskId, row('bob').outcome], [of('bob').id, 'CERTIFY_OUTCOME_DECERTIFIED']);
	assert.deepEqual([row('carl').stepApproverIds, row('carl').decisions], [['dave'], []]);
	await turn(review, 'close');
	r = await report(review);
	assert.deepEqual([r.report.state, r.report.counts.open, r.report.counts.cancelled, r.report.closedAt], [STATE('CLOSED'), 0, 2, iso(0)]);
	assert.deepEqual(r.list.map((x) => x.taskId), list.map((t) => t.id));
	// In pages, with the counts of the whole on each.
	const all = await w.owner.all(`access_review/${review.id}/report`, 10);
	assert.deepEqual([all.list.length, all.pages], [4, 1]);
	await w.owner.fails(400, 3, '', 'GET', `access_review/${review.id}/report?page_token=nonsense`);
});

test('a campaign starts and closes when its time comes, also after a restart', async () => {
	const entitlement = await held();
	const review = await draft(await certifyPolicy([owners]), {scopeV2: {specificResources: {}}});
	await scope(review, [entitlement]);
	await change(review, {
		autoStartCampaign: true, scheduledStartDate: iso(600), autoCloseCampaign: true, completionDate: iso(1200), autoCloseDecision: 'CLOSE_DECISION_REVOKED',
	});
	w.forward(599);
	assert.equal((await read(review)).state, STATE('DRAFT'));
	await w.server.restart();
	w.forward(1);
	assert.equal((await read(review)).state, STATE('OPEN'));
	const [task] = await tasks(review);
	await w.server.restart();
	w.forward(599);
	assert.equal((await w.task(task.id)).state, 'TASK_STATE_OPEN');
	w.forward(1);
	assert.equal((await w.task(task.id)).type.certify.outcome, 'CERTIFY_OUTCOME_DECERTIFIED');
	assert.equal((await read(review)).state, STATE('CLOSED'));
	const audit = (await w.server.call('GET', '/doorward/v1/audit?limit=1000')).json.items;
	assert.equal(audit.filter((row) => row.event === 'c1.accessReview.timer').length, 2);
});

test('a campaign that cannot start at its time waits for a person, and says why', async () => {
	const entitlement = await held();
	const policyId = await certifyPolicy([owners]);
	const review = await draft(policyId);
	await change(review, {autoStartCampaign: true, scheduledStartDate: iso(60)});
	w.forward(60);
	assert.equal((await read(review)).state, STATE('DRAFT'));
	assert.match((await report(review)).report.problem, /names nothing/);
	w.forward(60);
	assert.equal((await read(review)).state, STATE('DRAFT'));
	await scope(review, [entitlement]);
	assert.equal((await report(review)).report.problem, '');
	await turn(review, 'start');
	// One whose end has passed would close at once.
	const late = await draft(policyId);
	await scope(late, [await held()]);
	await change(late, {autoCloseCampaign: true, completionDate: iso(10)});
	w.forward(10);
	await turn(late, 'start', 409);
	await change(late, {completionDate: iso(10)});
	await turn(late, 'start');
});

test('a power cut at any moment of a campaign loses nothing and repeats nothing', async () => {
	const entitlement = await held(['alice', 'bob', 'carl']);
	const review = await draft(await certifyPolicy([owners]));
	await scope(review, [entitlement]);
	await change(review, {
		autoStartCampaign: true, scheduledStartDate: iso(60), autoCloseCampaign: true, completionDate: iso(120), autoCloseDecision: 'CLOSE_DECISION_REVOKED',
	});
	const state = async () => ({
		review: await read(review), certify: await tasks(review), revoke: await tasks(review, 'revoke'), grants: await w.grants(entitlement), report: await report(review),
	});
	const cut = async () => {
		const before = await state();
		await w.server.kill9();
		await w.server.restart();
		const after = await state();
		assert.deepEqual(after, before);
		return after;
	};
	/** The time comes, and the power goes before anybody has seen what came of it. */
	const cutAsTimeComes = async (seconds) => {
		w.forward(seconds);
		const answer = w.server.call('GET', `/api/v1/access_review/${review.id}`).catch(() => undefined);
		await w.server.kill9();
		await answer;
		await w.server.restart();
	};
	assert.equal((await cut()).certify.length, 0);
	await cutAsTimeComes(60);
	let now = await cut();
	assert.equal(now.review.state, STATE('OPEN'));
	assert.deepEqual(now.certify.map((t) => t.userId).sort(), ['alice', 'bob', 'carl']);
	await w.act(w.dave, now.certify[0], 'approve');
	await cut();
	await cutAsTimeComes(60);
	now = await cut();
	assert.equal(now.review.state, STATE('CLOSED'));
	assert.deepEqual(now.certify.map((t) => t.type.certify.outcome).sort(), ['CERTIFY_OUTCOME_CERTIFIED', 'CERTIFY_OUTCOME_DECERTIFIED', 'CERTIFY_OUTCOME_DECERTIFIED']);
	assert.equal(now.revoke.length, 2);
	assert.equal(now.report.report.counts.decertified, 2);
});

test('who may: administrators, and the owners of a campaign', async () => {
	const review = await draft(await certifyPolicy([owners]));
	const path = `access_review/${review.id}`;
	await scope(review, [await held()]);
	const denied = (as, method, to, body) => as.fails(403, 7, 'permission denied', method, to, body);
	for (const as of [w.alice, w.bob, w.dave]) { // also who will decide its tasks
		await denied(as, 'POST', 'access_review', {displayName: 'x', ownerIds: ['alice']});
		await denied(as, 'GET', path);
		await denied(as, 'GET', `${path}/report`);
		await denied(as, 'GET', `${path}/scope_and_entitlements`);
		await denied(as, 'POST', path, {accessReview: {displayName: 'mine'}});
		await denied(as, 'POST', `${path}/scope_and_entitlements`, {entitlements: []});
		await denied(as, 'POST', `${path}/scope_by_resource_type`, {});
		await denied(as, 'DELETE', path, {});
		await denied(as, 'GET', 'access_reviews');
	}
	for (const verb of ['start', 'close']) {
		await turn(review, verb, 403, w.keys.alice);
	}
	const attempts = (await w.server.call('GET', '/doorward/v1/audit?limit=1000&outcome=refused')).json.items;
	assert.ok(attempts.some((row) => row.target === `access_review:${review.id}`));
	assert.deepEqual((await read(review)).state, STATE('DRAFT'));
	// Who looks may not turn.
	const member = await w.server.call('PUT', '/doorward/v1/roles/c1_read_only_super_admin/members/bob');
	assert.equal(member.status, 204, member.text);
	assert.equal((await read(review, w.bob)).id, review.id);
	assert.equal((await report(review, w.bob)).report.counts.tasks, 0);
	await denied(w.bob, 'POST', path, {accessReview: {displayName: 'mine'}});
	await turn(review, 'start', 403, w.keys.bob);
	await w.server.call('DELETE', '/doorward/v1/roles/c1_read_only_super_admin/members/bob');
	// The owner may all of it with that one, and nothing with another.
	const other = await draft('', {ownerIds: ['carl']});
	await denied(w.frank, 'GET', `access_review/${other.id}`);
	await denied(w.frank, 'POST', 'access_review', {displayName: 'x', ownerIds: ['frank'], duplicateFrom: other.id});
	assert.ok((await w.frank.all('access_reviews', 10)).list.every((v) => v.accessReview.id !== other.id));
	assert.ok((await w.frank.all('access_reviews', 10)).list.some((v) => v.accessReview.id === review.id));
	await turn(review, 'start', 200, w.keys.frank);
	assert.equal((await read(review, w.erin)).state, STATE('OPEN'));
	const [task] = await tasks(review);
	await w.frank.delete(path);
	assert.equal((await w.task(task.id)).type.certify.outcome, 'CERTIFY_OUTCOME_CANCELLED');
});

test('a key of an owner that is limited gains nothing by what he owns', async () => {
	const review = await draft('');
	const tenant = await w.server.call('POST', '/doorward/v1/tenants', {id: 'lab', display_name: 'Lab'});
	assert.ok(tenant.status === 201 || tenant.status === 409, tenant.text);
	const made = await w.server.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'frank'}, name: 'bound', tenants: ['lab']});
	assert.equal(made.status, 201, made.text);
	await client(w.server, made.json.key).fails(403, 7, 'permission denied', 'GET', `access_review/${review.id}`);
	await turn(review, 'start', 403, made.json.key);
});

test('for another organization it does not exist', async () => {
	const review = await draft(await certifyPolicy([owners]));
	await scope(review, [await held()]);
	const home = w.server.key;
	await w.server.restart({org: 'elsewhere'});
	const stranger = client(w.server, w.server.key);
	assert.notEqual(w.server.key, home);
	const path = `access_review/${review.id}`;
	for (const [method, to, body] of [
		['GET', path], ['POST', path, {accessReview: {displayName: 'x'}}], ['DELETE', path, {}], ['GET', `${path}/report`],
		['GET', `${path}/scope_and_entitlements`], ['POST', `${path}/scope_and_entitlements`, {}], ['POST', `${path}/scope_by_resource_type`, {}],
	]) {
		await stranger.fails(404, 5, 'not found', method, to, body);
	}
	assert.deepEqual((await stranger.all('access_reviews', 10)).list, []);
	await turn(review, 'start', 404, w.server.key);
	await stranger.fails(400, 3, 'no user', 'POST', 'access_review', {displayName: 'x', ownerIds: ['frank']});
	await w.server.restart({org: undefined, key: home});
	w.server.key = home;
	assert.equal((await read(review, client(w.server, home))).state, STATE('DRAFT'));
});
