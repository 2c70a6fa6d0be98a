// SPDX-License-Identifier: Apache-2.0
//
// AuthZEN 1.0: what the certification scenario asks of decisions and metadata, on roles (test/wire/authzen has all of the
// scenario, over https; numbers in the names are its sections), the rules of the standard that the scenario leaves out, and what Doorward adds. Bodies are compared whole.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../harness/server.mjs';

let s;
const alice = {type: 'user', id: 'alice'};
const bob = {type: 'user', id: 'bob'};
const read = {name: 'read'};
const write = {name: 'write'};
const record = (id) => ({type: 'record', id});
const allowed = {subject: alice, action: read, resource: record('record-1')};
const denied = {subject: bob, action: write, resource: record('record-1')};

const ask = (body, options) => s.call('POST', '/access/v1/evaluation', body, options);
const askAll = (body, options) => s.call('POST', '/access/v1/evaluations', body, options);

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

/** The answer is this text to the byte. */
async function answers(promise, body) {
	const r = await ok(promise, 200);
	assert.equal(r.headers['content-type'], 'application/json');
	assert.equal(r.text, JSON.stringify(body));
	return r;
}

async function isBadRequest(promise, message) {
	const r = await ok(promise, 400);
	assert.match(r.headers['content-type'], /^text\/plain/);
	assert.match(r.text, message);
	return r;
}

// The fixture's decision rules 1 to 4, made as a customer would: two roles and their members.
before(async () => {
	s = await startServer({store: 'memory'});
	await makeUser(s, 'alice', {email: 'alice@example.com'});
	await makeUser(s, 'bob');
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'writer', actions: ['read', 'write']}), 201);
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'reader', actions: ['read']}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/writer/members/alice'), 204);
	await ok(s.call('PUT', '/doorward/v1/roles/reader/members/bob'), 204);
});
after(() => s.stop());

test('2.2.1, 2.3, 2.6 rule 1: alice reads record-1, the same each time', async () => {
	for (let i = 0; i < 5; i++) {
		await answers(ask(allowed), {decision: true});
	}
});

test('rules 2 and 3: alice writes, bob reads', async () => {
	await answers(ask({subject: alice, action: write, resource: record('record-1')}), {decision: true});
	await answers(ask({subject: bob, action: read, resource: record('record-1')}), {decision: true});
});

test('2.2.2 rule 4: a deny is 200', () => answers(ask(denied), {decision: false}));

test('2.2.3 context is accepted and changes nothing', async () => {
	const context = {time: '2025-06-27T18:03-07:00', ip: '192.168.1.1'};
	await answers(ask({...allowed, context}), {decision: true});
	await answers(ask({...denied, context}), {decision: false});
});

test('2.2.8 properties beyond the fixture', () =>
	answers(
		ask({
			subject: {...alice, properties: {department: 'Sales', role: 'manager'}},
			action: {name: 'read', properties: {method: 'GET'}},
			resource: {...record('record-1'), properties: {status: 'active', owner: 'bob'}},
		}),
		{decision: true},
	));

test('2.2.9 unknown fields are ignored, everywhere', async () => {
	await answers(ask({...allowed, foo: 'bar', futureField: {nested: true}}), {decision: true});
	await answers(
		ask({
			subject: {...alice, x: [1]},
			action: {...read, x: null},
			resource: {...record('record-1'), x: {}},
			context: {x: 1},
		}),
		{decision: true},
	);
	await answers(askAll({...allowed, evaluations: [{x: 1}], options: {other: 'value'}, x: 2}), {
		evaluations: [{decision: true}],
	});
});

test('2.4.1, 2.4.2 what is required and missing is 400', async () => {
	for (const name of ['subject', 'action', 'resource']) {
		await isBadRequest(ask({...allowed, [name]: undefined}), new RegExp(`${name} is required`));
		await isBadRequest(ask({...allowed, [name]: null}), new RegExp(`${name} is required`));
	}
	await isBadRequest(ask({...allowed, subject: {id: 'alice'}}), /subject\.type is required/);
	await isBadRequest(ask({...allowed, subject: {type: 'user'}}), /subject\.id is required/);
	await isBadRequest(ask({...allowed, action: {}}), /action\.name is required/);
	await isBadRequest(ask({...allowed, resource: {id: 'record-1'}}), /resource\.type is required/);
	await isBadRequest(ask({...allowed, resource: {type: 'record'}}), /resource\.id is required/);
});

