// SPDX-License-Identifier: Apache-2.0
// What access policies decide: how they combine with roles, and what groups and conditions say. Numbers are those of the
// conformance cases (docs/langsmith.md has the readings); operators are in operators.test.mjs.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import test from 'node:test';
import {World, group, platform, where} from './support.mjs';

const prod = {Env: 'prod'};
const dev = {Env: 'dev'};
const read = 'projects:read';
const ifProd = group(read, 'project', where('Env', 'equals', 'prod'));

// ---- combination with roles ------------------------------------------------------------------------------

/** One row of the table: what the role gives, which policies it carries, and the answer for what is tagged prod. */
const combinations = [
	{n: 1, says: 'the role permits, no policies', role: true, policies: [], allowed: true},
	{n: 2, says: 'the role does not permit, no policies', role: false, policies: [], allowed: false},
	{n: 3, says: 'the role permits, an allow does not match', role: true, policies: ['allow dev'], allowed: true},
	{n: 4, says: 'the role permits, an allow matches', role: true, policies: ['allow prod'], allowed: true},
	{n: 5, says: 'the role permits, a deny matches', role: true, policies: ['deny prod'], allowed: false},
	{n: 6, says: 'the role permits, allow and deny match', role: true, policies: ['allow prod', 'deny prod'], allowed: false},
	{n: 7, says: 'the role does not permit, an allow matches', role: false, policies: ['allow prod'], allowed: true},
	{n: 8, says: 'the role does not permit, allow and deny match', role: false, policies: ['allow prod', 'deny prod'], allowed: false},
	{n: 9, says: 'the role does not permit, only a deny matches', role: false, policies: ['deny prod'], allowed: false},
	{n: 10, says: 'the role does not permit, an allow does not match', role: false, policies: ['allow dev'], allowed: false},
	{n: 12, says: 'one policy denies, then another allows', role: false, policies: ['deny prod', 'allow prod'], allowed: false},
	{n: 12, says: 'a deny that does not match leaves the role its word', role: true, policies: ['deny dev'], allowed: true},
];

for (const c of combinations) {
	test(`case ${c.n}: ${c.says}: ${c.allowed ? 'allowed' : 'denied'}`, async (t) => {
		const w = await World.of(t);
		const {role, user} = await w.holder(...(c.role ? [read] : ['datasets:read']));
		for (const policy of c.policies) {
			const [effect, value] = policy.split(' ');
			await w.policy(effect, [role], group(read, 'project', where('Env', 'equals', value)));
		}
		assert.equal(await w.may(user, read, 'project', prod), c.allowed);
	});
}

test('case 11: a policy that is attached to another role, or to none, has no effect', async (t) => {
	const w = await World.of(t);
	const {user} = await w.holder('datasets:read');
	const {role: other, user: holderOfOther} = await w.holder('datasets:read');
	const {user: reader} = await w.holder(read);
	await w.allow(other, ifProd);
	await w.policy('allow', [], ifProd);
	await w.deny(other, group(read, 'project', where('Env', 'equals', 'dev')));
	await w.policy('deny', [], ifProd);
	await w.expectAllowed(holderOfOther, read, 'project', prod);
	await w.expectDenied(user, read, 'project', prod);
	await w.expectAllowed(reader, read, 'project', prod);
	await w.expectAllowed(reader, read, 'project', dev);
});

test('case 12: allow and deny in either order of creation, and in one list of roles: denied', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder(read);
	const {role: second, user: another} = await w.holder();
	await w.policy('deny', [role, second], ifProd);
	await w.policy('allow', [second, role], ifProd);
	await w.policy('deny', [role, second], ifProd);
	await w.expectDenied(user, read, 'project', prod);
	await w.expectDenied(another, read, 'project', prod);
	await w.expectAllowed(user, read, 'project', dev);
});

test('case 13: policies switched off: the role alone counts, and again when switched on', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder(read);
	const {role: poor, user: guest} = await w.holder();
	await w.deny(role, ifProd);
	await w.allow(poor, ifProd);
	await w.expectDenied(user, read, 'project', prod);
	await w.expectAllowed(guest, read, 'project', prod);
	await w.features({langsmith_abac: false});
	await w.expectAllowed(user, read, 'project', prod);
	await w.expectDenied(guest, read, 'project', prod);
	await w.features({langsmith_abac: true});
	await w.expectDenied(user, read, 'project', prod);
	await w.expectAllowed(guest, read, 'project', prod);
});

