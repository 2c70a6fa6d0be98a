// SPDX-License-Identifier: Apache-2.0
// The AuthZEN 1.0 certification scenario, all seven sub-levels, over https, on its fixture written as native policies. The
// numbers in the names are the scenario's sections; bodies are compared to the byte wherever it shows them whole.
import assert from 'node:assert/strict';
import {createPublicKey, verify} from 'node:crypto';
import {after, before, test} from 'node:test';
import {fixture, startPdp} from './support.mjs';

let pdp;
before(async () => {
	pdp = await startPdp(fixture);
});
after(async () => assert.equal(await pdp.stop(), 0));

const alice = {type: 'user', id: 'alice'};
const bob = {type: 'user', id: 'bob'};
const admin = {...bob, properties: {role: 'admin'}};
const read = {name: 'read'};
const write = {name: 'write'};
const record = (id, properties) => ({type: 'record', id, ...(properties && {properties})});
const archived = record('record-2', {status: 'archived'});
const context = {time: '2025-06-27T18:03-07:00', ip: '192.168.1.1'};
const permitted = {subject: alice, action: read, resource: record('record-1')};

const evaluation = (body, headers) => pdp.post('/access/v1/evaluation', body, headers);
const evaluations = (body, headers) => pdp.post('/access/v1/evaluations', body, headers);
const search = (what, body, headers) => pdp.post(`/access/v1/search/${what}`, body, headers);

/** 200, application/json, and this body to the byte. */
async function answers(promise, body) {
	const r = await promise;
	assert.equal(r.status, 200, r.text);
	assert.match(r.headers['content-type'], /^application\/json\b/);
	assert.equal(r.text, JSON.stringify(body));
	return r;
}

const decides = (body, decision) => answers(evaluation(body), {decision});
const decidesAll = (body, decisions) => answers(evaluations(body), {evaluations: decisions.map((decision) => ({decision}))});

async function isRefused(promise) {
	const r = await promise;
	assert.equal(r.status, 400, r.text);
	assert.notEqual(r.text.trim(), '', 'says why');
}

/** 200 with results, each of the type asked for; among them those wanted. */
async function finds(promise, type, wanted) {
	const r = await promise;
	assert.equal(r.status, 200, r.text);
	assert.match(r.headers['content-type'], /^application\/json\b/);
	assert.ok(Array.isArray(r.json.results));
	for (const result of r.json.results) {
		if (type) {
			assert.equal(result.type, type);
			assert.equal(typeof result.id, 'string');
		} else {
			assert.equal(typeof result.name, 'string');
		}
	}
	const found = r.json.results.map((result) => (type ? result.id : result.name));
	for (const name of wanted) {
		assert.ok(found.includes(name), `${name} in ${r.text}`);
	}
	return r;
}

// ---- Basic Core ------------------------------------------------------------------------------------------------------

test('1.4 rules 1 to 8', async () => {
	await decides(permitted, true);
	await decides({subject: alice, action: write, resource: record('record-1')}, true);
	await decides({subject: bob, action: read, resource: record('record-1')}, true);
	await decides({subject: bob, action: write, resource: record('record-1')}, false);
	await decides({subject: alice, action: write, resource: archived}, false);
	await decides({subject: admin, action: write, resource: archived}, true);
	for (const soft of [true, false]) {
		await decides({subject: alice, action: {name: 'delete', properties: {soft}}, resource: record('record-1')}, soft);
	}
});

test('2.2.1 a fixture request that is permitted', () => decides(permitted, true));
test('2.2.2 a fixture request that is denied', () => decides({subject: bob, action: write, resource: record('record-1')}, false));
test('2.2.3 a context', () => decides({...permitted, context}, true));

test('2.2.8 additional properties', () =>
	decides(
		{
			subject: {...alice, properties: {department: 'Sales', role: 'manager'}},
			action: {name: 'read', properties: {method: 'GET'}},
			resource: record('record-1', {status: 'active', owner: 'bob'}),
		},
		true,
	));

