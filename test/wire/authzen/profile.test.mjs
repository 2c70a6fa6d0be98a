// SPDX-License-Identifier: Apache-2.0
//
// AuthZEN's Access Request and Approval Profile over the wire, by a clock that only the test moves: one test for each
// thing that the draft says must be so. What of it is the PEP's business is done as the draft has it.
import assert from 'node:assert/strict';
import {createPublicKey, verify} from 'node:crypto';
import {copyFileSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';

import {run, startServer} from '../../harness/server.mjs';
import {accept, manager, owners} from '../conductorone/world.mjs';
import {isProblem, makeProfileWorld, PATH, ticket} from './profile-world.mjs';

const MINUTE = 60;
const DAY = 86400;
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');

test('1 without the feature nothing of it is there', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([manager]);
	await w.server.restart({args: []});
	assert.deepEqual(await w.pep.evaluate(w.pep.question(entitlement)), {decision: false});
	const approval = {id: 'apr_x', approved_until: '2027-01-01T00:00:00Z', state: 'x'};
	assert.deepEqual(await w.pep.again(w.pep.question(entitlement), approval), {decision: false});
	const r = await w.pep.submit({});
	assert.equal(r.status, 404);
	const meta = (await w.server.call('GET', '/.well-known/authzen-configuration')).json;
	assert.equal(meta.access_request_endpoint, undefined);
	assert.equal(meta.capabilities, undefined);
});

test('2 a feature that is not known is refused at the start', async () => {
	await assert.rejects(startServer({store: 'memory', args: ['--feature', 'arap,teleport']}), /no feature "teleport"/);
	await assert.rejects(startServer({store: 'memory', env: {DOORWARD_FEATURE: 'x'}}), /no feature "x"/);
});

test('3 the metadata names the endpoint, the keys and the capability, signed', async (t) => {
	const w = await makeProfileWorld(t);
	const meta = (await w.server.call('GET', '/.well-known/authzen-configuration', undefined, {key: null})).json;
	assert.equal(meta.access_request_endpoint, w.server.url + PATH);
	assert.equal(meta.jwks_uri, `${w.server.url}/auth/v1/jwks`);
	assert.deepEqual(meta.capabilities, ['urn:openid:authzen:capability:access-request']);
	assert.equal(claims(meta.signed_metadata).access_request_endpoint, meta.access_request_endpoint);
});

test('4 a requestable denial says how access is asked for, bound by a token of the installation', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]), 'alice', {context: {team: 'crm', time: 'now'}});
	const {decision, context, ...rest} = await w.pep.evaluate(question);
	assert.equal(decision, false);
	assert.deepEqual(rest, {});
	assert.deepEqual(Object.keys(context).sort(), ['access_request', 'evaluated_at', 'evaluation_id', 'reason']);
	assert.equal(context.reason, 'approval_required');
	assert.equal(context.evaluated_at, iso(w.now));
	const {access_request: a} = context;
	assert.equal(a.endpoint, w.server.url + PATH);
	assert.equal(a.expires_at, iso(w.now + 10 * MINUTE * 1000));
	assert.equal(typeof a.template, 'string');
	assert.equal(typeof a.display.title, 'string');
	const c = claims(a.binding_token);
	assert.equal(c.iss, w.server.url);
	assert.equal(c.aud, w.server.url + PATH);
	assert.equal(c.iat, w.now / 1000);
	assert.equal(c.exp, c.iat + 600);
	assert.equal(c.denial_expires_at, a.expires_at);
	assert.equal(c.evaluation_id, context.evaluation_id);
	assert.deepEqual(c.binding_context_members, ['team']);
	assert.deepEqual([c.subject, c.action, c.resource, c.context], [question.subject, question.action, question.resource, {team: 'crm'}]);
	const [head, body, signature] = a.binding_token.split('.');
	const {keys} = (await w.server.call('GET', '/auth/v1/jwks', undefined, {key: null})).json;
	const key = keys.find((k) => k.kid === JSON.parse(Buffer.from(head, 'base64url')).kid);
	assert.ok(verify(null, Buffer.from(`${head}.${body}`), createPublicKey({key, format: 'jwk'}), Buffer.from(signature, 'base64url')));
	const other = (await w.pep.evaluate(question)).context;
	assert.notEqual(other.evaluation_id, context.evaluation_id);
	assert.notEqual(claims(other.access_request.binding_token).jti, c.jti);
});