test('case 14: roles and policies switched off: every member of the workspace may do everything in it', async (t) => {
	const w = await World.of(t);
	const elsewhere = await w.makeWorkspace('Elsewhere');
	const {role, user} = await w.holder();
	const viewer = await w.member('WORKSPACE_VIEWER');
	const stranger = await w.member(null);
	await w.deny(role, ifProd);
	await w.features({langsmith_abac: false, langsmith_rbac: false});
	for (const permission of [read, 'projects:delete', 'workspaces:manage']) {
		await w.expectAllowed(user, permission, 'project', prod);
		await w.expectAllowed(viewer, permission, 'project', prod);
		await w.expectDenied(stranger, permission, 'project', prod);
		await w.expectDenied(user, permission, 'project', prod, elsewhere);
	}
	await w.expectDenied(user, 'organization:manage', 'project', prod);
	await w.features({langsmith_abac: true});
	await w.expectDenied(user, read, 'project', prod);
	await w.expectAllowed(user, read, 'project', dev);
	await w.features({langsmith_rbac: true});
	await w.expectDenied(user, read, 'project', dev);
	await w.expectAllowed(viewer, read, 'project', prod);
	await w.expectDenied(viewer, 'projects:delete', 'project', prod);
});

test('case 14: a key that may ask for decisions, or one of another dialect, gains nothing by that', async (t) => {
	const w = await World.of(t);
	for (const role of ['pdp-client', 'viewer']) {
		await w.call(201, 'POST', '/doorward/v1/services', {id: role});
		await w.call(204, 'PUT', `/doorward/v1/roles/${role}/members/service:${role}`);
	}
	await w.features({langsmith_rbac: false, langsmith_abac: false});
	for (const resource of await w.resources('project', prod)) {
		for (const id of ['pdp-client', 'viewer']) {
			assert.equal((await w.ask(id, read, resource, {type: 'service'})).decision, false, id);
		}
	}
	const body = {principal: {type: 'service', id: 'pdp-client'}, name: 'gateway'};
	const {key} = (await w.call(201, 'POST', '/doorward/v1/keys', body)).json;
	await w.call(403, 'GET', '/api/v1/workspaces/current/tags', undefined, {key, workspace: w.workspace});
});

test('case 15: who is no member of the workspace is denied, whatever policies say', async (t) => {
	const w = await World.of(t);
	const elsewhere = await w.makeWorkspace('Elsewhere');
	const role = await w.role(read);
	await w.allow(role, ifProd);
	const member = await w.member(role);
	const foreigner = await w.member(role, {workspaces: [elsewhere]});
	const nowhere = await w.member(null);
	await w.expectAllowed(member, read, 'project', prod);
	await w.expectDenied(foreigner, read, 'project', prod);
	await w.expectAllowed(foreigner, read, 'project', prod, elsewhere);
	await w.expectDenied(nowhere, read, 'project', prod);
	await w.expectDenied('nobody-at-all', read, 'project', prod);
});

