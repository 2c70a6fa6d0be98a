// SPDX-License-Identifier: Apache-2.0
// Policies in Cedar: on random organizations the real engine of that language decides as Doorward does, where nothing
// was lost, and allows no more where something was.
import assert from 'node:assert/strict';
import test from 'node:test';

import {isAuthorized} from '@cedar-policy/cedar-wasm/nodejs';

import {run, startServer, testClock} from '../../harness/server.mjs';

const USERS = ['u1', 'u2', 'u3"\\'];
const GROUPS = ['g1', 'g2'];
const TENANTS = ['t1', 't2'];
const ACTIONS = ['infra:nodes:get', 'infra:nodes:delete', 'infra:ingest:get', 'compliance:reports:get', 'infra:a:b:get', 'infra', 'read'];
const RESOURCES = ['n1', 'n2', 'sub:n3'];
const NOW = 1795341600000; // 2026-11-22T10:00:00Z, the server's time, too
const clock = testClock(new Date(NOW).toISOString());

function random(seed) {
	let state = seed >>> 0;
	const below = (n) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % n;
	};
	const pick = (list) => list[below(list.length)];
	return {below, pick, some: (list, max) => [...new Set(Array.from({length: 1 + below(max)}, () => pick(list)))]};
}

function directory({pick, below}) {
	return {
		user: USERS.map((id) => ({id})),
		group: GROUPS.map((id) => ({id, type: 'team'})),
		tenant: TENANTS.map((id) => ({id})),
		role: [{id: 'r1', actions: ['other:things:get']}, {id: 'r2', actions: ['other:things:get']}],
		group_member: USERS.filter(() => below(3)).map((member) => ({group: pick(GROUPS), member})).map((m) => ({id: `${m.group}/${m.member}`, ...m})),
		role_member: [
			{id: `r1/user/u1/`, role: 'r1', principal_type: 'user', principal_id: 'u1'},
			{id: `r2/user/u2/t1`, role: 'r2', principal_type: 'user', principal_id: 'u2', tenant: 't1'},
		],
	};
}

function statementPolicies({below, some}, odd) {
	const members = [...USERS.filter((u) => !u.includes('"')).map((u) => `user:local:${u}`), ...GROUPS.map((g) => `team:local:${g}`), '*', ...(odd ? ['user:local:*'] : [])];
	// A deny of everything for everybody would lock the owner out, too.
	const effect = () => (below(4) === 0 ? {deny: true, actions: some(['infra:nodes:get', 'infra:*:get'], 2)} : {
		actions: some(['infra:nodes:get', 'infra:*', 'infra:nodes:*', 'infra:*:get', '*:get', '*'], 2),
	});
	const statement = () => ({
		...effect(),
		resources: some(['infra:nodes:n1', 'infra:nodes:*', 'infra:nodes:sub:*', '*', ...(odd ? ['infra:nodes:${a2:username}'] : [])], 2),
		tenants: below(2) ? ['*'] : some([...TENANTS, '(unassigned)'], 2),
	});
	return Array.from({length: 7}, (_, i) => ({
		id: `p${i}`, name: 'x', type: 'custom', members: some(members, 2), statements: Array.from({length: 1 + below(2)}, statement),
	}));
}

function accessPolicies({below, pick, some}, odd) {
	return Array.from({length: 8}, (_, i) => ({
		id: `p${i}`, ...(below(4) === 0 ? {deny: true} : {}),
		subjects: some([...USERS.map((u) => `user:${u}`), 'group:g1', 'role:r1', '*', ...(odd ? ['role:r2'] : [])], 2),
		actions: some([...ACTIONS, 'infra:*', '*:get'], 3), resources: some(['infra:nodes/n1', 'infra:nodes/*', 'infra:nodes/sub:*', '*'], 2),
		...(below(2) ? {tenants: some(TENANTS, 2)} : {}),
		...(below(3) === 0 ? {valid_from: pick([NOW, NOW + 1])} : {}),
		...(below(3) === 0 ? {valid_until: pick([NOW + 5, 2e12])} : {}),
		...(odd && below(4) === 0 ? {condition: 'subject.id == "u1"'} : {}),
	})).filter((p) => !p.valid_until || !p.valid_from || p.valid_from < p.valid_until);
}

