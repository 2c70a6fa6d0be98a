// SPDX-License-Identifier: Apache-2.0
//
// Webhooks that decide steps and carry them out. Time is moved by the test alone; what the server does by itself is
// asked for until it is there, and the test's time limit is what fails a server that never does it.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {exchange} from '../../harness/server.mjs';
import {ID} from './client.mjs';
import {startReceiver, verifyMessage} from './receiver.mjs';
import {accept, makeWorld, owners} from './world.mjs';

const DAY = 86400;
const RETRY = 15;

/** A world with a receiver and a webhook for it; `args`: instead of the option to call it at all. */
async function world(t, args = ['--webhook-allow-private']) {
	const w = await makeWorld({args});
	t.after(() => w.server.dispose());
	w.receiver = await startReceiver();
	t.after(() => w.receiver.close());
	w.webhook = await makeWebhook(w, w.receiver.url);
	w.step = {approval: {webhook: {webhookId: w.webhook}}};
	return w;
}

async function makeWebhook(w, url, more = {}) {
	return (await w.owner.post('webhooks', {displayName: 'decider', url, ...more})).webhook.id;
}

/** Asks until it is there. */
async function until(ask) {
	for (;;) {
		const found = await ask();
		if (found) {
			return found;
		}
	}
}

const closed = (w, task) => until(async () => ((await w.task(task.id)).state === 'TASK_STATE_CLOSED' ? w.task(task.id) : null));
const assigned = (w, task, user) =>
	until(async () => ((await w.task(task.id)).stepApproverIds.includes(user) ? w.task(task.id) : null));

/** Waits until the server has recorded what came of `n` calls: then it is durable. */
const recorded = (w, n) =>
	until(async () => {
		const {items} = (await w.server.call('GET', '/doorward/v1/audit?limit=1000')).json;
		return items.filter((row) => row.event === 'c1.webhook.call').length === n;
	});

/** What the receiver sends to the callback URL, from outside: without any key. */
async function callBack(message, body) {
	const url = new URL(message.json.callbackUrl);
	return exchange(url.origin, 'POST', url.pathname, JSON.stringify(body), {key: null});
}

async function refusedCallBack(message, body, text) {
	const r = await callBack(message, body);
	assert.equal(r.status, 400, r.text);
	assert.match(r.json.message, text);
}

const approve = {version: 'v1', approve: {comment: 'fine by me'}};

test('T33 the message, and approval at once', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step]);
	const m = await w.receiver.next();
	await verifyMessage(w.server, m, w.now);
	assert.equal(m.headers['webhook-version'], 'v1');
	assert.equal(m.headers['webhook-id'], w.webhook);
	assert.equal(m.headers['webhook-event'], 'c1.webhooks.v1.PayloadPolicyApprovalStep');
	assert.equal(m.headers['webhook-callback-url'], m.json.callbackUrl);
	assert.deepEqual(Object.keys(m.json), ['version', 'webhookId', 'callbackUrl', 'event', 'payload']);
	assert.equal(m.json.version, 'v1');
	assert.equal(m.json.webhookId, w.webhook);
	assert.equal(m.json.payload['@type'], 'type.googleapis.com/c1.webhooks.v1.PayloadPolicyApprovalStep');
	assert.equal(m.json.payload.taskView.task.id, task.id);
	assert.equal(m.json.payload.taskView.task.type.grant.identityUserId, 'alice');
	assert.equal((await w.task(task.id)).state, 'TASK_STATE_OPEN');
	m.answer(200, approve);
	assert.equal((await closed(w, task)).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(await w.may('alice', task.type.grant.appEntitlementId), true);
	assert.deepEqual((await w.trail(task, 'comment')).map((c) => c.comment), ['fine by me']);
	await refusedCallBack(m, approve, /unknown or was used/);
});

