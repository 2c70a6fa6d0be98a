// SPDX-License-Identifier: Apache-2.0
//
// What a question may say of its resource beside type and id: tags, a parent, a target. Tag policies themselves are tested with
// LangSmith's dialect and in test/unit/policy.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer} from '../harness/server.mjs';

let s;
const alice = {type: 'user', id: 'alice'};
const dataset = (id, properties) => ({type: 'dataset', id, properties});

const ask = (body, options) => s.call('POST', '/access/v1/evaluation', body, options);

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

/** Asks for alice and gives the decision. */
async function decide(action, resource, more = {}) {
	return (await ok(ask({subject: alice, action: {name: action}, resource, ...more}), 200)).json.decision;
}

// alice may read and clone in w1, and nothing in w2.
before(async () => {
	s = await startServer({store: 'memory'});
	await makeUser(s, 'alice');
	for (const id of ['w1', 'w2']) {
		await ok(s.call('POST', '/doorward/v1/tenants', {id}), 201);
	}
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'reader', actions: ['datasets:clone', 'datasets:read', 'runs:read']}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/reader/members/alice?tenant=w1'), 204);
	for (const [path, body] of [
		['dataset/d1', {tenant: 'w1', tags: {Env: 'prod'}}],
		['dataset/d2', {tenant: 'w2'}],
		['project/p1', {tenant: 'w1'}],
		['project/p2', {tenant: 'w2'}],
		['run/of-p2', {parent: 'project/p2'}],
	]) {
		const r = await s.call('PUT', `/doorward/v1/resources/${path}`, body);
		assert.ok(r.status === 200 || r.status === 201, r.text);
	}
});
after(() => s.stop());

test('tags as a string and as a list; null is absent', async () => {
	for (const tags of [{}, {Env: 'prod'}, {Env: ['prod', 'dev'], Team: 'a'}, {Env: []}, null]) {
		assert.equal(await decide('datasets:read', dataset('d1', {tags})), true);
	}
	const many = Array.from({length: 1000}, (_, i) => `v${i}`);
	assert.equal(await decide('datasets:read', dataset('d1', {tags: {Env: many}})), true);
	assert.equal(await decide('datasets:read', dataset('d1', {tags: {Env: many.slice(1), Team: 'a'}})), true);
});

test('a run without a tenant is decided in that of its parent', async () => {
	const run = (id, parent) => ({type: 'run', id, properties: parent === undefined ? undefined : {parent}});
	assert.equal(await decide('runs:read', run('r1', 'project/p1')), true);
	assert.equal(await decide('runs:read', run('r1', {type: 'project', id: 'p1'})), true);
	assert.equal(await decide('runs:read', run('r1', 'project/p2')), false);
	assert.equal(await decide('runs:read', run('of-p2')), false);
	assert.equal(await decide('runs:read', run('of-p2', 'project/p1')), true);
});

test('datasets:clone needs the target as well, wherever it stands', async () => {
	const from = dataset('d1');
	assert.equal(await decide('datasets:clone', from), true);
	for (const [target, decision] of [[dataset('d1'), true], [dataset('d2'), false], [dataset('new', {tenant: 'w1'}), true], [dataset('new', {tenant: 'w2'}), false]]) {
		assert.equal(await decide('datasets:clone', from, {context: {target}}), decision);
		assert.equal(await decide('datasets:clone', from, {action: {name: 'datasets:clone', properties: {target}}}), decision);
	}
	// Source denied, target allowed.
	assert.equal(await decide('datasets:clone', dataset('d2'), {context: {target: from}}), false);
	const r = await ok(ask({subject: alice, action: {name: 'datasets:clone'}, resource: from, context: {target: dataset('d2')}},
		{headers: {'Doorward-Explain': 'true'}}), 200);
	assert.match(r.json.context.reason.text, /dataset d2/);
	const listed = await ok(ask({subject: alice, action: {name: 'datasets:clone'}, resource: dataset('d1', {tenants: ['w1', 'w2']}),
		context: {target: dataset('d2')}}), 200);
	assert.deepEqual(listed.json, {decision: false, context: {tenants: []}});
});

test('of other actions the context is the asker\'s own', async () => {
	assert.equal(await decide('datasets:read', dataset('d1'), {context: {target: 'whatever'}}), true);
	assert.equal(await decide('datasets:read', dataset('d1'), {action: {name: 'datasets:read', properties: {target: 7}}}), true);
});

test('wrong types are 400 and name the member', async () => {
	const tooMany = Array.from({length: 1001}, (_, i) => `v${i}`);
	const wrong = [
		[{tags: 'Env=prod'}, /properties\.tags must/],
		[{tags: ['Env']}, /properties\.tags must/],
		[{tags: 1}, /properties\.tags must/],
		[{tags: {Env: 1}}, /properties\.tags\.Env must/],
		[{tags: {Env: null}}, /properties\.tags\.Env must/],
		[{tags: {Env: {a: 'b'}}}, /properties\.tags\.Env must/],
		[{tags: {Env: ['a', 1]}}, /properties\.tags\.Env must/],
		[{tags: {Env: tooMany}}, /properties\.tags\.Env must/],
		[{tags: {Env: tooMany.slice(1), Team: 'a'}}, /properties\.tags\.Team must/],
		[{parent: 1}, /properties\.parent must/],
		[{parent: ''}, /properties\.parent must/],
		[{parent: 'p1'}, /properties\.parent must/],
		[{parent: '/p1'}, /properties\.parent must/],
		[{parent: 'project/'}, /properties\.parent must/],
		[{parent: {type: 'project'}}, /properties\.parent must/],
		[{parent: {type: 'project', id: 1}}, /properties\.parent must/],
		[{parent: {type: '', id: 'p1'}}, /properties\.parent must/],
		[{parent: ['project', 'p1']}, /properties\.parent must/],
		[{tenant: 1}, /properties\.tenant must/],
		[{tenants: 'w1'}, /properties\.tenants must/],
	];
	for (const [properties, message] of wrong) {
		const resource = await ok(ask({subject: alice, action: {name: 'datasets:read'}, resource: dataset('d1', properties)}), 400);
		assert.match(resource.text, message);
		assert.match(resource.text, /^resource\./);
		const target = dataset('d1', properties);
		const context = await ok(ask({subject: alice, action: {name: 'datasets:clone'}, resource: dataset('d1'), context: {target}}), 400);
		assert.match(context.text, message);
		assert.match(context.text, /^context\.target\./);
	}
	for (const target of ['dataset/d1', 1, [], {type: 'dataset'}, {type: 1, id: 'd1'}, {id: 'd1'}]) {
		const r = await ok(ask({subject: alice, action: {name: 'datasets:clone', properties: {target}}, resource: dataset('d1')}), 400);
		assert.match(r.text, /^action\.properties\.target/);
	}
});

test('in a batch a wrong type concerns its item', async () => {
	const r = await ok(s.call('POST', '/access/v1/evaluations', {
		subject: alice,
		action: {name: 'datasets:read'},
		evaluations: [{resource: dataset('d1', {tags: 1})}, {resource: dataset('d1', {tags: {Env: 'a'}})}],
	}), 200);
	assert.equal(r.json.evaluations[0].context.error.status, 400);
	assert.deepEqual(r.json.evaluations.map((e) => e.decision), [false, true]);
});
