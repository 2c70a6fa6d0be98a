// SPDX-License-Identifier: Apache-2.0
// Policies of one dialect in the words of another: on random organizations, what is converted allows no more than what
// it was made from, and the same where nothing was lost.
import assert from 'node:assert/strict';
import test from 'node:test';

import {run, startServer} from '../../harness/server.mjs';

const TAG_OPERATORS = ['equals', 'not_equals', 'equals_ignore_case', 'not_equals_ignore_case', 'matches', 'not_matches'].flatMap((o) => [o, `${o}_if_exists`]);

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

const USERS = ['u1', 'u2', 'u3'];
const GROUPS = ['g1', 'g2'];
const TENANTS = ['t1', 't2'];
const ROLES = ['r1', 'r2'];
const NODES = ['n1', 'n2', 'other'];

/** A directory, as the lists of an archive. */
function directory({below, pick}) {
	const members = [];
	const holders = [];
	for (const user of USERS) {
		if (below(3)) {
			const group = pick(GROUPS);
			members.push({id: `${group}/${user}`, group, member: user});
		}
		const role = pick(ROLES);
		const tenant = below(2) ? pick(TENANTS) : undefined;
		holders.push({id: `${role}/user/${user}/${tenant ?? ''}`, role, principal_type: 'user', principal_id: user, tenant});
	}
	return {
		user: USERS.map((id) => ({id})),
		group: GROUPS.map((id) => ({id, type: 'team'})),
		tenant: TENANTS.map((id) => ({id})),
		role: ROLES.map((id) => ({id, display_name: id, actions: ['compliance:reports:get']})),
		group_member: members,
		role_member: holders,
	};
}

const ACTIONS = ['infra:nodes:get', 'infra:nodes:*', 'infra:*:get', 'infra:*', 'infra:nodes:delete'];
const WHERE = ['infra:nodes:n1', 'infra:nodes:*', 'infra:nodes:n2'];

function statements({below, pick, some}, odd) {
	const members = [...USERS.map((u) => `user:local:${u}`), ...GROUPS.map((g) => `team:local:${g}`), '*'];
	if (odd) {
		members.push('user:local:*', 'team:ldap:x', 'user:local:nobody');
	}
	const resources = odd ? [...WHERE, 'infra:nodes:${a2:username}'] : WHERE;
	const tenants = odd ? [...TENANTS, '(unassigned)'] : TENANTS;
	const statement = () => ({
		...(below(4) === 0 ? {deny: true} : {}), actions: some(ACTIONS, 2), resources: some(resources, 2), tenants: below(2) ? ['*'] : some(tenants, 2),
		...(below(3) === 0 ? {role: pick(ROLES)} : {}),
	});
	return Array.from({length: 8}, (_, i) => ({
		id: `p${i}`, name: 'x', type: 'custom', members: some(members, 2), statements: Array.from({length: 1 + below(2)}, statement),
	}));
}

function native({below, pick, some}, plain) {
	const subjects = [...USERS.map((u) => `user:${u}`), ...GROUPS.map((g) => `group:${g}`), '*', ...(plain ? [] : ROLES.map((r) => `role:${r}`))];
	return Array.from({length: 8}, (_, i) => ({
		id: `p${i}`, ...(below(4) === 0 ? {deny: true} : {}), subjects: some(subjects, 2), actions: some(ACTIONS, 2),
		resources: some(['infra:nodes/n1', 'infra:nodes/*', 'infra/nodes:n2', '*'], 2).filter((r) => r !== '*' || below(2)).concat('infra:nodes/n2'),
		...(below(2) ? {tenants: some(TENANTS, 2)} : {}),
		...(!plain && below(2) ? {condition: pick(['subject.id == "u1"', 'context.missing == 1', 'resource.id != "n1"'])} : {}),
		...(!plain && below(3) === 0 ? {valid_until: pick([1000, 4102444800000])} : {}),
	}));
}

const VALUES = ['prod', 'PROD', 'eu-1', 'a.b', 'ſ', 'straße', 'x"\\y', 'tab\there', 'K'];

