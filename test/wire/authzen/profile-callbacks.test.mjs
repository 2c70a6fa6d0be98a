// SPDX-License-Identifier: Apache-2.0
//
// Callbacks of AuthZEN's Access Request and Approval Profile: who is told that a task is over, and how it can be known
// from whom that comes.
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {accept, manager} from '../conductorone/world.mjs';
import {startReceiver, verifyMessage} from '../conductorone/receiver.mjs';
import {isProblem, makeProfileWorld, until} from './profile-world.mjs';

const RETRY = 15;

async function world(t, args = ['--webhook-allow-private']) {
	const w = await makeProfileWorld(t, {args});
	w.receiver = await startReceiver();
	t.after(() => w.receiver.close());
	w.webhook = (await w.owner.post('webhooks', {displayName: 'pep', url: w.receiver.url})).webhook.id;
	w.told = (n) =>
		until(async () => {
			const {items} = (await w.server.call('GET', '/doorward/v1/audit?limit=1000')).json;
			const rows = items.filter((row) => row.event === 'c1.webhook.call');
			return rows.length === n && rows;
		});
	return w;
}

test('1 the end of a task is told, signed, without the approval', async (t) => {
	const w = await world(t);
	const state = {flow: 'open-document', n: [1, null]};
	const {task} = await w.pep.ask(await w.entitlement([manager]), {callback: {endpoint: w.receiver.url, state}});
	await w.approve(task);
	const m = await w.receiver.answer(204);
	await verifyMessage(w.server, m, w.now);
	assert.equal(m.headers['webhook-event'], 'access-request.approved');
	assert.equal(m.headers['webhook-id'], w.webhook);
	assert.deepEqual(m.json, {state, task: {id: task.id, status: 'approved', status_endpoint: task.status_endpoint}});
	await w.told(1);
	w.forward(86400);
	assert.equal(w.receiver.n, 1, 'told once');
});

test('2 a receiver that fails is told again, also after a power cut', async (t) => {
	const w = await world(t);
	const {task} = await w.pep.ask(await w.entitlement([manager]), {callback: {endpoint: w.receiver.url}});
	await w.approve(task);
	await w.receiver.answer(500);
	await w.told(1);
	await w.server.kill9();
	await w.server.restart();
	w.forward(RETRY);
	assert.equal((await w.receiver.answer(200, {})).json.task.status, 'approved');
	const [row] = await w.told(2);
	assert.equal(row.status, 200);
});

test('3 of the ends that were named only', async (t) => {
	const w = await world(t);
	const callback = {endpoint: w.receiver.url, events: ['denied', 'cancelled', 'expired']};
	const ask = async () => (await w.pep.ask(await w.entitlement([manager]), {callback})).task;
	const [approved, denied, cancelled, expired] = [await ask(), await ask(), await ask(), await ask()];
	await w.approve(approved);
	await w.act(w.bob, {id: denied.links.ticket.split('/').at(-1)}, 'deny', {comment: 'no'});
	assert.equal((await w.receiver.answer(204)).json.task.status, 'denied');
	await w.pep.call('POST', new URL(cancelled.links.cancel).pathname);
	assert.equal((await w.receiver.answer(204)).json.task.status, 'cancelled');
	w.forward(30 * 86400);
	assert.deepEqual((await w.receiver.answer(204)).json.task, {id: expired.id, status: 'expired', status_endpoint: expired.status_endpoint});
	await w.told(3);
});

test('4 what is over at once is told by the answer', async (t) => {
	const w = await world(t);
	const {answer} = await w.pep.ask(await w.entitlement([accept]), {callback: {endpoint: w.receiver.url}});
	assert.equal(answer.task.status, 'approved');
	const {task} = await w.pep.ask(await w.entitlement([manager]), {callback: {endpoint: w.receiver.url}});
	await w.approve(task);
	assert.equal((await w.receiver.answer(204)).json.task.id, task.id, 'the first message is of the second task');
});

test('5 only what is registered is called, and never what is private', async (t) => {
	const w = await world(t, []);
	const question = w.pep.question(await w.entitlement([manager]));
	const body = w.pep.submission(question, await w.pep.evaluate(question));
	const bad = async (callback, detail) => isProblem(await w.pep.submit({...body, callback}), 400, undefined, detail);
	await bad(7, /object/);
	await bad({}, /registered/);
	await bad({endpoint: 'https://pep.example.com/hook'}, /registered/);
	await bad({endpoint: `${w.receiver.url}&x`}, /registered/);
	await bad({endpoint: w.receiver.url, events: ['approved', 'exploded']}, /events/);
	await bad({endpoint: w.receiver.url, events: 'approved'}, /events/);
	await bad({endpoint: w.receiver.url, state: 'x'.repeat(5000)}, /longer/);
	// Without TLS; and with it, but within.
	const within = w.receiver.url.replace('http:', 'https:');
	await w.owner.post('webhooks', {displayName: 'within', url: within});
	const {task} = await w.pep.ask(await w.entitlement([manager]), {callback: {endpoint: w.receiver.url}});
	await w.approve(task);
	assert.match((await w.told(1))[0].warning, /"http" not supported/);
	const other = await w.pep.ask(await w.entitlement([manager]), {callback: {endpoint: within}});
	await w.approve(other.task);
	const rows = await until(async () => {
		const {items} = (await w.server.call('GET', '/doorward/v1/audit?limit=1000')).json;
		const found = items.filter((row) => row.event === 'c1.webhook.call' && row.path.startsWith('https:'));
		return found.length > 0 && found;
	});
	assert.match(rows[0].warning, /not public|private|refused/);
	assert.equal(w.receiver.n, 0);
});