test('5 what no grant would turn is not requestable', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([manager]);
	const plain = {decision: false};
	assert.deepEqual(await w.pep.evaluate(w.pep.question('nothing')), plain);
	assert.deepEqual(await w.pep.evaluate(w.pep.question(entitlement, 'nobody')), plain);
	assert.deepEqual(await w.pep.evaluate({...w.pep.question(entitlement), action: {name: 'own'}}), plain);
	assert.deepEqual(await w.pep.evaluate({...w.pep.question(entitlement), resource: {type: 'document', id: 'd'}}), plain);
	const forbid = {id: 'no', effect: 'deny', subjects: ['user:alice'], actions: ['use'], resources: ['*']};
	assert.equal((await w.server.call('POST', '/doorward/v1/policies', forbid)).status, 201);
	assert.deepEqual(await w.pep.evaluate(w.pep.question(entitlement)), plain);
	assert.ok((await w.pep.evaluate(w.pep.question(entitlement, 'carl'))).context.access_request);
	// Nor what its policy turns away as soon as it is asked for.
	assert.deepEqual(await w.pep.evaluate(w.pep.question(await w.entitlement([{reject: {}}]), 'carl')), plain);
});

test('6 a denial in a batch is requestable, too', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	const r = await w.pep.call('POST', '/access/v1/evaluations', {evaluations: [question, {...question, action: {name: 'x'}}]});
	assert.ok(r.json.evaluations[0].context.access_request);
	assert.deepEqual(r.json.evaluations[1], {decision: false});
	const body = w.pep.submission(question, r.json.evaluations[0]);
	assert.equal((await w.pep.submit(body)).status, 202);
});

test('7 deny, request, approve, allow, expire', async (t) => {
	const w = await makeProfileWorld(t);
	const {question, answer, task} = await w.pep.ask(await w.entitlement([manager]), {context: {business_justification: 'renewal'}});
	assert.equal(answer.result, undefined);
	assert.equal(task.status, 'pending');
	assert.match(task.id, /^arq_[A-Za-z0-9]{32}$/);
	assert.equal(task.status_endpoint, `${w.server.url}${PATH}/${task.id}`);
	assert.equal(task.links.cancel, `${task.status_endpoint}/cancel`);
	assert.deepEqual(task.progress, {current_step: 1, total_steps: 1});
	assert.equal(task.expires_at, iso(w.now + 30 * DAY * 1000));
	const request = await w.task(ticket(task));
	assert.equal(request.description, 'renewal');
	assert.equal(request.createdByUserId, 'alice');
	assert.deepEqual(await w.pep.status(task), answer);

	w.forward(MINUTE);
	await w.approve(task);
	const {task: over, result} = await w.pep.status(task);
	assert.equal(over.status, 'approved');
	assert.equal(over.links.cancel, undefined);
	assert.equal(result.mode, 'reevaluate');
	assert.match(result.approval.id, /^apr_[A-Za-z0-9]{32}$/);
	assert.equal(result.approval.approved_at, iso(w.now));
	assert.equal(result.approval.approved_until, iso(w.now + DAY * 1000));

	const {id, approved_until} = result.approval;
	assert.deepEqual(await w.pep.again(question, result.approval), {decision: true, context: {approval: {id, approved_until}}});
	assert.deepEqual(await w.pep.evaluate(question), {decision: true});
	w.forward(DAY);
	const denied = await w.pep.again(question, result.approval);
	assert.equal(denied.decision, false);
	assert.equal(denied.context.reason, 'approval_expired');
	assert.equal(denied.context.next_action, 'request');
	assert.ok(denied.context.access_request.binding_token);
	// And so it can be asked for anew, which is another approval.
	const r = await w.pep.submit(w.pep.submission(question, denied));
	assert.equal(r.status, 202, r.text);
	assert.notEqual(r.json.task.id, task.id);
});

test('8 what is decided at once is answered at once', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([accept]));
	const r = await w.pep.submit(w.pep.submission(question, await w.pep.evaluate(question)));
	assert.equal(r.status, 201);
	assert.equal(r.headers.location, r.json.task.status_endpoint);
	assert.equal(r.json.task.status, 'approved');
	assert.equal((await w.pep.again(question, r.json.result.approval)).decision, true);
	assert.deepEqual((await w.pep.status(r.json.task)).result.approval.id, r.json.result.approval.id);
});

test('9 the PEP must be known and allowed', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	const body = w.pep.submission(question, await w.pep.evaluate(question));
	isProblem(await w.server.call('POST', PATH, body, {key: null}), 401);
	const r = await w.server.call('POST', PATH, body, {key: w.keys.alice});
	isProblem(r, 403);
	assert.equal((await w.task('1').catch(() => null)), null, 'nothing was made');
});