test('2.2.9 unknown fields', () => decides({...permitted, foo: 'bar', futureField: {nested: true}}, true));

test('2.3.1 decision is there, a boolean; 2.3.2 a context would be an object', async () => {
	const r = await evaluation(permitted);
	assert.equal(typeof r.json.decision, 'boolean');
	assert.ok(!('context' in r.json) || typeof r.json.context === 'object');
});

test('2.4.1 missing fields', async () => {
	for (const name of ['subject', 'action', 'resource']) {
		await isRefused(evaluation({...permitted, [name]: undefined}));
	}
});

test('2.4.2 missing sub-fields', async () => {
	await isRefused(evaluation({...permitted, subject: {id: 'alice'}}));
	await isRefused(evaluation({...permitted, subject: {type: 'user'}}));
	await isRefused(evaluation({...permitted, action: {}}));
	await isRefused(evaluation({...permitted, resource: {id: 'record-1'}}));
	await isRefused(evaluation({...permitted, resource: {type: 'record'}}));
});

test('2.4.3 another Content-Type', async () => {
	for (const type of ['text/plain', 'application/xml', null]) {
		await isRefused(evaluation(JSON.stringify(permitted), {'Content-Type': type}));
	}
});

test('2.4.4 malformed JSON', async () => {
	for (const body of ['{', '{"subject":', 'nonsense', '{"subject":{},}']) {
		await isRefused(evaluation(body));
	}
});

test('2.4.5 an empty body', () => isRefused(evaluation('')));

test('2.4.6 wrong types', async () => {
	await isRefused(evaluation({...permitted, subject: 'alice'}));
	await isRefused(evaluation({...permitted, action: {name: 123}}));
});