test('2.4.3 another Content-Type, or none, is 400', async () => {
	const body = JSON.stringify(allowed);
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', null]) {
		await isBadRequest(ask(body, {headers: {'Content-Type': type}}), /Content-Type/);
	}
	for (const type of ['application/json; charset=utf-8', 'Application/JSON']) {
		await answers(ask(body, {headers: {'Content-Type': type}}), {decision: true});
	}
});

test('2.4.4, 2.4.5 malformed and empty bodies are 400', async () => {
	for (const body of ['', ' ', '{', 'null', '[]', '"x"', '{"subject":}', '{"a":1,}', '{} {}', '\ufeff{}']) {
		await isBadRequest(ask(body), /body/);
	}
});

test('I-JSON: doubled names, lone surrogates, broken UTF-8 and deep nesting are 400', async () => {
	await isBadRequest(ask(`{"subject":${JSON.stringify(alice)},${JSON.stringify(allowed).slice(1)}`), /./);
	await isBadRequest(ask(JSON.stringify(allowed).replace('alice', '\\ud800')), /./);
	await isBadRequest(ask(Buffer.from(JSON.stringify(allowed).replace('alice', 'al\xff'), 'latin1')), /./);
	await isBadRequest(ask(JSON.stringify({...allowed, context: 0}).replace(':0', `:${'['.repeat(100)}${']'.repeat(100)}`)), /./);
});

test('2.4.6 wrong types are 400', async () => {
	await isBadRequest(ask({...allowed, subject: 'alice'}), /subject must be an object/);
	await isBadRequest(ask({...allowed, action: {name: 123}}), /action\.name must be a string/);
	await isBadRequest(ask({...allowed, resource: []}), /resource must be an object/);
	await isBadRequest(ask({...allowed, context: 'x'}), /context must be an object/);
	await isBadRequest(ask({...allowed, subject: {...alice, properties: []}}), /subject\.properties must be an object/);
	await isBadRequest(ask({...allowed, action: {...read, properties: 1}}), /action\.properties must be an object/);
	await isBadRequest(ask({...allowed, resource: {...record('x'), properties: 'x'}}), /resource\.properties must be/);
});