test('10 a submission must be bound to the denial', async (t) => {
	const w = await makeProfileWorld(t);
	const [entitlement, other] = [await w.entitlement([manager]), await w.entitlement([manager])];
	const question = w.pep.question(entitlement, 'alice', {context: {team: 'crm'}});
	const denied = await w.pep.evaluate(question);
	const body = w.pep.submission(question, denied);
	const {denial} = body;
	const bad = async (change, detail) => isProblem(await w.pep.submit({...body, ...change}), 400, 'invalid_denial_binding', detail);
	await bad({denial: undefined}, /required/);
	await bad({denial: {expires_at: denial.expires_at}}, /required/);
	await bad({denial: {...denial, expires_at: undefined}}, /expires_at/);
	await bad({denial: {...denial, expires_at: '2026-11-22T10:11:00Z'}}, /expires_at/);
	await bad({denial: {...denial, evaluation_id: `${denial.evaluation_id}x`}}, /evaluation_id/);
	await bad({denial: {...denial, binding_token: 7}}, /binding_token/);
	await bad({subject: {type: 'user', id: 'carl'}}, /another subject/);
	await bad({subject: {...body.subject, properties: {a: 1}}}, /another subject/);
	await bad({resource: w.pep.question(other).resource}, /another subject/);
	await bad({context: {team: 'other'}}, /another subject/);
	await bad({context: {}}, /another subject/);
	await bad({context: undefined}, /another subject/);
	// Each part of the token, changed anywhere, proves nothing.
	const [head, text, signature] = denial.binding_token.split('.');
	const forged = Buffer.from(JSON.stringify({...claims(denial.binding_token), context: {}})).toString('base64url');
	const none = Buffer.from('{"alg":"none"}').toString('base64url');
	for (const token of [`${head}.${forged}.${signature}`, `${none}.${text}.`, `${head}.${text}.${signature.slice(0, -2)}AA`, `${head}.${text}`, '', 'x']) {
		await bad({denial: {...denial, binding_token: token}}, /binding_token/);
	}
	// What was added to the context is no matter.
	assert.equal((await w.pep.submit({...body, context: {...body.context, business_justification: 'why'}})).status, 202);
});

test('11 a token for somebody else is none', async (t) => {
	const w = await makeProfileWorld(t);
	const first = await w.pep.ask(await w.entitlement([accept]));
	const question = w.pep.question(await w.entitlement([manager]));
	const body = w.pep.submission(question, await w.pep.evaluate(question));
	// Signed by the same key, for another audience.
	const binding_token = first.answer.result.approval.state;
	isProblem(await w.pep.submit({...body, denial: {...body.denial, binding_token}}), 400, 'invalid_denial_binding', /binding_token/);
	const result = {...first.answer.result.approval, state: body.denial.binding_token};
	assert.equal((await w.pep.again(first.question, result)).context.reason, 'approval_unverifiable');
});

test('12 an evaluation id alone binds as well', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]), 'alice', {context: {team: 'crm'}});
	const denied = await w.pep.evaluate(question);
	const body = w.pep.submission(question, denied);
	const {evaluation_id, expires_at} = body.denial;
	const only = {...body, denial: {evaluation_id, expires_at}};
	isProblem(await w.pep.submit({...only, context: {team: 'x'}}), 400, 'invalid_denial_binding', /another/);
	isProblem(await w.pep.submit({...only, denial: {evaluation_id: 'eval_1', expires_at}}), 400, 'invalid_denial_binding', /none/);
	isProblem(await w.pep.submit({...only, denial: {evaluation_id: `${evaluation_id.slice(0, -1)}!`, expires_at}}), 400, 'invalid_denial_binding');
	isProblem(await w.pep.submit({...only, denial: {evaluation_id, expires_at: '2026-11-22T11:00:00Z'}}), 400, 'invalid_denial_binding');
	assert.equal((await w.pep.submit(only)).status, 202);
	const later = await w.pep.evaluate(w.pep.question(await w.entitlement([manager])));
	w.forward(10 * MINUTE);
	const late = {evaluation_id: later.context.evaluation_id, expires_at: later.context.access_request.expires_at};
	isProblem(await w.pep.submit({...w.pep.question('x'), denial: late}), 400, 'invalid_denial_binding');
});

test('13 a denial is good for ten minutes', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	const body = w.pep.submission(question, await w.pep.evaluate(question));
	const {evaluation_id, expires_at} = body.denial;
	w.forward(10 * MINUTE);
	isProblem(await w.pep.submit(body), 410, 'expired_denial');
	isProblem(await w.pep.submit({...body, denial: {evaluation_id, expires_at}}), 410, 'expired_denial');
	const again = w.pep.submission(question, await w.pep.evaluate(question));
	w.forward(10 * MINUTE - 1);
	assert.equal((await w.pep.submit(again)).status, 202);
});