test('2.5.1 X-Request-ID comes back, on every endpoint and on errors', async () => {
	const headers = {'X-Request-ID': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716'};
	for (const r of [
		await evaluation(permitted, headers),
		await evaluations({...permitted, evaluations: [{}]}, headers),
		await search('subject', {...permitted, subject: {type: 'user'}}, headers),
		await search('resource', {...permitted, resource: {type: 'record'}}, headers),
		await search('action', {subject: alice, resource: record('record-1')}, headers),
		await evaluation({}, headers),
		await search('subject', '{', headers),
	]) {
		assert.equal(r.headers['x-request-id'], headers['X-Request-ID']);
	}
});

test('2.5.2 no X-Request-ID', () => decides(permitted, true));

test('2.6 idempotency', async () => {
	for (let i = 0; i < 10; i++) {
		await decides(permitted, true);
		await decides({subject: bob, action: write, resource: record('record-1')}, false);
	}
});

// ---- Basic Properties ------------------------------------------------------------------------------------------------

test('2.2.4 denied by a property of the resource', () => decides({subject: alice, action: write, resource: archived}, false));
test('2.2.5 permitted by a property of the subject', () => decides({subject: admin, action: write, resource: archived}, true));
test('2.2.6 permitted by a property of the action', () =>
	decides({subject: alice, action: {name: 'delete', properties: {soft: true}}, resource: record('record-1')}, true));
test('2.2.7 denied by a property of the action', () =>
	decides({subject: alice, action: {name: 'delete', properties: {soft: false}}, resource: record('record-1')}, false));

// ---- Batch Core ------------------------------------------------------------------------------------------------------

test('3.2.1 a batch', () =>
	decidesAll(
		{subject: alice, action: read, evaluations: [{resource: record('record-1')}, {resource: record('record-2')}]},
		[true, true],
	));

test('3.2.2 decisions of a batch', () =>
	decidesAll({subject: bob, resource: record('record-1'), evaluations: [{action: read}, {action: write}]}, [true, false]));

test('3.2.5 no defaults', () =>
	decidesAll({evaluations: [permitted, {subject: bob, action: write, resource: record('record-1')}]}, [true, false]));

test('3.2.6 a context as default, and replaced', () =>
	decidesAll(
		{
			subject: alice,
			action: read,
			context: {time: context.time},
			evaluations: [
				{resource: record('record-1')},
				{resource: record('record-2'), context: {time: '2025-06-27T19:00-07:00', source: 'batch-override'}},
			],
		},
		[true, true],
	));

test('3.3.1 to 3.3.4 as many as were asked, in their order, each with a decision, and none on top', async () => {
	const actions = ['read', 'write', 'read', 'write', 'write', 'read'];
	const r = await evaluations({subject: bob, resource: record('record-1'), evaluations: actions.map((name) => ({action: {name}}))});
	assert.deepEqual(
		r.json.evaluations.map((e) => e.decision),
		actions.map((name) => name === 'read'),
	);
	assert.ok(!('decision' in r.json));
});

test('3.4.1 an item that is not complete is denied, alone', async () => {
	const r = await evaluations({
		subject: alice,
		action: read,
		options: {evaluations_semantic: 'execute_all'},
		evaluations: [{resource: record('record-1')}, {}],
	});
	assert.equal(r.status, 200);
	assert.deepEqual(
		r.json.evaluations.map((e) => e.decision),
		[true, false],
	);
	assert.deepEqual(r.json.evaluations[0], {decision: true});
	assert.equal(typeof r.json.evaluations[1].context, 'object');
});

test('3.4.2 no evaluations', () => answers(evaluations(permitted), {decision: true}));
test('3.4.3 empty evaluations', () => answers(evaluations({...permitted, evaluations: []}), {decision: true}));

// ---- Batch Properties ------------------------------------------------------------------------------------------------

test('3.2.3 properties of the items', () =>
	decidesAll(
		{subject: alice, action: write, evaluations: [{resource: record('record-1', {status: 'active'})}, {resource: archived}]},
		[true, false],
	));

test('3.2.4 properties of subjects', () =>
	decidesAll({action: write, resource: archived, evaluations: [{subject: alice}, {subject: admin}]}, [false, true]));

test('3.2.7 whole objects are inherited or replaced', () =>
	decidesAll(
		{subject: alice, action: write, resource: record('record-1', {status: 'active'}), evaluations: [{}, {resource: archived}]},
		[true, false],
	));

// ---- Search Core -----------------------------------------------------------------------------------------------------

const subjects = {subject: {type: 'user'}, action: read, resource: record('record-1')};
const resources = {subject: alice, action: read, resource: {type: 'record'}};
const actions = {subject: alice, resource: record('record-1')};
// The owner of the organization is a user who may do everything; the scenario allows results beyond its own.
const users = (...ids) => ({results: ids.map((id) => ({type: 'user', id}))});
const records = (...ids) => ({results: ids.map((id) => ({type: 'record', id}))});
// Built-in policies let every user work with access requests, whatever the resource.
const own = async (promise) => {
	const r = await finds(promise, null, []);
	return r.json.results.map((x) => x.name).filter((name) => !name.startsWith('conductorone:'));
};

test('4.2.1 subjects', async () => {
	await finds(search('subject', subjects), 'user', ['alice', 'bob']);
	await answers(search('subject', subjects), users('alice', 'bob', 'owner'));
});
test('4.2.2 subjects, with a context', () => answers(search('subject', {...subjects, context}), users('alice', 'bob', 'owner')));
test('4.2.3 subjects: an id is ignored', () => answers(search('subject', {...subjects, subject: alice}), users('alice', 'bob', 'owner')));

test('4.3.1 resources', async () => {
	await finds(search('resource', resources), 'record', ['record-1']);
	await answers(search('resource', resources), records('record-1', 'record-2'));
});
test('4.3.2 resources, with a context', () => answers(search('resource', {...resources, context}), records('record-1', 'record-2')));
test('4.3.3 resources: an id is ignored', () =>
	answers(search('resource', {...resources, resource: record('record-1')}), records('record-1', 'record-2')));

test('4.4.1 actions', async () => {
	await finds(search('action', actions), null, ['read', 'write']);
	assert.deepEqual(await own(search('action', actions)), ['read', 'write']);
});
test('4.4.2 actions, with a context', async () => {
	const without = await search('action', actions);
	await answers(search('action', {...actions, context}), without.json);
});

test('4.5.1 a limit', async () => {
	const r = await finds(search('subject', {...subjects, page: {limit: 1}}), 'user', ['alice']);
	assert.equal(r.json.results.length, 1);
	assert.equal(Object.keys(r.json)[0], 'page');
	assert.equal(typeof r.json.page.next_token, 'string');
	assert.notEqual(r.json.page.next_token, '');
	assert.equal(r.json.page.count, 1);
});

test('4.5.2 a token, with which the limit is left out; 4.5.3 the page', async () => {
	const first = await search('subject', {...subjects, page: {limit: 1}});
	const r = await search('subject', {...subjects, page: {token: first.json.page.next_token}});
	assert.equal(r.status, 200, r.text);
	assert.deepEqual(r.json.results, users('bob').results);
	assert.notEqual(r.json.page.next_token, '');
	const last = await search('subject', {...subjects, page: {token: r.json.page.next_token, limit: 1}});
	assert.equal(last.text, JSON.stringify({page: {next_token: '', count: 1}, ...users('owner')}));
});

test('4.5.4 a page that takes everything', () =>
	answers(search('resource', {...resources, page: {limit: 50}}), {page: {next_token: '', count: 2}, ...records('record-1', 'record-2')}));

test('4.6.1 an identifier nobody knows', async () => {
	const nobody = {type: 'user', id: 'nonexistent-user'};
	await answers(search('action', {...actions, subject: nobody}), {results: []});
	await answers(search('resource', {...resources, subject: nobody}), {results: []});
	await answers(search('subject', {...subjects, resource: record('nonexistent')}), {results: []});
	await answers(search('action', {...actions, resource: record('nonexistent')}), {results: []});
});

test('4.6.2 a type nobody knows', async () => {
	await answers(search('subject', {...subjects, subject: {type: 'spaceship'}}), {results: []});
	await answers(search('resource', {...resources, resource: {type: 'spaceship'}}), {results: []});
	await answers(search('subject', {...subjects, resource: {type: 'spaceship', id: 'x'}}), {results: []});
	await answers(search('resource', {...resources, subject: {type: 'spaceship', id: 'x'}}), {results: []});
	await answers(search('action', {...actions, resource: {type: 'spaceship', id: 'x'}}), {results: []});
	await answers(search('action', {...actions, subject: {type: 'spaceship', id: 'x'}}), {results: []});
});

test('4.7.1 missing fields', async () => {
	await isRefused(search('subject', {...subjects, action: undefined}));
	await isRefused(search('resource', {...resources, subject: undefined}));
	await isRefused(search('action', {...actions, resource: undefined}));
	await isRefused(search('subject', {...subjects, subject: undefined}));
	await isRefused(search('resource', {...resources, resource: undefined}));
});

test('4.7.2 missing sub-fields: what is searched for is open, everything else complete', async () => {
	const open = {subject: {type: 'user'}, action: read, resource: {type: 'record'}};
	for (const what of ['subject', 'resource']) {
		await isRefused(search(what, open));
	}
	await isRefused(search('action', {subject: {type: 'user'}, resource: record('record-1')}));
	await isRefused(search('action', {subject: alice, resource: {type: 'record'}}));
	await isRefused(search('subject', {...subjects, subject: {}}));
	await isRefused(search('resource', {...resources, resource: {id: 'record-1'}}));
	await isRefused(search('subject', {...subjects, action: {}}));
});

// ---- Search Properties -----------------------------------------------------------------------------------------------

test('4.2.4 (S4) subjects, by a stored attribute', () =>
	answers(search('subject', {subject: {type: 'user'}, action: write, resource: archived}), users('bob', 'owner')));

test('4.3.4 (S5) resources, by a property of the subject', () =>
	answers(search('resource', {subject: admin, action: write, resource: {type: 'record'}}), records('record-2')));

test('4.4.3 (S6) actions, by properties of both', () =>
	own(search('action', {subject: admin, resource: archived})).then((found) => assert.deepEqual(found, ['read', 'write'])));

test('what is found is permitted, and what is permitted is found', async () => {
	for (const who of [alice, bob, admin]) {
		for (const name of ['read', 'write', 'delete']) {
			const found = (await search('resource', {subject: who, action: {name}, resource: {type: 'record'}})).json.results;
			for (const id of ['record-1', 'record-2']) {
				const {decision} = (await evaluation({subject: who, action: {name}, resource: record(id)})).json;
				assert.equal(
					found.some((r) => r.id === id),
					decision,
					`${who.id} ${name} ${id}`,
				);
			}
		}
	}
});

// ---- Transport -------------------------------------------------------------------------------------------------------

test('5.1 to 5.5 over https, application/json, 400, X-Request-ID, unknown fields', async () => {
	assert.match(pdp.url, /^https:/);
	for (const [what, body] of Object.entries({subject: subjects, resource: resources, action: actions})) {
		const r = await search(what, {...body, foo: 'bar', futureField: [{}]}, {'X-Request-ID': what});
		assert.equal(r.status, 200, r.text);
		assert.match(r.headers['content-type'], /^application\/json\b/);
		assert.equal(r.headers['x-request-id'], what);
		await isRefused(search(what, JSON.stringify(body), {'Content-Type': 'text/plain'}));
		for (const malformed of ['', '{', '[]', '"x"']) {
			await isRefused(search(what, malformed));
		}
	}
});

// ---- Discovery -------------------------------------------------------------------------------------------------------

test('6.1 to 6.5 metadata', async () => {
	const r = await pdp.get('/.well-known/authzen-configuration', {Authorization: null});
	assert.equal(r.status, 200, r.text);
	assert.match(r.headers['content-type'], /^application\/json\b/);
	assert.equal(r.json.policy_decision_point, pdp.url);
	for (const [name, url] of Object.entries(r.json)) {
		if (name !== 'signed_metadata') {
			assert.match(url, /^https:\/\/[^?#]+$/, name);
		}
	}
	assert.equal(r.json.access_evaluation_endpoint, `${pdp.url}/access/v1/evaluation`);
	assert.equal(r.json.access_evaluations_endpoint, `${pdp.url}/access/v1/evaluations`);
	for (const what of ['subject', 'resource', 'action']) {
		assert.equal(r.json[`search_${what}_endpoint`], `${pdp.url}/access/v1/search/${what}`);
	}
	if ('capabilities' in r.json) {
		assert.ok(r.json.capabilities.every((urn) => typeof urn === 'string') && r.json.capabilities.length);
	}
});

test('6.5 signed_metadata: a signature of a key that is published, an issuer, and the same values', async () => {
	const {signed_metadata: token, ...plain} = (await pdp.get('/.well-known/authzen-configuration')).json;
	const [head, body, signature] = token.split('.');
	const header = JSON.parse(Buffer.from(head, 'base64url'));
	const {iss, iat, ...claims} = JSON.parse(Buffer.from(body, 'base64url'));
	const {keys} = (await pdp.get(new URL(plain.jwks_uri).pathname, {Authorization: null})).json;
	const jwk = keys.find((k) => k.kid === header.kid);
	assert.ok(verify(null, Buffer.from(`${head}.${body}`), createPublicKey({key: jwk, format: 'jwk'}), Buffer.from(signature, 'base64url')));
	assert.equal(iss, pdp.url);
	assert.equal(typeof iat, 'number');
	assert.deepEqual(claims, plain);
});

test('6.6 the default paths are those of the metadata', async () => {
	const metadata = (await pdp.get('/.well-known/authzen-configuration')).json;
	assert.equal(new URL(metadata.access_evaluation_endpoint).pathname, '/access/v1/evaluation');
	assert.equal(new URL(metadata.search_action_endpoint).pathname, '/access/v1/search/action');
});