test('case 15: who is no member of the workspace is denied, through a team as well', async (t) => {
	const w = await World.of(t);
	const elsewhere = await w.makeWorkspace('Elsewhere');
	const role = await w.role();
	const member = await w.member(role);
	const foreigner = await w.member(role, {workspaces: [elsewhere]});
	const nowhere = await w.member(null);
	const admin = await w.member(null, {organizationRole: 'ORGANIZATION_ADMIN'});
	await w.call(201, 'POST', '/doorward/v1/groups', {id: 'crew', kind: 'team', display_name: 'Crew'});
	for (const user of [member, foreigner, nowhere, admin]) {
		await w.call(204, 'PUT', `/doorward/v1/groups/crew/members/${user}`);
	}
	const attach = (access_policy_id, workspace_id) =>
		w.call(201, 'POST', `${platform}/teams/crew/access-policies`, {access_policy_id, workspace_id});
	await attach(await w.policy('allow', [], ifProd));
	await attach(await w.policy('allow', [], group(read, 'project', where('Env', 'equals', 'dev'))), w.workspace);
	await w.expectAllowed(member, read, 'project', prod);
	await w.expectAllowed(member, read, 'project', dev);
	await w.expectDenied(member, read, 'project', prod, elsewhere);
	await w.expectAllowed(foreigner, read, 'project', prod, elsewhere);
	await w.expectDenied(foreigner, read, 'project', dev, elsewhere);
	for (const stranger of [foreigner, nowhere]) {
		await w.expectDenied(stranger, read, 'project', prod);
		await w.expectDenied(stranger, read, 'project', dev);
	}
	await w.expectAllowed(admin, read, 'project', prod);
	// Nor does a role of another dialect make a member.
	await w.call(204, 'PUT', `/doorward/v1/roles/viewer/members/${nowhere}`);
	await w.expectDenied(nowhere, read, 'project', prod);
	// A role that the team holds makes its members members of the workspace.
	await w.call(204, 'PUT', `/doorward/v1/roles/${role}/members/group:crew?tenant=${w.workspace}`);
	await w.expectAllowed(nowhere, read, 'project', prod);
	await w.expectDenied(nowhere, read, 'project', prod, elsewhere);
});

// ---- groups and conditions ---------------------------------------------------------------------------------

test('case 16: two groups of which the second matches: the policy applies', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, group(read, 'project', where('Env', 'equals', 'dev')), ifProd);
	await w.expectAllowed(user, read, 'project', prod);
	await w.expectAllowed(user, read, 'project', dev);
	await w.expectDenied(user, read, 'project', {Env: 'test'});
});

test('case 17: one group, two conditions, of which one fails: it does not apply', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, group(read, 'project', where('Env', 'equals', 'prod'), where('Team', 'equals', 'a')));
	await w.expectDenied(user, read, 'project', {Env: 'prod', Team: 'b'});
	await w.expectDenied(user, read, 'project', {Env: 'dev', Team: 'a'});
	await w.expectDenied(user, read, 'project', {Env: 'prod'});
	await w.expectAllowed(user, read, 'project', {Env: 'prod', Team: 'a'});
});

test('case 18: a group about another permission does not apply', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder('projects:delete');
	const {role: poor, user: guest} = await w.holder();
	await w.deny(role, ifProd);
	await w.allow(poor, ifProd);
	await w.expectAllowed(user, 'projects:delete', 'project', prod);
	await w.expectDenied(guest, 'projects:delete', 'project', prod);
	await w.expectAllowed(guest, read, 'project', prod);
});

test('case 19: a group about another type of resource does not apply', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, group('mcp-servers:read', 'fleet_integration', where('Env', 'equals', 'prod')));
	await w.expectAllowed(user, 'mcp-servers:read', 'fleet_integration', prod);
	await w.expectDenied(user, 'mcp-servers:read', 'mcp_server', prod);
	const {role: strict, user: other} = await w.holder('mcp-servers:read');
	await w.deny(strict, group('mcp-servers:read', 'mcp_server', where('Env', 'equals', 'prod')));
	await w.expectDenied(other, 'mcp-servers:read', 'mcp_server', prod);
	await w.expectAllowed(other, 'mcp-servers:read', 'fleet_integration', prod);
});

test('case 20: runs:read on a project is asked on a run and decided by the tags of its project', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	const {role: reading, user: reader} = await w.holder('runs:read');
	await w.allow(role, group('runs:read', 'project', where('Env', 'equals', 'prod')));
	await w.deny(reading, group('runs:read', 'project', where('Env', 'equals', 'prod')));
	await w.expectAllowed(user, 'runs:read', 'run', prod);
	await w.expectDenied(user, 'runs:read', 'run', dev);
	await w.expectDenied(reader, 'runs:read', 'run', prod);
	await w.expectAllowed(reader, 'runs:read', 'run', dev);
	// On the project itself, too, which is how some ask.
	await w.expectAllowed(user, 'runs:read', 'project', prod);
	await w.expectDenied(reader, 'runs:read', 'project', prod);
});

