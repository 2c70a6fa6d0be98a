// SPDX-License-Identifier: Apache-2.0
//
// Tasks that are about no entitlement: offboarding a user, requesting an action.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {ID, TIME} from './client.mjs';
import {accept, makeWorld, owners} from './world.mjs';

let w;
before(async () => {
	w = await makeWorld();
});
after(() => w.server.dispose());

const native = async (method, path, body, status) => {
	const r = await w.server.call(method, `/doorward/v1/apps/${w.app}/${path}`, body);
	assert.equal(r.status, status, r.text);
	return r.json;
};

/** Gives the user entitlements that are revoked by policies with these steps; resolves to their ids. */
async function give(user, ...revoking) {
	await native('PUT', `accounts/${user}-1`, {user}, 201);
	const ids = [];
	for (const steps of revoking) {
		const {policy} = await w.owner.post('policies', {
			displayName: 'revoking',
			policyType: 'POLICY_TYPE_REVOKE',
			policySteps: {revoke: {steps}},
		});
		const id = await w.entitlement([accept], {revokePolicyId: policy.id});
		await native('PUT', `entitlements/${id}/bindings/${user}-1`, {}, 201);
		ids.push(id);
	}
	return ids;
}

const offboard = async (subjectUserId, more = {}) =>
	(await w.owner.post('task/offboarding', {subjectUserId, ...more})).taskView.task;

/** The tasks that revoke what the user has. */
async function revocations(user) {
	const {list} = await w.owner.post('search/tasks', {subjectIds: [user], taskTypes: [{revoke: {}}]});
	return list.map((v) => v.task);
}

test('offboarding: nothing to revoke, and it is done', async () => {
	const task = await offboard('frank', {description: 'left'});
	assert.equal(task.state, 'TASK_STATE_CLOSED');
	assert.equal(task.displayName, 'Offboard frank');
	assert.equal(task.description, 'left');
	assert.equal(task.userId, 'frank');
	const {outcomeTime, ...type} = task.type.offboarding;
	assert.deepEqual(type, {outcome: 'OFFBOARDING_OUTCOME_DONE', subjectUserId: 'frank'});
	assert.match(outcomeTime, TIME);
	assert.equal((await w.task(task.numericId)).id, task.id);
});

