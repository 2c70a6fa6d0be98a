// SPDX-License-Identifier: Apache-2.0
// Tags given natively and taggings are one thing; what happens to them when resources move and tenants end, and that a
// restart after kill -9 finds them all.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {Workspace} from './tags-support.mjs';

let s;
before(async () => {
	s = await startServer({store: 'sqlite'});
});
after(async () => assert.equal(await s.stop(), 0));

const ok = (r, ...statuses) => {
	assert.ok(statuses.includes(r.status), r.text);
	return r.json;
};

test('tags given natively come into the catalog, and stay the taggings they are', async () => {
	const w = await Workspace.make(s, 'in');
	const prod = await w.makeValue(await w.keyNamed('Environment'), 'prod');
	ok(await w.native('PUT', 'project', 'p', {tenant: 'in', tags: {Environment: ['prod', 'dev', 'prod'], Team: 'core'}}), 201);
	assert.deepEqual(await w.catalog(), {Application: [], Environment: ['prod', 'dev'], Team: ['core']});
	assert.deepEqual(await w.texts('project', 'p'), {Environment: ['prod', 'dev'], Team: ['core']});
	const before = await w.tagsOf('project', 'p');
	assert.equal(before[0].values[0].id, prod.id);
	// A second resource with the same tags adds nothing to the catalog.
	ok(await w.native('PUT', 'project', 'q', {tenant: 'in', tags: {Team: ['core']}}), 201);
	assert.deepEqual((await w.catalog()).Team, ['core']);
	// Replaced, changed or left alone: what stays keeps its tagging.
	ok(await w.native('PATCH', 'project', 'p', {attributes: {size: 1}}), 200);
	assert.deepEqual(await w.tagsOf('project', 'p'), before);
	ok(await w.native('PUT', 'project', 'p', {tenant: 'in', tags: {Team: 'core', New: ['a', 'b'], Environment: ['dev']}}), 200);
	const now = await w.tagsOf('project', 'p');
	assert.deepEqual(now.map((k) => [k.key, k.values.map((v) => v.value)]), [['Team', ['core']], ['New', ['a', 'b']], ['Environment', ['dev']]]);
	assert.deepEqual(now[0], before[1]);
	assert.deepEqual(now[2].values[0], before[0].values[1]);
	ok(await w.native('PATCH', 'project', 'p', {tags: null}), 200);
	assert.deepEqual(await w.tagsOf('project', 'p'), []);
	assert.deepEqual((await w.catalog()).New, ['a', 'b']);
});

test('taggings show natively', async () => {
	const w = await Workspace.make(s, 'out');
	const env = await w.keyNamed('Environment');
	const [prod, dev] = [await w.makeValue(env, 'prod'), await w.makeValue(env, 'dev')];
	const tagging = await w.tag(prod, 'dataset', 'd');
	const seen = async () => ok(await w.native('GET', 'dataset', 'd'), 200);
	const {created_at, updated_at, ...rest} = await seen();
	assert.ok(created_at && updated_at);
	assert.deepEqual(rest, {
		type: 'dataset', id: 'd', display_name: null, description: null, tenant: 'out', parent: null, tags: {Environment: ['prod']},
		attributes: {}, members: [],
	});
	ok(await w.native('PATCH', 'dataset', 'd', {attributes: {name: 'D'}, parent: 'folder/f'}), 200);
	await w.tag(dev, 'dataset', 'd');
	assert.deepEqual([(await seen()).tags, (await seen()).attributes, (await seen()).parent], [{Environment: ['prod', 'dev']}, {name: 'D'}, {type: 'folder', id: 'f'}]);
	await w.call('DELETE', `taggings/${tagging.id}`);
	assert.deepEqual((await seen()).tags, {Environment: ['dev']});
	ok(await w.native('DELETE', 'dataset', 'd'), 204);
	assert.deepEqual(await w.tagsOf('dataset', 'd'), []);
	assert.deepEqual((await w.json('GET', `taggings?tag_value_id=${dev.id}`))[0].resources.datasets, []);
});