test('case 20: tags that a run is registered with are not its own: its project has the word', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, group('runs:read', 'project', where('Env', 'equals', 'prod')));
	const [project] = await w.resources('project', dev);
	const run = {type: 'run', id: randomUUID()};
	await w.register('run', run.id, {tenant: w.workspace, tags: prod, parent: project});
	assert.equal((await w.ask(user, 'runs:read', run)).decision, false);
});

test('case 21: a group about projects:read does not give runs:read', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, ifProd);
	await w.expectAllowed(user, read, 'project', prod);
	await w.expectDenied(user, 'runs:read', 'run', prod);
	await w.expectDenied(user, 'runs:read', 'project', prod);
	await w.expectDenied(user, read, 'run', prod);
});

test('case 22: datasets:clone needs both the source and the target', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, group('datasets:clone', 'dataset', where('Purpose', 'equals', 'Training')));
	const good = await w.resources('dataset', {Purpose: 'Training'});
	const bad = await w.resources('dataset', {Purpose: 'Secret'});
	const clone = 'datasets:clone';
	for (const [i, source] of good.entries()) {
		for (const [target, allowed] of [
			[good[(i + 1) % good.length], true],
			[bad[i], false],
		]) {
			assert.equal((await w.ask(user, clone, source, {target})).decision, allowed);
			assert.equal((await w.ask(user, clone, target, {target: source})).decision, allowed);
			// The same as two decisions in one call.
			const r = await w.call(200, 'POST', '/access/v1/evaluations', {
				subject: {type: 'user', id: user},
				action: {name: clone},
				evaluations: [{resource: source}, {resource: target}, {resource: source}],
				options: {evaluations_semantic: 'deny_on_first_deny'},
			});
			const wanted = allowed ? [true, true, true] : [true, false];
			assert.deepEqual(
				r.json.evaluations.map((e) => e.decision),
				wanted,
			);
		}
	}
});

test('case 22: a deny on what is cloned to decides, too; a target that nobody described is unknown', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder('datasets:clone');
	await w.deny(role, group('datasets:clone', 'dataset', where('Client', 'equals', 'Acme')));
	const [source] = await w.resources('dataset', {});
	for (const target of await w.resources('dataset', {Client: 'Acme'})) {
		assert.equal((await w.ask(user, 'datasets:clone', source, {target})).decision, false);
	}
	for (const target of await w.resources('dataset', {Client: 'Other'})) {
		assert.equal((await w.ask(user, 'datasets:clone', source, {target})).decision, true);
	}
	const unknown = {type: 'dataset', id: randomUUID()};
	assert.equal((await w.ask(user, 'datasets:clone', source, {target: unknown})).decision, false);
	// In the action's properties, as some prefer.
	const [, , acme] = await w.resources('dataset', {Client: 'Acme'});
	const r = await w.call(200, 'POST', '/access/v1/evaluation', {
		subject: {type: 'user', id: user},
		action: {name: 'datasets:clone', properties: {target: acme}},
		resource: source,
	});
	assert.deepEqual(r.json, {decision: false});
});

test("case 23: the guide's fourth example: training data of one client", async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	const both = [where('Purpose', 'equals', 'Training'), where('Client', 'equals', 'Acme-Corp')];
	await w.allow(role, group('datasets:read', 'dataset', ...both));
	await w.expectAllowed(user, 'datasets:read', 'dataset', {Purpose: 'Training', Client: 'Acme-Corp'});
	await w.expectDenied(user, 'datasets:read', 'dataset', {Purpose: 'Training'});
});

test("case 24: the guide's second example: no personal data", async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder('datasets:read');
	await w.deny(role, group('datasets:read', 'dataset', where('Contains-PII', 'equals', 'true')));
	await w.expectDenied(user, 'datasets:read', 'dataset', {'Contains-PII': 'true'});
	await w.expectAllowed(user, 'datasets:read', 'dataset', {'Contains-PII': 'True'});
	await w.expectAllowed(user, 'datasets:read', 'dataset', {});
});

