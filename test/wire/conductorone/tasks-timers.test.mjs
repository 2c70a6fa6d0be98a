// SPDX-License-Identifier: Apache-2.0
//
// What time does to requests, by a clock that only the test moves: nothing here waits. And what a power cut does.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {accept, makeWorld, manager, owners} from './world.mjs';

const HOUR = 3600;

async function world(t, options) {
	const w = await makeWorld(options);
	t.after(() => w.server.dispose());
	return w;
}

const late = (how) => ({
	approval: {manager: {}, escalationEnabled: true, escalation: {expiration: '3600', escalationComment: 'too late', ...how}},
});

test('T22 delegates', async (t) => {
	const w = await world(t);
	const step = (allowDelegation) => ({approval: {manager: {}, allowDelegation}});
	const before = await w.begin([step(true)]);
	await w.owner.post('users/bob/set-delegation-by-admin', {delegatedUserId: 'erin'});
	assert.deepEqual((await w.begin([step(true)])).stepApproverIds, ['erin']);
	assert.deepEqual((await w.begin([step(false)])).stepApproverIds, ['bob']);
	assert.deepEqual((await w.task(before.id)).stepApproverIds, ['bob']);
	await w.owner.post('users/bob/set-delegation-by-admin', {delegatedUserId: 'alice'});
	assert.deepEqual((await w.begin([step(true)])).stepApproverIds, ['bob'], 'nobody decides about herself as a delegate');
});

