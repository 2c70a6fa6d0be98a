// SPDX-License-Identifier: Apache-2.0
// Whoever makes a deny stop matching is told so: in the answer, the log and the audit trail.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer} from '../../harness/server.mjs';
import {condition, group, makePolicy, makeRole, ok, P, policies} from './policies-support.mjs';

let s;
before(async () => {
	s = await startServer();
	await ok(s, 201, 'POST', '/doorward/v1/tenants', {id: 'w'});
});
after(async () => assert.equal(await s.stop(), 0));

const one = group('projects:read', 'project', condition('A', 'equals', '1'));
const narrower = group('projects:read', 'project', condition('A', 'equals', '1'), condition('B', 'equals', '2'));
const other = group('datasets:read', 'dataset', condition('A', 'equals', '1'));

let n = 0;
/** A new policy, which denies unless told otherwise, on a new role: {id, role}. */
async function makeDeny(changes) {
	const role = await makeRole(s, `role-${++n}`);
	return {role, id: await makePolicy(s, `deny ${n}`, {effect: 'deny', condition_groups: [one, other], role_ids: [role], ...changes})};
}

/** The warning of an answer below 300, which the log repeats and the audit trail keeps. */
async function warningOf(method, path, body) {
	const r = await s.call(method, path, body);
	assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${r.text}`);
	const warning = r.headers['doorward-warning'];
	const [newest] = (await ok(s, 200, 'GET', '/doorward/v1/audit?limit=1')).items;
	assert.equal(newest.warning ?? undefined, warning);
	if (warning) {
		assert.ok(s.logs().includes(warning));
	}
	return warning;
}

function noLonger(...ids) {
	const [are, match] = ids.length === 1 ? ['policy', 'matches'] : ['policies', 'match'];
	return `access may have widened: ${ids.length} deny ${are} no longer ${match}: ${ids.join(', ')}`;
}

test('a deny that is deleted, and one that is detached', async () => {
	const a = await makeDeny();
	assert.equal(await warningOf('DELETE', `${policies}/${a.id}`), noLonger(a.id));
	const b = await makeDeny();
	const c = await makeDeny({role_ids: [b.role, 'WORKSPACE_USER']});
	const detach = `${P}/roles/${b.role}/access-policies?access_policy_ids=${c.id}&access_policy_ids=${b.id}&access_policy_ids=${c.id}`;
	assert.equal(await warningOf('DELETE', detach), noLonger(b.id, c.id));
	assert.equal(await warningOf('DELETE', detach), undefined);
});

test('a change that denies less, and not one that denies more', async () => {
	const {id} = await makeDeny();
	const patch = (body) => warningOf('PATCH', `${policies}/${id}`, body);
	assert.equal(await patch({name: `renamed ${id}`}), undefined);
	assert.equal(await patch({condition_groups: [other, one, narrower]}), undefined);
	assert.equal(await patch({condition_groups: [other, one]}), undefined); // what the narrower matched, one does
	assert.equal(await patch({condition_groups: [other, narrower]}), noLonger(id));
	assert.equal(await patch({condition_groups: [narrower]}), noLonger(id));
	assert.equal(await patch({condition_groups: [{...narrower, conditions: [narrower.conditions[1]]}]}), undefined);
	assert.equal(await patch({effect: 'allow'}), noLonger(id));
	assert.equal(await patch({effect: 'allow', condition_groups: [one]}), undefined);
	assert.equal(await patch({effect: 'deny'}), undefined);
	// The two spellings of one type are one.
	const queue = group('annotation-queues:read', 'queue');
	assert.equal(await patch({condition_groups: [one, queue]}), undefined);
	assert.equal(await patch({condition_groups: [one, {...queue, resource_type: 'queues'}]}), undefined);
	assert.equal(await patch({condition_groups: [one]}), noLonger(id));
});

test('nobody is told of what allows, or denies nobody', async () => {
	const allow = await makeDeny({effect: 'allow'});
	assert.equal(await warningOf('DELETE', `${P}/roles/${allow.role}/access-policies?access_policy_ids=${allow.id}`), undefined);
	assert.equal(await warningOf('DELETE', `${policies}/${allow.id}`), undefined);
	const idle = await makeDeny({role_ids: []});
	assert.equal(await warningOf('PATCH', `${policies}/${idle.id}`, {condition_groups: [other]}), undefined);
	assert.equal(await warningOf('DELETE', `${policies}/${idle.id}`), undefined);
});

for (const [dialect, roles, actions] of [
	['native', '/doorward/v1/roles', []],
	['connhex', '/iam/roles', ['a:b:c']],
	['langsmith', '/api/v1/orgs/current/roles', ['projects:read']],
]) {
	test(`a role that goes takes its denies along (${dialect})`, async () => {
		const role = await makeRole(s, `goes-${dialect}`, actions);
		const a = await makeDeny({role_ids: [role]});
		const b = await makeDeny({role_ids: ['WORKSPACE_VIEWER', role]});
		await makeDeny({effect: 'allow', role_ids: [role]});
		await makeUser(s, `holder-${dialect}`);
		await ok(s, 204, 'PUT', `/doorward/v1/roles/${role}/members/holder-${dialect}`);
		assert.equal(await warningOf('DELETE', `${roles}/${role}`), noLonger(a.id, b.id));
		assert.deepEqual((await ok(s, 200, 'GET', `${policies}/${a.id}`)).role_ids, []);
		assert.equal((await ok(s, 200, 'GET', `${policies}/${b.id}`)).role_ids.length, 1);
	});
}

test('so do groups and workspaces with their attachments, in every dialect', async () => {
	const deny = await makeDeny({role_ids: []});
	const allow = await makeDeny({effect: 'allow', role_ids: []});
	const attachTo = async (team, workspace_id) => {
		for (const access_policy_id of [deny.id, allow.id]) {
			await ok(s, 201, 'POST', `${P}/teams/${team}/access-policies`, {access_policy_id, workspace_id});
		}
	};
	for (const remove of ['/doorward/v1/groups/g', '/iam/teams/g']) {
		await ok(s, 201, 'POST', '/doorward/v1/groups', {id: 'g'});
		await attachTo('g');
		await attachTo('g', 'w'); // twice attached is one policy
		assert.equal(await warningOf('DELETE', remove), noLonger(deny.id));
	}
	await ok(s, 201, 'POST', '/doorward/v1/groups', {id: 'g'});
	for (const remove of ['/doorward/v1/tenants/v', '/iam/tenants/v', '/api/v1/workspaces/v']) {
		await ok(s, 201, 'POST', '/doorward/v1/tenants', {id: 'v'});
		await attachTo('g', 'v');
		assert.equal(await warningOf('DELETE', remove), noLonger(deny.id));
	}
	await attachTo('g');
	await attachTo('g', 'w');
	assert.equal(await warningOf('DELETE', `${P}/teams/g/access-policies/${allow.id}`), undefined);
	assert.equal(await warningOf('DELETE', `${P}/teams/g/access-policies/${deny.id}`), noLonger(deny.id));
});

test('denies of other dialects are told in the same line, and a long list is cut', async () => {
	const role = await makeRole(s, 'crowded', ['a:b:c']);
	const ids = [];
	for (let i = 0; i < 10; i++) {
		ids.push((await makeDeny({role_ids: [role]})).id);
	}
	await ok(s, 200, 'POST', '/iam/policies', {
		id: 'through-role', name: 'n', members: ['user:local:x'], statements: [{effect: 'DENY', role, actions: [], resources: ['*'], tenants: ['*']}],
	});
	const named = noLonger(...ids.slice(0, 8)).replace('8 deny', '10 deny');
	assert.equal(await warningOf('DELETE', `/iam/roles/${role}`), `${named} and 2 more; 1 deny statements went with it`);
});
