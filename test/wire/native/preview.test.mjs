// SPDX-License-Identifier: Apache-2.0
// POST /doorward/v1/preview: who gains and who loses by changes of any dialect, and that nothing is changed by asking.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {portrait, randomOrganization} from '../../harness/random-organization.mjs';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {native} from './support.mjs';

const seed = Number(process.env.DOORWARD_SEED ?? Math.floor(Math.random() * 2 ** 31));
const clock = testClock('2026-11-22T10:00:00Z');
let s;
let call;
before(async () => {
	s = await startServer({store: 'memory', args: ['--log-level', 'error'], env: clock.env});
	call = native(s);
	for (const id of ['alice', 'bob', 'carol']) {
		await makeUser(s, id);
	}
	await call(201, 'POST', 'groups', {id: 'devs', kind: 'department', display_name: 'Devs'});
	await call(204, 'PUT', 'groups/devs/members/alice');
	await call(204, 'PUT', 'groups/devs/members/bob');
	for (const id of ['t1', 't2']) {
		await call(201, 'POST', 'tenants', {id});
	}
	await call(201, 'POST', 'roles', {id: 'watcher', actions: ['infra:nodes:get', 'infra:nodes:list']});
	await call(204, 'PUT', 'roles/watcher/members/user:carol?tenant=t1');
	await call(201, 'POST', 'policies', {id: 'read', effect: 'allow', subjects: ['group:devs'], actions: ['read'], resources: ['doc/*']});
	await call(201, 'POST', 'policies', {id: 'not-7', effect: 'deny', subjects: ['user:bob'], actions: ['*'], resources: ['doc/7']});
});
after(async () => assert.equal(await s.stop(), 0));

const preview = (changes, options) => call(200, 'POST', 'preview', {changes, ...options});

/** Each group in one line: the users, what they gain or lose, by which document, through what; without what every user may. */
function lines(answer) {
	return answer.groups.filter((g) => !g.document.id.startsWith('system:')).map((g) => {
		const cells = g.access.sample.map((c) => `${c.action} ${c.resource.type}/${c.resource.id}${c.tenants ? ` in ${c.tenants}` : ''}`);
		return `${g.principals.sample.map((p) => p.id)} ${g.change} ${cells.join(', ')} by ${g.document.kind} ${g.document.id} through ${g.through.type} ${g.through.id}`;
	}).sort();
}

test('a policy of a group goes: its members lose, but for what they did not have', async () => {
	const r = await preview([{method: 'DELETE', path: '/doorward/v1/policies/read'}]);
	assert.deepEqual(lines(r), ['alice,bob loses read doc/* by access_policy read through group devs']);
	assert.deepEqual([r.complete, r.applied, r.refused], [true, 1, 0]);
	assert.deepEqual(r.gains, {principals: 0, access: 0});
	assert.deepEqual(r.loses, {principals: 2, access: 2}, 'bob had no doc/7 to lose');
	assert.deepEqual(r.groups[0].principals, {users: 2, services: 0, others: 0, sample: [{type: 'user', id: 'alice'}, {type: 'user', id: 'bob'}]});
});

test('a denial goes: what it hid is gained', async () => {
	const {groups} = await preview([{method: 'DELETE', path: '/doorward/v1/policies/not-7'}], {samples: 100});
	assert.equal(groups.length, 1);
	assert.deepEqual([groups[0].change, groups[0].document.id, groups[0].through], ['gains', 'not-7', {type: 'user', id: 'bob'}]);
	assert.ok(groups[0].access.sample.every((c) => c.resource.type === 'doc' && c.resource.id === '7'));
	assert.ok(groups[0].access.sample.some((c) => c.action === 'read'), 'beside what every user may do anywhere');
});

test('members come and go', async () => {
	assert.deepEqual(lines(await preview([{method: 'PUT', path: '/doorward/v1/groups/devs/members/carol'}])),
		['carol gains read doc/* by access_policy read through group devs']);
	assert.deepEqual(lines(await preview([{method: 'DELETE', path: '/doorward/v1/users/bob'}])),
		['bob loses read doc/* by access_policy read through group devs']);
});

test('where a role is held counts', async () => {
	assert.deepEqual(lines(await preview([{method: 'PATCH', path: '/doorward/v1/roles/watcher', body: {actions: ['infra:nodes:get']}}])),
		['carol loses infra:nodes:list */* in t1 by role watcher through role watcher']);
	assert.deepEqual(lines(await preview([{method: 'PUT', path: '/doorward/v1/roles/watcher/members/user:carol?tenant=t2'}])),
		['carol gains infra:nodes:get */* in t2, infra:nodes:list */* in t2 by role watcher through role watcher']);
});

