// SPDX-License-Identifier: Apache-2.0
// What happens to decisions when the things that policies stand on change or go: the very next answer is the new one,
// from the revision that the write names; nothing shows an id that is gone; and when a deny stops matching, it is said.
import assert from 'node:assert/strict';
import test from 'node:test';
import {World, everything, group, platform, policies, roles, start, where} from './support.mjs';

const read = 'projects:read';
const ifProd = group(read, 'project', where('Env', 'equals', 'prod'));

/**
 * A workspace with a project that is tagged Env=prod, a guest who may read it by an allow policy, and a reader who may
 * not by a deny policy. The project is registered by its tagging.
 */
async function stage(t, options) {
	const w = await World.of(t, options);
	const guest = await w.holder();
	const reader = await w.holder(read);
	w.guest = guest.user;
	w.reader = reader.user;
	w.guestRole = guest.role;
	w.readerRole = reader.role;
	w.allowing = await w.allow(guest.role, ifProd);
	w.denying = await w.deny(reader.role, ifProd);
	const [, tagged] = await w.resources('project', {Env: 'prod'});
	// Described by its workspace: then it has no tags, rather than unknown ones, when it is not registered.
	w.project = {...tagged, properties: {tenant: w.workspace}};
	w.tags = await w.tagValue('Env', 'prod');
	return w;
}

const decisions = async (w) => {
	const [guest, reader] = [await w.ask(w.guest, read, w.project), await w.ask(w.reader, read, w.project)];
	assert.equal(guest.revision, reader.revision);
	return {guest: guest.decision, reader: reader.decision, revision: guest.revision};
};

/** Makes the change, one call, and looks at what it does at once. Resolves to its answer. */
async function change(w, before, after, make) {
	const old = await decisions(w);
	assert.deepEqual({guest: old.guest, reader: old.reader}, before, 'before');
	const answer = await make();
	const written = Number(answer.headers['doorward-revision']);
	assert.equal(written, old.revision + 1, 'one revision, and the first that answers differently');
	assert.deepEqual(await decisions(w), {...after, revision: written}, 'after');
	return answer;
}

const inPlace = {guest: true, reader: false};
const opened = {guest: false, reader: true};

async function lastRecord(w) {
	return (await w.call(200, 'GET', '/doorward/v1/audit?limit=1')).json.items[0];
}

/** The answer warns that this deny no longer matches, and so does the record of the change. */
async function expectWarning(w, answer, policy) {
	const warning = answer.headers['doorward-warning'];
	assert.ok(warning, 'a warning');
	assert.ok(warning.includes(policy), warning);
	assert.match(warning, /^[ -~]+$/);
	const record = await lastRecord(w);
	assert.equal(record.warning, warning);
	assert.equal(record.revision, Number(answer.headers['doorward-revision']));
	assert.ok(w.s.logs().includes(warning), 'the log says it, too');
}

async function expectNoWarning(w, answer) {
	assert.equal(answer.headers['doorward-warning'], undefined);
	assert.equal((await lastRecord(w)).warning, undefined);
}

// ---- tags --------------------------------------------------------------------------------------------------

const tagChanges = {
	'a key is renamed': (w) => w.here('PATCH', `tag-keys/${w.tags.key}`, {key: 'Stage'}),
	'a value is renamed': (w) => w.here('PATCH', `tag-keys/${w.tags.key}/tag-values/${w.tags.value}`, {value: 'production'}),
	'a value is deleted': (w) => w.here('DELETE', `tag-keys/${w.tags.key}/tag-values/${w.tags.value}`),
	'a key is deleted': (w) => w.here('DELETE', `tag-keys/${w.tags.key}`),
	'a tagging is deleted': async (w) => {
		const tags = (await w.here('GET', `tags/resource?resource_type=project&resource_id=${w.project.id}`)).json;
		return w.here('DELETE', `taggings/${tags[0].values[0].taggings[0].id}`);
	},
	'the resource is tagged otherwise natively': (w) =>
		w.call(200, 'PATCH', `/doorward/v1/resources/project/${w.project.id}`, {tags: {Env: 'dev'}}),
	'the resource is deleted': (w) => w.call(204, 'DELETE', `/doorward/v1/resources/project/${w.project.id}`),
};