function tagPolicies({below, pick, some}) {
	const condition = () => ({
		attribute: 'resource_tag_key', key: pick(['Env', 'Team "1"']), operator: pick(TAG_OPERATORS), value: pick([...VALUES, 'p*', '*r?d', 'eu-?', 's', 'k', '[a]', '*.*']),
	});
	const group = () => ({permission: pick(['projects:read', 'projects:delete']), resource_type: 'project', conditions: Array.from({length: 1 + below(2)}, condition)});
	return Array.from({length: 8}, (_, i) => ({
		id: `00000000-0000-4000-8000-00000000000${i}`, name: `p${i}`, ...(below(3) === 0 ? {deny: true} : {}),
		groups: Array.from({length: 1 + below(2)}, group), roles: some(ROLES, 2),
	}));
}

function grants({below, pick}) {
	const made = new Map();
	for (let i = 0; i < 12; i++) {
		const [grantee_type, grantee_id] = pick([['user', pick(USERS)], ['role', pick(ROLES)]]);
		const entity_id = pick(['a1', 'a2']);
		made.set(`${entity_id}${grantee_type}${grantee_id}`, {entity_type: 'assistant', entity_id, grantee_type, grantee_id, level: ['read', 'write', 'admin'][below(3)]});
	}
	return [...made.values()].map((g, i) => ({id: `ag_${i}`, ...g}));
}

/** Everything that can be asked of such organizations. */
function questions() {
	const list = [];
	const add = (subject, name, type, id, properties) =>
		list.push({subject: {type: 'user', id: subject}, action: {name}, resource: {type, id, properties}});
	for (const user of [...USERS, 'nobody']) {
		for (const name of ['infra:nodes:get', 'infra:nodes:delete', 'infra:ingest:get', 'compliance:reports:get']) {
			for (const node of NODES) {
				add(user, name, 'infra:nodes', node, {tenants: [...TENANTS, '(unassigned)']});
				add(user, name, 'infra:nodes', node, {});
			}
		}
		for (const name of ['projects:read', 'projects:delete']) {
			for (const tenant of TENANTS) {
				add(user, name, 'project', 'x', {tenant});
				add(user, name, 'project', '', {tenant, tags: {Env: 'prod'}});
				for (const value of VALUES) {
					add(user, name, 'project', 'x', {tenant, tags: {Env: value}});
					add(user, name, 'project', 'x', {tenant, tags: {'Team "1"': [value, 'other'], Env: ['prod', value]}});
				}
			}
		}
		for (const name of ['read', 'write', 'admin']) {
			for (const id of ['a1', 'a2']) {
				add(user, name, 'assistant', id, {});
				add(user, name, 'assistant', id, {tenant: 't1'});
			}
		}
	}
	return list;
}

async function decisions(s) {
	const evaluations = questions();
	const answers = [];
	for (let i = 0; i < evaluations.length; i += 200) {
		const r = await s.call('POST', '/access/v1/evaluations', {evaluations: evaluations.slice(i, i + 200)});
		assert.equal(r.status, 200, r.text);
		answers.push(...r.json.evaluations);
	}
	return answers.map((e) => ({decision: e.decision, tenants: e.context?.tenants ?? []}));
}

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

/** A server with the lists beside what every organization has; statement policies that it has only in the way. */
async function serverWith(t, lists) {
	const s = await start(t);
	const archive = (await s.call('GET', '/doorward/v1/export')).json;
	delete archive.documents.statement_policy;
	for (const [kind, list] of Object.entries(lists)) {
		archive.documents[kind] = [...(archive.documents[kind] ?? []), ...list];
	}
	const r = await s.call('POST', '/doorward/v1/import', archive);
	assert.equal(r.status, 200, r.text);
	return s;
}

async function convert(s, from, to) {
	const r = await s.call('GET', `/doorward/v1/convert?from=${from}&to=${to}`);
	assert.equal(r.status, 200, r.text);
	return r.json;
}

/** What was converted, in an organization that has nothing but it and the directory. */
async function apply(t, people, to, policies) {
	const s = await serverWith(t, people);
	for (const p of policies) {
		const r = await s.call('POST', to === 'native' ? '/doorward/v1/policies' : '/iam/policies', p);
		assert.ok(r.status === 200 || r.status === 201, `${JSON.stringify(p)}: ${r.text}`);
	}
	return s;
}