test('all dialects', async () => {
	const connhex = {id: 'c1', name: 'c1', members: ['team:local:devs', 'user:saml:eve'], statements: [{effect: 'ALLOW', actions: ['infra:nodes:delete'], resources: ['infra:nodes:n1'], tenants: ['t2']}]};
	assert.deepEqual(lines(await preview([{method: 'POST', path: '/iam/policies', body: connhex}])), [
		'alice,bob gains infra:nodes:delete infra:nodes/n1 in t2 by statement_policy c1 through group devs',
		'user:saml:eve gains infra:nodes:delete infra:nodes/n1 in t2 by statement_policy c1 through subject user:saml:eve',
	]);
	const grant = {entity_type: 'assistant', entity_id: 'asst_1', grantee_type: 'department', grantee_id: 'devs', access_level: 'write'};
	const [g] = (await preview([{method: 'POST', path: '/v1/organizations/default/access/grants', body: grant}])).groups;
	assert.deepEqual([g.change, g.document.kind, g.principals.users, g.access.sample.map((c) => c.action)], ['gains', 'access_grant', 2, ['read', 'write']]);
	const tagPolicy = {name: 'deny all', effect: 'deny', condition_groups: [{permission: 'projects:read', resource_type: 'project', conditions: [{attribute_name: 'resource_tag_key', attribute_key: 'Env', operator: 'equals', attribute_value: 'prod'}]}]};
	const langsmith = await preview([{method: 'POST', path: '/v1/platform/orgs/current/access-policies', body: tagPolicy}]);
	assert.deepEqual([langsmith.applied, langsmith.groups], [1, []], 'attached to nobody');
	const confident = await preview([{method: 'POST', path: '/v1/organization/policies', body: {name: 'p', permissions: []}}]);
	assert.ok(confident.changes[0].status < 500);
	const conductorone = await preview([{method: 'POST', path: '/api/v1/policies', body: {displayName: 'P', policyType: 'POLICY_TYPE_GRANT'}}]);
	assert.deepEqual([conductorone.changes[0].status, conductorone.groups], [200, []], 'approval policies decide about requests');
});

test('each change sees those before it', async () => {
	const r = await preview([
		{method: 'POST', path: '/doorward/v1/users', body: {id: 'dave'}},
		{method: 'POST', path: '/doorward/v1/groups', body: {id: 'ops', kind: 'team'}},
		{method: 'PUT', path: '/doorward/v1/groups/ops/members/dave'},
		{method: 'POST', path: '/doorward/v1/policies', body: {id: 'w', effect: 'allow', subjects: ['group:ops'], actions: ['write'], resources: ['*']}},
		{method: 'DELETE', path: '/doorward/v1/policies/w'},
		{method: 'POST', path: '/doorward/v1/policies', body: {id: 'x', effect: 'allow', subjects: ['group:ops'], actions: ['stop'], resources: ['*']}},
	]);
	assert.deepEqual(r.changes.map((c) => c.status), [201, 201, 204, 201, 204, 201]);
	assert.deepEqual(lines(r), ['dave gains stop */* by access_policy x through group ops']);
});

test('a change that is refused: the rest is not tried, unless that is asked for', async () => {
	const changes = [
		{method: 'DELETE', path: '/doorward/v1/users/nobody'},
		{method: 'DELETE', path: '/doorward/v1/policies/read'},
	];
	const stopped = await preview(changes);
	assert.deepEqual([stopped.complete, stopped.refused, stopped.changes.length, stopped.groups, stopped.gains, stopped.loses], [false, 1, 1, null, null, null]);
	assert.equal(stopped.changes[0].status, 404);
	assert.match(stopped.changes[0].body.detail, /nobody/);
	const rest = await preview(changes, {on_refusal: 'continue'});
	assert.deepEqual([rest.complete, rest.refused, rest.applied, rest.loses.principals], [true, 1, 1, 2]);
});

test('with the permissions of whoever asks', async () => {
	await call(201, 'POST', 'roles', {id: 'prewatcher', actions: ['doorward:preview:create']});
	await call(204, 'PUT', 'roles/prewatcher/members/user:carol');
	const key = async (id) => (await call(201, 'POST', 'keys', {principal: {type: 'user', id}, name: id})).key;
	const as = async (k, status) => native(s, k)(status, 'POST', 'preview', {changes: [{method: 'DELETE', path: '/doorward/v1/policies/read'}]});
	await as(await key('alice'), 403);
	const carols = await as(await key('carol'), 200);
	assert.deepEqual([carols.changes[0].status, carols.complete], [403, false]);
});