test('2.5.1, 2.5.2 X-Request-ID comes back, on errors too; without one all is well', async () => {
	const headers = {'X-Request-ID': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716'};
	for (const r of [
		await ok(ask(allowed, {headers}), 200),
		await ok(askAll({...allowed, evaluations: [{}]}, {headers}), 200),
		await ok(ask('{', {headers}), 400),
		await ok(ask(allowed, {headers, key: null}), 401),
	]) {
		assert.equal(r.headers['x-request-id'], headers['X-Request-ID']);
	}
	assert.ok((await ok(ask(allowed), 200)).headers['x-request-id']);
});

test('who asks without a valid key gets 401 with WWW-Authenticate', async () => {
	for (const key of [null, 'wrong', `${s.key}x`, `${s.key.slice(0, -1)}${s.key.endsWith('a') ? 'b' : 'a'}`]) {
		const r = await ok(ask(allowed, {key}), 401);
		assert.match(r.headers['www-authenticate'], /^Bearer realm=/);
		assert.match(r.headers['content-type'], /^text\/plain/);
	}
});

test('asking needs access:evaluate, which the role pdp-client has', async () => {
	await ok(s.call('POST', '/doorward/v1/services', {id: 'gateway'}), 201);
	const key = await makeKey(s, {type: 'service', id: 'gateway'});
	await ok(ask(allowed, {key}), 403);
	await ok(s.call('PUT', '/doorward/v1/roles/pdp-client/members/service:gateway'), 204);
	await answers(ask(allowed, {key}), {decision: true});
});

test('3.2.1 a batch with defaults', () =>
	answers(askAll({subject: alice, action: read, evaluations: [{resource: record('record-1')}, {resource: record('record-2')}]}), {
		evaluations: [{decision: true}, {decision: true}],
	}));

test('3.2.2, 3.3 decisions in the order of the items', () =>
	answers(askAll({subject: bob, resource: record('record-1'), evaluations: [{action: read}, {action: write}]}), {
		evaluations: [{decision: true}, {decision: false}],
	}));

test('3.2.5 a batch without defaults', () =>
	answers(askAll({evaluations: [allowed, denied]}), {evaluations: [{decision: true}, {decision: false}]}));

test('3.2.6 context as default and of its own', () =>
	answers(
		askAll({
			subject: alice,
			action: read,
			context: {time: '2025-06-27T18:03-07:00'},
			evaluations: [{resource: record('record-1')}, {resource: record('record-2'), context: {source: 'batch-override'}}],
		}),
		{evaluations: [{decision: true}, {decision: true}]},
	));

test('3.2.7 defaults replace whole objects; {} is an item', async () => {
	await answers(askAll({...allowed, evaluations: [{}, {subject: bob, action: write}]}), {
		evaluations: [{decision: true}, {decision: false}],
	});
	// {"name"} of the item alone: nothing of the default's properties or id is left.
	const r = await ok(askAll({...allowed, evaluations: [{subject: {type: 'user'}}]}), 200);
	assert.deepEqual(r.json.evaluations[0].decision, false);
	assert.match(r.json.evaluations[0].context.error.message, /subject\.id is required/);
});

test('a default that every item overrides may be {}', () =>
	answers(askAll({subject: alice, action: read, resource: {}, evaluations: [{resource: record('record-1')}]}), {
		evaluations: [{decision: true}],
	}));

test('3.4.1 an incomplete item is denied and says why; the others stand', async () => {
	const r = await ok(
		askAll({
			subject: alice,
			action: read,
			options: {evaluations_semantic: 'execute_all'},
			evaluations: [{resource: record('record-1')}, {}, {resource: record('record-2')}],
		}),
		200,
	);
	assert.deepEqual(r.json, {
		evaluations: [
			{decision: true},
			{decision: false, context: {error: {status: 400, message: 'resource is required'}}},
			{decision: true},
		],
	});
});

test('3.4.2, 3.4.3 evaluations absent, null or empty: as the single call', async () => {
	for (const evaluations of [undefined, null, []]) {
		await answers(askAll({...allowed, evaluations}), {decision: true});
		await answers(askAll({...denied, evaluations}), {decision: false});
		await isBadRequest(askAll({action: read, resource: record('x'), evaluations}), /subject is required/);
	}
});

test('deny_on_first_deny stops behind the first denial or fault', async () => {
	const semantic = {options: {evaluations_semantic: 'deny_on_first_deny'}};
	await answers(askAll({...semantic, evaluations: [allowed, denied, allowed]}), {
		evaluations: [{decision: true}, {decision: false}],
	});
	await answers(askAll({...semantic, evaluations: [allowed, allowed]}), {
		evaluations: [{decision: true}, {decision: true}],
	});
	const r = await ok(askAll({...semantic, evaluations: [allowed, {}, allowed]}), 200);
	assert.deepEqual(r.json.evaluations.map((e) => e.decision), [true, false]);
});

test('permit_on_first_permit stops behind the first permit; a fault is no permit', async () => {
	const semantic = {options: {evaluations_semantic: 'permit_on_first_permit'}};
	await answers(askAll({...semantic, evaluations: [denied, allowed, denied]}), {
		evaluations: [{decision: false}, {decision: true}],
	});
	await answers(askAll({...semantic, evaluations: [denied, denied]}), {
		evaluations: [{decision: false}, {decision: false}],
	});
	const r = await ok(askAll({...semantic, evaluations: [{}, allowed, denied]}), 200);
	assert.deepEqual(r.json.evaluations.map((e) => e.decision), [false, true]);
});

test('execute_all and null are the default semantic; anything else is 400', async () => {
	const all = {evaluations: [{decision: false}, {decision: true}, {decision: false}]};
	for (const options of [undefined, null, {}, {evaluations_semantic: null}, {evaluations_semantic: 'execute_all'}]) {
		await answers(askAll({options, evaluations: [denied, allowed, denied]}), all);
	}
	for (const options of ['execute_all', [], 1, {evaluations_semantic: 'first'}, {evaluations_semantic: 1}, {evaluations_semantic: {}}]) {
		await isBadRequest(askAll({options, evaluations: [allowed]}), /options/);
	}
});

test('a payload whose shape is wrong is 400 as a whole', async () => {
	await isBadRequest(askAll({...allowed, evaluations: {}}), /evaluations must be an array/);
	await isBadRequest(askAll({...allowed, evaluations: [allowed, 1]}), /evaluations\[1\] must be an object/);
	await isBadRequest(askAll({...allowed, subject: 'alice', evaluations: [allowed]}), /subject must be an object/);
});

test('a batch holds 1,000 evaluations and not one more', async () => {
	const r = await ok(askAll({...allowed, evaluations: Array(1000).fill({})}), 200);
	assert.equal(r.json.evaluations.length, 1000);
	await isBadRequest(askAll({...allowed, evaluations: Array(1001).fill({})}), /1000/);
});

test('only POST asks; what does not exist is 404; the body stays a string', async () => {
	const r = await ok(s.call('GET', '/access/v1/evaluation'), 405);
	assert.equal(r.headers.allow, 'POST');
	assert.match(r.headers['content-type'], /^text\/plain/);
	assert.match((await ok(s.call('POST', '/access/v1/search/nothing', {}), 404)).headers['content-type'], /^text\/plain/);
	const large = await ok(ask('{', {headers: {'Content-Length': 2 ** 30}}), 413);
	assert.match(large.headers['content-type'], /^text\/plain/);
});

test('unknown types and ids are denied, not refused', async () => {
	await answers(ask({...allowed, subject: {type: 'spaceship', id: 'alice'}}), {decision: false});
	await answers(ask({...allowed, subject: {type: 'user', id: 'nobody'}}), {decision: false});
	await answers(ask({...allowed, subject: {type: '', id: ''}}), {decision: false});
	await answers(ask({...allowed, action: {name: '*'}}), {decision: false});
});

test('a user is also known by e-mail address', () =>
	answers(ask({...allowed, subject: {type: 'user', id: 'alice@example.com'}}), {decision: true}));

test('groups bring roles to their members, services hold their own', async () => {
	await ok(s.call('POST', '/doorward/v1/groups', {id: 'devs'}), 201);
	await ok(s.call('PUT', '/doorward/v1/groups/devs/members/bob'), 204);
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'deployer', actions: ['deploy']}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/deployer/members/group:devs'), 204);
	const deploy = {action: {name: 'deploy'}, resource: record('record-1')};
	await answers(ask({...deploy, subject: bob}), {decision: true});
	await answers(ask({...deploy, subject: {type: 'group', id: 'devs'}}), {decision: true});
	await answers(ask({...deploy, subject: {type: 'role', id: 'deployer'}}), {decision: true});
	await answers(ask({...deploy, subject: alice}), {decision: false});
	await ok(s.call('DELETE', '/doorward/v1/groups/devs/members/bob'), 204);
	await answers(ask({...deploy, subject: bob}), {decision: false});
});