/** A server with the lists beside what every organization has, at that time. */
async function serverWith(t, lists) {
	const s = await startServer({store: 'memory', env: clock.env});
	t.after(() => s.dispose());
	const archive = (await s.call('GET', '/doorward/v1/export')).json;
	delete archive.documents.statement_policy;
	for (const [kind, list] of Object.entries(lists)) {
		archive.documents[kind] = [...(archive.documents[kind] ?? []), ...list];
	}
	const r = await s.call('POST', '/doorward/v1/import', archive);
	assert.equal(r.status, 200, r.text);
	return s;
}

function questions() {
	const list = [];
	for (const user of USERS) {
		for (const action of ACTIONS) {
			for (const id of RESOURCES) {
				for (const tenant of [...TENANTS, '(unassigned)']) {
					list.push({user, action, id, tenant});
				}
			}
		}
	}
	return list;
}

async function ask(s, list) {
	const evaluations = list.map((q) => ({
		subject: {type: 'user', id: q.user}, action: {name: q.action}, resource: {type: 'infra:nodes', id: q.id, properties: {tenants: [q.tenant]}},
	}));
	const r = await s.call('POST', '/access/v1/evaluations', {evaluations});
	assert.equal(r.status, 200, r.text);
	return r.json.evaluations.map((e) => e.decision);
}

function askCedar(converted, q) {
	const answer = isAuthorized({
		principal: {type: 'Subject', id: `user:local:${q.user}`},
		action: {type: 'Action', id: q.action},
		resource: {type: 'Resource', id: `infra:nodes:${q.id}`},
		context: {action: q.action, resource: `infra:nodes:${q.id}`, tenant: q.tenant, now: NOW},
		policies: {staticPolicies: converted.policies},
		entities: converted.entities,
	});
	assert.equal(answer.type, 'success', JSON.stringify(answer));
	assert.deepEqual(answer.response.diagnostics.errors, []);
	return answer.response.decision === 'allow';
}

const cases = [
	{name: 'connhex', from: 'connhex', make: (r) => ({statement_policy: statementPolicies(r, false)}), lossless: true},
	{name: 'connhex, all of it', from: 'connhex', make: (r) => ({statement_policy: statementPolicies(r, true)})},
	{name: 'native', from: 'native', make: (r) => ({access_policy: accessPolicies(r, false)}), lossless: true},
	{name: 'native, all of it', from: 'native', make: (r) => ({access_policy: accessPolicies(r, true)})},
];

for (const {name, from, make, lossless} of cases) {
	test(`Cedar agrees: ${name}`, async (t) => {
		let allowed = 0;
		for (let seed = 1; seed <= 3; seed++) {
			const r = random(seed);
			const s = await serverWith(t, {...directory(r), ...make(r)});
			const converted = (await s.call('GET', `/doorward/v1/convert?from=${from}&to=cedar`)).json;
			if (lossless) {
				assert.deepEqual(converted.lost, []);
			}
			const list = questions();
			const ours = await ask(s, list);
			list.forEach((q, i) => {
				const theirs = askCedar(converted, q);
				if (converted.lost.length === 0) {
					assert.equal(theirs, ours[i], JSON.stringify(q));
				} else if (converted.safe) {
					assert.ok(ours[i] || !theirs, JSON.stringify(q));
				}
				allowed += ours[i];
			});
			assert.ok(ours.includes(false));
		}
		assert.ok(allowed > 0);
	});
}

test('the command prints the text', async (t) => {
	const s = await serverWith(t, {user: [{id: 'u1'}], access_policy: [{id: 'p', subjects: ['user:u1'], actions: ['read'], resources: ['doc/*']}]});
	const r = await run(['convert', '--from', 'native', '--to', 'cedar'], {DOORWARD_URL: s.url, DOORWARD_KEY: s.key});
	assert.deepEqual([r.code, r.err], [0, '']);
	assert.equal(r.out, `@id("access_policy:p:0")
permit (principal, action, resource) when {
  true
  && (principal in Subject::"user:local:u1")
  && (context.action == "read")
  && (context.resource like "doc:*")
};
`);
	assert.equal((await s.call('GET', '/doorward/v1/convert?from=cedar&to=native')).status, 400);
});
