// SPDX-License-Identifier: Apache-2.0
//
// Whatever is searched for, however tasks are then found: what comes is what a look at every task says, in order, page by
// page, forwards and backwards.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {accept, makeWorld, manager, owners} from './world.mjs';

let w;
let all;
const deciders = new Map();
const users = ['alice', 'bob', 'carl', 'dave', 'erin', 'frank'];

// A stream that is the same in each run.
let state = 20261122;
function below(n) {
	state = (Math.imul(state, 1103515245) + 12345) >>> 0;
	return (state >>> 8) % n;
}
const pick = (list) => list[below(list.length)];
const some = (list) => Array.from({length: 1 + below(2)}, () => pick(list));

async function decide(task) {
	const [who] = task.stepApproverIds;
	if (who !== 'owner') {
		await w.act(w[who], task, pick(['approve', 'deny']));
		deciders.set(task.id, [who]);
	}
}

/** Tasks of many kinds: of everybody, about common and rare entitlements of two apps, open, decided, closed, and revoked. */
async function fill() {
	const first = w.app;
	for (const app of [first, (await w.owner.post('apps', {displayName: 'B', owners: ['frank']})).app.id]) {
		w.app = app;
		for (const steps of [[manager], [owners], [accept], [{approval: {users: {userIds: ['carl', 'erin']}}}, owners]]) {
			const entitlement = await w.entitlement(steps);
			for (const user of app === first ? users : ['frank']) {
				const task = await w.ask(entitlement, user);
				if (task.state === 'TASK_STATE_OPEN' && below(3) === 0) {
					await decide(task);
				} else if (task.state === 'TASK_STATE_OPEN' && below(4) === 0) {
					await w.owner.post(`tasks/${task.id}/action/close`, {});
				} else if (task.state === 'TASK_STATE_CLOSED' && below(2) === 0) {
					await w.owner.post('task/revoke', w.body(entitlement, user));
				}
			}
		}
	}
	w.app = first;
}

before(async () => {
	w = await makeWorld();
	await fill();
	all = (await w.owner.searchAll('tasks', {pageSize: 100})).map((v) => v.task);
});
after(() => w.server.dispose());

const about = (task) => task.type.grant ?? task.type.revoke;
const among = (list, ...values) => values.some((value) => list.includes(value));
const acted = (task) => deciders.get(task.id) ?? [];

/** Each member of a search: values that it may have, and which tasks it lets through. */
const members = {
	taskStates: [() => some(['TASK_STATE_OPEN', 'TASK_STATE_CLOSED', 'TASK_STATE_OPEN']), (v, t) => v.includes(t.state)],
	subjectIds: [() => some(users), (v, t) => v.includes(t.userId)],
	openerIds: [() => some([...users, 'owner', 'nobody']), (v, t) => v.includes(t.createdByUserId)],
	applicationIds: [() => some(all.map((t) => about(t).appId)), (v, t) => v.includes(about(t).appId)],
	appEntitlementIds: [() => some(all.map((t) => about(t).appEntitlementId)), (v, t) => v.includes(about(t).appEntitlementId)],
	assigneesInIds: [() => some(users), (v, t) => among(v, ...t.stepApproverIds)],
	myWorkUserIds: [() => some(users), (v, t) => among(v, ...t.stepApproverIds)],
	previouslyActedOnIds: [() => some(users), (v, t) => among(v, ...acted(t))],
	openerOrSubjectUserId: [() => pick([...users, 'owner']), (v, t) => v === t.createdByUserId || v === t.userId],
	assignedOrStepApproverUserId: [
		() => pick(users),
		(v, t) => t.stepApproverIds.includes(v) || (t.state === 'TASK_STATE_CLOSED' && acted(t).includes(v)),
	],
	taskTypes: [() => [pick([{grant: {}}, {revoke: {}}])], (v, t) => v.some((type) => Object.keys(type)[0] in t.type)],
	refs: [() => some(all).map((t) => ({id: t.id})), (v, t) => v.some((ref) => ref.id === t.id)],
	excludeIds: [() => some(all).map((t) => t.id), (v, t) => !v.includes(t.id)],
};

function question() {
	const body = {};
	for (let n = below(3); n >= 0; n--) {
		const name = pick(Object.keys(members));
		body[name] = members[name][0]();
	}
	return body;
}

test('there is something to find', () => {
	assert.ok(all.length > 30, `${all.length} tasks`);
	for (const state of ['TASK_STATE_OPEN', 'TASK_STATE_CLOSED']) {
		assert.ok(all.filter((t) => t.state === state).length > 5, state);
	}
	assert.ok(deciders.size > 3);
	assert.ok(all.some((t) => t.type.revoke));
	assert.deepEqual(all.map((t) => Number(t.numericId)), all.map((_, i) => i + 1));
});

test('every search finds what a look at every task finds', async () => {
	let nFound = 0;
	let nEmpty = 0;
	for (let i = 0; i < 300; i++) {
		const body = question();
		const backwards = below(2) === 1;
		const want = all.filter((t) => Object.keys(body).every((name) => members[name][1](body[name], t))).map((t) => t.id);
		const got = await w.owner.searchAll('tasks', {
			...body,
			pageSize: 10 + below(7),
			...(backwards && {sortBy: 'TASK_SEARCH_SORT_BY_REVERSE_CREATED_AT'}),
		});
		assert.deepEqual(got.map((v) => v.task.id), backwards ? want.reverse() : want, JSON.stringify(body));
		nFound += want.length > 0;
		nEmpty += want.length === 0;
	}
	assert.ok(nFound > 100 && nEmpty > 20, `${nFound} found something, ${nEmpty} nothing`);
});

test('a trail, page by page', async () => {
	const task = all.find((t) => deciders.has(t.id));
	for (let i = 0; i < 25; i++) {
		await w.owner.post(`tasks/${task.id}/action/comment`, {comment: `comment ${i}`});
	}
	const ids = async (body) => {
		const list = [];
		for (let token = ''; ; ) {
			const r = await w.owner.post('task/audits', {taskId: task.id, ...body, ...(token && {pageToken: token})});
			list.push(...r.list.map((event) => event.id));
			token = r.nextPageToken;
			if (!token) {
				return list;
			}
		}
	};
	const whole = await ids({pageSize: 100});
	assert.ok(whole.length > 27);
	assert.deepEqual(await ids({pageSize: 10}), whole);
	assert.deepEqual(await ids({pageSize: 11, newestFirst: true}), whole.toReversed());
	assert.equal((await ids({pageSize: 10, commentsOnly: true})).length, 25);
	assert.deepEqual(await ids({pageSize: 10, refs: [{id: whole[1]}]}), [whole[1]]);
});
