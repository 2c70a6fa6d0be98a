// SPDX-License-Identifier: Apache-2.0
// What the tests of the Connhex dialect share.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {makeUser, startServer} from '../../harness/server.mjs';

export const cases = JSON.parse(readFileSync(new URL('../../cases/connhex.json', import.meta.url), 'utf8'));

/** The body of an error answer: google.rpc.Status, and the message once more under the ancestor's name. */
export function errorBody(code, message) {
	return {error: message, code, message, details: []};
}

export function expectError(r, status, code, message) {
	assert.equal(r.status, status, r.text);
	assert.equal(r.text, JSON.stringify(errorBody(code, message)));
}

/** A server for one test, which must end well, and ends whatever becomes of the test. */
export async function start(t, options) {
	const s = await startServer(options);
	t.after(async () => assert.equal(await s.stop(), 0));
	return s;
}

export async function ok(s, method, path, body, options) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, 200, `${method} ${path}: ${r.status} ${r.text}`);
	return r.json;
}

export function makeTenant(s, id, options) {
	return ok(s, 'POST', '/iam/tenants', {id, name: `Test ${id}`, skip_policies: true}, options);
}

/** A user of her own who may do what the statements say; resolves to her key. */
export async function makeMember(s, id, statements) {
	const key = await makeUser(s, id);
	if (statements) {
		await ok(s, 'POST', '/iam/policies', {id: `of-${id}`, name: id, members: [`user:local:${id}`], statements});
	}
	return key;
}

/** May the user do this? Asked as a decision, with the owner's key. */
export async function decide(s, user, action, type, id = '', properties) {
	const resource = properties ? {type, id, properties} : {type, id};
	const r = await s.call('POST', '/access/v1/evaluation', {subject: {type: 'user', id: user}, action: {name: action}, resource});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}

/** Everything a client can see, as one text: to prove that nothing changed. */
export async function everything(s) {
	const parts = [];
	for (const kind of ['policies', 'roles', 'tenants', 'teams']) {
		parts.push((await s.call('GET', `/iam/${kind}`)).text);
	}
	for (const team of (await s.call('GET', '/iam/teams')).json.teams) {
		parts.push((await s.call('GET', `/iam/teams/${team.id}/users`)).text);
	}
	return parts.join('\n');
}

export const anyStatement = {effect: 'ALLOW', actions: ['iam:users:get'], tenants: ['*']};