test('14 a denial is used once', async (t) => {
	const w = await makeProfileWorld(t);
	const {body, task} = await w.pep.ask(await w.entitlement([manager]));
	isProblem(await w.pep.submit(body), 400, 'invalid_denial_binding', /already/);
	assert.equal((await w.pep.call('POST', `${PATH}/${task.id}/cancel`)).status, 200);
	isProblem(await w.pep.submit(body), 400, 'invalid_denial_binding', /already/);
});

test('15 what is not requestable any more is refused', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([accept]);
	const question = w.pep.question(entitlement);
	const [one, two] = [await w.pep.evaluate(question), await w.pep.evaluate(question)];
	assert.equal((await w.pep.submit(w.pep.submission(question, one))).status, 201);
	isProblem(await w.pep.submit(w.pep.submission(question, two)), 400, 'not_requestable', /allowed by now/);
	const carl = w.pep.question(entitlement, 'carl');
	const denied = await w.pep.evaluate(carl);
	const forbid = {id: 'no', effect: 'deny', subjects: ['user:carl'], actions: ['use'], resources: ['*']};
	assert.equal((await w.server.call('POST', '/doorward/v1/policies', forbid)).status, 201);
	isProblem(await w.pep.submit(w.pep.submission(carl, denied)), 400, 'not_requestable', /nothing/);
});

test('16 an idempotency key stands for one request', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	const body = w.pep.submission(question, await w.pep.evaluate(question));
	const key = {'Idempotency-Key': '7b8d0f0d-65a1-4af1-9fd3-a684f08a5d13'};
	const first = await w.pep.submit(body, key);
	assert.equal(first.status, 202);
	const reordered = Object.fromEntries(Object.entries(body).reverse());
	assert.deepEqual((await w.pep.submit(JSON.stringify(reordered, null, 3), key)).json, first.json);
	isProblem(await w.pep.submit({...body, requested_access: {emergency: false}}, key), 409, 'duplicate_request');
	// Also after the denial is too old, after a restart, and once it is decided.
	w.forward(3600);
	await w.server.kill9();
	await w.server.restart();
	assert.equal((await w.pep.submit(body, key)).json.task.id, first.json.task.id);
	await w.approve(first.json.task);
	const third = await w.pep.submit(body, key);
	assert.equal(third.status, 201);
	assert.equal(third.json.task.status, 'approved');
	// Of another PEP it is another key.
	const edge = await w.makePep('edge');
	const other = edge.question(await w.entitlement([manager]));
	const r = await edge.submit(edge.submission(other, await edge.evaluate(other)), key);
	assert.equal(r.status, 202);
	assert.notEqual(r.json.task.id, first.json.task.id);
	isProblem(await w.pep.submit(body, {'Idempotency-Key': ''}), 400);
	isProblem(await w.pep.submit(body, {'Idempotency-Key': 'x'.repeat(256)}), 400);
});

test('17 each end of a request has its status, once', async (t) => {
	const w = await makeProfileWorld(t);
	const ask = async (steps = [manager]) => (await w.pep.ask(await w.entitlement(steps))).task;
	const denied = await ask();
	await w.act(w.bob, {id: ticket(denied)}, 'deny', {comment: 'no'});
	const closed = await ask();
	await w.owner.post(`tasks/${ticket(closed)}/action/close`, {});
	const rejected = await ask([manager, {reject: {}}]);
	await w.approve(rejected);
	const late = {approval: {manager: {}, escalationEnabled: true, escalation: {expiration: '3600', cancelTicket: {}}}};
	const escalated = await ask([late]);
	w.forward(3600);
	for (const [task, status] of [[denied, 'denied'], [closed, 'cancelled'], [rejected, 'denied'], [escalated, 'cancelled']]) {
		const r = await w.pep.status(task);
		assert.equal(r.task.status, status);
		assert.equal(r.result, undefined);
		isProblem(await w.pep.call('POST', `${PATH}/${task.id}/cancel`), 409, 'invalid_task_state');
		assert.equal((await w.pep.status(task)).task.status, status);
	}
});