test('properties.tenants: the authorized ones are listed, and one is enough', async () => {
	for (const id of ['t1', 't2']) {
		await ok(s.call('POST', '/doorward/v1/tenants', {id}), 201);
	}
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'local', actions: ['tune']}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/local/members/bob?tenant=t1'), 204);
	const tune = (properties) => ask({subject: bob, action: {name: 'tune'}, resource: {...record('x'), properties}});
	await answers(tune({tenants: ['t1', 't2']}), {decision: true, context: {tenants: ['t1']}});
	await answers(tune({tenants: ['t2']}), {decision: false, context: {tenants: []}});
	await answers(tune({tenants: []}), {decision: false, context: {tenants: []}});
	await answers(tune({tenant: 't1'}), {decision: true});
	await answers(tune({tenant: 't2'}), {decision: false});
	await answers(tune({tenants: ['t2'], tenant: 't1'}), {decision: false, context: {tenants: []}});
	for (const tenants of ['t1', [1], {}]) {
		await isBadRequest(tune({tenants}), /resource\.properties\.tenants/);
	}
	await isBadRequest(tune({tenant: ['t1']}), /resource\.properties\.tenant /);
});

test('a registered resource brings its tenant', async () => {
	await ok(s.call('PUT', '/doorward/v1/resources/machine/m1', {tenant: 't1'}), 201);
	await ok(s.call('PUT', '/doorward/v1/resources/machine/m2', {tenant: 't2'}), 201);
	const tune = (id) => ask({subject: bob, action: {name: 'tune'}, resource: {type: 'machine', id}});
	await answers(tune('m1'), {decision: true});
	await answers(tune('m2'), {decision: false});
});

