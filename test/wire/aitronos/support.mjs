// SPDX-License-Identifier: Apache-2.0
// What the tests of the Aitronos dialect share. The directory is made natively: it is not what they are about.
import assert from 'node:assert/strict';
import {makeUser} from '../../harness/server.mjs';

export const ORG = '/v1/organizations/default';
export const GRANTS = `${ORG}/access/grants`;
export const role = {owner: 'role_owner', admin: 'role_admin', member: 'role_member', knowledge: 'role_knowledge_manager'};

/** One call that must answer `status`; resolves to its JSON (undefined for 204). */
export async function ok(s, status, method, path, body, options) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, status, `${method} ${path} ${JSON.stringify(body)}: ${r.status} ${r.text}`);
	if (status === 204) {
		assert.equal(r.text, '');
	} else {
		assert.notEqual(r.json, undefined, r.text);
	}
	return r.json;
}

/** The envelope of a failure, whole; returns the error. */
export function expectError(r, status, code, details) {
	assert.equal(r.status, status, r.text);
	assert.deepEqual(Object.keys(r.json), ['success', 'error']);
	const {error} = r.json;
	const keys = ['code', 'message', 'system_message', 'type', 'status', 'details', 'trace_id', 'timestamp'];
	assert.deepEqual(Object.keys(error), keys, r.text);
	assert.equal(r.json.success, false);
	assert.equal(error.code, code, r.text);
	assert.equal(error.status, status);
	assert.equal(error.type, status < 500 ? 'client_error' : 'server_error');
	assert.ok(error.message && error.system_message);
	assert.equal(error.trace_id, r.headers['x-request-id']);
	assert.match(error.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
	if (details !== undefined) {
		assert.deepEqual(error.details, details, r.text);
	}
	return error;
}

/** 422 about this field. */
export function expectInvalid(r, field) {
	const {details} = expectError(r, 422, 'VALIDATION_ERROR');
	assert.deepEqual(Object.keys(details), ['field', 'message']);
	assert.equal(details.field, field, r.text);
	assert.ok(details.message);
}

/* ---- the directory --------------------------------------------------------------------------------------- */

const native = (s, status, method, path, body) => ok(s, status, method, `/doorward/v1/${path}`, body);

export const makeDepartment = (s, id, parent = null) =>
	native(s, 201, 'POST', 'groups', {id, kind: 'department', display_name: id, parent});
export const join = (s, department, user) => native(s, 204, 'PUT', `groups/${department}/members/${user}`);
export const leave = (s, department, user) => native(s, 204, 'DELETE', `groups/${department}/members/${user}`);
export const makeRole = (s, id, actions = []) => native(s, 201, 'POST', 'roles', {id, display_name: id, actions});
export const hold = (s, of, user) => native(s, 204, 'PUT', `roles/${of}/members/user:${user}`);
export const lose = (s, of, user) => native(s, 204, 'DELETE', `roles/${of}/members/user:${user}`);

/** A user who holds these roles; resolves to a key. */
export async function makePerson(s, id, ...roles) {
	const key = await makeUser(s, id, {email: `${id}@example.com`});
	for (const r of roles) {
		await hold(s, r, id);
	}
	return key;
}

/* ---- grants ---------------------------------------------------------------------------------------------- */

/** The body of a grant: entity "knowledge_slice/s1", grantee "user/ann". */
export function grantOf(entity, grantee, level = 'read') {
	const [entity_type, entity_id] = entity.split('/');
	const [grantee_type, grantee_id] = grantee.split('/');
	return {entity_type, entity_id, grantee_type, grantee_id, access_level: level};
}

export const grant = (s, entity, grantee, level) => ok(s, 201, 'POST', GRANTS, grantOf(entity, grantee, level));
export const setLevel = (s, id, level) => ok(s, 200, 'PATCH', `${GRANTS}/${id}`, {access_level: level});
export const revoke = (s, id) => ok(s, 204, 'DELETE', `${GRANTS}/${id}`);

/** All grants of a list, page by page; `query` without "?". */
export async function allGrants(s, query = '', path = GRANTS) {
	const items = [];
	for (;;) {
		const page = await ok(s, 200, 'GET', `${path}?limit=100&skip=${items.length}&${query}`);
		items.push(...page.items);
		if (!page.has_more) {
			assert.equal(items.length, page.total);
			return items;
		}
	}
}

/** {"knowledge_slice/s1": "read", …} of a user. */
export async function levels(s, user, query = '') {
	const {user_id: id, entities} = await ok(s, 200, 'GET', `${ORG}/users/${user}/resolved-access${query}`);
	assert.equal(id, user);
	return Object.fromEntries(entities.map((e) => [`${e.entity_type}/${e.entity_id}`, e.access_level]));
}

/** May the user do it ("read", "write", "admin") with the entity? Asked with the owner's key. */
export async function decide(s, user, action, entity) {
	const [type, id] = entity.split('/');
	const body = {subject: {type: 'user', id: user}, action: {name: action}, resource: {type, id}};
	return (await ok(s, 200, 'POST', '/access/v1/evaluation', body)).decision;
}
