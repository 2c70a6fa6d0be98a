// SPDX-License-Identifier: Apache-2.0
// What the tests of roles, workspaces, members and the organization share.
import assert from 'node:assert/strict';
import {makeKey, makeUser} from '../../harness/server.mjs';

export const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
/** A UUID that nothing has. */
export const nobody = '99999999-9999-4999-8999-999999999999';

export const builtin = {
	ORGANIZATION_ADMIN: '00000000-0000-4000-8000-00000000a001',
	ORGANIZATION_OPERATOR: '00000000-0000-4000-8000-00000000a002',
	ORGANIZATION_USER: '00000000-0000-4000-8000-00000000a003',
	ORGANIZATION_VIEWER: '00000000-0000-4000-8000-00000000a004',
	WORKSPACE_ADMIN: '00000000-0000-4000-8000-00000000b001',
	WORKSPACE_USER: '00000000-0000-4000-8000-00000000b002',
	WORKSPACE_VIEWER: '00000000-0000-4000-8000-00000000b003',
};

export async function ok(s, method, path, body, options) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, 200, `${method} ${path}: ${r.status} ${r.text}`);
	return r.json;
}

/** The error of the half that is not the platform's: {"detail": text}, or a list of faults when it is 422. */
export async function refused(s, status, text, [method, path, body, options]) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, status, `${method} ${path} ${JSON.stringify(body)}: ${r.status} ${r.text}`);
	assert.equal(r.headers['content-type'], 'application/json');
	assert.deepEqual(Object.keys(r.json), ['detail']);
	if (status === 422) {
		assert.equal(r.json.detail.length, 1);
		assert.deepEqual(Object.keys(r.json.detail[0]), ['loc', 'msg', 'type']);
		assert.match(r.json.detail[0].msg, text);
	} else {
		assert.match(r.json.detail, text);
	}
	if (status === 409) {
		assert.equal(r.headers['x-should-retry'], 'false');
	}
	return r;
}

/** A user who holds the role natively, organization-wide or in a workspace; resolves to her key. */
export async function makeMember(s, id, role, tenant, user = {}) {
	const key = await makeUser(s, id, user);
	await giveRole(s, `user:${id}`, role, tenant);
	return key;
}

export async function makeService(s, id, role, tenant) {
	assert.equal((await s.call('POST', '/doorward/v1/services', {id})).status, 201);
	await giveRole(s, `service:${id}`, role, tenant);
	return makeKey(s, {type: 'service', id});
}

export async function giveRole(s, principal, role, tenant) {
	const query = tenant ? `?tenant=${tenant}` : '';
	const r = await s.call('PUT', `/doorward/v1/roles/${role}/members/${principal}${query}`);
	assert.equal(r.status, 204, r.text);
}

export async function makeWorkspace(s, display_name, options) {
	return (await ok(s, 'POST', '/api/v1/workspaces', {display_name}, options)).id;
}

/** May the user do this? Asked as a decision, with the owner's key. */
export async function decide(s, user, action, resource = {type: 'project', id: 'p'}) {
	const r = await s.call('POST', '/access/v1/evaluation', {subject: {type: 'user', id: user}, action: {name: action}, resource});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}

export async function revision(s) {
	return (await s.call('GET', '/doorward/v1/organization')).json.revision;
}

/** Nothing that `attempt` does may be stored. */
export async function changesNothing(s, attempt) {
	const before = await revision(s);
	await attempt();
	assert.equal(await revision(s), before, 'something was stored');
}

/** The events of the audit trail are natively listed as operations: those of the newest rows, newest first. */
export async function newestAudit(s, limit = 1) {
	return (await s.call('GET', `/doorward/v1/audit?limit=${limit}`)).json.items;
}
