// SPDX-License-Identifier: Apache-2.0
// Tags decide: whatever is done to a value, a key, a tagging or a resource flips decisions in the revision that does it,
// and whoever makes a deny stop matching is told so.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {Workspace} from './tags-support.mjs';

let s;
before(async () => {
	s = await startServer({store: 'sqlite'});
});
after(async () => assert.equal(await s.stop(), 0));

let n = 0;
/** A policy on the role that lets or keeps its holders from reading projects where the condition holds; resolves to its id. */
async function policy(role, effect, key, operator, value) {
	const condition = {attribute_name: 'resource_tag_key', attribute_key: key, operator, attribute_value: value};
	const condition_groups = [{permission: 'projects:read', resource_type: 'project', conditions: [condition]}];
	const body = {name: `policy ${++n}`, description: '', effect, condition_groups, role_ids: [role]};
	const r = await s.call('POST', '/v1/platform/orgs/current/access-policies', body);
	assert.equal(r.status, 201, r.text);
	return r.json.id;
}

/**
 * A workspace with a project that has a tag, Environment=<prod>, and two people: Allie, who reads only what an allow
 * policy lets her, and Dennis, who reads all but what a deny policy keeps from him. Both policies are about <prod>, a
 * value of this world alone: policies are the organization's.
 */
async function world(id) {
	const w = await Workspace.make(s, id);
	const key = await w.keyNamed('Environment');
	const prod = `prod of ${id}`;
	const value = await w.makeValue(key, prod);
	const project = `project-${id}`;
	const tagging = await w.tag(value, 'project', project);
	await w.member(`allie-${id}`, 'workspaces:read');
	await w.member(`dennis-${id}`, 'projects:read');
	await policy(`role-of-allie-${id}`, 'allow', 'Environment', 'equals', prod);
	const deny = await policy(`role-of-dennis-${id}`, 'deny', 'Environment', 'equals', prod);
	/** May they? And as of which revision. */
	const ask = async (user) => {
		const r = await s.call('POST', '/access/v1/evaluation', {
			subject: {type: 'user', id: `${user}-${id}`}, action: {name: 'projects:read'}, resource: {type: 'project', id: project, properties: {tenant: id}},
		});
		assert.equal(r.status, 200, r.text);
		return [r.json.decision, Number(r.headers['doorward-revision'])];
	};
	return {w, key, prod, value, tagging, project, deny, ask};
}

const revisionOf = (r) => Number(r.headers['doorward-revision']);

/** Does the change flip both decisions, in one revision? `matches`: the policies match afterwards. Resolves to its warning. */
async function flips(world, matches, change) {
	const before = await world.ask('allie');
	assert.deepEqual([before[0], (await world.ask('dennis'))[0]], [!matches, matches]);
	const r = await change();
	assert.ok(r.status < 300, r.text);
	assert.equal(revisionOf(r), before[1] + 1);
	assert.deepEqual(await world.ask('allie'), [matches, revisionOf(r)]);
	assert.deepEqual(await world.ask('dennis'), [!matches, revisionOf(r)]);
	return told(r);
}

/** The warning of an answer, which the audit trail and the log must have too. */
async function told(r) {
	const warning = r.headers['doorward-warning'];
	const [row] = (await s.call('GET', '/doorward/v1/audit?limit=1')).json.items;
	assert.equal(row.warning ?? undefined, warning);
	assert.ok(!warning || s.logs().includes(warning));
	return warning;
}

const lost = (...ids) => `access may have widened: ${ids.length} deny ${ids.length === 1 ? 'policy no longer matches' : 'policies no longer match'}: ${ids.join(', ')}`;

test('a value that is deleted', async () => {
	const d = await world('d-value');
	assert.equal(await flips(d, false, () => d.w.call('DELETE', `tag-keys/${d.key.id}/tag-values/${d.value.id}`)), lost(d.deny));
});

test('a key that is deleted', async () => {
	const d = await world('d-key');
	assert.equal(await flips(d, false, () => d.w.call('DELETE', `tag-keys/${d.key.id}`)), lost(d.deny));
});

test('a value that is renamed, away and back', async () => {
	const d = await world('d-rename-value');
	const rename = (value) => d.w.call('PATCH', `tag-keys/${d.key.id}/tag-values/${d.value.id}`, {value});
	assert.equal(await flips(d, false, () => rename('production')), lost(d.deny));
	assert.equal(await flips(d, true, () => rename(d.prod)), undefined);
});

