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
/** Roles of Confident AI: of the organization, and of the project t1. */
const CONFIDENT_ROLES = [
	{id: 'c1', display_name: 'c1', scope: 'confident:organization'},
	{id: 'c2', display_name: 'c2', scope: 'confident:project', tenants: ['t1']},
];
const PLAIN_ROLES = ROLES.map((id) => ({id, display_name: id, actions: ['compliance:reports:get']}));

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
		group: [...GROUPS.map((id) => ({id, type: 'team'})), {id: 'd1', type: 'department'}, {id: 'd2', type: 'department', parent: 'd1'}],
		tenant: TENANTS.map((id) => ({id})),
		role: [...PLAIN_ROLES, {id: 'r3', display_name: 'r3', actions: ['compliance:reports:get']}, ...CONFIDENT_ROLES],
		group_member: [...members, {id: 'd1/u1', group: 'd1', member: 'u1'}, {id: 'd2/u2', group: 'd2', member: 'u2'}],
		role_member: [
			...holders,
			{id: 'r3/user/u3/', role: 'r3', principal_type: 'user', principal_id: 'u3'},
			{id: 'c1/user/u1/', role: 'c1', principal_type: 'user', principal_id: 'u1'},
			{id: 'c2/user/u2/t1', role: 'c2', principal_type: 'user', principal_id: 'u2', tenant: 't1'},
		],
		resource: [
			{id: 'knowledge_slice/k2', type: 'knowledge_slice', resource_id: 'k2'},
			{id: 'knowledge_slice/k1', type: 'knowledge_slice', resource_id: 'k1', members: ['k2']},
		],
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

const PERMISSIONS = ['billing:read', 'billing:manage', 'project:manage', 'user:read', 'trace:read', 'trace:delete'];

/** Permission policies of both places, held by their roles. */
function permissionPolicies({below, some}, ids) {
	const policies = ['o1', 'o2', 'q1'].map((id) => ({
		id, name: id, ...(id === 'q1' ? {tenant: 't1'} : {}), permissions: some([...ids.values()], 3).concat(ids.get(id === 'q1' ? 'trace:read' : 'billing:read')),
	}));
	policies.forEach((p) => (p.permissions = [...new Set(p.permissions)]));
	const [organization, project] = CONFIDENT_ROLES;
	return {
		permission_policy: policies,
		role: [...PLAIN_ROLES, {id: 'r3', display_name: 'r3', actions: ['compliance:reports:get']},
			{...organization, policies: below(2) ? ['o1'] : ['o1', 'o2']}, {...project, policies: ['q1']}],
	};
}

/** What is used until tomorrow or for good. */
function bindings({below}) {
	return {
		app: [{id: 'app', display_name: 'app'}],
		app_entitlement: ['e1', 'e2'].map((id) => ({id: `app/${id}`, app: 'app', entitlement_id: id, display_name: id})),
		app_user: [...USERS, 'always'].map((id) => ({id: `app/${id}`, app: 'app', account_id: id, user: id === 'always' ? 'u1' : id, display_name: id, type: 'USER', status: 'ENABLED'})),
		entitlement_binding: USERS.flatMap((user) => ['e1', 'e2'].filter(() => below(2)).map((id) => ({
			id: `app/${id}/${user}`, app: 'app', entitlement_id: id, account_id: user, user, ...(below(3) === 0 ? {expires_at: 4102444800000} : {}),
		}))).concat({id: 'app/e1/always', app: 'app', entitlement_id: 'e1', account_id: 'always', user: 'u1'}),
	};
}

/** Access policies about what another dialect decides about: `exact` ones can be said there wholly. */
function nativeAbout({below, pick, some}, {subjects, actions, resources}, {deny, odd}) {
	return Array.from({length: 8}, (_, i) => ({
		id: `p${i}`, ...(deny && below(3) === 0 ? {deny: true} : {}), subjects: some(odd ? [...subjects, 'user:u2', 'group:g1', '*'] : subjects, 2),
		actions: pick(actions), resources: pick(odd ? [...resources, ['infra/nodes:n1'], ['*']] : resources),
		...(odd && below(4) === 0 ? {tenants: some(TENANTS, 2)} : {}), ...(odd && below(5) === 0 ? {condition: 'subject.id == "u1"'} : {}),
		...(odd && below(6) === 0 ? {valid_until: 4102444800000} : {}),
	}));
}

