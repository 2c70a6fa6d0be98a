// SPDX-License-Identifier: Apache-2.0
//
// Requests from the first call to the grant, as the vendor's clients make and decide them.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {ID, TIME} from './client.mjs';
import {accept, makeWorld, manager, owners, START} from './world.mjs';

let w;
before(async () => {
	w = await makeWorld();
});
after(() => w.server.dispose());

const CLOSED = 'task is closed';
const DENIED = 'action not permitted';

test('T1 T2 a request waits in its first step', async () => {
	const made = await w.begin([manager, owners]);
	const task = await w.task(made.id, w.alice);
	assert.match(task.id, ID);
	assert.equal(task.state, 'TASK_STATE_OPEN');
	assert.equal(task.processing, 'TASK_PROCESSING_TYPE_WAITING');
	assert.equal(typeof task.numericId, 'string');
	assert.deepEqual(task.stepApproverIds, ['bob']);
	assert.equal(task.policy.current.approval.state, 'APPROVAL_INSTANCE_STATE_WAITING');
	assert.deepEqual(task.policy.current.approval.approval.manager.assignedUserIds, ['bob']);
	assert.deepEqual(task.policy.policy.policySteps.grant.steps[0].approval.manager.assignedUserIds, []);
	assert.match(task.policy.current.id, ID);
	assert.match(task.policy.current.approval.assignedAt, TIME);
	assert.equal(task.policy.next.length, 1);
	assert.deepEqual(task.policy.history, []);
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_UNSPECIFIED');
	assert.equal(task.type.grant.grantDuration, '86400s');
	assert.equal((await w.task(task.numericId)).id, task.id);
	await w.owner.fails(400, 3, /does not match regex pattern/, 'GET', 'tasks/abc');
	await w.owner.fails(404, 5, 'task not found', 'GET', `tasks/${'x'.repeat(27)}`);
});

test('T3 T4 T5 T6 both steps, by those who may and nobody else', async () => {
	const entitlement = await w.entitlement([manager, owners]);
	const made = await w.ask(entitlement);
	const first = made.policy.current.id;
	await w.carl.fails(400, 3, DENIED, 'POST', `tasks/${made.id}/action/approve`, {policyStepId: first});
	const seen = await w.task(made.id, w.carl);
	assert.deepEqual(seen.stepApproverIds, ['bob']);
	assert.ok(!seen.actions.includes('TASK_ACTION_TYPE_APPROVE'));
	assert.ok((await w.task(made.id, w.bob)).actions.includes('TASK_ACTION_TYPE_APPROVE'));
	let task = await w.act(w.bob, made, 'approve', {comment: 'ok'});
	assert.equal(task.policy.history[0].approval.approved.userId, 'bob');
	assert.equal(task.policy.history[0].id, first);
	assert.notEqual(task.policy.current.id, first);
	assert.deepEqual(task.stepApproverIds, ['dave']);
	assert.deepEqual(task.approverIds, ['bob']);
	assert.equal(await w.may('alice', entitlement), false);
	await w.bob.fails(400, 3, 'no longer available', 'POST', `tasks/${made.id}/action/approve`, {policyStepId: first});
	task = await w.act(w.dave, made, 'approve');
	assert.equal(task.state, 'TASK_STATE_CLOSED');
	assert.equal(task.processing, 'TASK_PROCESSING_TYPE_DONE');
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.match(task.type.grant.outcomeTime, TIME);
	const [grant] = await w.grants(entitlement);
	assert.equal(grant.originatingTicketId, task.id);
	assert.equal(Date.parse(grant.appEntitlementUserBindingDeprovisionAt), w.now + 86400 * 1000);
	assert.equal(await w.may('alice', entitlement), true);
});

