// SPDX-License-Identifier: Apache-2.0
//
// When credentials were last used: shown at once and to the minute, kept across a crash and a stop, and no revision. Time is
// a driven clock; that it was stored is asked for until it is so, and the test's time limit is what fails a server that never
// stores it.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {exchange, makeUser, startServer, testClock} from '../harness/server.mjs';

const START = '2026-11-22T10:00:00Z';
const at = (seconds) => new Date(Date.parse(START) + seconds * 1000).toISOString().replace('.000Z', 'Z');

async function world(t) {
	const clock = testClock(START);
	const s = await startServer({env: clock.env});
	t.after(() => s.dispose());
	const key = await makeUser(s, 'alice');
	const id = key.split('_')[1];
	return {
		s,
		clock,
		key,
		id,
		use: async () => assert.equal((await s.call('GET', '/doorward/v1/whoami', undefined, {key})).status, 200),
		shown: async () => (await s.call('GET', `/doorward/v1/keys/${id}`)).json.last_used_at,
	};
}

const revision = async (s) => (await s.call('GET', '/doorward/v1/users')).headers['doorward-revision'];
const stored = (s, id, time) =>
	readdirSync(s.dir).some((name) => name.startsWith('doorward.db') && readFileSync(join(s.dir, name), 'latin1').includes(`"${id}":${Date.parse(time)}`));

test('a key: never, then to the minute; across a crash once it was stored; and no revision of it', async (t) => {
	const {s, clock, id, use, shown} = await world(t);
	assert.equal(await shown(), null);
	const before = await revision(s);
	await use();
	assert.equal(await shown(), START);
	assert.equal((await s.call('GET', '/doorward/v1/keys')).json.items.find((key) => key.id === id).last_used_at, START);
	clock.set(at(59));
	await use();
	assert.equal(await shown(), START);
	clock.set(at(60));
	while (!stored(s, id, START)) {
		await s.call('GET', '/healthz');
	}
	await s.kill9();
	await s.restart();
	assert.equal(await shown(), START);
	await use();
	assert.equal(await shown(), at(60));
	await s.restart();
	assert.equal(await shown(), at(60));
	assert.equal(await revision(s), before);
});

test('what is refused is no use', async (t) => {
	const {s, key, shown} = await world(t);
	const r = await s.call('GET', '/doorward/v1/whoami', undefined, {key: `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`});
	assert.equal(r.status, 401);
	assert.equal(await shown(), null);
});

test('keys and clients of every dialect say it', async (t) => {
	const {s, clock} = await world(t);
	clock.set(at(120));
	const whoami = async (key) => assert.equal((await s.call('GET', '/doorward/v1/whoami', undefined, {key})).status, 200);

	const service = (await s.call('POST', '/api/v1/orgs/current/service-keys', {})).json;
	await whoami(service.key);
	const listed = (await s.call('GET', '/api/v1/orgs/current/service-keys')).json.find((item) => item.id === service.id);
	assert.equal(listed.last_used_at, '2026-11-22T10:02:00.000000Z');

	const made = (await s.call('POST', '/v1/organization/api-keys', {name: 'k'})).json.data.apiKey;
	await whoami(made.value);
	const got = (await s.call('GET', `/v1/organization/api-keys/${made.id}`)).json.data.apiKey;
	assert.equal(Date.parse(got.lastUsed), Date.parse(at(120)));

	const own = (await s.call('POST', '/api/v1/iam/personal_clients', {displayName: 'c'})).json;
	assert.ok(!('lastUsedAt' in own.client) || own.client.lastUsedAt === null);
	const form = new URLSearchParams({grant_type: 'client_credentials', client_id: own.client.clientId, client_secret: own.clientSecret});
	const token = await exchange(s.url, 'POST', '/auth/v1/token', form.toString(), {headers: {'Content-Type': 'application/x-www-form-urlencoded'}});
	assert.equal(token.status, 200, token.text);
	const client = async () => (await s.call('GET', `/api/v1/iam/personal_clients/${own.client.id}`)).json.client.lastUsedAt;
	assert.equal(Date.parse(await client()), Date.parse(at(120)));
	clock.set(at(180));
	await whoami(token.json.access_token);
	assert.equal(Date.parse(await client()), Date.parse(at(180)));
	const native = (await s.call('GET', `/doorward/v1/oauth-clients/${own.client.id}`)).json;
	assert.equal(native.last_used_at, at(180));
});