const ABOUT_ENTITIES = {
	subjects: ['user:u1', 'user:u3', 'group:d2', 'role:r3'],
	actions: [['read'], ['read', 'write'], ['write', 'admin', 'read']],
	resources: [['assistant/a1'], ['assistant/a1', 'assistant/a2'], ['knowledge_slice/k2']],
};
const ODD_ENTITIES = {
	subjects: [...ABOUT_ENTITIES.subjects, 'group:d1', 'role:r1'], actions: [...ABOUT_ENTITIES.actions, ['write'], ['*'], ['read', 'infra:nodes:get']],
	resources: [...ABOUT_ENTITIES.resources, ['assistant/*', 'assistant/a1'], ['knowledge_slice/k1']],
};
const ABOUT_PERMISSIONS = {
	subjects: ['role:c1', 'role:c2'], actions: [['billing:read'], ['billing:manage', 'user:read'], ['trace:read', 'project:manage']], resources: [['*'], ['*'], ['trace/x']],
};
const ABOUT_PROJECTS = {
	subjects: ['role:r1', 'role:r2'], actions: [['projects:read'], ['projects:read', 'projects:delete']], resources: [['project/*', 'project']],
};
const ODD_PROJECTS = {...ABOUT_PROJECTS, subjects: [...ABOUT_PROJECTS.subjects, 'role:c1'], resources: [['project/*', 'project'], ['project/*'], ['project/x'], ['*']]};

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
			for (const id of ['k1', 'k2']) {
				add(user, name, 'knowledge_slice', id, {});
			}
		}
		for (const name of PERMISSIONS) {
			for (const properties of [{}, {tenant: 't1'}, {tenant: 't2'}, {tenants: [...TENANTS, '(unassigned)']}]) {
				add(user, name, 'trace', 'x', properties);
				add(user, name, 'other', '', properties);
			}
		}
		for (const id of ['e1', 'e2']) {
			add(user, 'use', 'app_entitlement', id, {app_id: 'app'});
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

const PATHS = {
	native: '/doorward/v1/policies', connhex: '/iam/policies', aitronos: '/v1/organizations/default/access/grants',
	langsmith: '/v1/platform/orgs/current/access-policies',
};

async function send(s, method, path, body) {
	const r = await s.call(method, path, body);
	assert.ok(r.status === 200 || r.status === 201, `${method} ${path} ${JSON.stringify(body)}: ${r.text}`);
	return r.json;
}

/** Permission policies, and then the roles that hold them, each once. */
async function applyPermissions(s, policies) {
	const held = new Map();
	for (const p of policies) {
		const place = p.projectId === null ? 'organization' : `projects/${p.projectId}`;
		const made = await send(s, 'POST', `/v1/${place}/policies`, p);
		for (const role of p.roleIds) {
			const path = `/v1/${place}/roles/${role}`;
			held.set(path, [...(held.get(path) ?? []), made.data.policy.id]);
		}
	}
	for (const [path, policyIds] of held) {
		await send(s, 'PUT', path, {name: path.split('/').at(-1), policyIds});
	}
}

/** What was converted, in an organization that has nothing but it and the directory. */
async function apply(t, people, to, policies) {
	const s = await serverWith(t, people);
	if (to === 'confident') {
		await applyPermissions(s, policies);
		return s;
	}
	for (const p of policies) {
		await send(s, 'POST', PATHS[to], p);
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
	{name: 'aitronos', from: 'aitronos', to: 'aitronos', lossless: true, says: true, make: (r) => ({access_grant: grants(r)})},
	{name: 'native about entities', from: 'native', to: 'aitronos', lossless: true, says: true, make: (r) => ({access_policy: nativeAbout(r, ABOUT_ENTITIES, {})})},
	{name: 'native about entities, all of it', from: 'native', to: 'aitronos', says: true, make: (r) => ({access_policy: nativeAbout(r, ODD_ENTITIES, {odd: true})})},
	{name: 'native with denies', from: 'native', to: 'aitronos', make: (r) => ({access_policy: nativeAbout(r, ODD_ENTITIES, {odd: true, deny: true})})},
	{name: 'connhex', from: 'connhex', to: 'aitronos', make: (r) => ({statement_policy: statements(r, true)})},
	{name: 'langsmith', from: 'langsmith', to: 'langsmith', lossless: true, says: true, make: (r) => ({tag_policy: tagPolicies(r)})},
	{name: 'native about projects', from: 'native', to: 'langsmith', says: true, make: (r) => ({access_policy: nativeAbout(r, ABOUT_PROJECTS, {deny: true})})},
	{name: 'native about projects, all of it', from: 'native', to: 'langsmith', says: true, make: (r) => ({access_policy: nativeAbout(r, ODD_PROJECTS, {odd: true})})},
	{name: 'native with denies', from: 'native', to: 'langsmith', make: (r) => ({access_policy: nativeAbout(r, ODD_PROJECTS, {odd: true, deny: true})})},
	{name: 'confident', from: 'confident', to: 'confident', lossless: true, says: true, make: permissionPolicies},
	{name: 'confident', from: 'confident', to: 'native', make: permissionPolicies},
	{name: 'confident', from: 'confident', to: 'connhex', make: permissionPolicies},
	{name: 'confident', from: 'confident', to: 'langsmith', make: permissionPolicies},
	{name: 'native about permissions', from: 'native', to: 'confident', says: true, make: (r) => ({access_policy: nativeAbout(r, ABOUT_PERMISSIONS, {})})},
	{name: 'native about permissions, all of it', from: 'native', to: 'confident', says: true, make: (r) => ({access_policy: nativeAbout(r, ABOUT_PERMISSIONS, {odd: true, deny: true})})},
	{name: 'conductorone', from: 'conductorone', to: 'native', lossless: true, says: true, make: bindings},
	{name: 'conductorone', from: 'conductorone', to: 'connhex', make: bindings},
	{name: 'conductorone', from: 'conductorone', to: 'aitronos', make: bindings},
];

/** The ids of permissions by their names, of whichever catalogue has them. */
async function catalogue(s) {
	const ids = new Map();
	for (const place of ['organization', 'projects/t1']) {
		for (const p of (await send(s, 'GET', `/v1/${place}/permissions`)).data.permissions) {
			if (PERMISSIONS.includes(p.name)) {
				ids.set(p.name, p.id);
			}
		}
	}
	return ids;
}

for (const {name, from, to, make, lossless, says} of matrix) {
	test(`${name} to ${to}`, async (t) => {
		let allowed = 0;
		let said = 0;
		for (let seed = 1; seed <= 3; seed++) {
			const r = random(seed);
			const people = directory(r);
			const ids = from === 'confident' ? await catalogue(await serverWith(t, people)) : null;
			const made = make(r, ids);
			const a = await serverWith(t, {...people, ...made});
			const before = await decisions(a);
			const converted = await convert(a, from, to);
			if (lossless) {
				assert.deepEqual(converted.lost, []);
			}
			assert.equal(converted.safe, !converted.lost.some((l) => l.effect === 'deny'));
			const b = await apply(t, made.app ? {...people, app: made.app, app_entitlement: made.app_entitlement} : people, to, converted.policies);
			const after = await decisions(b);
			compare(before, after, converted);
			allowed += before.filter((d) => d.decision).length;
			assert.ok(before.some((d) => !d.decision));
			said += converted.policies.length;
		}
		assert.ok(allowed > 0);
		assert.ok(!says || said > 0, 'nothing was said');
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
	assert.equal((await run(['convert', '--from', 'connhex', '--to', 'x'], env)).code, 2);
	for (const query of ['from=connhex', 'from=x&to=native', 'from=native&to=x', 'from=cedar&to=native', '']) {
		assert.equal((await s.call('GET', `/doorward/v1/convert?${query}`)).status, 400, query);
	}
	assert.equal((await s.call('GET', '/doorward/v1/convert?from=native&to=native', undefined, {key: null})).status, 401);
});

test('approval policies say nothing about access: every document that says something is named', async (t) => {
	const access_policy = [
		{id: 'a', subjects: ['user:u1'], actions: ['read'], resources: ['doc/*']},
		{id: 'b', deny: true, subjects: ['user:u1'], actions: ['read'], resources: ['doc/x']},
	];
	const s = await serverWith(t, {user: [{id: 'u1'}], access_policy});
	const why = 'approval policies decide about requests, not about access';
	assert.deepEqual(await convert(s, 'native', 'conductorone'), {
		policies: [], safe: false,
		lost: [
			{document: 'a', kind: 'access_policy', statement: 0, effect: 'allow', member: 'policy', why},
			{document: 'b', kind: 'access_policy', statement: 0, effect: 'deny', member: 'policy', why},
		],
	});
	const out = await run(['convert', '--from', 'native', '--to', 'conductorone'], {DOORWARD_URL: s.url, DOORWARD_KEY: s.key});
	assert.deepEqual([out.code, out.out, out.err], [1, '', `lost: allow a policy: ${why}\nlost: deny b policy: ${why}\n`]);
});

test('what an access grant cannot be is named with its reason, and two for one entity become one', async (t) => {
	const policy = (id, rest) => ({id, subjects: ['user:u1'], actions: ['read'], resources: ['assistant/a1'], ...rest});
	const access_policy = [
		policy('read', {}),
		policy('write', {actions: ['read', 'write']}),
		policy('skips', {actions: ['write']}),
		policy('wild', {resources: ['assistant/*']}),
		policy('team', {subjects: ['group:g1']}),
		policy('inherited', {subjects: ['group:d1']}),
		policy('composite', {resources: ['knowledge_slice/k1']}),
		policy('placed', {tenants: ['t1']}),
		policy('timed', {valid_until: 4102444800000}),
		policy('denied', {deny: true}),
	];
	const people = directory(random(1));
	const s = await serverWith(t, {...people, access_policy});
	await send(s, 'PATCH', '/doorward/v1/organization', {features: {aitronos_department_inheritance: true}});
	const {policies, lost, safe} = await convert(s, 'native', 'aitronos');
	assert.equal(safe, false);
	assert.deepEqual(policies, [{entity_type: 'assistant', entity_id: 'a1', grantee_type: 'user', grantee_id: 'u1', access_level: 'write'}]);
	assert.deepEqual(Object.fromEntries(lost.map((l) => [l.document, `${l.member}: ${l.why}`])), {
		skips: 'actions: "write" brings the levels below it as well',
		wild: 'resources: "assistant:*" is no single entity',
		team: 'subjects: "team:local:g1" is no department',
		inherited: 'subjects: "team:local:d1" is inherited by the departments below it',
		composite: 'resources: "knowledge_slice:k1" is a composite, and a grant reaches what it is made of',
		placed: 'tenants: grants count in every tenant',
		timed: 'valid_from, valid_until: there is no time there',
		denied: 'effect: nothing is denied there',
	});
});

test('tag policies come back from native ones as they were', async (t) => {
	for (let seed = 1; seed <= 3; seed++) {
		const r = random(seed);
		const people = directory(r);
		const a = await serverWith(t, {...people, tag_policy: tagPolicies(r)});
		const there = await convert(a, 'langsmith', 'native');
		const same = await convert(a, 'langsmith', 'langsmith');
		const b = await apply(t, people, 'native', there.policies);
		const back = await convert(b, 'native', 'langsmith');
		assert.deepEqual(back, same);
		assert.ok(back.policies.length > 0);
	}
});

test('a condition that is not just the one of tags is lost', async (t) => {
	const exact = '("Env" in resource.tags && resource.tags["Env"].exists(v, v == "a\\\\b"))';
	const access_policy = [exact, `${exact} `, `${exact} || true`, exact.replace('"Env"]', '"Other"]'), exact.replace('v == ', 'v != ')].map((condition, i) => (
		{id: `p${i}`, deny: i === 1, subjects: ['role:r1'], actions: ['projects:read'], resources: ['project/*', 'project'], condition}));
	const s = await serverWith(t, {...directory(random(1)), access_policy});
	const {policies, lost, safe} = await convert(s, 'native', 'langsmith');
	assert.equal(safe, false);
	assert.deepEqual(policies.map((p) => [p.name, p.condition_groups[0].conditions]), [
		['p0', [{attribute_name: 'resource_tag_key', attribute_key: 'Env', operator: 'equals', attribute_value: 'a\\b'}]],
	]);
	assert.deepEqual(lost.map((l) => [l.document, l.member]), ['p1', 'p2', 'p3', 'p4'].map((id) => [id, 'condition']));
});

test('a permission that would bring others, and a policy that is about less than a type, are named', async (t) => {
	const people = directory(random(1));
	const access_policy = [
		{id: 'manage', subjects: ['role:c1'], actions: ['billing:read', 'project:manage'], resources: ['*']},
		{id: 'some', subjects: ['role:r1'], actions: ['projects:read'], resources: ['project/*']},
		{id: 'none', deny: true, subjects: ['role:r1'], actions: ['projects:read'], resources: ['project/*', 'project']},
	];
	const s = await serverWith(t, {...people, access_policy});
	const confident = await convert(s, 'native', 'confident');
	const [made] = confident.policies;
	assert.equal(confident.policies.length, 1);
	assert.deepEqual([made.name, made.projectId, made.roleIds, made.permissionIds.length], ['manage', null, ['c1'], 1]);
	assert.deepEqual(confident.lost.filter((l) => l.document === 'manage').map((l) => l.why), [
		'roles of the organization count in no tenant', '"project:manage" would bring all permissions in projects',
	]);
	const langsmith = await convert(s, 'native', 'langsmith');
	assert.deepEqual(langsmith.policies, [{
		name: 'none', effect: 'deny', role_ids: ['r1'],
		condition_groups: [{
			permission: 'projects:read', resource_type: 'project',
			conditions: [{attribute_name: 'resource_tag_key', attribute_key: 'Any', operator: 'matches_if_exists', attribute_value: '*'}],
		}],
	}]);
	assert.equal(langsmith.safe, true);
	assert.deepEqual(langsmith.lost.filter((l) => l.document === 'some').map((l) => l.why), ['"projects:read" cannot be said wholly on "project:*"']);
});
