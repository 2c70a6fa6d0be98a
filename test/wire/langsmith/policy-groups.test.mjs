// SPDX-License-Identifier: Apache-2.0
// Access policies of groups: the vendor's teams, also called user groups.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer} from '../../harness/server.mjs';
import {condition, decide, everything, expectError, group, makePolicy, makeRole, ok, P, policies, start, unknownId} from './policies-support.mjs';

let s;
before(async () => {
	s = await startServer();
	await ok(s, 201, 'POST', '/doorward/v1/tenants', {id: 'w1'});
	await ok(s, 201, 'POST', '/doorward/v1/tenants', {id: 'w2'});
});
after(async () => assert.equal(await s.stop(), 0));

async function makeGroup(server, id) {
	await ok(server, 201, 'POST', '/doorward/v1/groups', {id});
	return `${P}/teams/${id}/access-policies`;
}

for (const noun of ['teams', 'user-groups']) {
	test(`${noun}: attached once as 201, then as 200; listed; detached, also what is not attached`, async () => {
		await makeGroup(s, `of-${noun}`);
		const id = await makePolicy(s, `for ${noun}`, {effect: 'deny', description: null});
		for (const [i, prefix] of ['', '/api'].entries()) {
			const path = `${prefix}${P}/${noun}/of-${noun}/access-policies`;
			assert.equal((await s.call('GET', path)).text, '{"items":[],"next_cursor":null}');
			const attached = await ok(s, 201, 'POST', path, {access_policy_id: id, extra: i});
			assert.match(attached.attached_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
			assert.deepEqual(attached, {id, name: `for ${noun}`, description: '', effect: 'deny', attached_at: attached.attached_at});
			assert.deepEqual(await ok(s, 200, 'POST', path, {access_policy_id: id}), attached);
			const inW1 = await ok(s, 201, 'POST', path, {access_policy_id: id, workspace_id: 'w1'});
			assert.deepEqual(inW1, {...attached, attached_at: inW1.attached_at, workspace_id: 'w1'});
			assert.deepEqual(await ok(s, 200, 'GET', path), {items: [attached, inW1], next_cursor: null});
			await ok(s, 204, 'DELETE', `${path}/${id}`);
			await ok(s, 204, 'DELETE', `${path}/${id}`);
			await ok(s, 204, 'DELETE', `${path}/${unknownId}`);
			assert.equal((await s.call('GET', path)).text, '{"items":[],"next_cursor":null}');
		}
	});
}

test('teams and user groups are the same groups', async () => {
	await makeGroup(s, 'both');
	const id = await makePolicy(s, 'for both');
	await ok(s, 201, 'POST', `${P}/teams/both/access-policies`, {access_policy_id: id});
	await ok(s, 200, 'POST', `${P}/user-groups/both/access-policies`, {access_policy_id: id});
	await ok(s, 204, 'DELETE', `${P}/user-groups/both/access-policies/${id}`);
	assert.deepEqual((await ok(s, 200, 'GET', `${P}/teams/both/access-policies`)).items, []);
});

test('a workspace of the query narrows a detach to it', async () => {
	const path = await makeGroup(s, 'narrow');
	const id = await makePolicy(s, 'narrow');
	const workspaces = async () => (await ok(s, 200, 'GET', path)).items.map((i) => i.workspace_id);
	for (const workspace_id of ['w1', 'w2', null]) {
		await ok(s, 201, 'POST', path, {access_policy_id: id, workspace_id});
	}
	assert.deepEqual(await workspaces(), ['w1', 'w2', undefined]);
	await ok(s, 204, 'DELETE', `${path}/${id}?workspace_id=w1`);
	assert.deepEqual(await workspaces(), ['w2', undefined]);
	await ok(s, 204, 'DELETE', `${path}/${id}`);
	assert.deepEqual(await workspaces(), []);
});

test('bad input is refused and changes nothing', async () => {
	const path = await makeGroup(s, 'bad');
	const id = await makePolicy(s, 'bad');
	await ok(s, 201, 'POST', path, {access_policy_id: id});
	const before = (await s.call('GET', path)).text;
	for (const body of ['', '{', [], {}, {access_policy_id: null}, {access_policy_id: 1}, {access_policy_id: [id]}, {access_policy_id: 'x'}]) {
		expectError(await s.call('POST', path, body), 400);
	}
	expectError(await s.call('POST', path, {access_policy_id: unknownId}), 404, /^Access policy not found$/);
	expectError(await s.call('POST', path, {access_policy_id: id, workspace_id: unknownId}), 404, /^Workspace not found$/);
	expectError(await s.call('POST', path, {access_policy_id: id, workspace_id: 'nowhere'}), 400, /Workspace not found/);
	expectError(await s.call('POST', path, {access_policy_id: id, workspace_id: 7}), 400, /workspace_id/);
	expectError(await s.call('DELETE', `${path}/x`), 400, /Access policy not found/);
	expectError(await s.call('DELETE', `${path}/${id}?workspace_id=${unknownId}`), 404, /^Workspace not found$/);
	expectError(await s.call('DELETE', `${path}/${id}?workspace_id=%zz`), 400, /malformed/);
	for (const [name, status] of [[unknownId, 404], ['nobody', 400]]) {
		const other = `${P}/teams/${name}/access-policies`;
		expectError(await s.call('GET', other), status, /Group not found/);
		expectError(await s.call('POST', other, {access_policy_id: id}), status, /Group not found/);
		expectError(await s.call('DELETE', `${other}/${id}`), status, /Group not found/);
	}
	for (const query of ['page_size=0', 'page_size=101', 'page_size=x', 'page_size=-1', 'page_size=', 'cursor=%zz']) {
		expectError(await s.call('GET', `${path}?${query}`), 400);
	}
	assert.equal((await s.call('GET', path)).text, before);
});

test('pages walk through all policies, and a cursor of somebody else starts again', async () => {
	const path = await makeGroup(s, 'paged');
	const otherPath = await makeGroup(s, 'paged-too');
	const ids = [];
	for (let i = 0; i < 7; i++) {
		ids.push(await makePolicy(s, `paged ${i}`));
		await ok(s, 201, 'POST', path, {access_policy_id: ids[i]});
		await ok(s, 201, 'POST', otherPath, {access_policy_id: ids[i]});
	}
	for (const size of [1, 3, 6, 7, 8, 100]) {
		const seen = [];
		const cursors = [];
		for (let cursor = ''; cursor !== null; cursors.push(cursor)) {
			const page = await ok(s, 200, 'GET', `${path}?page_size=${size}${cursor && `&cursor=${cursor}`}`);
			assert.ok(page.items.length >= 1 && page.items.length <= size);
			seen.push(...page.items.map((i) => i.id));
			cursor = page.next_cursor;
		}
		assert.deepEqual(seen, ids);
		assert.equal(cursors.length, Math.ceil(7 / size));
	}
	const first = await ok(s, 200, 'GET', `${path}?page_size=2`);
	for (const foreign of [first.next_cursor, 'x', '!!', 'AAAA', first.next_cursor.slice(1), unknownId]) {
		const page = await ok(s, 200, 'GET', `${otherPath}?page_size=2&cursor=${foreign}`);
		assert.deepEqual(page.items.map((i) => i.id), ids.slice(0, 2), foreign);
	}
	// What goes between two pages does not shift the next one.
	await ok(s, 204, 'DELETE', `${path}/${ids[0]}`);
	const second = await ok(s, 200, 'GET', `${path}?page_size=2&cursor=${first.next_cursor}`);
	assert.deepEqual(second.items.map((i) => i.id), ids.slice(2, 4));
});

test('members have what the policies of their group say, where they say it', async () => {
	const path = await makeGroup(s, 'deciding');
	await makeUser(s, 'member');
	await ok(s, 204, 'PUT', '/doorward/v1/groups/deciding/members/member');
	await ok(s, 204, 'PUT', `/doorward/v1/roles/${await makeRole(s, 'worker')}/members/member`);
	const prod = {Env: ['prod']};
	const project = (tenant, tags = prod) => ({type: 'project', id: 'p', properties: {tenant, tags}});
	const ask = (tenant, tags) => decide(s, 'member', 'projects:read', project(tenant, tags));
	const allow = await makePolicy(s, 'deciding allow');
	const deny = await makePolicy(s, 'deciding deny', {
		effect: 'deny', condition_groups: [group('projects:read', 'project', condition('Secret', 'equals', 'yes'))],
	});
	assert.equal(await ask('w1'), false);
	await ok(s, 201, 'POST', path, {access_policy_id: allow, workspace_id: 'w1'});
	assert.equal(await ask('w1'), true);
	assert.equal(await ask('w2'), false);
	await ok(s, 201, 'POST', path, {access_policy_id: allow});
	assert.equal(await ask('w2'), true);
	assert.equal(await ask('w2', {...prod, Secret: ['yes']}), true);
	await ok(s, 201, 'POST', path, {access_policy_id: deny});
	assert.equal(await ask('w2', {...prod, Secret: ['yes']}), false);
	assert.equal(await ask('w2'), true);
	await ok(s, 204, 'DELETE', `${policies}/${deny}`);
	assert.equal(await ask('w2', {...prod, Secret: ['yes']}), true);
	await ok(s, 204, 'DELETE', `${path}/${allow}`);
	assert.equal(await ask('w1'), false);
});

test('attachments go with the policy, the group and the workspace, and stay over a restart', async (t) => {
	const own = await start(t);
	await ok(own, 201, 'POST', '/doorward/v1/tenants', {id: 'w'});
	const paths = [await makeGroup(own, 'g1'), await makeGroup(own, 'g2')];
	const ids = [await makePolicy(own, 'one'), await makePolicy(own, 'two')];
	for (const path of paths) {
		for (const access_policy_id of ids) {
			await ok(own, 201, 'POST', path, {access_policy_id});
			await ok(own, 201, 'POST', path, {access_policy_id, workspace_id: 'w'});
		}
	}
	const shown = async (path) => (await ok(own, 200, 'GET', path)).items.map((i) => [i.id, i.workspace_id]);
	await own.restart();
	assert.deepEqual(await shown(paths[1]), [[ids[0], undefined], [ids[0], 'w'], [ids[1], undefined], [ids[1], 'w']]);
	await ok(own, 204, 'DELETE', `${policies}/${ids[0]}`);
	assert.deepEqual(await shown(paths[0]), [[ids[1], undefined], [ids[1], 'w']]);
	await ok(own, 204, 'DELETE', '/doorward/v1/tenants/w');
	assert.deepEqual(await shown(paths[0]), [[ids[1], undefined]]);
	await ok(own, 204, 'DELETE', '/doorward/v1/groups/g1');
	await makeGroup(own, 'g1');
	assert.deepEqual(await shown(paths[0]), []); // a new group of that name has nothing of the old one's
	assert.deepEqual(await shown(paths[1]), [[ids[1], undefined]]);
	assert.ok((await everything(own)).includes(ids[1]));
});