test('a key that is renamed, away and back', async () => {
	const d = await world('d-rename-key');
	const rename = (key) => d.w.call('PATCH', `tag-keys/${d.key.id}`, {key});
	assert.equal(await flips(d, false, () => rename('Stage')), lost(d.deny));
	assert.equal(await flips(d, true, () => rename('Environment')), undefined);
	// What says nothing about the tag flips nothing.
	assert.equal(await told(await d.w.call('PATCH', `tag-keys/${d.key.id}`, {description: 'x'})), undefined);
	assert.equal((await d.ask('dennis'))[0], false);
});

test('a tagging that is taken and given again', async () => {
	const d = await world('d-tagging');
	assert.equal(await flips(d, false, () => d.w.call('DELETE', `taggings/${d.tagging.id}`)), lost(d.deny));
	const again = {tag_value_id: d.value.id, resource_type: 'project', resource_id: d.project};
	assert.equal(await flips(d, true, () => d.w.call('POST', 'taggings', again)), undefined);
});

test('a tag that keeps a deny for untagged resources from matching', async () => {
	const d = await world('d-absent');
	const strict = await policy('role-of-dennis-d-absent', 'deny', 'Client', 'equals_if_exists', 'Acme');
	const value = await d.w.makeValue(await d.w.makeKey('Client'), 'Other');
	assert.equal(await told(await d.w.call('POST', 'taggings', {tag_value_id: value.id, resource_type: 'project', resource_id: d.project})), lost(strict));
});

test('tags changed natively, and a resource that goes', async () => {
	const d = await world('d-native');
	const native = (method, body) => d.w.native(method, 'project', d.project, body);
	assert.equal(await flips(d, false, () => native('PATCH', {tags: {Environment: 'dev'}})), lost(d.deny));
	assert.equal(await flips(d, true, () => native('PATCH', {tags: {Environment: ['dev', d.prod]}})), undefined);
	assert.equal(await flips(d, false, () => native('PUT', {tenant: 'd-native'})), lost(d.deny));
	assert.equal(await flips(d, true, () => native('PUT', {tenant: 'd-native', tags: {Environment: d.prod}})), undefined);
	assert.equal(await told(await native('DELETE')), lost(d.deny));
});

test('a deny that holds after all, and a change that is refused, lose nothing', async () => {
	const d = await world('d-quiet');
	const second = await d.w.makeValue(d.key, d.prod.toUpperCase());
	await policy('role-of-dennis-d-quiet', 'deny', 'Environment', 'equals_ignore_case', d.prod);
	await s.call('DELETE', `/v1/platform/orgs/current/access-policies/${d.deny}`);
	await d.w.tag(second, 'project', d.project);
	assert.equal(await told(await d.w.call('DELETE', `taggings/${d.tagging.id}`)), undefined);
	assert.equal((await d.ask('dennis'))[0], false);
	const refused = await d.w.call('PATCH', `tag-keys/${d.key.id}`, {key: 'Application'}, 409);
	assert.equal(refused.headers['doorward-warning'], undefined);
});

test('the Application tag cannot be given to what a deny keeps its holder from changing', async () => {
	const w = await Workspace.make(s, 'd-application');
	const value = await w.makeValue(await w.keyNamed('Application'), 'bot');
	const frozen = await w.makeValue(await w.makeKey('Frozen'), 'yes');
	const editor = await w.member('d-editor', 'workspaces:read', 'projects:update');
	const condition = {attribute_name: 'resource_tag_key', attribute_key: 'Frozen', operator: 'equals', attribute_value: 'yes'};
	const r = await s.call('POST', '/v1/platform/orgs/current/access-policies', {
		name: 'frozen', effect: 'deny', role_ids: ['role-of-d-editor'],
		condition_groups: [{permission: 'projects:update', resource_type: 'project', conditions: [condition]}],
	});
	assert.equal(r.status, 201, r.text);
	await editor.tag(value, 'project', 'd-free');
	await editor.tag(value, 'project', 'd-unknown');
	await w.tag(frozen, 'project', 'd-frozen');
	await editor.tag(value, 'project', 'd-frozen', 403);
	const given = await w.tag(value, 'project', 'd-frozen');
	await editor.call('DELETE', `taggings/${given.id}`, undefined, 403);
});

test('a tenant that ends leaves the texts that a deny reads', async () => {
	const d = await world('d-ends');
	const r = await s.call('DELETE', '/doorward/v1/tenants/d-ends');
	assert.equal(r.status, 204);
	const native = await d.w.native('GET', 'project', d.project);
	assert.deepEqual(native.json.tags, {Environment: [d.prod]});
	assert.equal((await d.ask('allie'))[0], false);
});
