// SPDX-License-Identifier: Apache-2.0
// Every call about access policies leaves one row in the audit trail, reads and refused ones too, that names what it was about.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {makeHolder, makePolicy, makeRole, ok, ORGANIZATION_VIEWER, P, policies, policyBody, unknownId} from './policies-support.mjs';

let s;
before(async () => {
	s = await startServer();
});
after(async () => assert.equal(await s.stop(), 0));

/** The newest row, which must be the only one that the call left. */
async function rowOf(method, path, body, options) {
	const newest = async () => (await ok(s, 200, 'GET', '/doorward/v1/audit?limit=2')).items;
	const [before] = await newest();
	const r = await s.call(method, path, body, options);
	const [row, earlier] = await newest();
	assert.equal(earlier.id, before.id, `${method} ${path} left one row`);
	assert.equal(row.status, r.status);
	assert.equal(row.path, path.split('?')[0]);
	return {r, row};
}

async function expectRow(call, event, target, status) {
	const {row} = await rowOf(...call);
	assert.deepEqual([row.event, row.target, row.status], [event, target, status], call.join(' '));
	assert.equal(row.outcome, status < 400 ? 'done' : 'refused');
}

test('what succeeds', async () => {
	const {r, row} = await rowOf('POST', policies, policyBody('audited'));
	const {id} = r.json;
	assert.deepEqual([row.event, row.target], ['create_access_policy', `access_policy:${id}`]);
	const role = await makeRole(s, 'audited');
	await ok(s, 201, 'POST', '/doorward/v1/groups', {id: 'audited'});
	const ids = {access_policy_ids: [id]};
	const ofRole = `${P}/roles/${role}/access-policies`;
	const ofTeam = `${P}/teams/audited/access-policies`;
	const ofGroup = `/api${P}/user-groups/audited/access-policies`;
	const calls = [
		[['GET', policies], 'list_access_policies', 'organization:default', 200],
		[['GET', `/api${policies}/${id}`], 'read_access_policy', `access_policy:${id}`, 200],
		[['PATCH', `${policies}/${id}`, {name: 'audited 2'}], 'update_access_policy', `access_policy:${id}`, 200],
		[['POST', ofRole, ids], 'attach_access_policies', `role:${role}`, 204],
		[['POST', `${policies}/roles/${role}/access-policies`, ids], 'attach_access_policies', `role:${role}`, 204],
		[['GET', ofRole], 'read_role_access_policies', `role:${role}`, 200],
		[['DELETE', `${ofRole}?access_policy_ids=${id}`], 'detach_access_policies', `role:${role}`, 204],
		[['POST', ofTeam, {access_policy_id: id}], 'attach_team_access_policy', 'group:audited', 201],
		[['GET', ofTeam], 'read_team_access_policies', 'group:audited', 200],
		[['DELETE', `${ofTeam}/${id}`], 'detach_team_access_policy', 'group:audited', 204],
		[['POST', ofGroup, {access_policy_id: id}], 'attach_user_group_access_policy', 'group:audited', 201],
		[['GET', ofGroup], 'read_user_group_access_policies', 'group:audited', 200],
		[['DELETE', `${ofGroup}/${id}`], 'detach_user_group_access_policy', 'group:audited', 204],
		[['DELETE', `${policies}/${id}`], 'delete_access_policy', `access_policy:${id}`, 204],
	];
	for (const [call, event, target, status] of calls) {
		await expectRow(call, event, target, status);
	}
});

test('what is refused, for whatever reason', async () => {
	const id = await makePolicy(s, 'refused');
	const calls = [
		[['POST', policies, policyBody('refused')], 'create_access_policy', 'organization:default', 409],
		[['POST', policies, {}], 'create_access_policy', 'organization:default', 400],
		[['GET', `${policies}/${unknownId}`], 'read_access_policy', `access_policy:${unknownId}`, 404],
		[['DELETE', `${policies}/${unknownId}`], 'delete_access_policy', `access_policy:${unknownId}`, 404],
		[['PATCH', `${policies}/${id}`, {effect: 'x'}], 'update_access_policy', `access_policy:${id}`, 400],
		[['POST', `${P}/roles/${unknownId}/access-policies`, {access_policy_ids: []}], 'attach_access_policies', `role:${unknownId}`, 404],
	];
	for (const [call, event, target, status] of calls) {
		await expectRow(call, event, target, status);
	}
});

test('what is not allowed', async () => {
	const id = await makePolicy(s, 'forbidden');
	const key = await makeHolder(s, 'audited-viewer', ORGANIZATION_VIEWER);
	assert.equal((await s.call('DELETE', `${policies}/${id}`, undefined, {key})).status, 403);
	// Refusals are not waited for; what is waited for afterwards is stored with them.
	await ok(s, 200, 'GET', policies);
	const rows = (await ok(s, 200, 'GET', '/doorward/v1/audit?limit=2')).items;
	const row = rows.find((r) => r.status === 403);
	assert.deepEqual([row?.event, row?.outcome, row?.actor, row?.path], ['delete_access_policy', 'refused', 'user:audited-viewer', `${policies}/${id}`]);
});