function compare(before, after, {lost, safe}) {
	let narrower = 0;
	before.forEach((was, i) => {
		const is = after[i];
		if (safe) {
			assert.ok(was.decision || !is.decision, `allowed now: ${JSON.stringify(questions()[i])}`);
			assert.ok(is.tenants.every((t) => was.tenants.includes(t)), JSON.stringify(questions()[i]));
		}
		narrower += was.decision !== is.decision || was.tenants.length !== is.tenants.length;
	});
	if (lost.length === 0) {
		assert.equal(narrower, 0, 'nothing was lost, but something is decided otherwise');
	}
	return narrower;
}

const matrix = [
	{name: 'connhex', from: 'connhex', to: 'native', lossless: true, make: (r) => ({statement_policy: statements(r, false)})},
	{name: 'connhex, all of it', from: 'connhex', to: 'native', make: (r) => ({statement_policy: statements(r, true)})},
	{name: 'connhex', from: 'connhex', to: 'connhex', lossless: true, make: (r) => ({statement_policy: statements(r, true)})},
	{name: 'native', from: 'native', to: 'native', lossless: true, make: (r) => ({access_policy: native(r, false)})},
	{name: 'native without conditions', from: 'native', to: 'connhex', make: (r) => ({access_policy: native(r, true)})},
	{name: 'native, all of it', from: 'native', to: 'connhex', make: (r) => ({access_policy: native(r, false)})},
	{name: 'langsmith', from: 'langsmith', to: 'native', lossless: true, make: (r) => ({tag_policy: tagPolicies(r)})},
	{name: 'langsmith', from: 'langsmith', to: 'connhex', make: (r) => ({tag_policy: tagPolicies(r)})},
	{name: 'aitronos', from: 'aitronos', to: 'native', make: (r) => ({access_grant: grants(r)})},
	{name: 'aitronos', from: 'aitronos', to: 'connhex', make: (r) => ({access_grant: grants(r)})},
];

for (const {name, from, to, make, lossless} of matrix) {
	test(`${name} to ${to}`, async (t) => {
		let allowed = 0;
		for (let seed = 1; seed <= 3; seed++) {
			const r = random(seed);
			const people = directory(r);
			const a = await serverWith(t, {...people, ...make(r)});
			const before = await decisions(a);
			const converted = await convert(a, from, to);
			if (lossless) {
				assert.deepEqual(converted.lost, []);
			}
			assert.equal(converted.safe, !converted.lost.some((l) => l.effect === 'deny'));
			const b = await apply(t, people, to, converted.policies);
			const after = await decisions(b);
			compare(before, after, converted);
			allowed += before.filter((d) => d.decision).length;
			assert.ok(before.some((d) => !d.decision));
		}
		assert.ok(allowed > 0);
	});
}

test('the command prints what to send, tells what is lost, and fails where that is not safe', async (t) => {
	const policies = [
		{id: 'ok', name: 'x', type: 'custom', members: ['user:local:u1'], statements: [{actions: ['infra:nodes:get'], resources: ['*'], tenants: ['*']}]},
		{id: 'no', name: 'x', type: 'custom', members: ['user:local:*'], statements: [{deny: true, actions: ['infra:nodes:get'], resources: ['*'], tenants: ['*']}]},
	];
	const s = await serverWith(t, {user: [{id: 'u1'}], statement_policy: policies});
	const env = {DOORWARD_URL: s.url, DOORWARD_KEY: s.key};
	const all = await run(['convert', '--from', 'connhex', '--to', 'native'], env);
	assert.equal(all.code, 1);
	assert.equal(all.err, 'lost: deny no subjects: "user:local:*" cannot be said\n');
	assert.deepEqual(JSON.parse(all.out), {
		id: 'ok', effect: 'allow', subjects: ['user:u1'], actions: ['infra:nodes:get'], resources: ['*'], tenants: null, condition: null,
		valid_from: null, valid_until: null,
	});
	assert.equal((await run(['convert', '--from', 'connhex', '--accept-losses'], env)).code, 0);
	const one = await run(['convert', '--from', 'connhex', '--id', 'ok'], env);
	assert.deepEqual([one.code, one.err], [0, '']);
	assert.equal((await run(['convert', '--from', 'connhex', '--to', 'langsmith'], env)).code, 2);
	for (const query of ['from=connhex', 'from=x&to=native', 'from=native&to=aitronos', '']) {
		assert.equal((await s.call('GET', `/doorward/v1/convert?${query}`)).status, 400, query);
	}
	assert.equal((await s.call('GET', '/doorward/v1/convert?from=native&to=native', undefined, {key: null})).status, 401);
});