test('T33 deny, reassign, replacePolicy', async (t) => {
	const w = await world(t);
	const denied = await w.begin([w.step, accept]);
	await w.receiver.answer(200, {version: 'v1', deny: {comment: 'no'}});
	assert.equal((await closed(w, denied)).type.grant.outcome, 'GRANT_OUTCOME_DENIED');

	const reassigned = await w.begin([w.step]);
	await w.receiver.answer(201, {version: 'v1', reassign: {newStepUserIds: ['frank']}});
	await assigned(w, reassigned, 'frank');
	assert.equal((await w.act(w.frank, reassigned, 'approve')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');

	const replaced = await w.begin([w.step, {reject: {}}]);
	await w.receiver.answer(200, {version: 'v1', replacePolicy: {policySteps: [{approval: {users: {userIds: ['frank']}}}]}});
	await assigned(w, replaced, 'frank');
	assert.equal((await w.act(w.frank, replaced, 'approve')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
});

test('T33 202, and the answer later', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step]);
	const m = await w.receiver.answer(202);
	await recorded(w, 1);
	const forged = m.json.callbackUrl.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'));
	await refusedCallBack({json: {callbackUrl: forged}}, approve, /unknown or was used/);
	await refusedCallBack(m, {version: 'v1'}, /says nothing/);
	await refusedCallBack(m, {version: 'v2', approve: {}}, /version/);
	await refusedCallBack(m, {version: 'v1', approve: {}, deny: {}}, /oneof|only one|already set/i);
	await refusedCallBack(m, {version: 'v1', approve: {comment: 'x'.repeat(1025)}}, /1024/);
	await refusedCallBack(m, {version: 'v1', reassign: {newStepUserIds: ['nobody']}}, /does not exist/);
	await refusedCallBack(m, {version: 'v1', replacePolicy: {policySteps: [{}]}}, /policy step is nil/);
	await refusedCallBack(m, {version: 'v1', complete: {}}, /unknown field/);
	assert.equal((await w.task(task.id)).state, 'TASK_STATE_OPEN');
	await w.server.kill9();
	await w.server.start();
	m.json.callbackUrl = w.server.url + new URL(m.json.callbackUrl).pathname;
	const r = await callBack(m, approve);
	assert.equal(r.status, 200, r.text);
	assert.deepEqual(r.json, {});
	assert.equal((await w.task(task.id)).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	await refusedCallBack(m, approve, /unknown or was used/);
	await refusedCallBack(m, {version: 'v1', deny: {}}, /unknown or was used/);
	assert.equal(w.receiver.n, 1, 'what waits is not sent again');
});

test('T33 an answer that was put off and never comes', async (t) => {
	const w = await world(t);
	const slow = await makeWebhook(w, w.receiver.url, {callbackTimeout: `${2 * DAY}s`});
	const task = await w.begin([{approval: {webhook: {webhookId: slow}}}, owners]);
	const m = await w.receiver.answer(202);
	await recorded(w, 1);
	await w.server.kill9();
	await w.server.start();
	w.forward(2 * DAY - 1);
	assert.deepEqual((await w.task(task.id)).stepApproverIds, []);
	w.forward(1);
	assert.deepEqual((await w.task(task.id)).stepApproverIds, ['dave']);
	assert.match((await w.trail(task, 'webhookApprovalFatalError'))[0].error, /did not come in time/);
	m.json.callbackUrl = w.server.url + new URL(m.json.callbackUrl).pathname;
	await refusedCallBack(m, approve, /unknown or was used/);
});

test('T33 410: the policy goes on without it', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step, owners]);
	await w.receiver.answer(410);
	await assigned(w, task, 'dave');
	assert.deepEqual((await w.trail(task, 'webhookApprovalFatalError')).map((e) => e.error), ['the receiver answered 410']);
	assert.equal(w.receiver.n, 1);
});

test('T33 what fails is sent again, fifty times', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step, owners]);
	const bad = [
		(m) => m.answer(500),
		(m) => m.answer(302),
		(m) => m.answer(200, 'not JSON'),
		(m) => m.answer(200, {version: 'v1', reassign: {newStepUserIds: ['nobody']}}),
		(m) => m.answer(200, `"${'x'.repeat(300000)}"`),
		(m) => m.drop(),
	];
	for (let i = 0; i < 50; i++) {
		let arrived = null;
		const coming = w.receiver.next().then((m) => (arrived = m));
		await until(async () => {
			await w.task(task.id);
			if (!arrived) {
				w.forward(i === 0 ? 0 : RETRY);
			}
			return arrived;
		});
		bad[i % bad.length](await coming);
	}
	await until(async () => {
		w.forward(RETRY);
		return (await w.task(task.id)).stepApproverIds.includes('dave');
	});
	assert.equal(w.receiver.n, 50);
	assert.equal((await w.trail(task, 'webhookApprovalFatalError')).length, 1);
});

