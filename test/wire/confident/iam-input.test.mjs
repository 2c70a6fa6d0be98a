// SPDX-License-Identifier: Apache-2.0
// What no client should send, and what clients send that looks odd: permissions, policies, roles, the organization.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {exchange, startServer} from '../../harness/server.mjs';
import {ORGANIZATION, catalogue, dataOf, expectError, makeProject, ok} from './support.mjs';

let s;
let org;
let untouched;
let policy;
let role;
const places = [ORGANIZATION, '/v1/projects/p', '/v2/organization', '/v2/projects/p'];

async function everything() {
	const parts = [(await s.call('GET', ORGANIZATION)).text];
	for (const at of places.slice(0, 2)) {
		parts.push((await s.call('GET', `${at}/policies`)).text, (await s.call('GET', `${at}/roles`)).text);
	}
	return parts.join('\n');
}

before(async () => {
	s = await startServer({store: 'memory'});
	await makeProject(s, 'p');
	org = await catalogue(s);
	({policy} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: 'here', permissionIds: [org.id['sso:read']], description: 'D'}));
	({role} = await ok(s, 'POST', `${ORGANIZATION}/roles`, {name: 'here', policyIds: [policy.id], description: 'D'}));
	untouched = await everything();
});
after(async () => {
	const now = await everything();
	assert.equal(await s.stop(), 0);
	assert.equal(now, untouched, 'something was stored');
});

/** [what is sent, what the answer says]; `list` is the name of the list of ids. */
const bad = (list) => [
	['', /JSON/],
	[' ', /JSON/],
	['[', /JSON/],
	['{"name":"a"', /JSON/],
	['[]', /JSON object/],
	['null', /JSON object/],
	['"x"', /JSON object/],
	[Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /JSON/],
	[`{"name":"a","name":"b","${list}":[]}`, /JSON/],
	[{[list]: []}, /"name"/],
	[{name: null, [list]: []}, /"name"/],
	[{name: 1, [list]: []}, /"name"/],
	[{name: ['a'], [list]: []}, /"name"/],
	[{name: '', [list]: []}, /"name"/],
	[{name: ' \t\n', [list]: []}, /"name"/],
	[{name: 'n'.repeat(256), [list]: []}, /"name"/],
	[{name: 'ä'.repeat(256), [list]: []}, /"name"/],
	[{name: 'a\u0000b', [list]: []}, /"name"/],
	[{name: 'a'}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: null}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: 'x'}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: {}}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: [1]}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: [null]}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: [['x']]}, new RegExp(`"${list}"`)],
	[{name: 'a', [list]: Array.from({length: 1001}, (_, i) => `id-${i}`)}, /more than 1000/],
	[{name: 'a', [list]: [], description: 1}, /"description"/],
	[{name: 'a', [list]: [], description: {}}, /"description"/],
	[{name: 'a', [list]: [], description: 'd'.repeat(4097)}, /"description"/],
];

test('CA-08, CA-15: a body that is not as it should be', async (t) => {
	for (const [what, list, id] of [['policies', 'permissionIds', () => policy.id], ['roles', 'policyIds', () => role.id]]) {
		await t.test(what, async () => {
			for (const [body, text] of bad(list)) {
				for (const at of places) {
					expectError(await s.call('POST', `${at}/${what}`, body), 400, text);
				}
				expectError(await s.call('PUT', `${ORGANIZATION}/${what}/${id()}`, body), 400, text);
			}
		});
	}
});

test('CA-10: one unknown permission or policy among known ones, and nothing of it is stored', async () => {
	const permissionIds = [org.id['sso:read'], 'no-such-permission', org.id['iam:read']];
	for (const unknown of ['no-such-permission', 'sso:read', '', 'organization/nothing:here', 'project/sso']) {
		permissionIds[1] = unknown;
		const body = {name: 'new', permissionIds};
		expectError(await s.call('POST', `${ORGANIZATION}/policies`, body), 400, new RegExp(`"${unknown}"`));
		expectError(await s.call('PUT', `${ORGANIZATION}/policies/${policy.id}`, body), 400, new RegExp(`"${unknown}"`));
	}
	for (const unknown of ['no-such-policy', '', org.id['sso:read']]) {
		const body = {name: 'new', policyIds: [policy.id, unknown]};
		expectError(await s.call('POST', `${ORGANIZATION}/roles`, body), 400, new RegExp(`"${unknown}"`));
		expectError(await s.call('PUT', `${ORGANIZATION}/roles/${role.id}`, body), 400, new RegExp(`"${unknown}"`));
	}
});

test('the name of the organization', async () => {
	for (const body of ['', '[', {}, {name: null}, {name: 1}, {name: '  '}, {name: 'n'.repeat(256)}]) {
		expectError(await s.call('PUT', ORGANIZATION, body), 400);
	}
});