test('T23 nobody decides in time', async (t) => {
	const w = await world(t);
	const other = await w.policy([{approval: {users: {userIds: ['frank']}}}]);
	const skip = await w.begin([late({skipStep: {}}), owners]);
	const cancel = await w.begin([late({cancelTicket: {}}), owners]);
	const reassign = await w.begin([late({reassignToApprovers: {approverIds: ['frank']}}), owners]);
	const replace = await w.begin([late({replacePolicy: {policyId: other}}), owners]);
	const decided = await w.begin([late({cancelTicket: {}}), owners]);
	assert.equal(skip.policy.current.approval.escalationInstance.alreadyEscalated, false);
	assert.equal(Date.parse(skip.policy.current.approval.escalationInstance.expiresAt), w.now + HOUR * 1000);
	await w.act(w.bob, decided, 'approve');
	w.forward(HOUR - 1);
	assert.deepEqual((await w.task(skip.id)).stepApproverIds, ['bob']);
	w.forward(1);
	assert.deepEqual((await w.task(skip.id)).stepApproverIds, ['dave']);
	assert.equal((await w.task(skip.id)).policy.history[0].approval.escalationInstance.alreadyEscalated, true);
	assert.equal((await w.task(cancel.id)).type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
	assert.deepEqual((await w.task(reassign.id)).stepApproverIds, ['frank']);
	assert.equal((await w.task(reassign.id)).policy.current.approval.escalationInstance.alreadyEscalated, true);
	assert.deepEqual((await w.task(replace.id)).stepApproverIds, ['frank']);
	assert.equal((await w.task(replace.id)).policy.policy.id, other);
	assert.deepEqual((await w.task(decided.id)).stepApproverIds, ['dave']);
	for (const task of [skip, cancel, reassign, replace]) {
		assert.deepEqual((await w.trail(task, 'comment')).map((c) => c.comment), ['too late']);
		assert.equal((await w.trail(task, 'slaEscalation')).length, 1);
	}
	// Once only.
	w.forward(100 * HOUR);
	assert.deepEqual((await w.task(reassign.id)).stepApproverIds, ['frank']);
});

test('T24 waiting for an hour', async (t) => {
	const w = await world(t);
	const steps = [{wait: {name: 'cool down', duration: {duration: '3600s'}}}, accept];
	const made = await w.begin(steps);
	assert.equal(made.state, 'TASK_STATE_OPEN');
	assert.equal(made.policy.current.wait.state, 'WAIT_INSTANCE_STATE_WAITING');
	const early = await w.begin(steps);
	await w.alice.fails(400, 3, 'action not permitted', 'POST', `tasks/${early.id}/action/process`, {});
	assert.equal((await w.act(w.erin, early, 'process')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	w.forward(HOUR - 1);
	assert.equal((await w.task(made.id)).state, 'TASK_STATE_OPEN');
	w.forward(1);
	const task = await w.task(made.id);
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(task.policy.history[0].wait.state, 'WAIT_INSTANCE_STATE_COMPLETED');
	assert.equal(await w.may('alice', made.type.grant.appEntitlementId), true);
});

test('T24 waiting until a time of day', async (t) => {
	const w = await world(t);
	const due = async (hours, minutes, timezone) => {
		const made = await w.begin([{wait: {untilTime: {hours, minutes, ...(timezone && {timezone})}}}, accept]);
		return (Date.parse(made.policy.current.wait.untilTime.untilTime) - w.now) / 60000;
	};
	// It is 10:00 UTC, and 05:00 in New York.
	assert.equal(await due(10, 30), 30);
	assert.equal(await due(9, 0), 23 * 60);
	assert.equal(await due(5, 30, 'America/New_York'), 30);
	assert.equal(await due(4, 0, 'America/New_York'), 23 * 60);
});

test('T25 waiting for a condition', async (t) => {
	const w = await world(t);
	const wait = {
		condition: {condition: 'subject.department == "Security"'},
		commentOnFirstWait: 'not yet',
		commentOnTimeout: 'never',
		timeoutDuration: '3600s',
	};
	const made = await w.begin([{wait}, manager]);
	const other = await w.begin([{wait}, manager], 'carl');
	w.forward(60);
	assert.equal((await w.task(made.id)).policy.current.wait.state, 'WAIT_INSTANCE_STATE_WAITING');
	await w.setUser('alice', {attributes: {department: 'Security'}});
	assert.equal((await w.task(made.id)).policy.current.wait.state, 'WAIT_INSTANCE_STATE_WAITING');
	w.forward(60);
	const task = await w.task(made.id);
	assert.deepEqual(task.stepApproverIds, ['bob']);
	assert.match(task.policy.history[0].wait.succeeded.succeededAt, /^2026/);
	const [success] = await w.trail(made, 'waitStepSuccess');
	assert.equal(success.stepId, made.policy.current.id);
	assert.equal(success.condition, wait.condition.condition);
	assert.equal(Date.parse(success.succeededAt), w.now);
	w.forward(HOUR);
	const timed = await w.task(other.id);
	assert.equal(timed.policy.history[0].wait.state, 'WAIT_INSTANCE_STATE_TIMED_OUT');
	assert.ok(timed.stepApproverIds.includes('erin'));
	assert.deepEqual((await w.trail(other, 'comment')).map((c) => c.comment), ['not yet', 'never']);
});

test('T32 what was granted for a time ends', async (t) => {
	const w = await world(t);
	const entitlement = await w.entitlement([accept]);
	await w.ask(entitlement, 'alice', {grantDuration: '3600s'});
	assert.equal(await w.may('alice', entitlement), true);
	w.forward(HOUR);
	// It decides by itself, before anything else has happened.
	assert.equal(await w.may('alice', entitlement), false);
	assert.deepEqual(await w.grants(entitlement), []);
	const [task] = (await w.owner.searchAll('tasks', {taskTypes: [{revoke: {}}]})).map((v) => v.task);
	assert.equal(Date.parse(task.type.revoke.source.expired.expiredAt), w.now);
	assert.equal(task.origin, 'TASK_ORIGIN_TIME_REVOKE');
	assert.equal(task.type.revoke.outcome, 'REVOKE_OUTCOME_REVOKED');
	assert.equal(task.userId, 'alice');
	// One row of the audit trail, by nobody.
	const audit = (await w.server.call('GET', '/doorward/v1/audit?limit=1000')).json.items;
	assert.equal(audit.filter((row) => row.event === 'c1.task.timer').length, 1);
});

/** So many tasks that an hour decides: more than the writer lets happen before it looks after those who wait. */
async function manyWaiting(w) {
	const n = 600;
	const people = Array.from({length: n}, (_, i) => `p${i}`);
	for (let i = 0; i < n; i += 20) {
		await Promise.all(
			people.slice(i, i + 20).map(async (id) => {
				const r = await w.server.call('POST', '/doorward/v1/users', {id});
				assert.ok(r.status < 300, r.text);
			}),
		);
	}
	const entitlement = await w.entitlement([{wait: {duration: {duration: '3600s'}}}, accept]);
	for (let i = 0; i < n; i += 20) {
		await Promise.all(people.slice(i, i + 20).map((id) => w.owner.post('task/grant', w.body(entitlement, id))));
	}
	return entitlement;
}

test('of very much that comes due at once, everything is seen', async (t) => {
	const w = await world(t);
	const entitlement = await manyWaiting(w);
	const open = () => w.owner.post('search/tasks', {taskStates: ['TASK_STATE_OPEN'], pageSize: 100});
	assert.equal((await open()).list.length, 100);
	w.forward(HOUR);
	assert.equal((await open()).list.length, 0);
	assert.equal((await w.grants(entitlement)).length > 0, true);
});

test('of very much that comes due at once, everything has happened when a decision is made', async (t) => {
	const w = await world(t);
	await manyWaiting(w);
	// Due behind all others: those that were first come first.
	const made = await w.begin([late({cancelTicket: {}})]);
	const other = await w.begin([late({reassignToApprovers: {approverIds: ['frank']}})]);
	const body = (task) => ({policyStepId: task.policy.current.id, comment: 'in time?'});
	w.forward(HOUR);
	await w.bob.fails(400, 3, 'task is closed', 'POST', `tasks/${made.id}/action/approve`, body(made));
	await w.bob.fails(400, 3, '', 'POST', `tasks/${other.id}/action/approve`, body(other));
	assert.equal((await w.task(made.id)).type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
	assert.deepEqual((await w.task(other.id)).stepApproverIds, ['frank']);
	assert.equal((await w.act(w.frank, other, 'approve')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
});

test('what came due while the server was down happens when it is up again', async (t) => {
	const w = await world(t);
	const entitlement = await w.entitlement([accept]);
	await w.ask(entitlement, 'alice', {grantDuration: '3600s'});
	const waiting = await w.begin([{wait: {duration: {duration: '1800s'}}}, accept]);
	const late1 = await w.begin([late({skipStep: {}}), owners]);
	await w.server.end('SIGTERM');
	w.forward(2 * HOUR);
	await w.server.restart();
	assert.equal((await w.task(waiting.id)).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.deepEqual((await w.task(late1.id)).stepApproverIds, ['dave']);
	assert.deepEqual(await w.grants(entitlement), []);
	const revokes = await w.owner.searchAll('tasks', {taskTypes: [{revoke: {}}]});
	assert.equal(revokes.length, 1);
	await w.server.restart();
	assert.equal((await w.owner.searchAll('tasks', {taskTypes: [{revoke: {}}]})).length, 1);
});

test('a power cut between any two transitions loses nothing and repeats nothing', async (t) => {
	const w = await world(t);
	const entitlement = await w.entitlement([manager, late({skipStep: {}}), owners]);
	const cut = async (check) => {
		const before = await check();
		await w.server.kill9();
		await w.server.restart();
		assert.deepEqual(await check(), before);
		return before;
	};
	const made = await w.ask(entitlement);
	const state = async () => ({
		task: await w.task(made.id),
		trail: await w.trail(made),
		grants: await w.grants(entitlement),
		may: await w.may('alice', entitlement),
	});
	let now = await cut(state);
	assert.deepEqual(now.task.stepApproverIds, ['bob']);
	await w.act(w.bob, made, 'approve');
	now = await cut(state);
	assert.equal(now.task.policy.history.length, 1);
	w.forward(HOUR);
	now = await cut(state);
	assert.deepEqual(now.task.stepApproverIds, ['dave']);
	assert.equal(now.trail.filter((e) => e.slaEscalation).length, 1);
	await w.act(w.dave, made, 'approve');
	now = await cut(state);
	assert.equal(now.task.type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(now.grants.length, 1);
	assert.equal(now.may, true);
});

test('a user who goes takes open requests along', async (t) => {
	const w = await world(t);
	const made = await w.begin([manager], 'carl');
	const r = await w.server.call('DELETE', '/doorward/v1/users/carl');
	assert.equal(r.status, 204, r.text);
	const task = await w.task(made.id);
	assert.equal(task.state, 'TASK_STATE_CLOSED');
	assert.equal(task.type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
});