for (const [name, make] of Object.entries(tagChanges)) {
	test(`${name}: decisions flip at once, and the deny that lets go is named`, async (t) => {
		const w = await stage(t);
		const answer = await change(w, inPlace, opened, () => make(w));
		await expectWarning(w, answer, w.denying);
		assert.ok(!answer.headers['doorward-warning'].includes(w.allowing), 'an allow that lets go widens nothing');
	});
}

test('renaming back restores both, and warns of nothing', async (t) => {
	const w = await stage(t);
	const rename = (key) => () => w.here('PATCH', `tag-keys/${w.tags.key}`, {key});
	await change(w, inPlace, opened, rename('Stage'));
	await expectNoWarning(w, await change(w, opened, inPlace, rename('Env')));
	const value = `tag-keys/${w.tags.key}/tag-values/${w.tags.value}`;
	await change(w, inPlace, opened, () => w.here('PATCH', value, {value: 'x'}));
	await expectNoWarning(w, await change(w, opened, inPlace, () => w.here('PATCH', value, {value: 'prod'})));
});

test('changes to other tags flip nothing and warn of nothing', async (t) => {
	const w = await stage(t);
	const other = await w.tagValue('Team', 'a');
	await w.tag('project', w.project.id, {Team: 'a'});
	for (const make of [
		() => w.here('PATCH', `tag-keys/${other.key}`, {key: 'Crew'}),
		() => w.here('PATCH', `tag-keys/${w.tags.key}`, {description: 'where it runs'}),
		() => w.here('DELETE', `tag-keys/${other.key}`),
	]) {
		await expectNoWarning(w, await change(w, inPlace, inPlace, make));
	}
});

test('two of a key and a value cannot have one name: refused, and nothing changes', async (t) => {
	const w = await stage(t);
	const other = await w.tagValue('Team', 'a');
	const before = await everything(w);
	const old = await decisions(w);
	await w.call(409, 'PATCH', `/api/v1/workspaces/current/tag-keys/${other.key}`, {key: 'Env'}, {workspace: w.workspace});
	assert.equal(await everything(w), before);
	assert.deepEqual(await decisions(w), old);
});

// ---- policies and roles ------------------------------------------------------------------------------------

const policyChanges = {
	'the deny is deleted': (w) => w.call(204, 'DELETE', `${policies}/${w.denying}`),
	'the deny is detached': (w) =>
		w.call(204, 'DELETE', `${platform}/roles/${w.readerRole}/access-policies?access_policy_ids=${w.denying}`),
	'the deny becomes an allow': (w) => w.call(200, 'PATCH', `${policies}/${w.denying}`, {effect: 'allow'}),
	'the deny is about something else': (w) =>
		w.call(200, 'PATCH', `${policies}/${w.denying}`, {
			condition_groups: [group(read, 'project', where('Env', 'equals', 'frozen'))],
		}),
};

for (const [name, make] of Object.entries(policyChanges)) {
	test(`${name}: the next answer is the role's, with a warning`, async (t) => {
		const w = await stage(t);
		const answer = await change(w, inPlace, {guest: true, reader: true}, () => make(w));
		await expectWarning(w, answer, w.denying);
	});
}

test('policies switched off while some deny: said in a warning', async (t) => {
	const w = await stage(t);
	const off = await change(w, inPlace, opened, () => w.features({langsmith_abac: false}));
	await expectWarning(w, off, w.denying);
	await expectNoWarning(w, await change(w, opened, inPlace, () => w.features({langsmith_abac: true})));
});

test('an allow is attached, detached and deleted: the next answer follows, without a warning', async (t) => {
	const w = await stage(t);
	const shut = {guest: false, reader: false};
	const path = `${platform}/roles/${w.guestRole}/access-policies`;
	const detach = () => w.call(204, 'DELETE', `${path}?access_policy_ids=${w.allowing}`);
	const attach = () => w.call(204, 'POST', path, {access_policy_ids: [w.allowing]});
	await expectNoWarning(w, await change(w, inPlace, shut, detach));
	await expectNoWarning(w, await change(w, shut, inPlace, attach));
	await expectNoWarning(w, await change(w, inPlace, shut, () => w.call(204, 'DELETE', `${policies}/${w.allowing}`)));
});