test('18 the maker, and whom it is for, can cancel; nobody else', async (t) => {
	const w = await makeProfileWorld(t);
	const cancel = (key, task, method = 'POST') => w.pepOf(key).call(method, `${PATH}/${task.id}/cancel`, method === 'POST' ? {reason: 'x'} : undefined);
	const [one, two, three] = [await w.pep.ask(await w.entitlement([manager])), await w.pep.ask(await w.entitlement([manager])), await w.pep.ask(await w.entitlement([manager]))];
	isProblem(await cancel(w.keys.carl, one.task), 404, 'unknown_task');
	isProblem(await cancel(w.keys.bob, one.task), 403);
	isProblem(await w.server.call('POST', `${PATH}/${one.task.id}/cancel`, {}, {key: null}), 401);
	const r = await cancel(w.pep.key, one.task);
	assert.equal(r.status, 200);
	assert.equal(r.json.task.status, 'cancelled');
	assert.equal((await cancel(w.keys.alice, two.task, 'DELETE')).json.task.status, 'cancelled');
	assert.equal((await w.task(ticket(one.task))).type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
	assert.equal((await w.pep.status(three.task)).task.status, 'pending');
});

test('19 a task is shown to those who may see it, an approval to the maker alone', async (t) => {
	const w = await makeProfileWorld(t);
	const {task} = await w.pep.ask(await w.entitlement([manager]));
	const get = (key) => w.pepOf(key).call('GET', `${PATH}/${task.id}`);
	const edge = await w.makePep('edge');
	isProblem(await get(edge.key), 404, 'unknown_task');
	isProblem(await get(w.keys.carl), 404, 'unknown_task');
	isProblem(await w.pep.call('GET', `${PATH}/arq_unknown`), 404, 'unknown_task');
	assert.equal((await get(w.keys.bob)).json.task.links.review, `${task.links.ticket}/action/approve`);
	assert.equal((await get(w.keys.alice)).json.task.links.review, undefined);
	assert.equal(task.links.review, undefined);
	await w.approve(task);
	for (const user of ['alice', 'bob', 'erin']) {
		const r = await get(w.keys[user]);
		assert.equal(r.json.task.status, 'approved');
		assert.equal(r.json.result, undefined, user);
	}
	assert.ok((await w.pep.status(task)).result);
	// Another process of the same PEP has another key.
	const key = await w.server.call('POST', '/doorward/v1/keys', {principal: {type: 'service', id: 'gateway'}, name: 'second'});
	assert.ok((await get(key.json.key)).json.result);
});

test('20 a task expires, and is forgotten', async (t) => {
	const w = await makeProfileWorld(t);
	const short = {requested_access: {requested_until: iso(w.now + 2 * 3600 * 1000)}};
	const {task, question} = await w.pep.ask(await w.entitlement([manager]), short);
	assert.equal(task.expires_at, short.requested_access.requested_until);
	w.forward(2 * 3600);
	isProblem(await w.pep.call('GET', `${PATH}/${task.id}`), 410, 'task_expired');
	isProblem(await w.pep.call('POST', `${PATH}/${task.id}/cancel`), 410, 'task_expired');
	assert.equal((await w.task(ticket(task))).type.grant.outcome, 'GRANT_OUTCOME_CANCELLED');
	assert.equal((await w.pep.evaluate(question)).decision, false);
	w.forward(7 * DAY);
	isProblem(await w.pep.call('GET', `${PATH}/${task.id}`), 404, 'unknown_task');
});

test('21 access ends when it was asked for, however late it was approved', async (t) => {
	const w = await makeProfileWorld(t);
	const until = iso(w.now + 2 * 3600 * 1000);
	const {task, question} = await w.pep.ask(await w.entitlement([manager]), {requested_access: {requested_until: until}});
	w.forward(3600);
	await w.approve(task);
	const {result} = await w.pep.status(task);
	assert.equal(result.approval.approved_until, until);
	assert.equal((await w.pep.again(question, result.approval)).context.approval.approved_until, until);
	w.forward(3600 - 1);
	assert.equal((await w.pep.evaluate(question)).decision, true);
	w.forward(1);
	assert.equal((await w.pep.evaluate(question)).decision, false);
	assert.equal((await w.pep.again(question, result.approval)).context.reason, 'approval_expired');
});

test('22 an approval is for what was asked, and for who asked', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([accept]);
	const question = w.pep.question(entitlement, 'alice', {context: {team: 'crm'}});
	const {answer} = await w.pep.ask(entitlement, {}, question);
	const {approval} = answer.result;
	const says = async (q, a, reason, next) => {
		const r = await w.pep.again(q, a);
		assert.equal(r.decision, false);
		assert.equal(r.context.reason, reason);
		assert.equal(r.context.next_action, next);
		assert.equal(r.context.access_request !== undefined, next === 'request');
		assert.equal(r.context.approval, undefined);
	};
	const {id} = approval;
	await says(w.pep.question(entitlement, 'carl'), approval, 'out_of_scope', 'request');
	await says(w.pep.question(entitlement, 'carl'), {id}, 'out_of_scope', 'request');
	await says(w.pep.question('nothing'), approval, 'out_of_scope', 'none');
	await says(w.pep.question(entitlement, 'carl'), {id: 'apr_guessed'}, 'approval_unverifiable', 'none');
	await says(question, {id: 'apr_guessed', state: approval.state}, 'approval_unverifiable', 'none');
	await says(question, {...approval, state: `${approval.state}x`}, 'approval_unverifiable', 'none');
	await says(question, {...approval, state: {}}, 'approval_unverifiable', 'none');
	// What decides is the binding: without a false proof alice may, as without any approval.
	assert.deepEqual(await w.pep.again(question, {id: 'apr_guessed'}), {decision: true});
	assert.deepEqual(await w.pep.again({...question, context: {team: 'x'}}, {id}), {decision: true});
	assert.equal((await w.pep.again(question, {id})).context.approval.id, id);
	// Another PEP has nothing of it.
	const edge = await w.makePep('edge');
	assert.deepEqual(await edge.again(question, approval), {decision: true});
});

