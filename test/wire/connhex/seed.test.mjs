// SPDX-License-Identifier: Apache-2.0
// The request of the vendor's own page, byte for byte, and what follows from it.
import assert from 'node:assert/strict';
import test from 'node:test';
import {makeUser} from '../../harness/server.mjs';
import {decide, makeTenant, ok, start} from './support.mjs';

const seed =
	'{\n "name": "My Viewer Policy",\n "id": "custom-viewer-policy",\n "members": [\n "team:local:*"\n ],\n' +
	' "statements": [\n {\n "role": "viewer",\n "tenants": [\n "tenant1",\n "tenant2"\n ],\n "effect": "ALLOW"\n },\n' +
	' {\n "role": "myRole",\n "tenants": [\n "exampleTenant"\n ],\n "effect": "ALLOW"\n }\n ],\n "tenants": []\n}';
const answer =
	'{"policy":{"name":"My Viewer Policy","id":"custom-viewer-policy","type":"CUSTOM","members":["team:local:*"],' +
	'"statements":[{"effect":"ALLOW","actions":[],"role":"viewer","resources":["*"],"tenants":["tenant1","tenant2"]},' +
	'{"effect":"ALLOW","actions":[],"role":"myRole","resources":["*"],"tenants":["exampleTenant"]}],"tenants":[]}}';

async function prepare(s) {
	for (const id of ['tenant1', 'tenant2', 'exampleTenant']) {
		await makeTenant(s, id);
	}
	await ok(s, 'POST', '/iam/roles', {id: 'myRole', name: 'My role', actions: ['core:things:get']});
	await makeUser(s, 'alice');
	await ok(s, 'POST', '/iam/teams', {id: 'crew', name: 'Crew'});
	await ok(s, 'POST', '/iam/teams/crew/users:add', {membership_ids: ['alice']});
	await makeUser(s, 'teamless');
}

async function checkDecisions(s, wanted) {
	const ask = (user, tenant) => decide(s, user, 'core:things:get', 'core:things', 't1', {tenant});
	assert.equal(await ask('alice', 'exampleTenant'), wanted);
	assert.equal(await ask('alice', 'tenant1'), false);
	assert.equal(await ask('teamless', 'exampleTenant'), false);
	assert.equal(await decide(s, 'alice', 'infra:nodes:get', 'infra:nodes', 'n1', {tenant: 'tenant2'}), wanted);
	assert.equal(await decide(s, 'alice', 'infra:nodes:get', 'infra:nodes', 'n1', {tenant: 'exampleTenant'}), false);
}

test('the seed policy: created, decided by, kept through kill -9 and a restart', async (t) => {
	const s = await start(t, {store: 'sqlite'});
	await prepare(s);
	await checkDecisions(s, false);
	const created = await s.call('POST', '/iam/policies', seed, {headers: {Accept: 'application/json'}});
	assert.equal(created.status, 200);
	assert.equal(created.text, answer);
	assert.match(created.headers['content-type'], /^application\/json/);
	await checkDecisions(s, true);

	await s.kill9();
	await s.restart();
	assert.equal((await s.call('GET', '/iam/policies/custom-viewer-policy')).text, answer);
	await checkDecisions(s, true);

	assert.deepEqual(await ok(s, 'DELETE', '/iam/policies/custom-viewer-policy'), {});
	await checkDecisions(s, false);
	await s.kill9();
	await s.restart();
	assert.equal((await s.call('GET', '/iam/policies/custom-viewer-policy')).status, 404);
	await checkDecisions(s, false);
});

test('the seed policy needs its role and its tenants', async (t) => {
	const s = await start(t, {store: 'memory'});
	const missing = async () => {
		const r = await s.call('POST', '/iam/policies', seed);
		assert.equal(r.status, 400);
		return r.json.message;
	};
	assert.equal(await missing(), 'project not found: tenant1');
	await makeTenant(s, 'tenant1');
	await makeTenant(s, 'tenant2');
	assert.equal(await missing(), 'role not found: myRole');
	await ok(s, 'POST', '/iam/roles', {id: 'myRole', name: 'My role', actions: ['core:things:get']});
	assert.equal(await missing(), 'project not found: exampleTenant');
	await makeTenant(s, 'exampleTenant');
	assert.equal((await s.call('POST', '/iam/policies', seed)).text, answer);
});
