// SPDX-License-Identifier: Apache-2.0
// Who may do what with tags, what one workspace and one organization see of another, and what the audit trail keeps.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../../harness/server.mjs';
import {Workspace, current, nobody} from './tags-support.mjs';

let s;
before(async () => {
	s = await startServer({store: 'sqlite'});
});
after(async () => assert.equal(await s.stop(), 0));

/** Every call about tags: [method, path, body, the permission it needs]. `made` is what exists. */
const calls = ({key, value, tagging}) => [
	['GET', 'tag-keys', undefined, 'read'],
	['POST', 'tag-keys', {key: 'new'}, 'manage'],
	['GET', `tag-keys/${key.id}`, undefined, 'read'],
	['PATCH', `tag-keys/${key.id}`, {description: 'x'}, 'manage'],
	['GET', `tag-keys/${key.id}/tag-values`, undefined, 'read'],
	['POST', `tag-keys/${key.id}/tag-values`, {value: 'new'}, 'manage'],
	['GET', `tag-keys/${key.id}/tag-values/${value.id}`, undefined, 'read'],
	['PATCH', `tag-keys/${key.id}/tag-values/${value.id}`, {description: 'x'}, 'manage'],
	['GET', 'taggings', undefined, 'read'],
	['GET', `taggings?tag_value_id=${value.id}`, undefined, 'read'],
	['GET', 'tags', undefined, 'read'],
	['GET', 'tags/resource?resource_type=project&resource_id=p', undefined, 'read'],
	['POST', 'tags/resources', [{resource_type: 'project', resource_id: 'p'}], 'read'],
	['POST', 'taggings', {tag_value_id: value.id, resource_type: 'project', resource_id: 'p2'}, 'manage'],
	['DELETE', `taggings/${tagging.id}`, undefined, 'manage'],
	['DELETE', `tag-keys/${key.id}/tag-values/${value.id}`, undefined, 'manage'],
	['DELETE', `tag-keys/${key.id}`, undefined, 'manage'],
];

/** A workspace in which one project is tagged. */
async function furnished(id, keyName = 'Environment') {
	const w = await Workspace.make(s, id);
	const key = await w.keyNamed(keyName);
	const value = await w.makeValue(key, 'prod');
	return {w, key, value, tagging: await w.tag(value, 'project', `p-${id}`)};
}

test('reading needs workspaces:read, writing workspaces:manage, in that workspace', async () => {
	const made = await furnished('rights');
	const {w} = made;
	const elsewhere = await Workspace.make(s, 'rights-elsewhere');
	const stranger = await elsewhere.member('stranger', 'workspaces:read', 'workspaces:manage');
	const reader = await w.member('reader', 'workspaces:read', 'projects:update');
	const manager = await w.member('manager', 'workspaces:read', 'workspaces:manage');
	const was = await w.revision();
	for (const [method, path, body, need] of calls(made)) {
		assert.deepEqual(await w.as(stranger.key).json(method, path, body, 403), {detail: 'Forbidden'});
		await w.as(reader.key).call(method, path, body, need === 'read' ? 200 : 403);
		await w.as('dw_nonsense').call(method, path, body, 401);
	}
	assert.equal(await w.revision(), was);
	for (const [method, path, body] of calls(made)) {
		await w.as(manager.key).call(method, path, body);
	}
});

