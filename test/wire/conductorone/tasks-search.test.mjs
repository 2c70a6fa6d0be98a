// SPDX-License-Identifier: Apache-2.0
//
// Whatever is searched for, however tasks are then found: what comes is what a look at every task says, in order, page by
// page, forwards and backwards, and sorted otherwise.
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
		await w.act(w[who], task, pick(['approve', 'deny']), {comment: 'because'});
		deciders.set(task.id, [who]);
	}
}

/** What tasks are about, beside what they say themselves. */
const typeOf = new Map(); // of entitlements
const accounts = new Map(); // "<app>/<account>"
const names = new Map(); // of apps and entitlements
const employment = {erin: 'ACTIVE', frank: 'ON_LEAVE', bob: 'ACTIVE'};

/** alice has an account of another name, and carl's is disabled; the others' are made with their first grant. */
async function prepare(app) {
	const put = async (id, account) => {
		const r = await w.server.call('PUT', `/doorward/v1/apps/${app}/accounts/${id}`, account);
		assert.equal(r.status, 201, r.text);
	};
	await put('a1', {user: 'alice', display_name: 'zoe', type: 'SERVICE_ACCOUNT'});
	await put('c1', {user: 'carl', display_name: 'Carl', status: 'DISABLED'});
	return (await w.owner.post(`apps/${app}/resource_types`, {displayName: 'T', resourceType: 'ROLE'})).appResourceType.id;
}

const chosen = {approval: {users: {userIds: ['carl', 'erin']}, requireApprovalReason: true}};
const plain = {approval: {appOwners: {}, requireDenialReason: true}};

