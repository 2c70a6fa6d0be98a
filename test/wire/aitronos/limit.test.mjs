// SPDX-License-Identifier: Apache-2.0
// How often a key may call, by a clock that the test drives.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer, testClock} from '../../harness/server.mjs';
import {GRANTS, ORG, expectError, grantOf, makePerson, role} from './support.mjs';

const start = Date.parse('2026-03-01T12:00:00Z');
const clock = testClock('2026-03-01T12:00:00Z');
const at = (ms) => clock.set(new Date(start + ms).toISOString());
let s;
let serial = 0;
before(async () => {
	// A token a second, three at once.
	const args = ['--aitronos-requests-per-minute', '60', '--aitronos-burst', '3'];
	s = await startServer({store: 'memory', env: clock.env, args});
});
after(async () => assert.equal(await s.stop(), 0));

/** The key of somebody who may grant and has not called yet. */
const newKey = () => makePerson(s, `caller${++serial}`, role.admin);
const list = (key, headers) => s.call('GET', `${GRANTS}?grantee_id=x`, undefined, {key, headers});

/** All nine headers of the two families, as numbers; those that say the same must. */
function limits({headers}) {
	const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((n) => headers[`x-ratelimit-${n}`]);
	for (const kind of ['requests', 'tokens']) {
		assert.equal(headers[`x-ratelimit-limit-${kind}`], limit);
		assert.equal(headers[`x-ratelimit-remaining-${kind}`], remaining);
		assert.match(headers[`x-ratelimit-reset-${kind}`], /^\d+s$/);
	}
	const seconds = Number(headers['x-ratelimit-reset-requests'].slice(0, -1));
	assert.equal(headers['x-ratelimit-reset-tokens'], `${seconds}s`);
	return {limit: Number(limit), remaining: Number(remaining), reset: Number(reset), seconds};
}

test('a bucket that empties and fills', async () => {
	at(0);
	const key = await newKey();
	for (const remaining of [2, 1, 0]) {
		const r = await list(key);
		assert.equal(r.status, 200);
		assert.deepEqual(limits(r), {limit: 3, remaining, reset: start / 1000 + 3 - remaining, seconds: 3 - remaining});
		assert.equal(r.headers['retry-after'], undefined);
	}
	at(400);
	const r = await list(key);
	expectError(r, 429, 'RATE_LIMIT_EXCEEDED', null);
	assert.equal(r.headers['retry-after'], '1');
	assert.equal(r.headers['x-ratelimit-retry-after'], '1');
	assert.deepEqual(limits(r), {limit: 3, remaining: 0, reset: start / 1000 + 3, seconds: 3});
	at(1000);
	assert.equal((await list(key)).status, 200);
	assert.equal((await list(key)).status, 429);
	at(3600000);
	assert.equal(limits(await list(key)).remaining, 2);
	// The clock is set back: nothing comes back for that, and from there it goes on.
	at(0);
	assert.equal(limits(await list(key)).remaining, 1);
	at(1000);
	assert.equal(limits(await list(key)).remaining, 1);
});

test('what is refused does nothing and leaves no trace', async () => {
	at(0);
	const key = await newKey();
	const trail = async () => (await s.call('GET', '/doorward/v1/audit?limit=100')).json.items;
	await makePerson(s, 'grantee');
	const create = (id, by = key) => s.call('POST', GRANTS, grantOf(`assistant/${id}`, 'user/grantee'), {key: by});
	for (const id of ['l_1', 'l_2', 'l_3']) {
		const r = await create(id);
		assert.equal(r.status, 201, r.text);
		assert.ok(limits(r));
	}
	const before = await trail();
	expectError(await create('l_4'), 429, 'RATE_LIMIT_EXCEEDED');
	expectError(await s.call('POST', GRANTS, '{', {key}), 429, 'RATE_LIMIT_EXCEEDED');
	expectError(await s.call('GET', '/v1/organizations/other/access/grants', undefined, {key}), 429, 'RATE_LIMIT_EXCEEDED');
	// A change behind them is committed with or behind whatever they might have left.
	await makePerson(s, 'later');
	const [, , ...rows] = await trail(); // without her and her key
	assert.deepEqual(rows, before);
	assert.equal((await s.call('GET', `${ORG}/assistants/l_4/grants`)).json.total, 0);
});

test('a write is counted once, a failure too', async () => {
	at(0);
	const key = await newKey();
	assert.equal(limits(await s.call('POST', GRANTS, {}, {key})).remaining, 2);
	assert.equal(limits(await s.call('DELETE', `${GRANTS}/agrant_nope`, undefined, {key})).remaining, 1);
	const r = await s.call('GET', '/v1/organizations/other/access/grants', undefined, {key});
	expectError(r, 403, 'ORGANIZATION_ACCESS_DENIED');
	assert.equal(limits(r).remaining, 0);
});

test('keys have buckets of their own, and strangers none', async () => {
	at(0);
	const [one, two] = [await newKey(), await newKey()];
	for (let i = 0; i < 3; i++) {
		assert.equal((await list(one)).status, 200);
	}
	assert.equal((await list(one)).status, 429);
	assert.equal((await list(two)).status, 200);
	for (let i = 0; i < 5; i++) {
		const r = await list('dw_nope');
		expectError(r, 401, 'TOKEN_INVALID');
		assert.equal(r.headers['x-ratelimit-limit'], undefined);
	}
	// Other dialects are not limited.
	for (let i = 0; i < 5; i++) {
		assert.equal((await s.call('GET', '/doorward/v1/audit', undefined)).status, 200);
	}
});

test('callers at the same time do not get more than there is', async () => {
	at(0);
	const key = await newKey();
	const answers = await Promise.all(Array.from({length: 20}, () => list(key)));
	assert.deepEqual(answers.map((r) => r.status).sort(), [200, 200, 200, ...Array(17).fill(429)]);
});

test('without a limit', async (t) => {
	at(0);
	const free = await startServer({store: 'memory', env: clock.env});
	t.after(() => free.dispose());
	for (let i = 0; i < 5; i++) {
		const r = await free.call('GET', GRANTS);
		assert.equal(r.status, 200);
		assert.deepEqual(limits(r), {limit: 2147483647, remaining: 2147483647, reset: start / 1000, seconds: 0});
	}
});