test('T7 T8 a denial is final', async () => {
	const entitlement = await w.entitlement([manager, owners]);
	const made = await w.ask(entitlement);
	const task = await w.act(w.bob, made, 'deny', {comment: 'no'});
	assert.equal(task.state, 'TASK_STATE_CLOSED');
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_DENIED');
	assert.equal(task.policy.history.length, 1);
	assert.deepEqual(task.policy.next, []);
	assert.equal(task.policy.current, undefined);
	assert.deepEqual(await w.grants(entitlement), []);
	await w.bob.fails(400, 3, CLOSED, 'POST', `tasks/${made.id}/action/approve`, {policyStepId: made.policy.current.id});
	await w.erin.fails(400, 3, CLOSED, 'POST', `tasks/${made.id}/action/close`, {});
});

test('T9 the same again while it is open', async () => {
	const entitlement = await w.entitlement([manager]);
	const made = await w.ask(entitlement);
	const r = await w.alice.fails(409, 6, 'duplicate ticket found', 'POST', 'task/grant', w.body(entitlement));
	assert.equal(r.details[0].id, made.id);
	await w.act(w.alice, made, 'close');
	assert.notEqual((await w.ask(entitlement)).id, made.id);
});

test('T10 T11 whom it is for', async () => {
	const entitlement = await w.entitlement([accept]);
	await w.alice.fails(400, 3, 'user_id is required', 'POST', 'task/grant', {appId: w.app, appEntitlementId: entitlement});
	await w.ask(entitlement);
	const [grant] = await w.grants(entitlement);
	const other = await w.entitlement([accept]);
	const both = await w.ask(other, 'alice', {appUserId: grant.appUserId});
	assert.equal(both.type.grant.appUserId, grant.appUserId);
	assert.equal(both.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	await w.owner.fails(400, 3, 'does not belong', 'POST', 'task/grant', w.body(other, 'carl', {appUserId: grant.appUserId}));
	// cone sends an empty appUserId for who has no account.
	assert.equal((await w.ask(other, 'carl', {appUserId: ''})).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	// For oneself, for one's reports, and for anybody with the right.
	const third = await w.entitlement([accept]);
	await w.carl.fails(403, 7, 'target user is not allowed to request that resource', 'POST', 'task/grant', w.body(third));
	await w.bob.post('task/grant', w.body(third));
	await w.erin.post('task/grant', w.body(third, 'frank'));
});

test('T12 how long', async () => {
	const entitlement = await w.entitlement([accept]);
	const fails = (grantDuration, text) => w.alice.fails(400, 3, text, 'POST', 'task/grant', w.body(entitlement, 'alice', {grantDuration}));
	await fails('90000s', /grant duration must be less than or equal to max provision time \(.*\)/);
	await fails('1h', 'invalid google.protobuf.Duration value "1h"');
	await fails('-1s', 'must not be negative');
	await w.ask(entitlement, 'alice', {grantDuration: '1800s'});
	const [grant] = await w.grants(entitlement);
	assert.equal(Date.parse(grant.appEntitlementUserBindingDeprovisionAt), w.now + 1800 * 1000);
});

test('T13 a reason that is asked for', async () => {
	const made = await w.begin([{approval: {manager: {}, requireApprovalReason: true, requireDenialReason: true}}]);
	const step = {policyStepId: made.policy.current.id};
	await w.bob.fails(400, 3, 'comment is required', 'POST', `tasks/${made.id}/action/approve`, step);
	await w.bob.fails(400, 3, 'comment is required', 'POST', `tasks/${made.id}/action/deny`, {...step, comment: ' '});
	const task = await w.act(w.bob, made, 'approve', {comment: 'she may'});
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(task.commentCount, 1);
});

test('T14 the step that is meant', async () => {
	const made = await w.begin([manager]);
	const regex = 'invalid TaskActionsServiceApproveRequest.PolicyStepId: value does not match regex pattern "^[a-zA-Z0-9]{27}$"';
	await w.bob.fails(400, 3, regex, 'POST', `tasks/${made.id}/action/approve`, {});
	await w.bob.fails(400, 3, regex, 'POST', `tasks/${made.id}/action/approve`, {policyStepId: 'x'});
	await w.bob.fails(400, 3, 'unknown field', 'POST', `tasks/${made.id}/action/approve`, {stepId: 'x'});
	await w.bob.post(`tasks/${made.id}/action/deny`, {});
	assert.equal((await w.task(made.id)).type.grant.outcome, 'GRANT_OUTCOME_DENIED');
});

test('T15 reassignment', async () => {
	const made = await w.begin([{approval: {manager: {}, allowReassignment: true, allowedReassignees: ['erin']}}]);
	const step = made.policy.current.id;
	await w.bob.fails(400, 3, 'may not be reassigned', 'POST', `tasks/${made.id}/action/reassign`, {policyStepId: step, newStepUserIds: ['frank']});
	const task = await w.act(w.bob, made, 'reassign', {newStepUserIds: ['erin'], comment: 'away'});
	assert.equal(task.policy.history[0].approval.reassigned.newPolicyStepId, task.policy.current.id);
	assert.equal(task.policy.history[0].approval.reassigned.userId, 'bob');
	assert.deepEqual(task.stepApproverIds, ['erin']);
	const [event] = await w.trail(task, 'approvalReassigned');
	assert.deepEqual(event, {oldPolicyStepId: step, newPolicyStepId: task.policy.current.id, newUsers: ['erin']});
	const strict = await w.begin([manager]);
	await w.bob.fails(400, 3, 'may not be reassigned', 'POST', `tasks/${strict.id}/action/reassign`, {newStepUserIds: ['erin']});
	assert.ok(!(await w.task(strict.id, w.bob)).actions.includes('TASK_ACTION_TYPE_REASSIGN'));
});

test('T16 about oneself', async () => {
	const users = (more) => ({approval: {users: {userIds: ['alice'], ...more}}});
	const strict = await w.begin([users({})]);
	assert.ok(!strict.stepApproverIds.includes('alice'));
	assert.ok(strict.stepApproverIds.includes('erin'));
	assert.equal((await w.trail(strict, 'reassignmentFallbackToAdmin')).length, 1);
	const free = await w.begin([users({allowSelfApproval: true})]);
	assert.deepEqual(free.stepApproverIds, ['alice']);
	assert.equal((await w.act(w.alice, free, 'approve')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
});

test('T17 not the same person twice', async () => {
	const first = {approval: {users: {userIds: ['dave']}}};
	const made = await w.begin([first, {approval: {appOwners: {requireDistinctApprovers: true}}}]);
	const task = await w.act(w.dave, made, 'approve');
	assert.ok(!task.stepApproverIds.includes('dave'));
	assert.ok(task.stepApproverIds.includes('erin'));
	await w.dave.fails(400, 3, DENIED, 'POST', `tasks/${made.id}/action/approve`, {policyStepId: task.policy.current.id});
});

test('T18 nobody known: the fallback, or the administrators', async () => {
	const known = await w.begin([{approval: {manager: {fallback: true, fallbackUserIds: ['frank']}}}], 'carl');
	assert.deepEqual(known.stepApproverIds, ['frank']);
	const none = await w.begin([manager], 'carl');
	assert.deepEqual([...none.stepApproverIds].sort(), ['erin', 'owner']);
	const [event] = await w.trail(none, 'reassignmentFallbackToAdmin');
	assert.deepEqual(event.adminUserIds, none.stepApproverIds);
});

test('T19 T20 approvers by expression', async () => {
	const expression = (...expressions) => ({approval: {expression: {expressions}}});
	const skipped = await w.begin([expression('[]'), owners]);
	assert.deepEqual(skipped.stepApproverIds, ['dave']);
	assert.equal(skipped.policy.history.length, 1);
	const carls = await w.begin([expression('c1.directory.users.v1.GetManagers(subject)', 'appOwners')], 'carl');
	assert.deepEqual(carls.stepApproverIds, ['dave']);
	const failing = await w.begin([expression('[c1.directory.users.v1.FindByEmail("no@x.org")]')]);
	assert.ok(failing.stepApproverIds.includes('erin'));
	assert.equal((await w.trail(failing, 'expressionPolicyStepError')).length, 1);
});

test('T21 a group, and one that is too large', async () => {
	const group = await w.entitlement([accept]);
	const step = {approval: {group: {appGroupId: group, appId: w.app, fallback: true, fallbackUserIds: ['frank']}}};
	assert.deepEqual((await w.begin([step])).stepApproverIds, ['frank']);
	await w.ask(group, 'dave');
	await w.ask(group, 'carl');
	assert.deepEqual((await w.begin([step])).stepApproverIds, ['dave', 'carl']);
	for (let i = 0; i < 127; i++) {
		const id = `member${i}`;
		const r = await w.server.call('POST', '/doorward/v1/users', {id});
		assert.equal(r.status, 201);
		await w.owner.post('task/grant', w.body(group, id));
	}
	assert.deepEqual((await w.begin([step])).stepApproverIds, ['frank']);
});

test('T26 T27 skipping, restarting, resetting', async () => {
	const policy = await w.policy([manager, owners]);
	const made = await w.ask(await w.entitlement(policy));
	for (const action of ['skip-step', 'restart', 'reset']) {
		await w.alice.fails(400, 3, DENIED, 'POST', `tasks/${made.id}/action/${action}`, action === 'skip-step' ? {policyStepId: made.policy.current.id} : {});
	}
	let task = await w.act(w.erin, made, 'restart');
	assert.notEqual(task.policy.current.id, made.policy.current.id);
	assert.equal(task.policy.history[0].approval.restarted.userId, 'erin');
	assert.equal(task.state, 'TASK_STATE_OPEN');
	task = await w.act(w.erin, made, 'skip-step');
	assert.equal(task.policy.history[1].approval.skipped.userId, 'erin');
	assert.equal(task.policy.history[1].approval.skipped.newPolicyStepId, task.policy.current.id);
	assert.deepEqual(task.stepApproverIds, ['dave']);
	// An open request keeps its policy as it was; a reset takes it as it is.
	await w.owner.post(`policies/${policy}`, {policy: {policySteps: {grant: {steps: [{approval: {users: {userIds: ['frank']}}}]}}}, updateMask: 'policySteps'});
	task = await w.task(made.id);
	assert.equal(task.policy.policy.policySteps.grant.steps.length, 2);
	task = await w.act(w.erin, made, 'reset');
	assert.deepEqual(task.stepApproverIds, ['frank']);
	assert.notEqual(task.policyGenerationId, made.policyGenerationId);
	assert.equal((await w.trail(made, 'hardReset')).length, 1);
});

test('T28 anybody who sees it may comment', async () => {
	const made = await w.begin([manager]);
	await w.carl.post(`tasks/${made.id}/action/comment`, {comment: 'me too'});
	const task = await w.task(made.id);
	assert.equal(task.commentCount, 1);
	assert.equal(task.policy.current.id, made.policy.current.id);
	await w.carl.fails(400, 3, 'comment is required', 'POST', `tasks/${made.id}/action/comment`, {});
	const r = await w.carl.post('task/audits', {taskId: made.id, commentsOnly: true});
	assert.deepEqual(r.list.map((e) => [e.userId, e.comment.comment]), [['carl', 'me too']]);
});

test('T29 another duration', async () => {
	const manual = {manual: {instructions: 'do it', userIds: ['frank']}};
	const entitlement = await w.entitlement([manager], {provisionPolicy: manual});
	const made = await w.ask(entitlement);
	let task = await w.act(w.bob, made, 'update-grant-duration', {duration: '600s'});
	assert.equal(task.type.grant.grantDuration, '600s');
	await w.bob.fails(400, 3, 'less than or equal to max provision time', 'POST', `tasks/${made.id}/action/update-grant-duration`, {duration: '86401s'});
	await w.bob.fails(400, 3, 'Duration: value is required', 'POST', `tasks/${made.id}/action/update-grant-duration`, {});
	await w.carl.fails(400, 3, DENIED, 'POST', `tasks/${made.id}/action/update-grant-duration`, {duration: '5s'});
	task = await w.act(w.bob, made, 'approve');
	assert.equal(task.policy.current.provision.state, 'PROVISION_INSTANCE_STATE_WAITING');
	await w.erin.fails(400, 3, 'cannot update grant duration for a ticket in a provision step', 'POST', `tasks/${made.id}/action/update-grant-duration`, {duration: '5s'});
	// People carry it out, and may fail.
	task = await w.act(w.frank, made, 'provision-errored', {error: 'no seats'});
	assert.equal(task.state, 'TASK_STATE_OPEN');
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_ERROR');
	assert.equal(task.policy.current.provision.errored.description, 'no seats');
	task = await w.act(w.frank, made, 'retry-provisioning');
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_UNSPECIFIED');
	assert.equal(await w.may('alice', entitlement), false);
	task = await w.act(w.frank, made, 'provision-complete');
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(await w.may('alice', entitlement), true);
});

test('T30 in an emergency', async () => {
	const emergency = await w.policy([{approval: {users: {userIds: ['frank']}}}]);
	const more = {emergencyGrantEnabled: true, emergencyGrantPolicyId: emergency};
	const first = await w.ask(await w.entitlement([manager], more), 'alice', {emergencyAccess: true});
	assert.equal(first.emergencyAccess, true);
	assert.equal(first.policy.policy.id, emergency);
	assert.deepEqual(first.stepApproverIds, ['frank']);
	const later = await w.ask(await w.entitlement([manager], more));
	assert.equal(later.emergencyAccess, false);
	const task = await w.act(w.alice, later, 'escalate', {comment: 'it burns'});
	assert.equal(task.emergencyAccess, true);
	assert.deepEqual(task.stepApproverIds, ['frank']);
	const [event] = await w.trail(task, 'taskEscalated');
	assert.deepEqual(event, {oldPolicyId: later.policy.policy.id, oldPolicyStepId: later.policy.current.id});
	// Where there is no such access, nobody gets an ordinary request that looks like one.
	for (const none of [{}, {emergencyGrantEnabled: true}, {emergencyGrantPolicyId: emergency}]) {
		const entitlement = await w.entitlement([manager], none);
		const body = w.body(entitlement, 'alice', {emergencyAccess: true});
		await w.alice.fails(400, 3, 'emergency access is not enabled', 'POST', 'task/grant', body);
		assert.equal((await w.ask(entitlement)).emergencyAccess, false);
	}
});

test('T31 R1 decided without anybody', async () => {
	const granted = await w.begin([{accept: {acceptMessage: 'fine'}}]);
	assert.equal(granted.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal((await w.trail(granted, 'approvalAutoAcceptedByPolicy')).length, 1);
	const policy = await w.policy([manager], {
		policySteps: {grant: {steps: [manager]}, contractor: {steps: [{reject: {rejectMessage: 'contractors may not'}}]}},
		rules: [{condition: 'subject.employmentType == "contractor"', stepKey: 'contractor'}],
	});
	const entitlement = await w.entitlement(policy);
	const denied = await w.ask(entitlement, 'carl');
	assert.equal(denied.state, 'TASK_STATE_CLOSED');
	assert.equal(denied.type.grant.outcome, 'GRANT_OUTCOME_DENIED');
	assert.equal((await w.trail(denied, 'approvalAutoRejectedByPolicy')).length, 1);
	assert.deepEqual((await w.trail(denied, 'comment')).map((c) => c.comment), ['contractors may not']);
	assert.deepEqual((await w.ask(entitlement)).stepApproverIds, ['bob']);
});

test('R2 R3 R6 the first rule that is true, else the baseline', async () => {
	await w.setUser('alice', {attributes: {department: 'Engineering', jobTitle: 'Designer'}});
	const rules = [
		{condition: 'subject.employmentType == "contractor"', stepKey: 'no'},
		{condition: 'subject.jobTitle == "Designer"', stepKey: 'x'},
		{condition: 'subject.department == "Engineering"', stepKey: 'yes'},
	];
	const policySteps = {
		grant: {steps: [manager]},
		no: {steps: [{reject: {}}]},
		x: {steps: [{approval: {users: {userIds: ['frank']}}}]},
		yes: {steps: [accept]},
	};
	const first = await w.ask(await w.entitlement(await w.policy([], {policySteps, rules})));
	assert.deepEqual(first.stepApproverIds, ['frank']);
	let results = await w.trail(first, 'conditionalPolicyExecutionResult');
	assert.deepEqual(results.map((r) => r.conditionMatched), [false, true]);
	assert.equal(results[1].policyKey, 'x');
	const swapped = [rules[0], rules[2], rules[1]];
	const second = await w.ask(await w.entitlement(await w.policy([], {policySteps, rules: swapped})));
	assert.equal(second.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	const third = await w.begin(await w.policy([], {policySteps, rules}), 'frank');
	results = await w.trail(third, 'conditionalPolicyExecutionResult');
	assert.equal(results.filter((r) => r.conditionMatched || r.defaultCondition).length, 1);
	assert.equal(results.at(-1).defaultCondition, true);
	await w.setUser('alice', {attributes: {department: 'Engineering'}});
});

test('R4 R5 a policy that refers to another', async () => {
	const inner = await w.policy([manager], {
		policySteps: {grant: {steps: [manager]}, f: {steps: [{approval: {users: {userIds: ['frank']}}}]}},
		rules: [{condition: 'subject.department == "Engineering"', stepKey: 'f'}],
	});
	const outer = await w.policy([owners], {rules: [{condition: 'true', policyId: inner}]});
	const made = await w.ask(await w.entitlement(outer));
	assert.deepEqual(made.stepApproverIds, ['frank']);
	const results = await w.trail(made, 'conditionalPolicyExecutionResult');
	assert.deepEqual(results.map((r) => [r.chainDepth, r.policyId]), [[0, outer], [1, inner]]);
	assert.equal(results[0].outcomePolicyId, inner);
	// What is changed later changes nothing of it.
	await w.owner.post(`policies/${inner}`, {policy: {rules: []}, updateMask: 'rules'});
	await w.owner.post(`policies/${outer}`, {policy: {displayName: 'other'}, updateMask: 'displayName'});
	assert.deepEqual((await w.task(made.id)).policy, made.policy);
});

test('revoking: by its own policy, and only what is there', async () => {
	const entitlement = await w.entitlement([accept]);
	await w.alice.fails(404, 5, 'grant not found', 'POST', 'task/revoke', w.body(entitlement));
	await w.ask(entitlement);
	assert.equal(await w.may('alice', entitlement), true);
	const made = (await w.alice.post('task/revoke', w.body(entitlement, 'alice', {description: 'done'}))).taskView.task;
	assert.equal(made.type.revoke.source.request.requestUserId, 'alice');
	// No revoke policy is set: the owners of the app decide.
	assert.deepEqual(made.stepApproverIds, ['dave']);
	const task = await w.act(w.dave, made, 'approve');
	assert.equal(task.type.revoke.outcome, 'REVOKE_OUTCOME_REVOKED');
	assert.deepEqual(await w.grants(entitlement), []);
	assert.equal(await w.may('alice', entitlement), false);
});

test('a form', async () => {
	const form = {displayName: 'Why', fields: [{name: 'why', required: true, stringField: {}}]};
	const made = await w.begin([{form: {form}}, accept]);
	assert.equal(made.policy.current.form.state, 'FORM_INSTANCE_STATE_WAITING');
	assert.equal(made.form.displayName, 'Why');
	const path = `tasks/${made.id}/action/update-request-data`;
	await w.alice.fails(400, 3, 'lacks a field', 'POST', path, {data: {}});
	await w.carl.fails(400, 3, DENIED, 'POST', path, {data: {why: 'x'}});
	await w.alice.post(path, {data: {why: 'work'}});
	const task = await w.task(made.id);
	assert.deepEqual(task.data, {why: 'work'});
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
});

test('T34 searches', async () => {
	const open = await w.begin([manager]);
	const closed = await w.begin([accept], 'carl');
	const search = async (body) => (await w.owner.searchAll('tasks', body)).map((v) => v.task);
	const ids = async (body) => (await search(body)).map((task) => task.id);
	for (const task of await search({taskStates: ['TASK_STATE_OPEN']})) {
		assert.equal(task.state, 'TASK_STATE_OPEN');
	}
	assert.ok((await ids({taskStates: ['TASK_STATE_CLOSED']})).includes(closed.id));
	const bobs = await search({myWorkUserIds: ['bob']});
	assert.ok(bobs.length > 0 && bobs.every((task) => task.stepApproverIds.includes('bob')));
	assert.ok(bobs.some((task) => task.id === open.id));
	const carls = await search({subjectIds: ['carl']});
	assert.ok(carls.length > 1 && carls.every((task) => task.userId === 'carl'));
	const revokes = await search({taskTypes: [{revoke: {}}]});
	assert.ok(revokes.length > 0 && revokes.every((task) => task.type.revoke));
	assert.deepEqual(await ids({refs: [{id: open.id}]}), [open.id]);
	assert.deepEqual(await ids({refs: [{id: open.id}], excludeIds: [open.id]}), []);
	assert.deepEqual(await ids({refs: [{id: open.id}], appEntitlementIds: [closed.type.grant.appEntitlementId]}), []);
	// Every task once, page by page, forwards and backwards.
	const all = await ids({pageSize: 10});
	assert.equal(new Set(all).size, all.length);
	assert.ok(all.length > 25);
	assert.deepEqual(await ids({pageSize: 10, sortBy: 'TASK_SEARCH_SORT_BY_REVERSE_TICKET_ID'}), all.toReversed());
	await w.owner.fails(400, 3, 'page token', 'POST', 'search/tasks', {pageToken: 'x'});
});

test('what stands beside a task', async () => {
	const entitlement = await w.entitlement([manager]);
	const r = await w.alice.post('task/grant', w.body(entitlement, 'alice', {expandMask: {paths: ['*']}}));
	const at = (path) => r.expanded[Number(/^\$\.expanded\[(\d+)\]$/.exec(path)[1])];
	assert.equal(at(r.taskView.userPath)['@type'], 'type.googleapis.com/c1.api.user.v1.User');
	assert.equal(at(r.taskView.userPath).id, 'alice');
	assert.equal(at(r.taskView.stepApproversPath).id, 'bob');
	assert.equal(at(r.taskView.appPath).id, w.app);
	assert.equal(at(r.taskView.entitlementsPath).id, entitlement);
	assert.equal(r.taskView.createdByUserPath, r.taskView.userPath);
	const plain = await w.alice.get(`tasks/${r.taskView.task.id}`);
	assert.deepEqual(plain.expanded, []);
	assert.equal(plain.taskView.userPath, '');
});

test('answers to actions carry the id of the action', async () => {
	const made = await w.begin([manager]);
	const r = await w.bob.post(`tasks/${made.id}/action/approve`, {comment: 'ok', policyStepId: made.policy.current.id});
	assert.match(r.ticketActionId, ID);
	const [submitted] = await w.trail(made, 'actionSubmitted');
	assert.equal(submitted.action.id, r.ticketActionId);
	assert.equal(submitted.action.actionType, 'TASK_ACTION_TYPE_APPROVE');
	const other = await w.begin([manager]);
	const closed = await w.alice.post(`tasks/${other.id}/action/close`, {});
	assert.match(closed.taskActionId, ID);
	assert.equal((await w.task(other.id)).type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
});

test('each transition is one revision with its row in the audit trail', async () => {
	const made = await w.begin([manager]);
	const r = await w.bob.send('POST', `tasks/${made.id}/action/approve`, {policyStepId: made.policy.current.id});
	const audit = await w.server.call('GET', '/doorward/v1/audit?limit=1000');
	const row = audit.json.items.find((i) => i.revision === Number(r.headers['doorward-revision']));
	assert.equal(row.event, 'c1.task.approve');
	assert.equal(row.target, `access_request:${made.id}`);
	assert.equal(row.actor, 'user:bob');
	assert.equal(START, w.now);
});

test('the trail tells how a step of approval began and ended, and whose settings decided', async () => {
	const task = await w.begin([{approval: {manager: {}, allowReassignment: true}}]);
	await w.act(w.bob, task, 'reassign', {newStepUserIds: ['frank']});
	await w.act(w.frank, task, 'approve');
	const changes = (await w.trail(task, 'approvalInstanceChange')).map((e) => e.instance);
	assert.deepEqual(changes.map((i) => [i.state, Object.keys(i).filter((k) => ['approved', 'reassigned'].includes(k))]), [
		['APPROVAL_INSTANCE_STATE_WAITING', []],
		['APPROVAL_INSTANCE_STATE_DONE', ['reassigned']],
		['APPROVAL_INSTANCE_STATE_WAITING', []],
		['APPROVAL_INSTANCE_STATE_DONE', ['approved']],
	]);
	assert.equal(changes[3].approved.userId, 'frank');
	assert.deepEqual(await w.trail(task, 'requestDefaultsApplied'), [
		{appId: w.app, routingRuleId: '', source: 'APPLIED_SETTINGS_SOURCE_ENTITLEMENT_OVERRIDE'},
	]);
});

test('nobody can vouch for a step-up', async () => {
	const task = await w.begin([{approval: {manager: {}, requiresStepUpProviderId: 'p'.repeat(27)}}]);
	const policyStepId = task.policy.current.id;
	const at = `tasks/${task.id}/action`;
	assert.ok(!(await w.task(task.id, w.bob)).actions.some((a) => a.startsWith('TASK_ACTION_TYPE_APPROVE')));
	await w.bob.fails(400, 3, 'step-up authentication is required', 'POST', `${at}/approve`, {policyStepId});
	await w.bob.fails(400, 3, 'StepUpTransactionId', 'POST', `${at}/approve-with-step-up`, {policyStepId});
	await w.bob.fails(400, 3, 'is not known here', 'POST', `${at}/approve-with-step-up`, {
		policyStepId,
		stepUpTransactionId: 'made-up',
	});
	assert.equal((await w.act(w.erin, task, 'skip-step')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	// A step that asks for none is approved as ever.
	const other = await w.begin([{approval: {manager: {}}}]);
	const r = await w.bob.post(`tasks/${other.id}/action/approve-with-step-up`, {
		policyStepId: other.policy.current.id,
		stepUpTransactionId: 'any',
	});
	assert.equal(r.redirectUrl, '');
	assert.equal((await w.task(other.id)).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
});

test('what a request names and is not there is malformed or not found', async () => {
	const appEntitlementId = await w.entitlement([accept]);
	const body = w.body(appEntitlementId);
	const nowhere = 'x'.repeat(27);
	for (const [change, what] of [
		[{appId: nowhere}, 'app not found'],
		[{appEntitlementId: nowhere}, 'app entitlement not found'],
		[{identityUserId: nowhere}, 'user not found'],
		[{appUserId: nowhere}, 'app user not found'],
	]) {
		await w.owner.fails(404, 5, what, 'POST', 'task/grant', {...body, ...change});
		await w.owner.fails(404, 5, what, 'POST', 'task/revoke', {...body, ...change});
		const [name] = Object.keys(change);
		const field = `CreateGrantRequest.${name[0].toUpperCase()}${name.slice(1)}: value does not match regex pattern`;
		await w.owner.fails(400, 3, field, 'POST', 'task/grant', {...body, [name]: 'abc'});
	}
	await w.owner.fails(400, 3, 'ActionId: value does not match', 'POST', 'task/action', {actionId: 'abc'});
});
