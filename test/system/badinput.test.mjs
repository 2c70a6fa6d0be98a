// SPDX-License-Identifier: Apache-2.0
//
// Whatever is sent to whatever path, the answer is a clear refusal in the dialect's form, nothing changes, and the server
// stays. The malformed HTTP itself is test/unit/http's.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer} from '../harness/server.mjs';

let s;

before(async () => {
	s = await startServer({store: 'memory', logLevel: 'warn'});
	await makeUser(s, 'alice');
	for (const [noun, id] of [['groups', 'g'], ['roles', 'r'], ['tenants', 't'], ['services', 'svc']]) {
		assert.equal((await s.call('POST', `/doorward/v1/${noun}`, {id})).status, 201);
	}
	assert.equal((await s.call('PUT', '/doorward/v1/resources/doc/d', {})).status, 201);
});
after(() => s.stop());

const revision = async () => (await s.call('GET', '/doorward/v1/organization')).json.revision;

function isRefusal(r, what) {
	assert.ok(r.status >= 400 && r.status < 500, `${what}: ${r.status} ${r.text}`);
	if (what.includes('/access/')) {
		assert.match(r.headers['content-type'], /^text\/plain/, what);
		assert.ok(r.text.trim(), what);
	} else {
		assert.equal(r.headers['content-type'], 'application/problem+json', what);
		assert.equal(r.json.status, r.status, what);
		assert.ok(r.json.detail, what);
	}
}

const writes = [
	['POST', '/doorward/v1/users'],
	['PATCH', '/doorward/v1/users/alice'],
	['POST', '/doorward/v1/services'],
	['POST', '/doorward/v1/groups'],
	['PATCH', '/doorward/v1/groups/g'],
	['POST', '/doorward/v1/tenants'],
	['POST', '/doorward/v1/roles'],
	['PATCH', '/doorward/v1/roles/r'],
	['PUT', '/doorward/v1/resources/doc/d'],
	['PATCH', '/doorward/v1/resources/doc/d'],
	['POST', '/doorward/v1/keys'],
	['POST', '/access/v1/evaluation'],
	['POST', '/access/v1/evaluations'],
];

const bodies = {
	empty: '',
	'a blank': ' ',
	'NUL bytes': '\0\0\0',
	'a string': '"x"',
	'a number': '1',
	'an array': '[{"id":"x"}]',
	null: 'null',
	'an open object': '{"id":"x"',
	'single quotes': "{'id':'x'}",
	'a comment': '{"id":"x"/*c*/}',
	'NaN': '{"id":"x","attributes":{"a":NaN}}',
	'an infinite number': '{"id":"x","attributes":{"a":1e999}}',
	'a trailing comma': '{"id":"x",}',
	'a doubled name': '{"id":"x","id":"y"}',
	'two values': '{"id":"x"}{"id":"y"}',
	'broken UTF-8': Buffer.from('{"id":"\xc3\x28"}', 'latin1'),
	'an overlong form': Buffer.from('{"id":"\xc0\xaf"}', 'latin1'),
	'a surrogate in UTF-8': Buffer.from('{"id":"\xed\xa0\x80"}', 'latin1'),
	'a lone surrogate': '{"id":"\\udc00"}',
	'a raw line break in a string': '{"id":"a\nb"}',
	'10,000 brackets': `{"id":"x","attributes":${'['.repeat(10000)}${']'.repeat(10000)}}`,
	'10,000 braces': `${'{"a":'.repeat(10000)}1${'}'.repeat(10000)}`,
	UTF16: Buffer.from('{"id":"x"}', 'utf16le'),
};

test('bodies that are no JSON object, on every path that takes one', async () => {
	const was = await revision();
	for (const [method, path] of writes) {
		for (const [name, body] of Object.entries(bodies)) {
			isRefusal(await s.call(method, path, body), `${method} ${path} with ${name}`);
		}
	}
	assert.equal(await revision(), was);
});