test('a role goes: its holders lose what it gave, and no policy shows it', async (t) => {
	const w = await stage(t);
	await change(w, inPlace, {guest: false, reader: false}, () => w.call(200, 'DELETE', `${roles}/${w.guestRole}`));
	const policy = (await w.call(200, 'GET', `${policies}/${w.allowing}`)).json;
	assert.deepEqual(policy.role_ids, []);
	assert.ok(!(await everything(w)).includes(w.guestRole), 'nothing shows the role');
});

test('a role that carries a deny goes: what others give its holder opens, with a warning', async (t) => {
	const w = await stage(t);
	await w.call(201, 'POST', '/doorward/v1/roles', {id: 'reading', actions: [read]});
	await w.call(204, 'PUT', `/doorward/v1/roles/reading/members/${w.reader}`);
	const answer = await change(w, inPlace, {guest: true, reader: true}, () => w.call(200, 'DELETE', `${roles}/${w.readerRole}`));
	await expectWarning(w, answer, w.denying);
	assert.ok(!(await everything(w)).includes(w.readerRole), 'nothing shows the role');
});

test('a policy goes: no role and no team shows it', async (t) => {
	const w = await stage(t);
	await w.call(201, 'POST', '/doorward/v1/groups', {id: 'crew', kind: 'team', display_name: 'Crew'});
	const crew = `${platform}/teams/crew/access-policies`;
	await w.call(201, 'POST', crew, {access_policy_id: w.denying, workspace_id: w.workspace});
	assert.ok((await w.call(200, 'GET', crew)).text.includes(w.denying));
	await w.call(204, 'DELETE', `${policies}/${w.denying}`);
	assert.ok(!(await everything(w)).includes(w.denying));
});

test('a team goes: its policies no longer reach its members, with a warning', async (t) => {
	const w = await stage(t);
	const {user} = await w.holder(read);
	await w.call(201, 'POST', '/doorward/v1/groups', {id: 'crew', kind: 'team', display_name: 'Crew'});
	await w.call(204, 'PUT', `/doorward/v1/groups/crew/members/${user}`);
	const deny = await w.policy('deny', [], ifProd);
	await w.call(201, 'POST', `${platform}/teams/crew/access-policies`, {access_policy_id: deny});
	w.reader = user;
	const answer = await change(w, inPlace, {guest: true, reader: true}, () => w.call(204, 'DELETE', '/doorward/v1/groups/crew'));
	await expectWarning(w, answer, deny);
});

// ---- members and workspaces --------------------------------------------------------------------------------

test('another role, and none, for a member of the workspace: the next answer follows', async (t) => {
	const w = await stage(t);
	const identity = (id) => `members/${id}`;
	const take = (id, role_id) => () => w.here('PATCH', identity(id), {role_id});
	await change(w, inPlace, {guest: true, reader: true}, take(w.reader, 'WORKSPACE_VIEWER'));
	await change(w, {guest: true, reader: true}, inPlace, take(w.reader, w.readerRole));
	await change(w, inPlace, {guest: false, reader: false}, () => w.here('DELETE', identity(w.guest)));
});

test('a workspace goes: so do its roles and its catalog, and nothing shows it', async (t) => {
	const w = await stage(t);
	const doomed = await w.makeWorkspace('Doomed');
	const role = await w.role(read);
	w.guest = await w.member(role, {workspaces: [doomed]});
	const tags = await w.tagValue('Env', 'prod', doomed);
	const [registered, tagged] = await w.resources('project', {Env: 'prod'}, doomed);
	for (const resource of [registered, tagged]) {
		assert.equal((await w.ask(w.guest, read, resource)).decision, true);
	}
	w.project = tagged;
	const path = `/api/v1/workspaces/${doomed}`;
	await change(w, inPlace, {guest: false, reader: false}, () => w.call(200, 'DELETE', path));
	assert.equal((await w.ask(w.guest, read, registered)).decision, false);
	await w.call(404, 'GET', '/api/v1/workspaces/current/tags', undefined, {workspace: doomed});
	const seen = await everything(w);
	for (const id of [doomed, tags.key, tags.value]) {
		assert.ok(!seen.includes(id), `${id} still shows`);
	}
});

// ---- restart, organizations --------------------------------------------------------------------------------