test('T33 provisioning: complete, errored, and people when it is gone', async (t) => {
	const w = await world(t);
	const provisionPolicy = {webhook: {webhookId: w.webhook}};
	const begin = async () => w.ask(await w.entitlement([accept], {provisionPolicy}));

	const done = await begin();
	const m = await w.receiver.next();
	assert.equal(m.json.event, 'c1.webhooks.v1.PayloadProvisionStep');
	m.answer(200, {version: 'v1', complete: {comment: 'done'}});
	assert.equal((await closed(w, done)).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(await w.may('alice', done.type.grant.appEntitlementId), true);

	const errored = await begin();
	const later = await w.receiver.answer(202);
	assert.equal((await callBack(later, {version: 'v1', errored: {comment: 'full'}})).status, 200);
	assert.deepEqual((await w.trail(errored, 'provisionError')).map((e) => e.error), ['full']);
	assert.equal((await w.task(errored.id)).type.grant.outcome, 'GRANT_OUTCOME_ERROR');
	await refusedCallBack(later, {version: 'v1', complete: {}}, /unknown or was used/);

	const manual = await begin();
	await w.receiver.answer(410);
	await until(async () => (await w.trail(manual, 'provisionError')).length === 1);
	assert.equal((await w.task(manual.id)).state, 'TASK_STATE_OPEN');
	assert.equal((await w.act(w.erin, manual, 'provision-complete')).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
	assert.equal(w.receiver.n, 3);
});

test('T33 a power cut between sending and recording', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step]);
	const first = await w.receiver.next();
	await w.server.kill9();
	first.drop();
	await w.server.start();
	const again = await w.receiver.answer(200, approve);
	assert.equal(again.json.payload.taskView.task.id, task.id);
	assert.equal((await closed(w, task)).type.grant.outcome, 'GRANT_OUTCOME_GRANTED');
});

test('T33 a step that is over is not asked about any more', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step, owners]);
	const m = await w.receiver.answer(202);
	await recorded(w, 1);
	await w.act(w.erin, task, 'skip-step');
	await refusedCallBack(m, approve, /unknown or was used/);
	const gone = await w.begin([w.step, owners]);
	const held = await w.receiver.next();
	await w.owner.delete(`webhooks/${w.webhook}`);
	held.answer(500);
	await until(async () => {
		w.forward(RETRY);
		return (await w.task(gone.id)).stepApproverIds.includes('dave');
	});
	assert.match((await w.trail(gone, 'webhookApprovalFatalError'))[0].error, /does not exist/);
});

test('T33 what is private is not called', async (t) => {
	const w = await world(t, []);
	const port = new URL(w.receiver.url).port;
	for (const [url, why] of [
		[w.receiver.url, /protocol/i],
		[`https://127.0.0.1:${port}/`, /not public/],
		[`https://localhost:${port}/`, /not public/],
		[`https://[::ffff:127.0.0.1]:${port}/`, /not public/],
	]) {
		const webhookId = await makeWebhook(w, url);
		const task = await w.begin([{approval: {webhook: {webhookId}}}, owners]);
		await until(async () => {
			w.forward(RETRY);
			return (await w.task(task.id)).stepApproverIds.includes('dave');
		});
		assert.match((await w.trail(task, 'webhookApprovalFatalError'))[0].error, why);
	}
	assert.equal(w.receiver.n, 0);
});

test('a receiver that does not answer keeps nobody else waiting, and is not asked more than twice at a time', async (t) => {
	const w = await world(t);
	const fast = await startReceiver();
	t.after(() => fast.close());
	const quick = {approval: {webhook: {webhookId: await makeWebhook(w, fast.url)}}};
	for (let i = 0; i < 6; i++) {
		await w.begin([w.step]);
	}
	const held = [await w.receiver.next(), await w.receiver.next()];
	for (let i = 0; i < 3; i++) {
		const task = await w.begin([quick]);
		await fast.answer(200, approve);
		await closed(w, task);
	}
	assert.equal(w.receiver.n, 2);
	held.forEach((m) => m.answer(200, approve));
	for (let i = 0; i < 4; i++) {
		await w.receiver.answer(200, approve);
	}
	await recorded(w, 9);
});