test('Application is given and taken by whoever may change the resource', async () => {
	const {w, value, tagging} = await furnished('application', 'Application');
	const editor = await w.member('app-editor', 'workspaces:read', 'projects:update', 'datasets:update', 'prompts:update',
		'deployments:update', 'annotation-queues:update', 'mcp-servers:update', 'sandboxes:update');
	const other = await w.makeValue(await w.keyNamed('Environment'), 'prod');
	for (const type of ['project', 'dataset', 'prompt', 'deployment', 'queue', 'mcp_server', 'sandbox']) {
		const given = await editor.tag(value, type, 'by-editor');
		await editor.call('DELETE', `taggings/${given.id}`);
		await editor.tag(other, type, 'by-editor', 403);
	}
	await editor.call('DELETE', `taggings/${tagging.id}`);
	// Types that nobody has a permission of their own for.
	for (const type of ['dashboard', 'evaluator', 'experiment', 'fleet_integration', 'agent', 'skill']) {
		await editor.tag(value, type, 'by-editor', 403);
		await w.tag(value, type, 'by-owner');
	}
	// The permission of another type, or to do something else, is not enough.
	const narrow = await w.member('app-narrow', 'workspaces:read', 'datasets:update', 'projects:read', 'projects:delete');
	await narrow.tag(value, 'project', 'p-narrow', 403);
	await narrow.tag(value, 'dataset', 'd');
	// Nor is the catalog the editor's.
	await editor.call('POST', `tag-keys/${value.tag_key_id}/tag-values`, {value: 'mine'}, 403);
	await editor.call('DELETE', `tag-keys/${value.tag_key_id}`, undefined, 403);
	// A permission held in another workspace, and a key that is not bound to this one, do not count here.
	const far = await Workspace.make(s, 'application-far');
	const farEditor = await far.member('app-far', 'workspaces:read', 'projects:update');
	assert.equal((await s.call('POST', '/doorward/v1/roles', {id: 'app-reads', actions: ['workspaces:read']})).status, 201);
	assert.equal((await s.call('PUT', `/doorward/v1/roles/app-reads/members/app-far?tenant=${w.id}`)).status, 204);
	await w.as(farEditor.key).tag(value, 'project', 'p-application', 403);
	await farEditor.tag(await far.makeValue(await far.keyNamed('Application'), 'prod'), 'project', 'p-far');
	const bound = await makeKey(s, {type: 'user', id: 'app-editor'}, {tenants: [far.id]});
	await w.as(bound).tag(value, 'project', 'p-application', 403);
});

test('what is in another workspace does not exist', async () => {
	const one = await furnished('ws-one');
	const {w: two} = await furnished('ws-two');
	const was = await two.revision();
	for (const [method, path, body] of calls(one)) {
		// Only what names an entry of the other one; the rest is about this one.
		if (path.includes(one.key.id) || path.includes(one.tagging.id) || path.includes(one.value.id) || body?.tag_value_id) {
			assert.match((await two.json(method, path, body, 404)).detail, /^Tag(ging| key| value) not found$/);
		}
	}
	assert.equal(await two.revision(), was);
	// Tags are per workspace, resources are not: one that is registered elsewhere cannot be tagged or read from here.
	const value = (await two.keyNamed('Environment')).values[0];
	assert.equal((await one.w.native('PUT', 'project', 'only-in-one', {tenant: one.w.id, tags: {Environment: 'prod'}})).status, 201);
	assert.equal((await one.w.native('PUT', 'project', 'nowhere', {tags: {Environment: 'prod'}})).status, 201);
	for (const id of ['only-in-one', 'nowhere']) {
		assert.deepEqual(await two.tag(value, 'project', id, 404), {detail: 'Resource not found'});
		assert.deepEqual(await two.tagsOf('project', id), []);
	}
	assert.deepEqual(await two.json('POST', 'tags/resources', [{resource_type: 'project', resource_id: 'only-in-one'}]), {'only-in-one': []});
	assert.deepEqual(await one.w.texts('project', 'only-in-one'), {Environment: ['prod']});
});