test('23 an approval ends with the grant, and opens nothing that is forbidden', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([accept]);
	const {question, answer} = await w.pep.ask(entitlement);
	const {approval} = answer.result;
	const forbid = {id: 'no', effect: 'deny', subjects: ['user:alice'], actions: ['use'], resources: ['*']};
	assert.equal((await w.server.call('POST', '/doorward/v1/policies', forbid)).status, 201);
	const denied = await w.pep.again(question, approval);
	assert.deepEqual(denied, {decision: false, context: {reason: 'policy_denied', next_action: 'none'}});
	assert.equal((await w.server.call('DELETE', '/doorward/v1/policies/no')).status, 204);
	assert.equal((await w.pep.again(question, approval)).decision, true);
	const [binding] = await w.grants(entitlement);
	const path = `/doorward/v1/apps/${w.app}/entitlements/${entitlement}/bindings/${binding.appUserId}`;
	assert.equal((await w.server.call('DELETE', path)).status, 204);
	const r = await w.pep.again(question, approval);
	assert.equal(r.decision, false);
	assert.equal(r.context.reason, 'approval_expired');
	assert.equal(r.context.next_action, 'request');
});

test('24 nobody approves her own request', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([{approval: {users: {userIds: ['alice', 'frank']}}}]);
	const {task} = await w.pep.ask(entitlement);
	await assert.rejects(w.approve(task, w.alice));
	assert.equal((await w.pep.status(task)).task.status, 'pending');
	await w.approve(task, w.frank);
	assert.equal((await w.pep.status(task)).task.status, 'approved');
});

test('25 several things are one task, and each has its own end', async (t) => {
	const w = await makeProfileWorld(t);
	const questions = [];
	for (const steps of [[accept], [manager], [owners]]) {
		questions.push(w.pep.question(await w.entitlement(steps)));
	}
	const items = [];
	for (const question of questions) {
		const {resource, action, denial} = w.pep.submission(question, await w.pep.evaluate(question));
		items.push({resource, action, denial});
	}
	const {subject} = questions[0];
	const bad = async (body, detail) => isProblem(await w.pep.submit({subject, ...body}), 400, undefined, detail);
	await bad({items, action: items[0].action}, /neither/);
	await bad({items: []}, /items/);
	await bad({items: Array(21).fill(items[0])}, /items/);
	await bad({items: ['x']}, /object/);
	isProblem(await w.pep.submit({subject, items: items.map(({denial, ...i}) => i)}), 400, 'invalid_denial_binding');
	isProblem(await w.pep.submit({subject, items: items.map(({denial, ...i}) => i), denial: items[0].denial}), 400, 'invalid_denial_binding');
	isProblem(await w.pep.submit({subject, items: [items[0], {...items[1], denial: items[0].denial}]}), 400, 'invalid_denial_binding');
	const r = await w.pep.submit({subject, items});
	assert.equal(r.status, 202, r.text);
	assert.equal(r.json.result, undefined);
	assert.deepEqual(r.json.task.items.map((i) => i.status), ['approved', 'pending', 'pending']);
	assert.deepEqual(r.json.task.items.map((i) => i.resource), items.map((i) => i.resource));
	assert.equal((await w.pep.again(questions[0], r.json.task.items[0].result.approval)).decision, true);
	assert.equal((await w.pep.again(questions[1], r.json.task.items[0].result.approval)).context.reason, 'out_of_scope');
	const cancelled = await w.pep.call('POST', `${PATH}/${r.json.task.id}/cancel`);
	assert.equal(cancelled.json.task.status, 'partial');
	assert.deepEqual(cancelled.json.task.items.map((i) => i.status), ['approved', 'cancelled', 'cancelled']);
	isProblem(await w.pep.call('POST', `${PATH}/${r.json.task.id}/cancel`), 409, 'invalid_task_state');
	const after = (await w.pep.status(r.json.task)).task;
	assert.equal(after.items[0].result.approval.id, r.json.task.items[0].result.approval.id);
	assert.equal(after.items[1].result, undefined);
});

