// SPDX-License-Identifier: Apache-2.0
// The vendor's own client, the npm package langsmith: its generic calls, with its own authentication, errors and retries.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {AuthenticationError, BadRequestError, ConflictError, InternalServerError, Langsmith, NotFoundError, PermissionDeniedError} from 'langsmith';
import {makeUser, startServer} from '../../harness/server.mjs';
import {condition, group, lockStore, makeHolder, makeRole, ORGANIZATION_VIEWER, P, policies, policyBody, start, unknownId} from './policies-support.mjs';

/** A client as a user makes it, and the exchanges it made: [method, path, status]. `answered` is awaited after each. */
function connect(server, {answered, ...options} = {}) {
	const seen = [];
	const client = new Langsmith({
		baseURL: server.url,
		apiKey: server.key,
		logLevel: 'off',
		fetch: async (url, init) => {
			const response = await fetch(url, init);
			seen.push([init.method.toUpperCase(), new URL(url).pathname, response.status]);
			await answered?.();
			return response;
		},
		...options,
	});
	return {client, seen};
}

let s;
before(async () => {
	s = await startServer();
});
after(async () => assert.equal(await s.stop(), 0));

/** The call fails with the client's class of error for the status, whose text is the server's. */
async function fails(promise, kind, status, text) {
	await assert.rejects(promise, (e) => {
		assert.ok(e instanceof kind, `${e.constructor.name}: ${e.message}`);
		assert.equal(e.status, status);
		assert.equal(e.error.error, e.error.detail);
		assert.match(e.message, text);
		return true;
	});
}

for (const [how, options] of [
	['with a key alone', {}],
	['with organization and workspace', {tenantID: 'w', defaultHeaders: {'X-Organization-Id': 'default'}}],
	['below /api', {prefix: '/api'}],
]) {
	test(`the whole life of a policy, ${how}`, async () => {
		const {prefix = '', ...clientOptions} = options;
		const {client, seen} = connect(s, clientOptions);
		const path = prefix + policies;
		const name = `by npm ${how}`;
		const role = await makeRole(s, `npm-${how.replaceAll(/\W/g, '-')}`);
		const body = policyBody(name, {effect: 'deny', condition_groups: [group('runs:read', 'project', condition('Team', 'matches', 'a*'))]});
		const created = await client.post(path, {body});
		assert.deepEqual(Object.keys(created), ['id']);
		const one = `${path}/${created.id}`;
		const found = await client.get(one);
		assert.deepEqual(found, {...body, id: created.id, role_ids: [], created_at: found.created_at, updated_at: found.created_at});
		const list = await client.get(path);
		assert.deepEqual(list.access_policies.filter((p) => p.id === created.id), [found]);
		const patched = await client.patch(one, {body: {name: `${name} again`, description: null}});
		assert.deepEqual(patched, {...found, name: `${name} again`, description: '', updated_at: patched.updated_at});
		const second = await client.post(path, {body: {...body, name: `${name} 2`, role_ids: [role]}});
		assert.equal(await client.post(`${path}/roles/${role}/access-policies`, {body: {access_policy_ids: [created.id]}}), null);
		assert.deepEqual((await client.get(one)).role_ids, [role]);
		assert.equal(await client.delete(`${prefix}${P}/roles/${role}/access-policies`, {query: {access_policy_ids: [created.id, second.id]}}), null);
		assert.deepEqual((await client.get(one)).role_ids, []);
		assert.deepEqual((await client.get(`${path}/${second.id}`)).role_ids, []);
		assert.equal(await client.delete(one), null);
		assert.equal(await client.delete(`${path}/${second.id}`), null);
		assert.deepEqual(seen.filter(([, , status]) => status >= 300), []);
	});
}

test('errors come as the client\'s own classes, after one request each', async () => {
	const {client, seen} = connect(s);
	const viewer = connect(s, {apiKey: await makeHolder(s, 'npm-viewer', ORGANIZATION_VIEWER)});
	const nobody = connect(s, {apiKey: await makeUser(s, 'npm-nobody')});
	const stranger = connect(s, {apiKey: 'lsv2_pt_not_a_key'});
	const elsewhere = connect(s, {defaultHeaders: {'X-Organization-Id': unknownId}});
	await fails(client.post(policies, {body: policyBody('x', {effect: 'maybe'})}), BadRequestError, 400, /effect/);
	await fails(client.get(`${policies}/not-a-uuid`), BadRequestError, 400, /not a valid UUID/);
	await fails(client.delete(`${P}/roles/WORKSPACE_USER/access-policies`), BadRequestError, 400, /access_policy_ids/);
	await fails(client.get(`${policies}/${unknownId}`), NotFoundError, 404, /Access policy not found/);
	await fails(client.delete(`${policies}/${unknownId}`), NotFoundError, 404, /Access policy not found/);
	await fails(client.post(policies, {body: policyBody('x', {role_ids: [unknownId]})}), NotFoundError, 404, /Role not found/);
	await fails(stranger.client.get(policies), AuthenticationError, 401, /key/);
	await fails(viewer.client.post(policies, {body: policyBody('x')}), PermissionDeniedError, 403, /Forbidden/);
	await fails(nobody.client.get(policies), PermissionDeniedError, 403, /Forbidden/);
	await fails(elsewhere.client.get(policies), PermissionDeniedError, 403, /Forbidden/);
	assert.deepEqual(seen.map(([, , status]) => status), [400, 400, 400, 404, 404, 404]);
	for (const [c, status] of [[viewer, 403], [nobody, 403], [stranger, 401], [elsewhere, 403]]) {
		assert.deepEqual(c.seen.map((e) => e[2]), [status]);
	}
	assert.equal((await viewer.client.get(policies)).access_policies.some((p) => p.name === 'x'), false);
	assert.equal((await client.put(policies, {body: {}}).catch((e) => e)).status, 405);
});

test('case 54: a conflict reaches the server once', async () => {
	const {client, seen} = connect(s);
	const {id} = await client.post(policies, {body: policyBody('npm conflict')});
	await fails(client.post(policies, {body: policyBody('npm conflict')}), ConflictError, 409, /already exists/);
	assert.deepEqual(seen, [['POST', policies, 201], ['POST', policies, 409]]);
	const audit = (await s.call('GET', '/doorward/v1/audit?limit=20')).json.items;
	assert.deepEqual(audit.filter((row) => row.event === 'create_access_policy').slice(0, 2).map((row) => row.status), [409, 201]);
	await client.delete(`${policies}/${id}`);
});

test('case 60: a store that cannot be written is a 503, and the client\'s own retry gets through', async (t) => {
	if (spawnSync('python3', ['-c', 'import sqlite3']).status !== 0) {
		t.skip('python3 with sqlite3 is needed to hold the lock');
		return;
	}
	const dir = mkdtempSync(join(tmpdir(), 'doorward-locked-'));
	t.after(() => rmSync(dir, {recursive: true}));
	const file = join(dir, 'locked.db');
	const own = await start(t, {store: `sqlite:${file}?busy_timeout_ms=20`});
	const unlock = await lockStore(file);
	await fails(connect(own, {maxRetries: 0}).client.post(policies, {body: policyBody('late')}), InternalServerError, 503, /locked/);
	let unlocked;
	const patient = connect(own, {answered: () => (unlocked ??= unlock())});
	const {id} = await patient.client.post(policies, {body: policyBody('late')});
	assert.deepEqual(patient.seen, [['POST', policies, 503], ['POST', policies, 201]]);
	assert.deepEqual((await patient.client.get(policies)).access_policies.map((p) => p.id), [id]);
});
