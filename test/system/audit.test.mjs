// SPDX-License-Identifier: Apache-2.0
//
// The audit trail: every change and every refused attempt, who, when, how and what came of it.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../harness/server.mjs';

const clock = testClock('2026-01-01T00:00:00Z');
const setTime = clock.set;
let s;

before(async () => {
	s = await startServer({env: clock.env});
});
after(() => s.stop());

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

async function trail(query = '') {
	return (await ok(s.call('GET', `/doorward/v1/audit${query}`), 200)).json;
}

test('a store begins with the making of its organization', async () => {
	const [first] = (await trail('?order=asc&limit=1')).items;
	assert.equal(first.via, 'bootstrap');
	assert.equal(first.revision, 1);
	assert.ok(first.changes.some((c) => c.kind === 'organization' && c.id === 'default' && c.change === 'created'));
	assert.ok(first.changes.some((c) => c.kind === 'key' && c.change === 'created'));
});

test('a change says who, when, from where, how, and what it did', async () => {
	setTime('2026-01-02T03:04:05.678Z');
	const headers = {'X-Request-ID': 'the-id-of-the-request'};
	const made = await ok(s.call('POST', '/doorward/v1/users', {id: 'ann'}, {headers}), 201);
	const [entry] = (await trail('?limit=1')).items;
	assert.deepEqual(entry, {
		id: entry.id,
		at: '2026-01-02T03:04:05.678Z',
		actor: 'user:owner',
		via: 'native',
		operation: 'doorward:users:create',
		target: 'doorward:users:ann',
		outcome: 'done',
		status: 201,
		revision: Number(made.headers['doorward-revision']),
		remote: '127.0.0.1',
		request_id: 'the-id-of-the-request',
		credential: s.key.split('_')[1],
		method: 'POST',
		path: '/doorward/v1/users',
		changes: [{kind: 'user', id: 'ann', change: 'created'}],
	});
});

test('updates and deletes, with what went along', async () => {
	await ok(s.call('PATCH', '/doorward/v1/users/ann', {display_name: 'Ann'}), 200);
	assert.deepEqual((await trail('?limit=1')).items[0].changes, [{kind: 'user', id: 'ann', change: 'updated'}]);
	await ok(s.call('PUT', '/doorward/v1/groups/editors/members/ann'), 204);
	assert.deepEqual((await trail('?limit=1')).items[0].changes, [{kind: 'group_member', id: 'editors/ann', change: 'created'}]);
	await ok(s.call('DELETE', '/doorward/v1/users/ann'), 204);
	const [gone] = (await trail('?limit=1')).items;
	assert.equal(gone.target, 'doorward:users:ann');
	assert.deepEqual(
		gone.changes.map((c) => `${c.kind} ${c.id} ${c.change}`).sort(),
		['group_member editors/ann deleted', 'user ann deleted'],
	);
});

test('a change that changes nothing is on record without a revision', async () => {
	await makeUser(s, 'idle');
	await ok(s.call('PUT', '/doorward/v1/groups/editors/members/idle'), 204);
	const revision = (await s.call('GET', '/doorward/v1/organization')).json.revision;
	await ok(s.call('PUT', '/doorward/v1/groups/editors/members/idle'), 204);
	const [entry] = (await trail('?limit=1')).items;
	assert.deepEqual([entry.outcome, entry.revision, entry.changes], ['done', null, []]);
	assert.equal((await s.call('GET', '/doorward/v1/organization')).json.revision, revision);
});

test('a refused attempt is on record; a malformed one is not', async () => {
	const key = await makeUser(s, 'mallory');
	const before = (await trail('?limit=1')).items[0].id;
	await ok(s.call('POST', '/doorward/v1/users', '{', {}), 400);
	await ok(s.call('POST', '/doorward/v1/users', {id: 'eve'}, {key, headers: {'X-Request-ID': 'refused-one'}}), 403);
	await ok(s.call('POST', '/doorward/v1/tenants', {id: 'after'}), 201); // commits behind the refusal
	const [refused] = (await trail('?actor=user:mallory')).items;
	assert.deepEqual(
		[refused.operation, refused.target, refused.outcome, refused.status, refused.revision, refused.request_id],
		['doorward:users:create', 'doorward:users', 'refused', 403, null, 'refused-one'],
	);
	assert.deepEqual(refused.changes, []);
	const since = (await trail()).items.filter((e) => e.id > before);
	assert.equal(since.length, 2);
});

test('changes through another dialect are in the same trail', async () => {
	await ok(s.call('POST', '/iam/teams', {id: 'from-connhex', name: 'Team'}), 200);
	const [entry] = (await trail('?limit=1')).items;
	assert.equal(entry.via, 'connhex');
	assert.deepEqual(entry.changes, [{kind: 'group', id: 'from-connhex', change: 'created'}]);
});

test('filters', async () => {
	setTime('2026-03-01T00:00:00Z');
	await ok(s.call('POST', '/doorward/v1/services', {id: 'march-1'}), 201);
	setTime('2026-03-02T00:00:00Z');
	const second = await ok(s.call('POST', '/doorward/v1/services', {id: 'march-2'}), 201);
	setTime('2026-03-03T00:00:00Z');
	await ok(s.call('POST', '/doorward/v1/services', {id: 'march-3'}), 201);
	const targets = async (query) => (await trail(query)).items.map((e) => e.target.replace('doorward:services:', ''));
	assert.deepEqual(await targets('?since=2026-03-01T00:00:00Z'), ['march-3', 'march-2', 'march-1']);
	assert.deepEqual(await targets('?since=2026-03-01T00:00:00Z&order=asc'), ['march-1', 'march-2', 'march-3']);
	assert.deepEqual(await targets('?since=2026-03-02T00:00:00Z&until=2026-03-03T00:00:00Z'), ['march-2']);
	assert.deepEqual(await targets('?since=2026-03-02T01:00:00%2B01:00&until=2026-03-03T00:00:00Z'), ['march-2']);
	assert.deepEqual(await targets(`?revision=${second.headers['doorward-revision']}`), ['march-2']);
	assert.deepEqual(await targets('?target=doorward:services:march-1'), ['march-1']);
	assert.deepEqual(await targets('?operation=doorward:services:create'), ['march-3', 'march-2', 'march-1']);
	assert.deepEqual(await targets('?actor=user:nobody'), []);
	for (const query of ['since=yesterday', 'until=1', 'order=up', 'revision=0', 'revision=x', 'limit=0', 'cursor=!']) {
		assert.match((await ok(s.call('GET', `/doorward/v1/audit?${query}`), 400)).json.detail, new RegExp(query.split('=')[0]));
	}
});

test('pages in both directions hold every entry once', async () => {
	for (const order of ['asc', 'desc']) {
		const seen = [];
		for (let cursor = ''; cursor !== null; ) {
			const page = await trail(`?order=${order}&limit=3${cursor && `&cursor=${cursor}`}`);
			seen.push(...page.items.map((e) => e.id));
			cursor = page.next_cursor;
		}
		const all = (await trail(`?order=${order}&limit=1000`)).items.map((e) => e.id);
		assert.deepEqual(seen, all);
		assert.deepEqual(all, [...all].sort((a, b) => (order === 'asc' ? a - b : b - a)));
		assert.ok(all.length > 10);
	}
});

test('the trail survives a restart', async () => {
	const before = await trail('?limit=1000');
	await s.restart();
	assert.deepEqual(await trail('?limit=1000'), before);
});