test('members of every wrong type', async () => {
	const was = await revision();
	const values = [1, 1.5, -1, true, 'x', [], [1], {}, {x: 1}, [[]], ['x', null], ''];
	const members = {
		'POST /doorward/v1/users': {id: String, email: String, display_name: String, manager: String, attributes: Object},
		'PATCH /doorward/v1/users/alice': {email: String, display_name: String, manager: String, attributes: Object},
		'POST /doorward/v1/groups': {kind: String, display_name: String, parent: String},
		'POST /doorward/v1/roles': {display_name: String, description: String, actions: Array},
		'PATCH /doorward/v1/roles/r': {display_name: String, description: String, actions: Array},
		'PUT /doorward/v1/resources/doc/d': {tenant: String, tags: Object, attributes: Object},
	};
	let n = 0;
	for (const [route, types] of Object.entries(members)) {
		const [method, path] = route.split(' ');
		for (const [name, type] of Object.entries(types)) {
			for (const value of values) {
				// `type` is the right constructor: a value of it may be fine and is tested elsewhere.
				if (value.constructor === type) {
					continue;
				}
				const id = method === 'POST' ? 'fresh' : undefined;
				const r = await s.call(method, path, {id, [name]: value});
				assert.equal(r.status, 400, `${route} ${name}=${JSON.stringify(value)}: ${r.text}`);
				assert.match(r.json.detail, new RegExp(name));
				n++;
			}
		}
	}
	assert.ok(n > 150);
	assert.equal(await revision(), was);
});

test('ids and paths that are not what they seem', async () => {
	const was = await revision();
	const segments = ['..', '.', '%2e%2e', '%00', '%', '%2', '%zz', '%ff', '%c0%af', '%ed%a0%80', 'a%2fb', '*', '%20', '%0a', 'x'.repeat(5000)];
	for (const segment of segments) {
		for (const [method, path, body] of [
			['GET', `/doorward/v1/users/${segment}`],
			['PATCH', `/doorward/v1/users/${segment}`, {}],
			['DELETE', `/doorward/v1/users/${segment}`],
			['DELETE', `/doorward/v1/keys/${segment}`],
			['PUT', `/doorward/v1/groups/g/members/${segment}`],
			['PUT', `/doorward/v1/groups/${segment}/members/alice`],
			['PUT', `/doorward/v1/roles/r/members/${segment}`],
			['GET', `/doorward/v1/resources/${segment}/x`],
			['GET', `/doorward/${segment}`],
		]) {
			isRefusal(await s.call(method, path, body), `${method} ${path.slice(0, 80)}`);
		}
	}
	assert.equal(await revision(), was);
});

test('principals, tenants and queries of wrong form', async () => {
	const was = await revision();
	for (const principal of [':', 'user:', ':alice', 'role:r', 'user:alice:x', 'team:local:g', 'nobody']) {
		isRefusal(await s.call('PUT', `/doorward/v1/roles/r/members/${principal}`), `/doorward/ principal ${principal}`);
	}
	for (const query of ['tenant=%zz', 'tenant=%ff', 'tenant=', 'tenant=nowhere', `tenant=${'x'.repeat(3000)}`]) {
		isRefusal(await s.call('PUT', `/doorward/v1/roles/r/members/alice?${query}`), `/doorward/ ${query.slice(0, 40)}`);
	}
	assert.equal(await revision(), was);
});

test('what is too large is refused', async () => {
	const chunked = {'Transfer-Encoding': 'chunked'};
	const announced = {'Content-Length': 2 ** 30};
	for (const path of ['/doorward/v1/users', '/access/v1/evaluation']) {
		for (const [body, headers] of [[`{"id":"${'x'.repeat(1100 * 1024)}"}`, chunked], ['{', announced]]) {
			const r = await s.call('POST', path, body, {headers});
			isRefusal(r, path);
			assert.equal(r.status, 413);
		}
	}
	const r = await s.call('GET', `/doorward/v1/users/${'x'.repeat(20000)}`);
	assert.ok([404, 414, 431].includes(r.status), String(r.status));
});

test('every method on every path is answered, and none is 500', async () => {
	const was = await revision();
	for (const path of ['/', '/doorward/v1/users', '/doorward/v1/whoami', '/access/v1/evaluation', '/.well-known/authzen-configuration', '/metrics', '/nothing']) {
		for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
			const r = await s.call(method, path);
			assert.ok(r.status >= 200 && r.status < 500, `${method} ${path}: ${r.status}`);
			if (r.status === 405) {
				assert.ok(r.headers.allow, `${method} ${path}`);
				assert.ok(!r.headers.allow.split(', ').includes(method));
			}
		}
	}
	assert.equal(await revision(), was);
});

test('free objects come back as they were sent', async () => {
	const attributes = {
		'': 'empty name',
		'a"b\\c/d\u0001': ['\u0000', '\ud83d\ude00', 'é'],
		numbers: [0, -0.5, 1e21, 9007199254740991, 1e-7],
		deep: JSON.parse(`${'['.repeat(50)}1${']'.repeat(50)}`),
	};
	assert.equal((await s.call('PATCH', '/doorward/v1/users/alice', {attributes})).status, 200);
	assert.deepEqual((await s.call('GET', '/doorward/v1/users/alice')).json.attributes, attributes);
});