test('the trail has a row for each attempt: when, to where, what status, what was wrong', async (t) => {
	const w = await world(t);
	const task = await w.begin([w.step, owners]);
	await w.receiver.answer(503);
	await recorded(w, 1);
	w.forward(RETRY);
	await w.receiver.answer(200, 'not JSON');
	await recorded(w, 2);
	w.forward(RETRY);
	(await w.receiver.next()).drop();
	await recorded(w, 3);
	w.forward(RETRY);
	await w.receiver.answer(200, approve);
	await recorded(w, 4);
	await assigned(w, task, 'dave');
	const {items} = (await w.server.call('GET', '/doorward/v1/audit?event=c1.webhook.call&order=asc')).json;
	assert.deepEqual(items.map((row) => row.status), [503, 200, 0, 200]);
	[/answered 503/, /not valid JSON/, /./].forEach((text, i) => assert.match(items[i].warning, text));
	assert.equal(items[3].warning ?? '', '');
	for (const row of items) {
		assert.equal(row.method, 'POST');
		// Its query may hold a secret.
		assert.equal(row.path, w.receiver.url.split('?')[0]);
		assert.match(row.target, /^webhook_call:/);
	}
	assert.deepEqual(items.map((row) => Date.parse(row.at)), [0, RETRY, 2 * RETRY, 3 * RETRY].map((s) => Date.parse(items[0].at) + 1000 * s));
});

test('webhooks: made, read, changed, tested, deleted', async (t) => {
	const w = await world(t);
	const made = (await w.owner.get(`webhooks/${w.webhook}`)).webhook;
	assert.match(made.id, ID);
	assert.equal(made.callbackTimeout, `${8 * DAY}s`);
	assert.equal(made.displayName, 'decider');
	const changed = await w.owner.post(`webhooks/${made.id}`, {webhook: {description: 'asks', displayName: 'other'}, updateMask: 'description'});
	assert.equal(changed.webhook.description, 'asks');
	assert.equal(changed.webhook.displayName, 'decider');
	const url = 'https://example.com/hook';
	for (let i = 0; i < 11; i++) {
		await makeWebhook(w, url);
	}
	const {list, pages} = await w.owner.all('webhooks', 10);
	assert.equal(list.length, 12);
	assert.equal(pages, 2);
	assert.equal(new Set(list.map((h) => h.id)).size, 12);

	const tested = (await w.owner.post(`webhooks/${made.id}/test`)).webhook;
	assert.equal(tested.webhookId, made.id);
	assert.deepEqual(tested.source, {test: {}});
	const m = await w.receiver.answer(500);
	assert.equal(m.json.event, 'c1.webhooks.v1.PayloadTest');
	await verifyMessage(w.server, m, w.now);
	await refusedCallBack(m, approve, /unknown or was used/);

	for (const bad of ['ftp://example.com/', 'https://', 'https://u:p@example.com/', 'https://exa mple.com/', 'x']) {
		await w.owner.fails(400, 3, 'invalid Webhook.Url', 'POST', 'webhooks', {displayName: 'x', url: bad});
	}
	await w.owner.fails(400, 3, 'DisplayName', 'POST', 'webhooks', {url});
	for (const bad of [`${DAY - 1}s`, `${30 * DAY + 1}s`, '-1s']) {
		await w.owner.fails(400, 3, 'CallbackTimeout', 'POST', 'webhooks', {displayName: 'x', url, callbackTimeout: bad});
	}
	await w.alice.fails(403, 7, 'permission denied', 'GET', 'webhooks');
	await w.alice.fails(403, 7, 'permission denied', 'POST', 'webhooks', {displayName: 'x', url});
	await w.owner.fails(404, 5, 'webhook not found', 'GET', `webhooks/${'a'.repeat(27)}`);
	await w.owner.delete(`webhooks/${made.id}`);
	await w.owner.fails(404, 5, 'webhook not found', 'GET', `webhooks/${made.id}`);
	assert.equal(w.receiver.n, 1);
});