test('26 the same thing twice in one submission is refused', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([manager]);
	const one = w.pep.question(entitlement);
	const two = {...one, resource: {type: 'app_entitlement', id: entitlement, properties: {app_id: w.app}}};
	const items = [];
	for (const question of [one, two]) {
		const {resource, action, denial} = w.pep.submission(question, await w.pep.evaluate(question));
		items.push({resource, action, denial});
	}
	isProblem(await w.pep.submit({subject: one.subject, items}), 400, undefined, /same/);
});

test('27 a request that is open is joined, and given up by itself', async (t) => {
	const w = await makeProfileWorld(t);
	const entitlement = await w.entitlement([manager]);
	const open = await w.ask(entitlement);
	const {task} = await w.pep.ask(entitlement);
	assert.equal(ticket(task), open.id);
	const edge = await w.makePep('edge');
	const other = await edge.ask(entitlement);
	assert.equal((await w.pep.call('POST', `${PATH}/${task.id}/cancel`)).json.task.status, 'cancelled');
	assert.equal((await w.task(open.id)).state, 'TASK_STATE_OPEN');
	await w.approve(other.task);
	assert.equal((await edge.status(other.task)).task.status, 'approved');
	assert.equal((await w.pep.status(task)).task.status, 'cancelled');
});

test('28 who acts for the subject must be who calls', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]), 'alice');
	question.subject.properties = {act: {sub: 'gateway'}};
	const denied = await w.pep.evaluate(question);
	assert.equal(claims(denied.context.access_request.binding_token).subject.properties.act, undefined);
	const body = w.pep.submission(question, denied);
	body.subject = {type: 'user', id: 'alice', properties: {}};
	for (const actor of [{id: 'robot'}, {id: 'gateway', act: {sub: 'x', iss: 'y'}}, {id: 'gateway', type: 'user'}, {}]) {
		isProblem(await w.pep.submit({...body, client: {actor}}), 403, undefined, /actor/);
	}
	isProblem(await w.pep.submit({...body, client: 7}), 400);
	isProblem(await w.pep.submit({...body, client: {id: 'x'.repeat(5000)}}), 400, undefined, /longer/);
	assert.equal((await w.pep.submit({...body, client: {id: 'app', actor: {id: 'gateway', type: 'service'}}})).status, 202);
});

test('29 what is asked for is checked', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	const body = w.pep.submission(question, await w.pep.evaluate(question));
	const bad = async (change, detail) => isProblem(await w.pep.submit({...body, ...change}), 400, undefined, detail);
	await bad({requested_access: 7}, /objects/);
	await bad({requested_access: {requested_until: 'tomorrow'}}, /requested_until/);
	await bad({requested_access: {requested_until: iso(w.now)}}, /requested_until/);
	await bad({requested_access: {requested_until: iso(w.now + 2 * DAY * 1000)}}, /max provision time/);
	await bad({requested_access: {emergency: 'yes'}}, /emergency/);
	await bad({requested_access: {emergency: true}}, /business_justification/);
	await bad({subject: undefined}, /subject/);
	await bad({action: {name: 7}}, /action.name/);
	await bad({resource: []}, /resource/);
	isProblem(await w.pep.submit('{'), 400);
	isProblem(await w.pep.submit(`{"subject":${'['.repeat(50)}${']'.repeat(50)}}`), 400, undefined, /deep/);
	isProblem(await w.pep.call('GET', PATH), 405);
	const context = {business_justification: 'fire'};
	await bad({context, requested_access: {emergency: true}}, /not enabled for this entitlement/);
	const emergency = await w.policy([manager]);
	const other = w.pep.question(await w.entitlement([manager], {emergencyGrantEnabled: true, emergencyGrantPolicyId: emergency}));
	const urgent = w.pep.submission(other, await w.pep.evaluate(other));
	const r = await w.pep.submit({...urgent, context, requested_access: {emergency: true}});
	assert.equal(r.status, 202, r.text);
	assert.equal((await w.task(ticket(r.json.task))).emergencyAccess, true);
});

test('30 a power cut between request and answer loses and repeats nothing', async (t) => {
	// The address changes with the restart, what tokens are for must not.
	const w = await makeProfileWorld(t, {args: ['--public-url', 'https://pdp.example.com']});
	for (let round = 0; round < 5; round++) {
		const question = w.pep.question(await w.entitlement([manager]));
		const body = w.pep.submission(question, await w.pep.evaluate(question));
		const headers = {'Idempotency-Key': `k${round}`};
		const answer = w.pep.submit(body, headers).catch(() => null);
		await Promise.race([answer, new Promise((resolve) => setImmediate(resolve))]);
		await w.server.kill9();
		const before = await answer;
		await w.server.restart();
		const after = await w.pep.submit(body, headers);
		assert.equal(after.status, 202, after.text);
		if (before) {
			assert.equal(after.json.task.id, before.json.task.id);
		}
		assert.equal((await w.pep.submit(body, headers)).json.task.id, after.json.task.id);
		const {list} = await w.owner.post('search/tasks', {taskStates: ['TASK_STATE_OPEN'], pageSize: 100});
		assert.equal(list.length, round + 1, 'one request for each submission');
	}
});