test('what fits just so is taken', async () => {
	for (const body of [
		{name: 'n'.repeat(255), permissionIds: []}, {name: 'ä'.repeat(255), permissionIds: []},
		{name: ' spaces stay ', permissionIds: []}, {name: '"\\\u2028😀', permissionIds: [], unknown: {field: [1]}},
		{name: 'd', permissionIds: [], description: 'd'.repeat(4096)}, {name: 'e', permissionIds: [], description: ''},
		{name: 'all', permissionIds: Object.values(org.id)},
	]) {
		const {policy: made} = await ok(s, 'POST', `${ORGANIZATION}/policies`, body);
		assert.equal(made.name, body.name);
		assert.equal(made.description, body.description ?? null);
		assert.deepEqual(made.permissions.map((p) => p.id), body.permissionIds);
		await ok(s, 'DELETE', `${ORGANIZATION}/policies/${made.id}`);
	}
});

test('CA-39, CA-40: a JSON content type without a body', async () => {
	const headers = {CONFIDENT_API_KEY: s.key, 'Content-Type': 'application/json'};
	for (const path of ['permissions', 'policies', 'roles']) {
		dataOf(await exchange(s.url, 'GET', `${ORGANIZATION}/${path}`, undefined, {headers}));
	}
	for (const length of [{}, {'Content-Length': '0'}]) {
		const {policy: made} = await ok(s, 'POST', `${ORGANIZATION}/policies`, {name: 'short-lived', permissionIds: []});
		const path = `${ORGANIZATION}/policies/${made.id}`;
		dataOf(await exchange(s.url, 'DELETE', path, undefined, {headers: {...headers, ...length}}));
	}
});

test('ids in paths are decoded, and found only whole', async () => {
	const at = `${ORGANIZATION}/policies`;
	const spelled = policy.id.replace(/-/g, '%2D');
	const same = {name: 'here', permissionIds: [org.id['sso:read']]};
	assert.deepEqual((await ok(s, 'PUT', `${at}/${spelled}`, same)).policy, policy);
	for (const id of ['p%201%20x', policy.id.toUpperCase(), policy.id.slice(1), `${policy.id}%00`, '%F0%9F%98%80', '..']) {
		const r = await s.call('PUT', `${at}/${id}`, same);
		assert.ok(r.status === 404 || r.status === 400, `${id}: ${r.status}`);
		expectError(r, r.status);
	}
	expectError(await s.call('PUT', `${at}/%ff`, same), 400, /UTF-8/);
});

test('CA-42: paths and methods that are not there, in the envelope', async () => {
	for (const path of [
		'/v1/organization/none', '/v1/organization/', '/v1/organization/policies/a/b', '/v2/organization/none',
		'/v1/projects/p/none', '/v2/projects/p/policies/a/b', '/v1/organization/permissions/x',
	]) {
		for (const key of [s.key, null]) {
			expectError(await s.call('GET', path, undefined, {key}), 404);
		}
	}
	for (const [method, path, allow] of [
		['GET', `/v1/organization/policies/${'x'}`, /PUT/], ['PATCH', '/v1/organization/policies', /POST/],
		['POST', '/v1/organization/permissions', /GET/], ['DELETE', '/v1/organization', /PUT/],
		['GET', '/v1/projects/p/roles/x', /DELETE/],
	]) {
		const r = await s.call(method, path);
		expectError(r, 405);
		assert.match(r.headers.allow, allow);
	}
	// /v1/organizations belongs to another dialect: it has not this envelope.
	assert.equal((await s.call('GET', '/v1/organizations/x')).json.error.code, 'RESOURCE_NOT_FOUND');
});

test('no more than a thousand policies, and as many roles', async (t) => {
	const many = await startServer({store: 'memory'});
	t.after(() => many.dispose());
	await makeProject(many, 'p');
	for (const [what, ids] of [['policies', 'permissionIds'], ['roles', 'policyIds']]) {
		const post = (at, name) => many.call('POST', `${at}/${what}`, {name, [ids]: []});
		for (let i = 0; i < 1000; i += 50) {
			const answers = await Promise.all(Array.from({length: 50}, (_, k) => post(ORGANIZATION, `n${i + k}`)));
			assert.ok(answers.every((r) => r.status === 200));
		}
		expectError(await post(ORGANIZATION, 'one more'), 409, /1000/);
		dataOf(await post('/v1/projects/p', 'elsewhere'));
		const all = (await ok(many, 'GET', `${ORGANIZATION}/${what}`))[what];
		expectError(await post(ORGANIZATION, all.at(-1).name), 409, /already a/);
		dataOf(await many.call('PUT', `${ORGANIZATION}/${what}/${all.at(-1).id}`, {name: 'changed', [ids]: []}));
		await ok(many, 'DELETE', `${ORGANIZATION}/${what}/${all.at(-1).id}`);
		dataOf(await post(ORGANIZATION, 'room again'));
	}
	assert.equal(await many.end('SIGTERM'), 0);
});
