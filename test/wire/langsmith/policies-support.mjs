// SPDX-License-Identifier: Apache-2.0
// What the tests of access policies share.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {makeUser, startServer} from '../../harness/server.mjs';

export const P = '/v1/platform/orgs/current';
export const policies = `${P}/access-policies`;
export const unknownId = '99999999-9999-4999-8999-999999999999';
export const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The built-in roles' ids, which are the same everywhere. */
export const ORGANIZATION_ADMIN = '00000000-0000-4000-8000-00000000a001';
export const ORGANIZATION_OPERATOR = '00000000-0000-4000-8000-00000000a002';
export const ORGANIZATION_USER = '00000000-0000-4000-8000-00000000a003';
export const ORGANIZATION_VIEWER = '00000000-0000-4000-8000-00000000a004';
export const WORKSPACE_ADMIN = '00000000-0000-4000-8000-00000000b001';
export const WORKSPACE_VIEWER = '00000000-0000-4000-8000-00000000b003';

export function condition(key, operator, value) {
	return {attribute_name: 'resource_tag_key', attribute_key: key, operator, attribute_value: value};
}

export function group(permission, type, ...conditions) {
	return {permission, resource_type: type, conditions: conditions.length ? conditions : [condition('Env', 'equals', 'prod')]};
}

/** The body of a create that is right in every respect. */
export function policyBody(name, changes = {}) {
	return {name, description: `about ${name}`, effect: 'allow', condition_groups: [group('projects:read', 'project')], ...changes};
}

/** The body holds what clients of every generation look for. */
export function expectError(r, status, text) {
	assert.equal(r.status, status, r.text);
	assert.match(r.headers['content-type'], /^application\/json/);
	assert.deepEqual(Object.keys(r.json), ['error', 'type', 'title', 'status', 'detail']);
	assert.equal(r.json.status, status);
	assert.equal(r.json.detail, r.json.error);
	if (text) {
		assert.match(r.json.error, text);
	}
}

/** A server for one test, which must end well, and ends whatever becomes of the test. */
export async function start(t, options) {
	const s = await startServer(options);
	t.after(async () => assert.equal(await s.stop(), 0));
	return s;
}

/** The call must be answered with `status`; resolves to its JSON. */
export async function ok(s, status, method, path, body, options) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, status, `${method} ${path}: ${r.status} ${r.text}`);
	if (status === 204) {
		assert.equal(r.text, '');
	}
	return r.json;
}

export async function makePolicy(s, name, changes) {
	return (await ok(s, 201, 'POST', policies, policyBody(name, changes))).id;
}

export function getPolicy(s, id) {
	return ok(s, 200, 'GET', `${policies}/${id}`);
}

/** All policies as text: to prove that nothing changed. */
export async function everything(s) {
	const r = await s.call('GET', policies);
	assert.equal(r.status, 200, r.text);
	return r.text;
}

/** A role made natively, which may carry policies as a workspace role may. */
export async function makeRole(s, id, actions = []) {
	await ok(s, 201, 'POST', '/doorward/v1/roles', {id, actions});
	return id;
}

/** A user who holds the role in the whole organization; resolves to her key. */
export async function makeHolder(s, id, role) {
	const key = await makeUser(s, id);
	await ok(s, 204, 'PUT', `/doorward/v1/roles/${role}/members/${id}`);
	return key;
}

/** May the user do this? */
export async function decide(s, user, action, resource) {
	return (await ok(s, 200, 'POST', '/access/v1/evaluation', {subject: {type: 'user', id: user}, action: {name: action}, resource})).decision;
}

/** Holds the write lock of an SQLite store (needs python3); resolves to what lets it go. */
export async function lockStore(file) {
	const hold = [
		'import sqlite3, sys',
		'c = sqlite3.connect(sys.argv[1], isolation_level=None)',
		'c.execute("BEGIN IMMEDIATE")',
		'print("locked", flush=True)',
		'sys.stdin.read()',
	];
	const holder = spawn('python3', ['-c', hold.join('\n'), file], {stdio: ['pipe', 'pipe', 'inherit']});
	const gone = new Promise((resolve) => holder.once('close', resolve));
	await new Promise((resolve) => holder.stdout.once('data', resolve));
	return async () => {
		holder.stdin.end();
		assert.equal(await gone, 0);
	};
}