/** Tasks of many kinds: of everybody, about common and rare entitlements of two apps, open, decided, closed, and revoked. */
async function fill() {
	const first = w.app;
	for (const [id, status] of Object.entries(employment)) {
		await w.setUser(id, {attributes: {employment_status: status}});
	}
	for (const app of [first, (await w.owner.post('apps', {displayName: '0', owners: ['frank']})).app.id]) {
		w.app = app;
		const type = await prepare(app);
		for (const steps of [[manager], [owners], [accept], [chosen, owners], [plain]]) {
			const typed = steps.length === 2 || steps[0] === accept ? {appResourceTypeId: type} : {};
			const entitlement = await w.entitlement(steps, typed);
			typeOf.set(entitlement, typed.appResourceTypeId);
			w.forward(10);
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
	for (const app of await w.owner.all('apps', 100).then((r) => r.list)) {
		names.set(app.id, app.displayName);
		const r = await w.owner.get(`apps/${app.id}/app_users?page_size=100`);
		r.list.forEach(({appUser}) => accounts.set(`${app.id}/${appUser.id}`, appUser));
	}
	(await w.owner.searchAll('entitlements', {pageSize: 100})).forEach(({appEntitlement: e}) => names.set(e.id, e.displayName));
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
const accountOf = (task) => accounts.get(`${about(task).appId}/${about(task).appUserId}`);
const typed = (task) => typeOf.get(about(task).appEntitlementId);
const approval = (task) => task.policy.current?.approval?.approval ?? {};
const approvalType = (task) => {
	const members = {users: 'USERS', manager: 'MANAGER', appOwners: 'APP_OWNERS'};
	return `STEP_APPROVAL_TYPE_${Object.entries(members).find(([name]) => approval(task)[name])?.[1]}`;
};

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
	accountOwnerIds: [() => some(users), (v, t) => v.includes(t.userId)],
	accountStatuses: [() => some(['STATUS_ENABLED', 'STATUS_DISABLED']), (v, t) => v.includes(accountOf(t)?.status.status)],
	accountTypes: [() => some(['APP_USER_TYPE_USER', 'APP_USER_TYPE_SERVICE_ACCOUNT']), (v, t) => v.includes(accountOf(t)?.appUserType)],
	actorId: [() => pick([...users, 'owner']), (v, t) => v === t.createdByUserId || acted(t).includes(v)],
	appResourceTypeIds: [() => some([...typeOf.values()].filter(Boolean)), (v, t) => v.includes(typed(t))],
	excludeAppResourceTypeIds: [() => some([...typeOf.values()].filter(Boolean)), (v, t) => !v.includes(typed(t))],
	userEmploymentStatuses: [() => some(['ACTIVE', 'ON_LEAVE', 'GONE']), (v, t) => v.includes(employment[t.userId])],
	stepApprovalTypes: [
		() => some(['MANAGER', 'APP_OWNERS', 'USERS', 'GROUP'].map((name) => `STEP_APPROVAL_TYPE_${name}`)),
		(v, t) => v.includes(approvalType(t)),
	],
	requireApprovalReason: [() => pick([true, false]), (v, t) => !v || approval(t).requireApprovalReason === true],
	requireDenialReason: [() => pick([true, false]), (v, t) => !v || approval(t).requireDenialReason === true],
	olderThanDuration: [() => `${pick([0, 15, 50, 90, 4e9])}s`, (v, t) => Date.parse(t.createdAt) < w.now - parseInt(v, 10) * 1000],
	includeActedAfter: [() => new Date(w.now).toISOString(), () => true],
	includeDeleted: [() => true, () => true],
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
	for (const [name, [value, matches]] of Object.entries(members).filter(([name]) => !name.startsWith('include'))) {
		const outcomes = new Set(Array.from({length: 40}, value).flatMap((v) => all.map((t) => matches(v, t))));
		assert.equal(outcomes.size, 2, `${name} tells some from others`);
	}
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

test('sorted by what they are about', async () => {
	const lower = (s) => (s ?? '').toLowerCase();
	const account = (t) => lower(accountOf(t)?.displayName ?? about(t).appUserId);
	const orders = {
		ACCOUNT: (t) => [account(t), about(t).appUserId],
		ACCOUNT_OWNER: (t) => [lower(t.userId)],
		RESOURCE: (t) => [lower(names.get(about(t).appId)), lower(names.get(about(t).appEntitlementId))],
		APP_RESOURCE_ID_AND_APP_ENTITLEMENT: (t) => [typed(t) ?? '', about(t).appId, about(t).appEntitlementId],
	};
	for (const [name, key] of Object.entries(orders)) {
		for (const body of [{}, {subjectIds: ['alice', 'frank']}, {taskStates: ['TASK_STATE_OPEN']}, {refs: all.slice(5, 20).map(({id}) => ({id}))}]) {
			const got = (await w.owner.searchAll('tasks', {...body, sortBy: `TASK_SEARCH_SORT_BY_${name}`, pageSize: 10})).map((v) => v.task);
			const want = all.filter((t) => Object.keys(body).every((member) => members[member][1](body[member], t)));
			const order = (a, b) => {
				const [x, y] = [key(a), key(b)];
				const i = x.findIndex((part, k) => part !== y[k]);
				return i < 0 ? Number(a.numericId) - Number(b.numericId) : x[i] < y[i] ? -1 : 1;
			};
			assert.deepEqual(got.map((t) => t.id), want.toSorted(order).map((t) => t.id), `${name} ${JSON.stringify(body)}`);
			assert.ok(want.length > 10);
		}
	}
});

test('what there is not here finds nothing', async () => {
	const found = async (body) => (await w.owner.searchAll('tasks', body)).length;
	assert.equal(await found({appResourceIds: ['x']}), 0);
	assert.equal(await found({appResourceIds: []}), all.length);
	// Of one review only, as the vendor has it.
	const {policy} = await w.owner.post('policies', {
		displayName: 'C', policyType: 'POLICY_TYPE_CERTIFY', policySteps: {certify: {steps: [owners]}},
	});
	const {accessReview: review} = (await w.owner.post('access_review', {displayName: 'R', ownerIds: ['frank'], policyId: policy.id})).accessReview;
	const [grant] = (await w.owner.post('search/grants', {})).list;
	const {id, appId} = grant.entitlement.appEntitlement;
	await w.owner.post(`access_review/${review.id}/scope_and_entitlements`, {entitlements: [{appId, appEntitlementId: id}]});
	assert.equal((await w.server.call('POST', `/doorward/v1/access-reviews/${review.id}/start`)).status, 200);
	const pending = (filter, ...accessReviewIds) => found({accessReviewIds, pendingActionFilter: `PENDING_ACTION_FILTER_${filter}`});
	const nReviewed = await found({accessReviewIds: [review.id]});
	assert.ok(nReviewed > 0);
	assert.equal(await pending('WITH_PENDING', review.id), 0);
	assert.equal(await pending('WITHOUT_PENDING', review.id), nReviewed);
	assert.equal(await pending('WITH_PENDING', review.id, 'x'), nReviewed);
	await w.owner.fails(400, 3, 'Duration', 'POST', 'search/tasks', {olderThanDuration: 'long'});
	await w.owner.fails(400, 3, 'unknown field', 'POST', 'search/tasks', {resourceIds: ['x']});
});

test('a trail, page by page', async () => {
	const task = all.find((t) => deciders.has(t.id));
	for (let i = Number(task.commentCount); i < 25; i++) {
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