test('a resource that moves takes its texts into the other catalog', async () => {
	const [a, b] = [await Workspace.make(s, 'from'), await Workspace.make(s, 'to')];
	ok(await a.native('PUT', 'prompt', 'moves', {tenant: 'from', tags: {Team: 'core'}}), 201);
	const was = (await a.tagsOf('prompt', 'moves'))[0];
	ok(await a.native('PATCH', 'prompt', 'moves', {tenant: 'to'}), 200);
	const is = (await b.tagsOf('prompt', 'moves'))[0];
	assert.deepEqual([is.key, is.values[0].value], ['Team', 'core']);
	assert.notEqual(is.id, was.id);
	assert.notEqual(is.values[0].taggings[0].id, was.values[0].taggings[0].id);
	assert.deepEqual(await a.tagsOf('prompt', 'moves'), []);
	await a.call('DELETE', `tag-keys/${was.id}`);
	assert.deepEqual(await b.texts('prompt', 'moves'), {Team: ['core']});
	// Without a tenant there is no catalog, and the texts stay.
	ok(await a.native('PATCH', 'prompt', 'moves', {tenant: null}), 200);
	assert.deepEqual(ok(await a.native('GET', 'prompt', 'moves'), 200).tags, {Team: ['core']});
	await b.call('DELETE', `tag-keys/${is.id}`);
	assert.deepEqual(ok(await a.native('GET', 'prompt', 'moves'), 200).tags, {Team: ['core']});
	ok(await a.native('PATCH', 'prompt', 'moves', {tenant: 'from'}), 200);
	assert.deepEqual(await a.texts('prompt', 'moves'), {Team: ['core']});
});

test('a tenant takes its catalog along, and its resources keep their texts', async () => {
	const w = await Workspace.make(s, 'ends');
	const value = await w.makeValue(await w.keyNamed('Environment'), 'prod');
	await w.tag(value, 'project', 'left-behind');
	ok(await s.call('DELETE', '/doorward/v1/tenants/ends'), 204);
	const left = ok(await w.native('GET', 'project', 'left-behind'), 200);
	assert.deepEqual([left.tenant, left.tags], [null, {Environment: ['prod']}]);
	const again = await Workspace.make(s, 'ends');
	assert.deepEqual(await again.catalog(), {Application: [], Environment: []});
	assert.deepEqual(await again.tagsOf('project', 'left-behind'), []);
	const fresh = await again.makeValue(await again.keyNamed('Environment'), 'prod');
	await again.call('GET', `taggings?tag_value_id=${value.id}`, undefined, 404);
	await again.tag(fresh, 'project', 'left-behind', 404);
	ok(await w.native('PATCH', 'project', 'left-behind', {tenant: 'ends'}), 200);
	assert.equal((await again.tagsOf('project', 'left-behind'))[0].values[0].id, fresh.id);
});

test('texts that cannot be tags are refused natively too', async () => {
	const w = await Workspace.make(s, 'texts');
	const was = await w.revision();
	const long = 'é'.repeat(256);
	for (const tenant of ['texts', null]) {
		for (const tags of [{'': 'x'}, {K: ''}, {K: ['x', '']}, {[long]: 'x'}, {K: long}, {K: 'a\0b'}, {'a\0b': 'x'},
			{K: Array.from({length: 1001}, (_, i) => `${i}`)}]) {
			const r = await w.native('PUT', 'project', 'refused', {tenant, tags});
			assert.equal(r.status, 400, JSON.stringify(tags));
			assert.match(r.json.detail, /^tags:/);
		}
	}
	assert.equal(await w.revision(), was);
	const longest = 'é'.repeat(255);
	ok(await w.native('PUT', 'project', 'taken', {tenant: 'texts', tags: {[longest]: longest}}), 201);
	assert.deepEqual(await w.texts('project', 'taken'), {[longest]: [longest]});
});

test('kill -9 loses nothing', async () => {
	const w = await Workspace.make(s, 'durable');
	const env = await w.keyNamed('Environment');
	const value = await w.makeValue(env, 'prod', {description: 'd'});
	await w.tag(value, 'project', 'kept-p');
	ok(await w.native('PUT', 'project', 'kept-q', {tenant: 'durable', tags: {Environment: ['prod', 'dev'], Team: 'core'}}), 201);
	await w.json('PATCH', `tag-keys/${env.id}`, {key: 'Stage', description: 'renamed'});
	const all = async () => [
		await w.json('GET', 'tags'),
		await w.json('GET', 'taggings'),
		await w.json('POST', 'tags/resources', [{resource_type: 'project', resource_id: 'kept-p'}, {resource_type: 'project', resource_id: 'kept-q'}]),
		ok(await w.native('GET', 'project', 'kept-q'), 200),
	];
	const was = await all();
	await s.kill9();
	await s.start();
	assert.deepEqual(await all(), was);
	// And it is as alive as it was.
	await w.call('DELETE', `tag-keys/${env.id}/tag-values/${value.id}`);
	assert.deepEqual(await w.texts('project', 'kept-q'), {Stage: ['dev'], Team: ['core']});
});