test('kill -9 and a restart keep everything', async (t) => {
	const w = await stage(t, {});
	await w.call(201, 'POST', '/doorward/v1/groups', {id: 'crew', kind: 'team', display_name: 'Crew'});
	await w.call(204, 'PUT', `/doorward/v1/groups/crew/members/${w.guest}`);
	const frozen = await w.policy('deny', [], group(read, 'project', where('Env', 'matches', 'fro*')));
	await w.call(201, 'POST', `${platform}/teams/crew/access-policies`, {access_policy_id: frozen});
	await w.deny('WORKSPACE_ADMIN', ifProd);
	const [, icy] = await w.resources('project', {Env: ['prod', 'frozen']});
	await w.features({langsmith_audit_logs: false});
	const before = await everything(w);
	const old = await decisions(w);
	assert.equal((await w.ask(w.guest, read, icy)).reason.document, frozen);
	await w.s.kill9();
	await w.s.restart();
	assert.equal(await everything(w), before);
	assert.deepEqual(await decisions(w), old);
	assert.equal((await w.ask(w.guest, read, icy)).reason.document, frozen);
	// And what is written then goes on from there.
	await change(w, inPlace, opened, () => w.here('PATCH', `tag-keys/${w.tags.key}`, {key: 'Stage'}));
});

test("one organization's objects do not exist for another", async (t) => {
	const s = await start(t, {org: 'one'});
	const one = new World(s);
	one.workspace = await one.makeWorkspace('Main');
	const {role, user} = await one.holder(read);
	const policy = await one.deny(role, ifProd);
	const [, project] = await one.resources('project', {Env: 'prod'});
	const tags = await one.tagValue('Env', 'prod');
	const organization = (await one.call(200, 'GET', '/api/v1/orgs/current')).json.id;
	const before = await everything(one);
	const keyOfOne = s.key;
	await s.restart({org: 'two'});
	assert.notEqual(s.key, keyOfOne);
	const two = new World(s);
	two.workspace = await two.makeWorkspace('Main');
	const {role: ownRole} = await two.holder(read);
	const ownPolicy = await two.deny(ownRole, ifProd);
	const ids = {access_policy_ids: [policy]};
	const inTwo = {workspace: two.workspace};
	for (const [method, path, body, options] of [
		['GET', `${policies}/${policy}`],
		['PATCH', `${policies}/${policy}`, {name: 'mine'}],
		['DELETE', `${policies}/${policy}`],
		['POST', `${platform}/roles/${role}/access-policies`, {access_policy_ids: [ownPolicy]}],
		['GET', `${platform}/roles/${role}/access-policies`],
		['PATCH', `${roles}/${role}`, {display_name: 'mine', description: '', permissions: []}],
		['DELETE', `${roles}/${role}`],
		['POST', policies, {name: 'x', effect: 'deny', condition_groups: [ifProd], role_ids: [role]}],
		['DELETE', `/api/v1/workspaces/${one.workspace}`],
		['GET', '/api/v1/workspaces/current/tags', undefined, {workspace: one.workspace}],
		['GET', `/api/v1/workspaces/current/tag-keys/${tags.key}`, undefined, inTwo],
		['PATCH', `/api/v1/workspaces/current/tag-keys/${tags.key}`, {key: 'x'}, inTwo],
		['DELETE', `/api/v1/workspaces/current/tag-keys/${tags.key}`, undefined, inTwo],
	]) {
		await two.call(404, method, path, body, options);
	}
	await two.call(400, 'POST', `${platform}/roles/${ownRole}/access-policies`, ids);
	await two.call(403, 'GET', policies, undefined, {headers: {'X-Organization-Id': organization}});
	await two.call(403, 'GET', policies, undefined, {headers: {'X-Organization-Id': 'one'}});
	assert.equal((await two.ask(user, read, project)).decision, false);
	const seen = await everything(two);
	for (const id of [policy, role, one.workspace, tags.key, tags.value, project.id]) {
		assert.ok(!seen.includes(id), `${id} shows in the other organization`);
	}
	// Nothing of it touched the first one; only its key of before opens that.
	s.key = keyOfOne;
	assert.equal(await everything(one), before);
	assert.equal((await one.ask(user, read, project)).reason.document, policy);
});