test('an organization sees nothing of another', async (t) => {
	const o = await startServer({org: 'first'});
	t.after(() => o.dispose());
	const mine = await Workspace.make(o, 'shared-name');
	const key = await mine.makeKey('Secret');
	const value = await mine.makeValue(key, 'hidden');
	const tagging = await mine.tag(value, 'project', 'p');
	const keyOfFirst = o.key;
	await o.restart({org: 'second'});
	const theirs = await Workspace.make(o, 'shared-name');
	for (const [method, path, body] of calls({key, value, tagging})) {
		if (path.includes(key.id) || path.includes(tagging.id) || path.includes(value.id) || body?.tag_value_id) {
			await theirs.call(method, path, body, 404);
		} else if (method === 'GET') {
			assert.doesNotMatch((await theirs.call(method, path)).text, /Secret|hidden/);
		}
	}
	const named = {key: o.key, headers: {'X-Tenant-Id': 'shared-name', 'X-Organization-Id': 'first'}};
	assert.equal((await o.call('GET', `${current}/tags`, undefined, named)).status, 403);
	// And it is all still there.
	assert.deepEqual(await theirs.as(keyOfFirst).tagsOf('project', 'p'), [{...key, values: [{...value, taggings: [tagging]}]}]);
});

test('the workspace is the one of the header, and must be there', async () => {
	const {w} = await furnished('header');
	const call = (headers, key = w.key) => s.call('GET', `${current}/tags`, undefined, {key, headers});
	assert.equal((await call({'X-Tenant-Id': nobody})).status, 404);
	assert.equal((await call({'X-Tenant-Id': 'header'})).status, 200);
	const key = await makeUser(s, 'nowhere-at-home');
	assert.equal((await call({}, key)).status, 403);
});

test('every change is recorded under its name, with what it was about; so is one that fails', async () => {
	const made = await furnished('audited');
	const {w, key, value, tagging} = made;
	const reader = await w.member('audit-reader', 'workspaces:read');
	const since = (await s.call('GET', '/doorward/v1/audit?limit=1')).json.items[0].id;
	await w.call('PATCH', `tag-keys/${key.id}`, {description: 'x'});
	await w.call('PATCH', `tag-keys/${key.id}/tag-values/${value.id}`, {description: 'x'});
	await w.call('DELETE', `taggings/${tagging.id}`);
	await w.call('DELETE', `tag-keys/${key.id}/tag-values/${value.id}`);
	await w.call('DELETE', `tag-keys/${key.id}`);
	const newKey = await w.makeKey('K');
	const newValue = await w.makeValue(newKey, 'V');
	const newTagging = await w.tag(newValue, 'project', 'p-audited');
	await w.call('POST', 'tag-keys', {key: 'K'}, 409);
	await w.call('DELETE', `taggings/${nobody}`, undefined, 404);
	await w.as(reader.key).tag(newValue, 'project', 'p-audited', 403);
	const rows = (await s.call('GET', '/doorward/v1/audit?limit=100')).json.items.filter((r) => r.id > since).reverse();
	assert.deepEqual(rows.map((r) => [r.event, r.operation, r.target, r.outcome, r.status]), [
		['update_tag_key', 'workspaces:manage', `tag_key:${key.id}`, 'done', 200],
		['update_tag_value', 'workspaces:manage', `tag_value:${value.id}`, 'done', 200],
		['delete_tagging', 'workspaces:manage', `tagging:${tagging.id}`, 'done', 200],
		['delete_tag_value', 'workspaces:manage', `tag_value:${value.id}`, 'done', 200],
		['delete_tag_key', 'workspaces:manage', `tag_key:${key.id}`, 'done', 200],
		['create_tag_key', 'workspaces:manage', `tag_key:${newKey.id}`, 'done', 200],
		['create_tag_value', 'workspaces:manage', `tag_value:${newValue.id}`, 'done', 200],
		['create_tagging', 'workspaces:manage', `tagging:${newTagging.id}`, 'done', 200],
		['create_tag_key', 'workspaces:manage', 'workspace:audited', 'refused', 409],
		['delete_tagging', 'workspaces:read', 'workspace:audited', 'refused', 404],
		['create_tagging', 'workspaces:manage', 'workspace:audited', 'refused', 403],
	]);
	assert.ok(rows.every((r) => r.tenant === 'audited'));
});
