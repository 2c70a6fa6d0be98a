// SPDX-License-Identifier: Apache-2.0
// The matrix of the built-in roles: every permission, for every role of the organization with and without each role of
// the workspace, in the workspace and in another. The table is typed from the vendor's, not made by the program.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {World, roles} from './support.mjs';

const {workspace, unlisted, organization} = JSON.parse(
	readFileSync(new URL('../../cases/langsmith.json', import.meta.url), 'utf8'),
);

const viewer = [...workspace.viewer, ...unlisted.viewer];
const editor = [...viewer, ...workspace.editor];
const admin = [...editor, ...workspace.admin, ...unlisted.admin];
const inWorkspace = {WORKSPACE_ADMIN: admin, WORKSPACE_USER: editor, WORKSPACE_VIEWER: viewer};
const inOrganization = Object.entries(organization).filter(([role]) => role !== 'nobody');
const organizationPermissions = [...organization.ORGANIZATION_ADMIN, ...organization.nobody];
const all = [...admin, ...organizationPermissions];

/** What is decided for the user in the workspace: the permissions that are allowed. */
async function allowed(w, user, tenant) {
	const r = await w.call(200, 'POST', '/access/v1/evaluations', {
		subject: {type: 'user', id: user},
		resource: {type: 'workspace', id: 'any', properties: {tenant}},
		evaluations: all.map((name) => ({action: {name}})),
	});
	return all.filter((_, i) => r.json.evaluations[i].decision);
}

test('the table is about every permission, each once', async (t) => {
	const w = await World.of(t);
	assert.equal(all.length, 105);
	assert.equal(new Set(all).size, all.length);
	const listed = (await w.call(200, 'GET', '/api/v1/orgs/permissions')).json;
	assert.deepEqual(listed.map((p) => p.name).sort(), [...all].sort());
	for (const {name, access_scope} of listed) {
		assert.equal(access_scope, organizationPermissions.includes(name) ? 'organization' : 'workspace', name);
	}
});

test('the roles are listed with these permissions', async (t) => {
	const w = await World.of(t);
	const listed = (await w.call(200, 'GET', roles)).json;
	for (const [name, permissions] of Object.entries(inWorkspace)) {
		const role = listed.find((r) => r.name === name);
		assert.equal(role.access_scope, 'workspace');
		assert.deepEqual([...role.permissions].sort(), [...permissions].sort(), name);
	}
	for (const [name, permissions] of inOrganization) {
		const role = listed.find((r) => r.name === name);
		assert.equal(role.access_scope, 'organization');
		const own = role.permissions.filter((p) => p.startsWith('organization:'));
		assert.deepEqual(own.sort(), [...permissions].sort(), name);
	}
});

for (const [organizationRole, own] of inOrganization) {
	test(`${organizationRole}, alone and with each role of the workspace`, async (t) => {
		const w = await World.of(t);
		const elsewhere = await w.makeWorkspace('Elsewhere');
		const everywhere = organizationRole === 'ORGANIZATION_ADMIN' ? admin : [];
		for (const [role, there] of [[null, []], ...Object.entries(inWorkspace)]) {
			const user = await w.member(role, {organizationRole});
			const wanted = new Set([...own, ...everywhere, ...there]);
			const at = `${organizationRole}, ${role}`;
			assert.deepEqual(await allowed(w, user, w.workspace), all.filter((p) => wanted.has(p)), at);
			const outside = new Set([...own, ...everywhere]);
			assert.deepEqual(await allowed(w, user, elsewhere), all.filter((p) => outside.has(p)), `${at}, elsewhere`);
		}
	});
}

test('who is in no organization and no workspace may nothing', async (t) => {
	const w = await World.of(t);
	await w.call(201, 'POST', '/doorward/v1/users', {id: 'nobody'});
	assert.deepEqual(await allowed(w, 'nobody', w.workspace), []);
	assert.deepEqual(await allowed(w, 'unregistered', w.workspace), []);
});
