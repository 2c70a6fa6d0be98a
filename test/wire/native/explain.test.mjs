// SPDX-License-Identifier: Apache-2.0
// Doorward-Explain of denials: the nearest statements of each dialect, what they lack, and from whom access can be requested.
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {makeKey, makeUser, run, startServer, testClock} from '../../harness/server.mjs';
import {native} from './support.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
let s;
let call;
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	call = native(s);
	await makeUser(s, 'alice', {attributes: {level: 1}});
	await makeUser(s, 'bob');
	await call(201, 'POST', 'groups', {id: 'devs', kind: 'team'});
	for (const id of ['t1', 't2']) {
		await call(201, 'POST', 'tenants', {id});
	}
	await call(201, 'PUT', 'resources/record/r1', {tenant: 't1', attributes: {status: 'active'}, tags: {Env: ['dev', 'eu']}});
});
after(async () => assert.equal(await s.stop(), 0));

const explain = {headers: {'Doorward-Explain': 'true'}};
async function ask(subject, action, resource, options = explain, properties) {
	const [type, id] = resource.split('/');
	const body = {subject: {type: 'user', id: subject}, action: {name: action}, resource: {type, id, ...(properties && {properties})}};
	const r = await s.call('POST', '/access/v1/evaluation', body, options);
	assert.equal(r.status, 200, r.text);
	return r.json;
}
async function explained(...args) {
	const {decision, context} = await ask(...args);
	assert.equal(decision, false);
	return context.explanation;
}
/** Without what is built in, which stands behind what people wrote. */
const written = (nearest) => nearest.filter((n) => n.kind === 'access_policy');
const policy = (id, rest) => call(201, 'PUT', `policies/${id}`, {effect: 'allow', subjects: ['user:alice'], actions: ['write'], resources: ['record/*'], ...rest});
const drop = (id) => call(204, 'DELETE', `policies/${id}`);
afterEach(async () => Promise.all((await call(200, 'GET', 'policies')).items.map((p) => drop(p.id))));

test('nothing is explained unless it is asked for, nor what is allowed', async () => {
	await policy('yes', {actions: ['read']});
	assert.deepEqual(await ask('alice', 'write', 'record/r1', {}), {decision: false});
	const {decision, context} = await ask('alice', 'read', 'record/r1');
	assert.equal(decision, true);
	assert.deepEqual(Object.keys(context), ['reason']);
});

test('a condition that fails: the part that decided, with both values', async () => {
	await policy('archived', {condition: 'subject.properties.level > 0 && (resource.properties.status == "archived")'});
	const x = await explained('alice', 'write', 'record/r1');
	assert.equal(x.outcome, 'not_granted');
	assert.equal(x.complete, true);
	assert.deepEqual(x.access_request, {requestable: false});
	assert.deepEqual(written(x.nearest), [
		{
			document: 'archived', kind: 'access_policy', statement: 0, effect: 'allow', failed: ['condition'],
			condition: {value: 'false', expression: 'resource.properties.status == "archived"', left: 'active', right: 'archived'},
			text: 'Statement 0 of the access policy archived would allow it, but resource.properties.status == "archived" does not hold ("active" and "archived").',
		},
	]);
});

test('an attribute that is missing is named', async () => {
	await policy('missing', {condition: 'resource.properties.color == "red" || false'});
	const [near] = (await explained('alice', 'write', 'record/r1')).nearest;
	assert.deepEqual(near.condition, {
		value: 'unknown', expression: 'resource.properties.color == "red"', right: 'red', missing: 'resource.properties.color', fault: 'no such key: color',
	});
	assert.match(near.text, /is not known: resource\.properties\.color is not there\.$/);
});

test('each part that can be in the way', async () => {
	await policy('time', {valid_until: '2026-01-01T00:00:00Z'});
	await policy('tenant', {tenants: ['t2']});
	await policy('subject', {subjects: ['group:devs', 'user:bob']});
	await policy('action', {actions: ['read']});
	await policy('resource', {resources: ['record/r2']});
	const {nearest} = await explained('alice', 'write', 'record/r1');
	assert.deepEqual(nearest.map((n) => [n.document, n.failed]), [
		['time', ['time']], ['tenant', ['tenant']], ['subject', ['subject']], ['action', ['action']], ['resource', ['resource']],
	]);
	assert.deepEqual(nearest[2].subjects, ['group:devs', 'user:bob']);
	assert.match(nearest[2].text, /but it is about group:devs, user:bob\.$/);
});