test('a key bound to tenants is answered about those only', async () => {
	await ok(s.call('POST', '/doorward/v1/services', {id: 'edge'}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/pdp-client/members/service:edge'), 204);
	const key = await makeKey(s, {type: 'service', id: 'edge'}, {tenants: ['t1']});
	const read = (tenants) => ask({...allowed, resource: {...record('x'), properties: {tenants}}}, {key});
	await answers(read(['t1', 't2']), {decision: true, context: {tenants: ['t1']}});
	await answers(read(['t2']), {decision: false, context: {tenants: []}});
});

test('subjects that the asker vouches for', async () => {
	await ok(
		s.call('POST', '/iam/policies', {
			id: 'ldap-devs',
			name: 'LDAP developers',
			members: ['team:ldap:devs', 'user:saml:carol'],
			statements: [{effect: 'ALLOW', actions: ['infra:nodes:get'], resources: ['infra:nodes:*'], tenants: ['*']}],
		}),
		200,
	);
	const get = (subject) => ask({subject, action: {name: 'infra:nodes:get'}, resource: {type: 'infra:nodes', id: 'n1'}});
	await answers(get(bob), {decision: false});
	await answers(get({...bob, properties: {subjects: ['team:ldap:devs']}}), {decision: true});
	await answers(get({type: 'external', id: 'anything', properties: {subjects: ['user:saml:carol']}}), {decision: true});
	await answers(get({type: 'external', id: 'alice'}), {decision: false});
	// external: the registered user of that id brings nothing
	await answers(ask({...allowed, subject: {type: 'external', id: 'alice'}}), {decision: false});
	for (const subjects of ['team:ldap:devs', [1], ['*'], ['team:*'], ['role:owner'], ['nonsense'], ['']]) {
		await isBadRequest(get({...bob, properties: {subjects}}), /subject\.properties\.subjects/);
	}
});

test('Doorward-Explain names what decided', async () => {
	await ok(
		s.call('POST', '/iam/policies', {
			id: 'freeze',
			name: 'Freeze',
			members: ['user:local:alice'],
			statements: [
				{effect: 'ALLOW', actions: ['infra:nodes:list'], resources: ['*'], tenants: ['*']},
				{effect: 'DENY', actions: ['infra:nodes:delete'], resources: ['*'], tenants: ['*']},
			],
		}),
		200,
	);
	const headers = {'Doorward-Explain': 'true'};
	const nodes = (name) => ({subject: alice, action: {name: `infra:nodes:${name}`}, resource: {type: 'infra:nodes', id: 'n1'}});
	const reason = async (body) => (await ok(ask(body, {headers}), 200)).json;

	const deny = await reason(nodes('delete'));
	assert.equal(deny.decision, false);
	assert.match(deny.context.reason.text, /freeze/);
	assert.deepEqual({...deny.context.reason, text: ''}, {document: 'freeze', kind: 'statement_policy', statement: 1, effect: 'deny', text: ''});
	const allow = await reason(nodes('list'));
	assert.deepEqual({...allow.context.reason, text: ''}, {document: 'freeze', kind: 'statement_policy', statement: 0, effect: 'allow', text: ''});
	const byRole = await reason(allowed);
	assert.deepEqual({...byRole.context.reason, text: ''}, {document: 'writer', kind: 'role', statement: 0, effect: 'allow', text: ''});
	const nothing = await reason(nodes('get'));
	assert.deepEqual({...nothing.context.reason, text: ''}, {document: null, kind: null, statement: null, effect: 'none', text: ''});
	assert.match(nothing.context.reason.text, /alice.*infra:nodes:get/);

	const batch = await ok(askAll({evaluations: [nodes('delete'), nodes('list')]}, {headers}), 200);
	assert.deepEqual(batch.json.evaluations.map((e) => e.context.reason.effect), ['deny', 'allow']);
	await answers(ask(nodes('delete')), {decision: false}); // only when asked for
});

test('every answer says the revision it was made at', async () => {
	const now = Number((await ok(ask(allowed), 200)).headers['doorward-revision']);
	await ok(s.call('POST', '/doorward/v1/tenants', {id: 'later'}), 201);
	assert.equal(Number((await ok(ask(allowed), 200)).headers['doorward-revision']), now + 1);
});

test('6 metadata: the endpoints that exist, under the configured URL, whatever Host says', async () => {
	const path = '/.well-known/authzen-configuration';
	const expected = (base) => ({
		policy_decision_point: base,
		access_evaluation_endpoint: `${base}/access/v1/evaluation`,
		access_evaluations_endpoint: `${base}/access/v1/evaluations`,
		search_subject_endpoint: `${base}/access/v1/search/subject`,
		search_resource_endpoint: `${base}/access/v1/search/resource`,
		search_action_endpoint: `${base}/access/v1/search/action`,
		jwks_uri: `${base}/auth/v1/jwks`,
	});
	for (const options of [{key: null}, {headers: {Host: 'evil.example'}}]) {
		const {signed_metadata: signed, ...plain} = (await ok(s.call('GET', path, undefined, options), 200)).json;
		assert.equal(typeof signed, 'string');
		assert.deepEqual(plain, expected(s.url));
	}

	const other = await startServer({store: 'memory', args: ['--public-url', 'https://pdp.example.com/']});
	const r = await other.call('GET', path, undefined, {headers: {Host: 'evil.example', 'X-Forwarded-Host': 'evil.example'}});
	assert.deepEqual({...r.json, signed_metadata: undefined}, {...expected('https://pdp.example.com'), signed_metadata: undefined});
	assert.equal((await other.call('GET', `${path}/tenant1`)).status, 404);
	await other.stop();
});