test("case 25: the guide's fifth example: one client's, or nobody's", async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, group(read, 'project', where('Client', 'equals_if_exists', 'Acme-Corp')));
	await w.expectAllowed(user, read, 'project', {Client: 'Acme-Corp'});
	await w.expectAllowed(user, read, 'project', {});
	await w.expectAllowed(user, read, 'project', {Env: 'prod'});
	await w.expectDenied(user, read, 'project', {Client: 'Other-Corp'});
});

test('case 26: a deny with equals_if_exists blocks what is untagged', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder(read);
	await w.deny(role, group(read, 'project', where('Client', 'equals_if_exists', 'Acme')));
	await w.expectDenied(user, read, 'project', {});
	await w.expectDenied(user, read, 'project', {Client: 'Acme'});
	await w.expectAllowed(user, read, 'project', {Client: 'Other'});
});

// ---- readings ----------------------------------------------------------------------------------------------

test('A11: queue and queues are one type, in policies and in questions', async (t) => {
	const w = await World.of(t);
	for (const spelling of ['queue', 'queues']) {
		const {role, user} = await w.holder();
		await w.allow(role, group('annotation-queues:read', spelling, where('Env', 'equals', 'prod')));
		await w.expectAllowed(user, 'annotation-queues:read', 'queue', prod);
		await w.expectDenied(user, 'annotation-queues:read', 'queue', dev);
		const asked = {type: 'queues', id: randomUUID(), properties: {tenant: w.workspace, tags: prod}};
		assert.equal((await w.ask(user, 'annotation-queues:read', asked)).decision, true);
	}
});

test('A17: a deny on the role Admin holds for organization admins too, but never for the administration of policies', async (t) => {
	const w = await World.of(t);
	const admin = await w.member(null, {organizationRole: 'ORGANIZATION_ADMIN'});
	const operator = await w.member('WORKSPACE_VIEWER', {organizationRole: 'ORGANIZATION_OPERATOR'});
	const policy = await w.deny('WORKSPACE_ADMIN', group(read, 'project', where('Env', 'equals_if_exists', 'prod')));
	await w.expectDenied(admin, read, 'project', prod);
	await w.expectDenied(admin, read, 'project', {});
	await w.expectAllowed(admin, read, 'project', dev);
	await w.expectAllowed(operator, read, 'project', prod);
	const body = {principal: {type: 'user', id: admin}, name: 'admin'};
	const {key} = (await w.call(201, 'POST', '/doorward/v1/keys', body)).json;
	await w.call(204, 'DELETE', `${platform}/access-policies/${policy}`, undefined, {key});
	await w.expectAllowed(admin, read, 'project', prod);
});

test('A18: a service key is decided through its role like a person', async (t) => {
	const w = await World.of(t);
	const role = await w.role();
	await w.allow(role, ifProd);
	await w.call(201, 'POST', '/doorward/v1/services', {id: 'ci'});
	await w.call(204, 'PUT', `/doorward/v1/roles/${role}/members/service:ci?tenant=${w.workspace}`);
	for (const [tags, allowed] of [
		[prod, true],
		[dev, false],
	]) {
		for (const resource of await w.resources('project', tags)) {
			assert.equal((await w.ask('ci', read, resource, {type: 'service'})).decision, allowed);
		}
	}
});

test('A20: policies belong to the organization and meet tags by their text in every workspace', async (t) => {
	const w = await World.of(t);
	const second = await w.makeWorkspace('Second');
	const role = await w.role();
	const user = await w.member(role, {workspaces: [w.workspace, second]});
	await w.allow(role, ifProd);
	await w.expectAllowed(user, read, 'project', prod);
	await w.expectAllowed(user, read, 'project', prod, second);
	await w.expectDenied(user, read, 'project', dev, second);
});

test('a role that was made natively carries policies like a custom one', async (t) => {
	const w = await World.of(t);
	await w.call(201, 'POST', '/doorward/v1/roles', {id: 'plain', actions: ['datasets:read']});
	const user = await w.member(null);
	await w.call(204, 'PUT', `/doorward/v1/roles/plain/members/${user}?tenant=${w.workspace}`);
	await w.allow('plain', ifProd);
	await w.expectAllowed(user, read, 'project', prod);
	await w.expectDenied(user, read, 'project', dev);
});

