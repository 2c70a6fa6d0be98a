// SPDX-License-Identifier: Apache-2.0
// The decisions of the AuthZEN certification scenario (1.4, 1.5), on its fixture written as native policies.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {decide} from './support.mjs';

const calls = JSON.parse(readFileSync(new URL('../../cases/authzen-fixture.json', import.meta.url), 'utf8'));
let s;
before(async () => {
	s = await startServer();
	for (const {method, path, status, body} of calls) {
		const r = await s.call(method, path, body);
		assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	}
});
after(async () => assert.equal(await s.stop(), 0));

const record = (id, status) => ({type: 'record', id, properties: {status}});
const user = (id, role) => ({type: 'user', id, properties: {role}});
const del = (soft) => ({name: 'delete', properties: {soft}});

test('decision rules 1 to 8', async () => {
	assert.equal(await decide(s, 'alice', 'read', 'record/record-1'), true);
	assert.equal(await decide(s, 'alice', 'write', 'record/record-1'), true);
	assert.equal(await decide(s, 'bob', 'read', 'record/record-1'), true);
	assert.equal(await decide(s, 'bob', 'write', 'record/record-1'), false, 'a stored role of admin changes nothing here');
	assert.equal(await decide(s, 'alice', 'write', record('record-2', 'archived')), false);
	assert.equal(await decide(s, user('bob', 'admin'), 'write', record('record-2', 'archived')), true);
	assert.equal(await decide(s, user('alice', 'admin'), 'write', record('record-2', 'archived')), true);
	assert.equal(await decide(s, 'alice', del(true), 'record/record-1'), true);
	assert.equal(await decide(s, 'alice', del(false), 'record/record-1'), false);
});

test('the same with a context, which changes nothing', async () => {
	const context = {time: '2025-06-27T18:03-07:00', ip: '192.168.1.1'};
	assert.equal(await decide(s, 'alice', 'read', 'record/record-1', context), true);
	assert.equal(await decide(s, 'bob', 'write', 'record/record-1', context), false);
});

test('what searches are to find (S1 to S6), asked one by one', async () => {
	for (const who of ['alice', 'bob']) {
		assert.equal(await decide(s, who, 'read', 'record/record-1'), true);
	}
	assert.equal(await decide(s, 'bob', 'write', record('record-2', 'archived')), true, 'the stored role counts');
	assert.equal(await decide(s, user('bob', 'admin'), 'write', 'record/record-2'), true, 'the stored status counts');
	assert.equal(await decide(s, 'bob', 'write', 'record/record-2'), true);
});

test('what is not said, or not there, allows nothing', async () => {
	assert.equal(await decide(s, 'alice', 'delete', 'record/record-1'), false, 'no soft');
	assert.equal(await decide(s, 'alice', del('true'), 'record/record-1'), false, 'a text is no bool');
	assert.equal(await decide(s, 'alice', 'write', 'record/unknown'), false, 'no status');
	assert.equal(await decide(s, 'alice', 'write', record('unknown', 'active')), true, 'a status that is stated');
	assert.equal(await decide(s, 'alice', 'write', record('record-1', 'archived')), false, 'what is sent goes over what is stored');
	assert.equal(await decide(s, user('bob', 'reader'), 'write', 'record/record-2'), false);
	assert.equal(await decide(s, 'carol', 'read', 'record/record-1'), false);
	assert.equal(await decide(s, 'bob', del(true), 'record/record-1'), false);
});
