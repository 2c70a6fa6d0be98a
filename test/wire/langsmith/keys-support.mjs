// SPDX-License-Identifier: Apache-2.0
// What the tests of keys and of the audit trail share. The directory is made natively: it is not what they are about.
import assert from 'node:assert/strict';
import {makeUser} from '../../harness/server.mjs';

export const serviceKeys = '/api/v1/orgs/current/service-keys';
export const tokens = '/api/v1/orgs/current/personal-access-tokens';
export const workspaceKeys = '/api/v1/api-key';
export const oldTokens = `${workspaceKeys}/current`;
export const serviceAccounts = '/api/v1/service-accounts';
export const auditLogs = '/api/v1/audit-logs';

/** The built-in roles have the same ids everywhere. */
export const role = {
	orgAdmin: '00000000-0000-4000-8000-00000000a001',
	orgOperator: '00000000-0000-4000-8000-00000000a002',
	orgUser: '00000000-0000-4000-8000-00000000a003',
	orgViewer: '00000000-0000-4000-8000-00000000a004',
	admin: '00000000-0000-4000-8000-00000000b001',
	editor: '00000000-0000-4000-8000-00000000b002',
	viewer: '00000000-0000-4000-8000-00000000b003',
};
export const nobody = '11111111-2222-4333-8444-555555555555';
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One call that must answer `status`; resolves to the answer. */
export async function expectStatus(s, status, method, path, body, options) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, status, `${method} ${path} ${JSON.stringify(body)}: ${r.status} ${r.text}`);
	assert.ok(r.json !== undefined || r.status === 204, `${method} ${path} is not answered in JSON: ${r.text}`);
	return r;
}

export function makeTenant(s, id, name = id) {
	return expectStatus(s, 201, 'POST', '/doorward/v1/tenants', {id, display_name: name});
}

/** A user with roles: [id of the role, tenant or none]…; resolves to a key. */
export async function makeMember(s, id, ...held) {
	const key = await makeUser(s, id, {email: `${id}@example.com`});
	for (const [of, tenant] of held) {
		await giveRole(s, id, of, tenant);
	}
	return key;
}

export function giveRole(s, principal, of, tenant) {
	const where = tenant ? `?tenant=${tenant}` : '';
	return expectStatus(s, 204, 'PUT', `/doorward/v1/roles/${of}/members/${principal}${where}`);
}

/** May the principal do it? Asked with the owner's key. */
export async function decide(s, subject, action, tenant) {
	const resource = {type: 'project', id: 'p', properties: tenant ? {tenant} : {}};
	const r = await s.call('POST', '/access/v1/evaluation', {subject, action: {name: action}, resource});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}

/** The principal behind a key. */
export async function whoIs(s, key) {
	return (await expectStatus(s, 200, 'GET', '/doorward/v1/whoami', undefined, {key})).json;
}

export async function revision(s) {
	return (await expectStatus(s, 200, 'GET', '/doorward/v1/organization')).json.revision;
}

/** A call that is refused and changes nothing. */
export async function expectRefusal(s, status, method, path, body, options) {
	const before = await revision(s);
	const r = await expectStatus(s, status, method, path, body, options);
	assert.ok(r.json.detail, r.text);
	assert.equal(await revision(s), before, `${method} ${path} ${JSON.stringify(body)} changed something`);
	return r;
}