test('what fewer things are in the way of comes first, and there are at most five', async () => {
	for (let i = 0; i < 6; i++) {
		await policy(`far${i}`, {tenants: ['t2'], condition: 'false'});
	}
	await policy('near', {condition: 'false'});
	const {nearest} = await explained('alice', 'write', 'record/r1');
	assert.equal(nearest.length, 5);
	assert.equal(nearest[0].document, 'near');
	for (const far of written(nearest).slice(1)) {
		assert.deepEqual(far.failed, ['condition', 'tenant']);
	}
	assert.deepEqual(nearest.map((n) => n.failed.length), nearest.map((n) => n.failed.length).sort(), 'in order');
});

test('forbidden: the denies that are in the way, then what would have allowed it', async () => {
	await policy('allow', {});
	await policy('freeze', {effect: 'deny', condition: 'context.emergency == false'});
	const {context} = await ask('alice', 'write', 'record/r1');
	assert.equal(context.reason.document, 'freeze');
	assert.equal(context.explanation.outcome, 'forbidden');
	const [deny, allow] = context.explanation.nearest;
	assert.deepEqual([deny.document, deny.effect, deny.failed], ['freeze', 'deny', []]);
	assert.deepEqual([deny.condition.value, deny.condition.missing], ['unknown', 'context.emergency']);
	assert.deepEqual([allow.document, allow.effect, allow.failed], ['allow', 'allow', []]);
});

test('each item of a batch', async () => {
	await policy('p', {});
	const items = ['write', 'delete'].map((name) => ({action: {name}}));
	const body = {subject: {type: 'user', id: 'alice'}, resource: {type: 'record', id: 'r1'}, evaluations: items};
	const {json} = await s.call('POST', '/access/v1/evaluations', body, explain);
	assert.equal(json.evaluations[0].context.explanation, undefined);
	assert.deepEqual(written(json.evaluations[1].context.explanation.nearest).map((n) => [n.document, n.failed]), [['p', ['action']]]);
});

async function boundKey() {
	await call(201, 'POST', 'services', {id: 'pdp'});
	await call(204, 'PUT', 'roles/pdp-client/members/service:pdp');
	return makeKey(s, {type: 'service', id: 'pdp'}, {tenants: ['t2']});
}

test('a key that is bound to a tenant learns nothing of the others', async () => {
	await policy('in-t1', {tenants: ['t1'], condition: 'resource.properties.status == "x"'});
	await policy('in-t2', {tenants: ['t2'], condition: 'resource.properties.status == "x"'});
	const key = await boundKey();
	const x = await explained('alice', 'write', 'record/r1', {...explain, key});
	assert.deepEqual(x.nearest, [], 'the resource is in t1');
	const there = await explained('alice', 'write', 'record/r1', {...explain, key}, {tenant: 't2'});
	assert.deepEqual(written(there.nearest).map((n) => n.document), ['in-t2']);
});

test('access that can be requested, from whom, and what is asked for already', async () => {
	await call(201, 'POST', 'apps', {id: 'crm', display_name: 'CRM', owners: ['bob']});
	await call(201, 'PUT', 'apps/crm/entitlements/admin', {display_name: 'Admin'});
	const {access_request: r} = await explained('alice', 'use', 'app_entitlement/admin');
	assert.equal(r.app_id, 'crm');
	assert.equal(r.entitlement_id, 'admin');
	assert.equal(typeof r.requestable, 'boolean');
	assert.deepEqual((await explained('nobody', 'use', 'app_entitlement/admin')).access_request, {requestable: false});
	await policy('never', {effect: 'deny', actions: ['use'], resources: ['*']});
	assert.deepEqual((await explained('alice', 'use', 'app_entitlement/admin')).access_request, {requestable: false}, 'a grant would not help');
});

test('doorward check --explain, for a person', async () => {
	await policy('archived', {condition: 'resource.properties.status == "archived"'});
	const r = await run(['check', '--url', s.url, '--key', s.key, '--explain', 'user:alice', 'write', 'record/r1']);
	assert.equal(r.code, 1, r.err);
	assert.deepEqual(r.out.split('\n').slice(0, 4), [
		'deny',
		'  No statement allows user alice to write record r1.',
		'  It is not granted. The nearest:',
		'    - Statement 0 of the access policy archived would allow it, but resource.properties.status == "archived" does not hold ("active" and "archived").',
	]);
});
