// SPDX-License-Identifier: Apache-2.0
// What no client should send: each gets the dialect's own clear error, stores nothing, and the server goes on.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {anyStatement, errorBody, everything, expectError, makeTenant, ok} from './support.mjs';

let s;
let untouched;
before(async () => {
	s = await startServer({store: 'memory'});
	await makeTenant(s, 'here');
	untouched = await everything(s);
});
after(async () => {
	assert.equal(await everything(s), untouched, 'something was stored');
	assert.equal(await s.stop(), 0);
});

const policy = (change) => ({id: 'bad', name: 'n', statements: [anyStatement], ...change});

/** [name, body]: refused while being read, so the text is the parser's. */
const malformed = [
	['nothing', ''],
	['white space', ' \n'],
	['an open object', '{'],
	['a trailing comma', '{"id":"a",}'],
	['two values', '{} {}'],
	['a bare word', 'policy'],
	['a comment', '{/* */}'],
	['a single-quoted string', "{'id':'a'}"],
	['a control character in a string', '{"id":"a\nb"}'],
	['a lone surrogate', '{"id":"\\ud800"}'],
	['invalid UTF-8', Buffer.from([0x7b, 0x22, 0x69, 0x64, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
	['an overlong encoding', Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
	['a NUL byte', '{"id":"a"}\0'],
	['a byte order mark inside', '{\ufeff"id":"a"}'],
	['too deep an array', '{"x":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'],
	['too deep an object', '{"x":'.repeat(1000) + '1' + '}'.repeat(1000)],
	['a duplicate name', '{"id":"a","id":"b"}'],
	['a duplicate name inside', '{"id":"a","statements":[{"role":"viewer","role":"editor"}]}'],
];

test('malformed JSON is 400, code 3', async (t) => {
	for (const [name, body] of malformed) {
		await t.test(name, async () => {
			for (const path of ['/iam/policies', '/iam/introspect_pairs']) {
				const r = await s.call('POST', path, body);
				assert.equal(r.status, 400, r.text);
				assert.match(r.json.message, /^the body is not valid JSON/);
				assert.deepEqual(r.json, errorBody(3, r.json.message));
			}
		});
	}
});

test('a body that is no object', async () => {
	for (const body of ['[]', 'null', '1', '"x"', 'true']) {
		expectError(await s.call('POST', '/iam/roles', body), 400, 3, 'the body must be a JSON object');
	}
});

/** [method, path, body, message] */
const wrongTypes = [
	['POST', '/iam/policies', policy({id: 1}), '"id" must be a string'],
	['POST', '/iam/policies', policy({name: {}}), '"name" must be a string'],
	['POST', '/iam/policies', policy({name: 'a\u0000b'}), '"name" must be a string without NUL characters'],
	['POST', '/iam/policies', policy({members: 'user:*'}), '"members" must be an array of strings'],
	['POST', '/iam/policies', policy({members: [1]}), '"members" must be an array of strings without NUL characters'],
	['POST', '/iam/policies', policy({members: [null]}), '"members" must be an array of strings without NUL characters'],
	['POST', '/iam/policies', policy({members: ['user:local:a\u0000']}), '"members" must be an array of strings without NUL characters'],
	['POST', '/iam/policies', policy({tenants: {}}), '"tenants" must be an array of strings'],
	['POST', '/iam/policies', policy({statements: {}}), '"statements" must be an array of objects'],
	['POST', '/iam/policies', policy({statements: [anyStatement, null]}), '"statements" must be an array of objects'],
	['POST', '/iam/policies', policy({statements: [{...anyStatement, resources: '*'}]}), '"resources" must be an array of strings'],
	['POST', '/iam/policies', policy({statements: [{...anyStatement, role: []}]}), '"role" must be a string'],
	...['allow', '', 'Deny', 2, -1, 0.5, 1e30, true, [], {}].map((effect) => [
		'POST', '/iam/policies', policy({statements: [{...anyStatement, effect}]}), '"effect" must be "ALLOW" or "DENY"']),
	['PUT', '/iam/policies/editor-access/members', {members: {}}, '"members" must be an array of strings'],
	['POST', '/iam/roles', {id: 'bad', name: 'n', actions: 'a:b:c'}, '"actions" must be an array of strings'],
	['POST', '/iam/tenants', {id: 'bad', name: 'n', skip_policies: 'yes'}, '"skip_policies" must be true or false'],
	['POST', '/iam/tenants', {id: 'bad', name: 'n', skipPolicies: 1}, '"skipPolicies" must be true or false'],
	['POST', '/iam/tenants', {id: 'bad', name: 'n', skipPolicies: true, skip_policies: true}, '"skip_policies" and "skipPolicies" are the same field'],
	['POST', '/iam/teams/admins/users:add', {membership_ids: 'a'}, '"membership_ids" must be an array of strings'],
	['POST', '/iam/teams/admins/users:add', {membershipIds: ['a'], membership_ids: ['b']}, '"membership_ids" and "membershipIds" are the same field'],
	['POST', '/iam/introspect_pairs', {pairs: [[]]}, '"pairs" must be an array of objects'],
	['POST', '/iam/introspect_pairs', {pairs: [{resource: 1}]}, '"resource" must be a string'],
];

test('wrong types', async (t) => {
	for (const [method, path, body, message] of wrongTypes) {
		await t.test(`${method} ${path} ${JSON.stringify(body)}`, async () => {
			expectError(await s.call(method, path, body), 400, 3, message);
		});
	}
});

test('routes: unknown ones, wrong methods, malformed paths', async () => {
	for (const path of ['/iam', '/iam/', '/iam/nothing', '/iam/policies/', '/iam/policies//members', '/iam/policies/x/y', '/iam/users', '/iam/users/x', '/iam/Policies']) {
		expectError(await s.call('GET', path), 404, 5, 'Not Found');
		expectError(await s.call('GET', path, undefined, {key: null}), 404, 5, 'Not Found');
	}
	const wrong = async (method, path, allow) => {
		const r = await s.call(method, path, {});
		expectError(r, 501, 12, 'Method Not Allowed');
		assert.deepEqual(r.headers.allow.split(', ').sort(), allow);
	};
	await wrong('DELETE', '/iam/policies', ['GET', 'HEAD', 'POST']);
	await wrong('PATCH', '/iam/policies/x', ['DELETE', 'GET', 'HEAD', 'PUT']);
	await wrong('GET', '/iam/policies/x/members:add', ['POST']);
	await wrong('GET', '/iam/introspect_pairs', ['POST']);
	await wrong('BREW', '/iam/teams', ['GET', 'HEAD', 'POST']);
	for (const path of ['/iam/policies/%zz', '/iam/policies/%', '/iam/policies/%00', '/iam/policies/%ff']) {
		const r = await s.call('GET', path);
		assert.equal(r.status, 400);
		assert.deepEqual(r.json, errorBody(3, r.json.message));
	}
});

test('too large a body is refused before it is read', async () => {
	const r = await s.call('POST', '/iam/policies', policy({name: 'x'.repeat(3_000_000)}));
	assert.equal(r.status, 413);
	assert.deepEqual(r.json, errorBody(8, r.json.message));
});

test('ids as long as a path may be are simply not found', async () => {
	const id = 'x'.repeat(4000);
	for (const [method, kind, body] of [['GET', 'policies'], ['DELETE', 'roles'], ['GET', 'teams'], ['DELETE', 'tenants'], ['PUT', 'tenants', {name: 'n'}]]) {
		assert.equal((await s.call(method, `/iam/${kind}/${id}`, body)).status, 404);
	}
	assert.deepEqual(await ok(s, 'GET', `/iam/users/${id}/teams`), {teams: []});
	assert.deepEqual(await ok(s, 'GET', '/iam/users/%27%3B%20drop%20table/teams'), {teams: []});
});

test('malformed tenant filters are refused, and filter nothing by accident', async () => {
	for (const tenants of ['', ' ', 'here,', ',here', 'here,,here', 'a b', 'x'.repeat(65), '~~ALL-PROJECTS~~', '"']) {
		for (const name of ['tenants', 'projects']) {
			expectError(await s.call('GET', '/iam/teams', undefined, {headers: {[name]: tenants}}), 403, 7, 'Permission Denied');
		}
	}
});
