// SPDX-License-Identifier: Apache-2.0
// What the tests of the Confident AI dialect share.
import assert from 'node:assert/strict';
import {makeKey} from '../../harness/server.mjs';

export const ORGANIZATION = '/v1/organization';
export const builtin = {
	owner: '00000000-0000-4000-8000-00000000c001',
	admin: '00000000-0000-4000-8000-00000000c002',
	member: '00000000-0000-4000-8000-00000000c003',
	projectOwner: '00000000-0000-4000-8000-00000000d001',
	projectManager: '00000000-0000-4000-8000-00000000d002',
	projectMember: '00000000-0000-4000-8000-00000000d003',
};

/** The answer's data: 200 and the envelope around it, nothing else. */
export function dataOf(r) {
	assert.equal(r.status, 200, r.text);
	assert.deepEqual(r.json, {success: true, data: r.json.data, deprecated: false}, r.text);
	return r.json.data;
}

export function expectError(r, status, text) {
	assert.equal(r.status, status, r.text);
	assert.deepEqual(r.json, {success: false, error: r.json.error, deprecated: false}, r.text);
	assert.equal(typeof r.json.error, 'string');
	assert.match(r.json.error, text ?? /./);
}

export async function ok(s, method, path, body, options) {
	return dataOf(await s.call(method, path, body, options));
}

/** Natively: what other dialects see of the same directory. */
async function native(s, method, path, body) {
	const r = await s.call(method, `/doorward/v1/${path}`, body);
	assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${r.text}`);
	return r.json;
}

export const makeProject = (s, id) => native(s, 'POST', 'tenants', {id});
export const makePerson = (s, id) => native(s, 'POST', 'users', {id, email: `${id}@example.com`});

/** Gives a role to "user:bob" or "service:ci"; `project` absent: in the organization. */
export function assign(s, principal, role, project) {
	return native(s, 'PUT', `roles/${role}/members/${principal}${project ? `?tenant=${project}` : ''}`);
}
export function unassign(s, principal, role, project) {
	return native(s, 'DELETE', `roles/${role}/members/${principal}${project ? `?tenant=${project}` : ''}`);
}

/** A service that holds the role, and its key: what an organization or project key is. */
export async function makeServiceKey(s, id, role, project) {
	await native(s, 'POST', 'services', {id});
	await assign(s, `service:${id}`, role, project);
	return makeKey(s, {type: 'service', id}, project ? {tenants: [project]} : {});
}

/* ---- decisions ------------------------------------------------------------------------------------------- */

const question = (user, action, project) => ({
	subject: {type: 'user', id: user},
	action: {name: action},
	resource: project ? {type: action.split(':')[0], id: 'r1', properties: {tenant: project}} : {type: 'organization', id: 'o'},
});

/** May the user do it, in the project or (absent) in the organization? */
export async function decide(s, user, action, project) {
	const r = await s.call('POST', '/access/v1/evaluation', question(user, action, project));
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}

/** Which of these permissions the user has there, in their order. */
export async function permitted(s, user, actions, project) {
	const r = await s.call('POST', '/access/v1/evaluations', {evaluations: actions.map((a) => question(user, a, project))});
	assert.equal(r.status, 200, r.text);
	assert.equal(r.json.evaluations.length, actions.length);
	return actions.filter((_, i) => r.json.evaluations[i].decision);
}

/** {names: [...], id: {name: id}} of the catalogue at `at` (/v1/organization or /v1/projects/…). */
export async function catalogue(s, at = ORGANIZATION) {
	const {permissions} = await ok(s, 'GET', `${at}/permissions`);
	return {
		names: permissions.map((p) => p.name),
		id: Object.fromEntries(permissions.map((p) => [p.name, p.id])),
	};
}