test('what is no preview', async () => {
	const ok = {method: 'DELETE', path: '/doorward/v1/users/x'};
	for (const body of [
		{}, {changes: []}, {changes: {}}, {changes: [1]}, {changes: [{...ok, method: 'GET'}]}, {changes: [{...ok, path: 'x'}]},
		{changes: [{...ok, path: '/a b'}]}, {changes: [ok], samples: -1}, {changes: [ok], samples: 101}, {changes: [ok], on_refusal: 'x'},
		{changes: [{...ok, headers: {Authorization: 'Bearer x'}}]}, {changes: [{...ok, headers: {'x-api-key': 'x'}}]},
		{changes: [{...ok, headers: {A: 'x\r\ny'}}]}, {changes: [{...ok, headers: {A: 1}}]}, {changes: [ok], other: 1},
		{changes: Array.from({length: 101}, () => ok)},
	]) {
		await call(400, 'POST', 'preview', body);
	}
	const nested = await preview([{method: 'POST', path: '/doorward/v1/preview', body: {changes: [ok]}}]);
	assert.equal(nested.changes[0].status, 400, 'a preview changes nothing');
	const none = await preview([{method: 'POST', path: '/nowhere'}]);
	assert.equal(none.changes[0].status, 404);
});

const revision = async () => Number((await s.call('GET', '/doorward/v1/users')).headers['doorward-revision']);

test('nothing is changed, and a secret is not made', async () => {
	const before = [await portrait(s), await revision(), (await call(200, 'GET', 'audit?limit=1')).items[0].seq];
	const r = await preview([
		{method: 'POST', path: '/doorward/v1/keys', body: {principal: {type: 'user', id: 'bob'}, name: 'k'}},
		{method: 'DELETE', path: '/doorward/v1/groups/devs'},
		{method: 'DELETE', path: '/doorward/v1/users/alice'},
	]);
	assert.equal(r.applied, 3);
	assert.match(r.changes[0].body.key, /dry run/);
	assert.deepEqual([await portrait(s), await revision(), (await call(200, 'GET', 'audit?limit=1')).items[0].seq], before);
});

test(`random changes: who has another answer afterwards was told before, seed ${seed}`, async () => {
	const random = randomOrganization(seed);
	const gained = (was, is) => (is.decision && !was.decision) || (is.context?.tenants ?? []).some((t) => !was.context.tenants.includes(t));
	let nChanged = 0;
	for (const id of ['u1', 'u2', 'u3', 'u4']) {
		await makeUser(s, id);
	}
	for (const n of [1, 2, 3]) {
		await s.call('POST', '/iam/tenants', {id: `t${n}`, name: 'x', skip_policies: true});
		await s.call('POST', '/iam/teams', {id: `g${n}`, name: 'x', tenants: []});
		await s.call('POST', '/iam/roles', {id: `r${n}`, name: 'x', actions: ['infra:nodes:get', 'infra:nodes:list'], tenants: []});
		await s.call('POST', `/iam/teams/g${n}/users:add`, {membership_ids: ['u1', 'u2']});
	}
	for (let i = 0; i < 200; i++) {
		// A denial of everything would leave nothing to change.
		for (const id of i % 40 === 0 ? ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'] : []) {
			await s.call('DELETE', `/iam/policies/${id}`);
		}
		const [method, path, body] = random.change();
		// What is registered in a tenant is asked about there alone, which the questions of the portrait do not mind.
		if (path.includes('/resources/')) {
			continue;
		}
		const was = await portrait(s);
		const told = await preview([{method, path, body}], {samples: 100});
		const r = await s.call(method, path, body);
		assert.equal(told.changes[0].status, r.status, `${method} ${path}: ${r.text}`);
		const is = await portrait(s);
		for (const [k, x] of was.decisions.entries()) {
			const user = `u${1 + Math.floor(k / 24)}`;
			for (const [change, yes] of [['gains', gained(x, is.decisions[k])], ['loses', gained(is.decisions[k], x)]]) {
				nChanged += yes;
				assert.ok(!yes || told.groups.some((g) => g.change === change && g.principals.sample.some((p) => p.id === user)),
					`${user}, question ${k % 24} ${JSON.stringify([x, is.decisions[k]])} ${change} by ${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(told.groups)}`);
			}
		}
	}
	assert.ok(nChanged > 0, 'no change changed a decision');
});