test('31 what is too long for a token is bound by its hash', async (t) => {
	const w = await makeProfileWorld(t);
	const context = {long: 'x'.repeat(5000), n: 1.5e300, z: [1, 2.0, {b: 'é', a: null}]};
	const question = w.pep.question(await w.entitlement([accept]), 'alice', {context});
	const denied = await w.pep.evaluate(question);
	const c = claims(denied.context.access_request.binding_token);
	assert.equal(c.subject, undefined);
	assert.equal(c.binding_hash.length, 43);
	const body = w.pep.submission(question, denied);
	isProblem(await w.pep.submit({...body, context: {...context, long: 'y'}}), 400, 'invalid_denial_binding');
	const r = await w.pep.submit({...body, context: {z: context.z, n: 1.5e300, long: context.long}});
	assert.equal(r.status, 201, r.text);
	assert.equal((await w.pep.again(question, r.json.result.approval)).context.approval.id, r.json.result.approval.id);
});

test('32 the past is not requestable, and explained denials keep their reason', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	const {headers} = await w.pep.call('POST', '/access/v1/evaluation', question);
	const revision = headers['doorward-revision'];
	await w.entitlement([manager]);
	assert.deepEqual(await w.pep.evaluate(question, {'Doorward-As-Of': revision}), {decision: false});
	const explained = await w.pep.evaluate(question, {'Doorward-Explain': 'true'});
	assert.equal(explained.context.reason.effect, 'none');
	assert.ok(explained.context.access_request);
	assert.ok(explained.context.evaluation_id);
});

test('33 an approval whose grant is not here yet is to be tried again', async (t) => {
	const w = await makeProfileWorld(t, {args: ['--public-url', 'https://pdp.example.com']});
	const entitlement = await w.entitlement([accept]);
	// What another node, which is behind, knows: the store as it was before.
	await w.server.end('SIGTERM');
	const [store, before] = [`${w.server.dir}/doorward.db`, `${w.server.dir}/before.db`];
	copyFileSync(store, before);
	await w.server.start();
	const {question, answer} = await w.pep.ask(entitlement);
	const {approval} = answer.result;
	await w.server.end('SIGTERM');
	copyFileSync(before, store);
	await w.server.start();
	const r = await w.pep.again(question, approval);
	assert.deepEqual(r, {decision: false, context: {reason: 'grant_pending', next_action: 'retry', retry_after: 5}});
	const carl = await w.pep.again(w.pep.question(entitlement, 'carl'), approval);
	assert.equal(carl.context.reason, 'out_of_scope');
	assert.equal((await w.pep.again(question, {id: approval.id})).context.reason, 'approval_unverifiable');
	w.forward(DAY);
	assert.equal((await w.pep.again(question, approval)).context.reason, 'approval_expired');
});

test('34 what is too long to be bound is not requestable', async (t) => {
	const w = await makeProfileWorld(t);
	const question = w.pep.question(await w.entitlement([manager]));
	assert.deepEqual(await w.pep.evaluate({...question, context: {long: 'x'.repeat(70000)}}), {decision: false});
	let deep = 1;
	for (let i = 0; i < 40; i++) {
		deep = [deep];
	}
	assert.deepEqual(await w.pep.evaluate({...question, context: {deep}}), {decision: false});
});

test('35 the decision log has the ids of denials, and answers are the same when they are replayed', async (t) => {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-log-'));
	t.after(() => rmSync(dir, {recursive: true, force: true}));
	const log = join(dir, 'log');
	const w = await makeProfileWorld(t, {args: ['--decision-log', log, '--public-url', 'https://pdp.example.com']});
	const {question, denied, answer} = await w.pep.ask(await w.entitlement([accept]));
	const {approval} = answer.result;
	assert.equal((await w.pep.again(question, approval)).decision, true);
	assert.equal((await w.pep.again(question, {...approval, state: 'x'})).decision, false);
	await w.server.restart();
	const entries = readFileSync(log, 'utf8').trim().split('\n').map(JSON.parse).filter((e) => e.type === 'decision');
	assert.deepEqual(entries.map((e) => e.decision), [false, true, false]);
	assert.equal(entries[0].id, denied.context.evaluation_id);
	const {code, out, err} = await run(['audit', 'replay', log, '--url', w.server.url, '--key', w.server.key]);
	assert.equal(code, 0, out + err);
});