test('tags that nobody stated or registered are unknown: no allow, and every deny', async (t) => {
	const w = await World.of(t);
	const {role: poor, user: guest} = await w.holder();
	const {role, user} = await w.holder(read);
	const {user: free} = await w.holder(read);
	await w.allow(poor, group(read, 'project', where('Env', 'not_equals_if_exists', 'prod')));
	await w.deny(role, ifProd);
	const unknown = {type: 'project', id: randomUUID()};
	assert.equal((await w.ask(guest, read, unknown)).decision, false);
	assert.equal((await w.ask(user, read, unknown)).decision, false);
	// Described, if only by its workspace, it has no tags.
	const described = {...unknown, properties: {tenant: w.workspace}};
	assert.equal((await w.ask(guest, read, described)).decision, true);
	assert.equal((await w.ask(user, read, described)).decision, true);
	assert.equal((await w.ask(free, read, described)).decision, true);
	// A run whose project nobody registered is as unknown as that, wherever it is.
	const {role: runs, user: runner} = await w.holder('runs:read');
	await w.deny(runs, group('runs:read', 'project', where('Env', 'equals', 'prod')));
	const run = {type: 'run', id: randomUUID(), properties: {tenant: w.workspace, parent: `project/${randomUUID()}`}};
	assert.equal((await w.ask(runner, 'runs:read', run)).decision, false);
});

test('tags in a question prevail over those that are registered', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	await w.allow(role, ifProd);
	for (const resource of (await w.resources('project', dev)).slice(0, 2)) {
		assert.equal((await w.ask(user, read, resource)).decision, false);
		assert.equal((await w.ask(user, read, {...resource, properties: {tags: prod}})).decision, true);
		assert.equal((await w.ask(user, read, {...resource, properties: {tags: {Env: ['prod']}}})).decision, true);
	}
	for (const resource of (await w.resources('project', prod)).slice(0, 2)) {
		assert.equal((await w.ask(user, read, {...resource, properties: {tags: {}}})).decision, false);
	}
});

test('malformed tags, parents and targets are refused by name', async (t) => {
	const w = await World.of(t);
	const {user} = await w.holder(read);
	const resource = {type: 'project', id: 'p1'};
	const wrong = [
		[{properties: {tags: []}}, /tags/],
		[{properties: {tags: 'prod'}}, /tags/],
		[{properties: {tags: {Env: 1}}}, /tags/],
		[{properties: {tags: {Env: [1]}}}, /tags/],
		[{properties: {tags: {Env: {}}}}, /tags/],
		[{properties: {tags: {Env: Array.from({length: 1001}, (_, i) => `v${i}`)}}}, /tags/],
		[{properties: {parent: 1}}, /parent/],
		[{properties: {parent: {type: 'project'}}}, /parent/],
		[{properties: {parent: 'no-slash'}}, /parent/],
	];
	const put = (body) =>
		w.s.call('POST', '/access/v1/evaluation', {subject: {type: 'user', id: user}, action: {name: 'datasets:clone'}, ...body});
	for (const [more, says] of wrong) {
		const r = await put({resource: {...resource, ...more}});
		assert.equal(r.status, 400, `${JSON.stringify(more)}: ${r.text}`);
		assert.match(r.text, says);
		const asTarget = await put({resource, context: {target: {...resource, ...more}}});
		assert.equal(asTarget.status, 400, `target ${JSON.stringify(more)}: ${asTarget.text}`);
	}
	for (const target of [1, 'x', [], {}, {type: 'dataset'}, {type: 1, id: 'x'}]) {
		for (const body of [{context: {target}}, {action: {name: 'datasets:clone', properties: {target}}}]) {
			const r = await put({resource, ...body});
			assert.equal(r.status, 400, `${JSON.stringify(body)}: ${r.text}`);
			assert.match(r.text, /target/);
		}
	}
	// Another action has no target: what the context says under that name is the asker's own business.
	const r = await put({action: {name: read}, resource, context: {target: 1}});
	assert.equal(r.status, 200, r.text);
});