test('offboarding: each grant by its own policy, done with the last', async () => {
	const [atOnce, first, second] = await give('carl', [accept], [owners], [owners]);
	const asked = await w.begin([owners], 'carl');
	const task = await offboard('carl');
	assert.equal(task.state, 'TASK_STATE_OPEN');
	assert.equal(task.type.offboarding.outcome, 'OFFBOARDING_OUTCOME_IN_PROGRESS');
	assert.equal(task.type.offboarding.outcomeTime ?? null, null);
	assert.equal(task.policy.current.action.state, 'ACTION_INSTANCE_STATE_RUNNING');
	assert.equal(await w.may('carl', atOnce), false);
	assert.equal(await w.may('carl', first), true);
	assert.equal((await w.task(asked.id)).type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
	const parts = await revocations('carl');
	assert.equal(new Set(parts.map((p) => p.numericId)).size, 3);
	for (const part of parts) {
		assert.deepEqual(part.type.revoke.source, {request: {requestUserId: 'owner'}});
		const [from] = await w.trail(part, 'taskCreatedFrom');
		assert.equal(from.originalTaskId, task.id);
	}
	const open = parts.filter((p) => p.state === 'TASK_STATE_OPEN');
	assert.equal(open.length, 2);
	await w.owner.fails(409, 6, 'duplicate ticket found', 'POST', 'task/offboarding', {subjectUserId: 'carl'});
	await w.act(w.dave, open[0], 'approve');
	assert.equal((await w.task(task.id)).state, 'TASK_STATE_OPEN');
	await w.act(w.dave, open[1], 'approve');
	assert.equal(await w.may('carl', second), false);
	const done = await w.task(task.id);
	assert.equal(done.type.offboarding.outcome, 'OFFBOARDING_OUTCOME_DONE');
	assert.match(done.policy.history[0].action.success.outcomeTime, TIME);
});

test('offboarding: what is denied stays, and the task says so', async () => {
	const [kept] = await give('bob', [owners]);
	const task = await offboard('bob');
	const [part] = await revocations('bob');
	await w.act(w.dave, part, 'deny');
	const ended = await w.task(task.id);
	assert.equal(ended.state, 'TASK_STATE_CLOSED');
	assert.equal(ended.type.offboarding.outcome, 'OFFBOARDING_OUTCOME_ERROR');
	assert.equal(ended.policy.history[0].action.error.errorMessage, '1 of 1 grants were not revoked');
	assert.equal(await w.may('bob', kept), true);
});

test('offboarding: cancelled with its parts, adopting what is being revoked already', async () => {
	const [one, two] = await give('alice', [owners], [owners]);
	const before = (await w.alice.post('task/revoke', {appId: w.app, appEntitlementId: one, identityUserId: 'alice'}))
		.taskView.task;
	const task = await offboard('alice');
	assert.equal((await revocations('alice')).length, 2);
	await w.owner.fails(400, 3, 'an offboarding task cannot be restarted', 'POST', `tasks/${task.id}/action/restart`, {});
	await w.owner.fails(400, 3, 'an offboarding task cannot be restarted', 'POST', `tasks/${task.id}/action/reset`, {});
	const closed = await w.act(w.erin, task, 'close', {comment: 'she stays'});
	assert.equal(closed.type.offboarding.outcome, 'OFFBOARDING_OUTCOME_CANCELLED');
	assert.ok(closed.policy.history[0].action.cancelled);
	assert.equal((await w.task(before.id)).type.revoke.outcome, 'REVOKE_OUTCOME_CANCELLED');
	for (const part of await revocations('alice')) {
		assert.equal(part.type.revoke.outcome, 'REVOKE_OUTCOME_CANCELLED');
	}
	assert.equal(await w.may('alice', two), true);
});

test('offboarding: the user goes while it runs', async () => {
	await give('frank', [owners], [owners]);
	const task = await offboard('frank');
	const r = await w.server.call('DELETE', '/doorward/v1/users/frank');
	assert.equal(r.status, 204, r.text);
	assert.equal((await w.task(task.id)).type.offboarding.outcome, 'OFFBOARDING_OUTCOME_DONE');
	for (const part of await revocations('frank')) {
		assert.equal(part.type.revoke.outcome, 'REVOKE_OUTCOME_CANCELLED');
	}
});

test('offboarding: the application goes while it runs', async () => {
	const app = (await w.owner.post('apps', {displayName: 'B', owners: ['dave']})).app.id;
	const {policy} = await w.owner.post('policies', {
		displayName: 'revoking',
		policyType: 'POLICY_TYPE_REVOKE',
		policySteps: {revoke: {steps: [owners]}},
	});
	const call = async (path, body) =>
		assert.equal((await w.server.call('PUT', `/doorward/v1/apps/${app}/${path}`, body)).status, 201);
	await call('accounts/erin-1', {user: 'erin'});
	for (const id of ['one', 'two']) {
		await call(`entitlements/${id}`, {display_name: id, revoke_policy: policy.id});
		await call(`entitlements/${id}/bindings/erin-1`, {});
	}
	const task = await offboard('erin');
	assert.equal(task.state, 'TASK_STATE_OPEN');
	await w.owner.delete(`apps/${app}`);
	assert.equal((await w.task(task.id)).type.offboarding.outcome, 'OFFBOARDING_OUTCOME_DONE');
});

test('offboarding: by whom, and of whom', async () => {
	await w.alice.fails(403, 7, 'conductorone:tasks:offboard', 'POST', 'task/offboarding', {subjectUserId: 'alice'});
	await w.owner.fails(404, 5, 'user not found', 'POST', 'task/offboarding', {subjectUserId: 'x'.repeat(27)});
	await w.owner.fails(400, 3, 'SubjectUserId', 'POST', 'task/offboarding', {subjectUserId: 'nobody'});
	await w.owner.fails(400, 3, 'SubjectUserId', 'POST', 'task/offboarding', {});
	await w.owner.fails(400, 3, 'unknown field', 'POST', 'task/offboarding', {subjectUserId: 'bob', appId: w.app});
});

test('an action is decided and carried out', async () => {
	const policy = await w.policy([{approval: {users: {userIds: ['bob']}}}]);
	await native('PUT', 'actions/rotate-keys', {display_name: 'Rotate the keys', policy, assignees: ['dave']}, 201);
	const {taskView} = await w.alice.post('task/action', {
		actionId: 'rotate-keys',
		description: 'they leaked',
		formValues: {which: ['a', 'b']},
	});
	const task = taskView.task;
	assert.match(task.id, ID);
	assert.equal(task.displayName, 'Rotate the keys');
	assert.equal(task.userId, 'alice');
	assert.deepEqual(task.stepApproverIds, ['bob']);
	const {type} = task;
	assert.equal(type.action.actionId, 'rotate-keys');
	assert.equal(type.action.type, 'TYPE_WORKFLOW');
	assert.equal(type.action.outcome, 'ACTION_OUTCOME_UNSPECIFIED');
	assert.deepEqual(type.action.formValues, {which: ['a', 'b']});
	assert.deepEqual(type.action.actionInstance, {displayName: 'Rotate the keys'});
	let now = await w.act(w.bob, task, 'approve');
	assert.deepEqual(now.stepApproverIds, ['dave']);
	assert.equal(now.policy.current.action.state, 'ACTION_INSTANCE_STATE_RUNNING');
	assert.ok(now.policy.history[0].approval.approved);
	await w.dave.post(`tasks/${task.id}/action/provision-errored`, {error: 'no access'});
	now = await w.task(task.id);
	assert.equal(now.type.action.outcome, 'ACTION_OUTCOME_ERROR');
	assert.equal(now.policy.current.action.error.errorMessage, 'no access');
	await w.dave.post(`tasks/${task.id}/action/provision-complete`, {comment: 'done'});
	now = await w.task(task.id);
	assert.equal(now.state, 'TASK_STATE_CLOSED');
	assert.equal(now.type.action.outcome, 'ACTION_OUTCOME_SUCCESS');
	assert.match(now.type.action.outcomeTime, TIME);
	assert.ok(now.policy.history.at(-1).action.success);
	const kinds = (await w.trail(task)).flatMap((e) => Object.keys(e).filter((k) => k.startsWith('actionInstance')));
	assert.deepEqual(kinds, ['actionInstanceCreated', 'actionInstanceFailed', 'actionInstanceSucceeded']);
});

test('an action is denied, without a policy by the owners of the application', async () => {
	await native('PUT', 'actions/wipe', {display_name: 'Wipe'}, 201);
	const {task} = (await w.bob.post('task/action', {actionId: `${w.app}/wipe`})).taskView;
	assert.deepEqual(task.stepApproverIds, ['dave']);
	const now = await w.act(w.dave, task, 'deny', {comment: 'no'});
	assert.equal(now.type.action.outcome, 'ACTION_OUTCOME_DENIED');
});

test('a resource action makes an entitlement', async () => {
	await native('PUT', 'resource-types/group', {display_name: 'Group'}, 201);
	const policy = await w.policy([accept]);
	await native('PUT', 'actions/new-group', {display_name: 'New group', policy, creates_type: 'group'}, 201);
	await w.alice.fails(400, 3, 'creates a resource', 'POST', 'task/action', {actionId: 'new-group'});
	await w.alice.fails(400, 3, 'does not create a resource', 'POST', 'task/resource-action', {actionId: 'wipe'});
	const {task} = (
		await w.alice.post('task/resource-action', {actionId: 'new-group', formValues: {name: 'Readers', description: 'read'}})
	).taskView;
	assert.equal(task.type.action.type, 'TYPE_RESOURCE_ACTION');
	assert.equal(task.type.action.actionInstance.batonResourceActionRef.resourceTypeId, 'group');
	assert.deepEqual(task.stepApproverIds, ['dave']);
	await w.dave.post(`tasks/${task.id}/action/provision-complete`, {});
	const {action} = (await w.task(task.id)).type;
	assert.equal(action.outcome, 'ACTION_OUTCOME_SUCCESS');
	assert.equal(action.createdAppResourceTypeId, 'group');
	assert.equal(action.createdAppEntitlementIds.length, 1);
	const made = await w.owner.get(`apps/${w.app}/entitlements/${action.createdAppEntitlementIds[0]}`);
	assert.equal(made.appEntitlementView.appEntitlement.displayName, 'Readers');
	assert.equal(made.appEntitlementView.appEntitlement.appResourceTypeId, 'group');
	const r = await w.server.call('DELETE', `/doorward/v1/apps/${w.app}/resource-types/group`);
	assert.equal(r.status, 409, r.text);
});

test('what is filled in is what the form of the action asks for', async () => {
	const form = {
		fields: [
			{name: 'name', required: true, stringField: {}},
			{name: 'members', stringSliceField: {}},
			{name: 'days', int64Field: {}},
		],
	};
	const made = await native('PUT', 'actions/filled', {display_name: 'Filled', form}, 201);
	assert.deepEqual(made.form, form);
	const ask = (formValues) => ({actionId: 'filled', ...(formValues && {formValues})});
	const {task} = (await w.alice.post('task/action', ask({name: 'x', members: ['a'], days: 3}))).taskView;
	assert.deepEqual(task.type.action.formValues, {name: 'x', members: ['a'], days: 3});
	const before = (await w.owner.searchAll('tasks', {pageSize: 100})).length;
	for (const [values, text] of [
		[undefined, 'lacks a field'],
		[{members: ['a']}, 'lacks a field'],
		[{name: 7}, 'not of the form'],
		[{name: 'x', members: 'a'}, 'not of the form'],
		[{name: 'x', days: 'many'}, 'not of the form'],
		[{name: 'x', other: 1}, 'the form has not'],
	]) {
		await w.alice.fails(400, 3, text, 'POST', 'task/action', ask(values));
	}
	assert.equal((await w.owner.searchAll('tasks', {pageSize: 100})).length, before);
	// Requests that were made keep what they were made with.
	await native('PUT', 'actions/filled', {display_name: 'Filled', form: {fields: [{name: 'else', required: true}]}}, 200);
	assert.deepEqual((await w.task(task.id)).type.action.formValues, {name: 'x', members: ['a'], days: 3});
	await native('PUT', 'actions/filled', {display_name: 'Filled', form: {fields: [{name: 'a'}, {name: 'a'}]}}, 400);
	await native('PUT', 'actions/filled', {display_name: 'Filled', form: {fields: 'a'}}, 400);
	await native('PUT', 'actions/filled', {display_name: 'Filled', form: null}, 200);
	await w.alice.post('task/action', ask({anything: true}));
});

test('actions that are not there, and that go', async () => {
	await w.alice.fails(404, 5, 'action not found', 'POST', 'task/action', {actionId: 'x'.repeat(27)});
	await w.alice.fails(400, 3, 'ActionId', 'POST', 'task/action', {});
	await native('PUT', 'actions/brief', {display_name: 'Brief'}, 201);
	const {task} = (await w.alice.post('task/action', {actionId: 'brief'})).taskView;
	await native('DELETE', 'actions/brief', undefined, 204);
	assert.equal((await w.task(task.id)).type.action.outcome, 'ACTION_OUTCOME_CANCELLED');
	await native('PUT', 'actions/bad', {display_name: 'Bad', webhook: 'none'}, 400);
	await native('PUT', 'actions/bad', {display_name: 'Bad', creates_type: 'none'}, 400);
	await native('PUT', 'actions/bad', {display_name: 'Bad', policy: 'none'}, 400);
	await native('PUT', 'actions/bad', {display_name: 'Bad', assignees: ['nobody']}, 400);
});

test('offboardings and actions are found by their type', async () => {
	const types = async (...names) => {
		const found = await w.owner.searchAll('tasks', {taskTypes: names.map((name) => ({[name]: {}})), pageSize: 100});
		return found.map((v) => Object.keys(v.task.type).find((name) => v.task.type[name]));
	};
	for (const name of ['offboarding', 'action']) {
		const found = await types(name);
		assert.ok(found.length > 1 && found.every((type) => type === name), `${name}: ${found}`);
	}
	assert.deepEqual([...new Set(await types('action', 'offboarding'))].sort(), ['action', 'offboarding']);
	assert.deepEqual(await types('finding'), []);
});
