// SPDX-License-Identifier: Apache-2.0
// Resource tags as the vendor's clients know them: keys, values, taggings and the look-ups (case 62).
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {Workspace, nobody, time, uuid} from './tags-support.mjs';

let s;
before(async () => {
	s = await startServer({store: 'memory'});
});
after(async () => assert.equal(await s.stop(), 0));

test('a workspace is born with the keys Application and Environment', async () => {
	const w = await Workspace.make(s, 'born');
	const keys = await w.json('GET', 'tag-keys');
	assert.deepEqual(keys.map((k) => k.key), ['Application', 'Environment']);
	for (const key of keys) {
		assert.deepEqual(Object.keys(key), ['id', 'key', 'description', 'created_at', 'updated_at']);
		assert.match(key.id, uuid);
		assert.match(key.created_at, time);
		assert.equal(key.updated_at, key.created_at);
		assert.equal(key.description, null);
	}
	assert.deepEqual(await w.catalog(), {Application: [], Environment: []});
	// Whichever dialect makes it.
	const made = await s.call('POST', '/iam/tenants', {id: 'born-elsewhere', name: 'Elsewhere', skip_policies: true});
	assert.equal(made.status, 200);
	assert.deepEqual(await new Workspace(s, 'born-elsewhere').catalog(), {Application: [], Environment: []});
	const own = await s.call('POST', '/api/v1/workspaces', {display_name: 'Own'});
	assert.equal(own.status, 200, own.text);
	assert.deepEqual(await new Workspace(s, own.json.id).catalog(), {Application: [], Environment: []});
});

test('a key: create, get, change, delete', async () => {
	const w = await Workspace.make(s, 'keys');
	const key = await w.makeKey('Team', {description: 'Who owns it', unknown: 1});
	assert.deepEqual({...key, id: 0, created_at: 0, updated_at: 0}, {id: 0, key: 'Team', description: 'Who owns it', created_at: 0, updated_at: 0});
	assert.deepEqual(await w.json('GET', `tag-keys/${key.id}`), key);
	assert.deepEqual((await w.json('GET', 'tag-keys')).at(-1), key);

	const renamed = await w.json('PATCH', `tag-keys/${key.id}`, {key: 'Squad'});
	assert.deepEqual({...renamed, updated_at: 0}, {...key, key: 'Squad', updated_at: 0});
	assert.equal((await w.json('PATCH', `tag-keys/${key.id}`, {key: null, description: 'x'})).key, 'Squad');
	assert.equal((await w.json('PATCH', `tag-keys/${key.id}`, {})).description, 'x');
	assert.equal((await w.json('PATCH', `tag-keys/${key.id}`, {description: null})).description, null);
	assert.equal((await w.json('GET', `tag-keys/${key.id}`)).description, null);
	assert.equal((await w.json('PATCH', `tag-keys/${key.id}`, {key: 'Squad'})).key, 'Squad');

	assert.equal((await w.json('DELETE', `tag-keys/${key.id}`)).id, key.id);
	for (const [method, body] of [['GET'], ['PATCH', {key: 'x'}], ['DELETE']]) {
		assert.deepEqual(await w.json(method, `tag-keys/${key.id}`, body, 404), {detail: 'Tag key not found'});
	}
	// The name is free again.
	assert.notEqual((await w.makeKey('Squad')).id, key.id);
});

test('a value: create, get, change, delete, below its own key only', async () => {
	const w = await Workspace.make(s, 'values');
	const [key, other] = [await w.makeKey('Team'), await w.makeKey('Other')];
	const value = await w.makeValue(key, 'core', {description: 'd'});
	const path = `tag-keys/${key.id}/tag-values/${value.id}`;
	assert.deepEqual(Object.keys(value), ['id', 'tag_key_id', 'value', 'description', 'created_at', 'updated_at']);
	assert.match(value.id, uuid);
	assert.deepEqual([value.tag_key_id, value.value, value.description], [key.id, 'core', 'd']);
	assert.deepEqual(await w.json('GET', path), value);
	assert.deepEqual(await w.json('GET', `tag-keys/${key.id}/tag-values`), [value]);
	assert.deepEqual(await w.json('GET', `tag-keys/${other.id}/tag-values`), []);

	const renamed = await w.json('PATCH', path, {value: 'kernel'});
	assert.deepEqual({...renamed, updated_at: 0}, {...value, value: 'kernel', updated_at: 0});
	assert.equal((await w.json('PATCH', path, {value: null, description: null})).description, null);
	assert.equal((await w.json('GET', path)).value, 'kernel');
	// The same text under another key is another value.
	const twin = await w.makeValue(other, 'kernel');
	assert.deepEqual(await w.json('GET', `tag-keys/${other.id}/tag-values/${value.id}`, undefined, 404), {detail: 'Tag value not found'});
	await w.call('DELETE', `tag-keys/${key.id}/tag-values/${twin.id}`, undefined, 404);
	await w.call('PATCH', `tag-keys/${nobody}/tag-values/${value.id}`, {value: 'x'}, 404);
	await w.call('GET', `tag-keys/${nobody}/tag-values`, undefined, 404);
	await w.call('POST', `tag-keys/${nobody}/tag-values`, {value: 'x'}, 404);

	assert.equal((await w.json('DELETE', path)).id, value.id);
	await w.call('GET', path, undefined, 404);
	await w.call('DELETE', path, undefined, 404);
	assert.deepEqual(await w.catalog(), {Application: [], Environment: [], Team: [], Other: ['kernel']});
	// A key takes its values along.
	await w.call('DELETE', `tag-keys/${other.id}`);
	await w.call('GET', `tag-keys/${other.id}/tag-values/${twin.id}`, undefined, 404);
	assert.deepEqual(await w.catalog(), {Application: [], Environment: [], Team: []});
});

test('a name that is taken is refused once, and changes nothing', async () => {
	const w = await Workspace.make(s, 'taken');
	const [a, b] = [await w.makeKey('A'), await w.makeKey('B')];
	const [x, y] = [await w.makeValue(a, 'x'), await w.makeValue(a, 'y')];
	const was = await w.revision();
	for (const [method, path, body] of [
		['POST', 'tag-keys', {key: 'A'}],
		['POST', 'tag-keys', {key: 'Application'}],
		['PATCH', `tag-keys/${b.id}`, {key: 'A', description: 'kept out'}],
		['POST', `tag-keys/${a.id}/tag-values`, {value: 'x'}],
		['PATCH', `tag-keys/${a.id}/tag-values/${y.id}`, {value: 'x'}],
	]) {
		const r = await w.call(method, path, body, 409);
		assert.match(r.json.detail, /already/);
		assert.equal(r.headers['x-should-retry'], 'false');
	}
	assert.equal(await w.revision(), was);
	// Names are compared exactly.
	await w.makeKey('a');
	await w.makeValue(a, 'X');
	assert.deepEqual(await w.json('GET', `tag-keys/${a.id}/tag-values/${x.id}`), x);
});

test('lengths are counted in characters', async () => {
	const w = await Workspace.make(s, 'lengths');
	const was = await w.revision();
	const key = await w.keyNamed('Application');
	for (const text of ['', 'x'.repeat(256), 'é'.repeat(256), '😀'.repeat(256)]) {
		for (const [method, path, body] of [
			['POST', 'tag-keys', {key: text}],
			['PATCH', `tag-keys/${key.id}`, {key: text}],
			['POST', `tag-keys/${key.id}/tag-values`, {value: text}],
		]) {
			assert.match((await w.json(method, path, body, 422)).detail[0].msg, /1 to 255 characters/);
		}
	}
	await w.call('POST', 'tag-keys', {key: 'k', description: 'd'.repeat(1025)}, 422);
	assert.equal(await w.revision(), was);
	const longest = '😀'.repeat(255);
	assert.equal((await w.makeKey(longest, {description: 'é'.repeat(1024)})).key, longest);
	assert.equal((await w.makeValue(key, longest)).value, longest);
	await w.makeValue(key, 'a/b:c*?${x} "\\\n');
	assert.ok((await w.catalog()).Application.includes('a/b:c*?${x} "\\\n'));
});

test('a tagging shows under key, value and tagging, and goes with its value', async () => {
	const w = await Workspace.make(s, 'taggings');
	const env = await w.keyNamed('Environment');
	const [prod, dev] = [await w.makeValue(env, 'prod'), await w.makeValue(env, 'dev')];
	const team = await w.makeKey('Team');
	const core = await w.makeValue(team, 'core');
	const tagging = await w.tag(prod, 'project', 'p1');
	assert.deepEqual(Object.keys(tagging), ['id', 'tag_value_id', 'resource_type', 'resource_id', 'created_at']);
	assert.match(tagging.id, uuid);
	assert.match(tagging.created_at, time);
	assert.deepEqual([tagging.tag_value_id, tagging.resource_type, tagging.resource_id], [prod.id, 'project', 'p1']);
	const second = await w.tag(core, 'project', 'p1');
	const third = await w.tag(dev, 'project', 'p1');
	assert.equal(new Set([tagging.id, second.id, third.id]).size, 3);

	const {values: _, ...envKey} = env;
	assert.deepEqual(await w.tagsOf('project', 'p1'), [
		{...envKey, values: [{...prod, taggings: [tagging]}, {...dev, taggings: [third]}]},
		{...team, values: [{...core, taggings: [second]}]},
	]);
	assert.deepEqual(await w.tagsOf('dataset', 'p1'), []);
	assert.deepEqual(await w.tagsOf('project', 'p2'), []);

	// The same again is what there is already, and no new revision.
	const was = await w.revision();
	assert.deepEqual(await w.tag(prod, 'project', 'p1'), tagging);
	assert.equal(await w.revision(), was);

	assert.equal((await w.json('DELETE', `taggings/${second.id}`)).id, second.id);
	assert.deepEqual(await w.json('DELETE', `taggings/${second.id}`, undefined, 404), {detail: 'Tagging not found'});
	assert.deepEqual(await w.texts('project', 'p1'), {Environment: ['prod', 'dev']});
	await w.call('DELETE', `tag-keys/${env.id}/tag-values/${prod.id}`);
	assert.deepEqual(await w.texts('project', 'p1'), {Environment: ['dev']});
	await w.call('DELETE', `taggings/${tagging.id}`, undefined, 404);
	await w.call('DELETE', `tag-keys/${env.id}`);
	assert.deepEqual(await w.tagsOf('project', 'p1'), []);
	// Made again, it is another value: nobody has it.
	const again = await w.makeValue(await w.makeKey('Environment'), 'prod');
	assert.deepEqual((await w.json('GET', `taggings?tag_value_id=${again.id}`))[0].resources.projects, []);
});

test('what is renamed keeps its resources', async () => {
	const w = await Workspace.make(s, 'renames');
	const env = await w.keyNamed('Environment');
	const [prod, dev] = [await w.makeValue(env, 'prod'), await w.makeValue(env, 'dev')];
	const tagging = await w.tag(prod, 'prompt', 'p');
	await w.tag(dev, 'prompt', 'p');
	await w.tag(await w.makeValue(await w.keyNamed('Application'), 'prod'), 'prompt', 'p');
	await w.json('PATCH', `tag-keys/${env.id}/tag-values/${prod.id}`, {value: 'production'});
	assert.deepEqual(await w.texts('prompt', 'p'), {Environment: ['production', 'dev'], Application: ['prod']});
	await w.json('PATCH', `tag-keys/${env.id}`, {key: 'Stage'});
	assert.deepEqual(await w.texts('prompt', 'p'), {Stage: ['production', 'dev'], Application: ['prod']});
	assert.deepEqual((await w.tagsOf('prompt', 'p'))[0].values[0].taggings, [tagging]);
	assert.deepEqual((await w.native('GET', 'prompt', 'p')).json.tags, {Stage: ['production', 'dev'], Application: ['prod']});
});

test('the resources of a value, by type', async () => {
	const w = await Workspace.make(s, 'by-type');
	const app = await w.keyNamed('Application');
	const [bot, idle] = [await w.makeValue(app, 'bot'), await w.makeValue(app, 'idle')];
	const types = ['dashboard', 'dataset', 'deployment', 'evaluator', 'experiment', 'fleet_integration', 'mcp_server',
		'project', 'prompt', 'queue', 'sandbox', 'agent', 'skill'];
	const taggings = {};
	for (const type of types) {
		taggings[type] = await w.tag(bot, type, `id of ${type}`);
	}
	assert.equal((await w.native('PUT', 'dataset', 'named', {tenant: w.id, tags: {Application: 'bot'}, attributes: {name: 'My data'}})).status, 201);
	assert.equal((await w.native('PUT', 'printer', 'p', {tenant: w.id, tags: {Application: 'bot'}})).status, 201);
	const list = await w.json('GET', `taggings?tag_value_id=${bot.id}`);
	assert.equal(list.length, 1);
	const {resources, ...value} = list[0];
	assert.deepEqual(value, {tag_key: 'Application', tag_key_id: app.id, tag_value: 'bot', tag_value_id: bot.id});
	for (const type of types) {
		const array = type === 'sandbox' ? 'sandboxes' : `${type}s`;
		assert.deepEqual(resources[array][0], {tagging_id: taggings[type].id, resource_name: `id of ${type}`, resource_id: `id of ${type}`});
	}
	assert.deepEqual(resources.alerts, []);
	assert.deepEqual([resources.datasets.length, resources.datasets[1].resource_name], [2, 'My data']);
	assert.deepEqual(resources.others.map((r) => [r.resource_type, r.resource_id]), [['printer', 'p']]);
	assert.deepEqual((await w.json('GET', `taggings?tag_value_id=${idle.id}`))[0].resources.projects, []);
	// Without a value: all that some resource has.
	assert.deepEqual(await w.json('GET', 'taggings'), list);
	// The guide's spelling of a queue is the same queue.
	assert.equal((await w.tag(bot, 'queues', 'id of queue')).id, taggings.queue.id);
	assert.deepEqual(await w.texts('queues', 'id of queue'), {Application: ['bot']});
});

test('the tags of several resources at once', async () => {
	const w = await Workspace.make(s, 'several');
	const value = await w.makeValue(await w.keyNamed('Environment'), 'prod');
	const other = await w.makeValue(await w.makeKey('Team'), 'core');
	await w.tag(value, 'project', 'one');
	await w.tag(other, 'dataset', 'one');
	await w.tag(value, 'project', 'two');
	const ask = (...pairs) => pairs.map(([resource_type, resource_id]) => ({resource_type, resource_id}));
	const got = await w.json('POST', 'tags/resources', ask(['project', 'one'], ['project', 'none'], ['project', 'two'], ['dataset', 'one'], ['project', 'one']));
	assert.deepEqual(Object.keys(got), ['one', 'none', 'two']);
	assert.deepEqual(got.one, [...(await w.tagsOf('project', 'one')), ...(await w.tagsOf('dataset', 'one'))]);
	assert.deepEqual(got.none, []);
	assert.deepEqual(got.two, await w.tagsOf('project', 'two'));
	assert.deepEqual(await w.json('POST', 'tags/resources', []), {});
	const many = (n) => ask(...Array.from({length: n}, (_, i) => ['project', `p${i}`]));
	assert.equal(Object.keys(await w.json('POST', 'tags/resources', many(500))).length, 500);
	await w.call('POST', 'tags/resources', many(501), 422);
});

test('bad input is refused, and nothing is changed', async () => {
	const w = await Workspace.make(s, 'bad');
	const key = await w.keyNamed('Application');
	const value = await w.makeValue(key, 'v');
	const was = await w.revision();
	const tagging = {tag_value_id: value.id, resource_type: 'project', resource_id: 'p'};
	const wrong = [1, true, [], {}, ['x']];
	const refused = async (method, path, body, field) => {
		const r = await w.json(method, path, body, 422);
		assert.equal(r.detail.length, 1, path);
		assert.deepEqual(Object.keys(r.detail[0]), ['loc', 'msg', 'type']);
		if (field) {
			assert.equal(r.detail[0].loc.at(-1), field);
		}
	};
	for (const [method, path, good] of [
		['POST', 'tag-keys', {key: 'k', description: 'd'}],
		['PATCH', `tag-keys/${key.id}`, {key: 'k', description: 'd'}],
		['POST', `tag-keys/${key.id}/tag-values`, {value: 'k', description: 'd'}],
		['PATCH', `tag-keys/${key.id}/tag-values/${value.id}`, {value: 'k', description: 'd'}],
		['POST', 'taggings', tagging],
	]) {
		for (const body of ['', '{', '[]', 'null', '"x"', '{"key":"a\\u0000b","value":"a\\u0000b","tag_value_id":"\\u0000"}']) {
			await refused(method, path, body);
		}
		for (const name of Object.keys(good)) {
			for (const bad of wrong) {
				await refused(method, path, {...good, [name]: bad}, name);
			}
			if (method === 'POST' && name !== 'description') {
				await refused(method, path, {...good, [name]: null}, name);
				await refused(method, path, {...good, [name]: undefined}, name);
			}
		}
	}
	for (const change of [
		{resource_type: 'run'}, {resource_type: 'Project'}, {resource_type: ''}, {resource_id: ''},
		{resource_id: 'x'.repeat(257)}, {resource_id: 'a\nb'}, {tag_value_id: 'v'}, {tag_value_id: ''},
	]) {
		await refused('POST', 'taggings', {...tagging, ...change});
	}
	await w.call('POST', 'taggings', {...tagging, tag_value_id: nobody}, 404);
	await w.call('POST', 'taggings', {...tagging, tag_value_id: key.id}, 404);
	for (const [method, path, body] of [
		['GET', 'tag-keys/x'], ['PATCH', 'tag-keys/x', {}], ['DELETE', 'tag-keys/x'], ['GET', 'tag-keys/x/tag-values'],
		['GET', `tag-keys/${key.id}/tag-values/x`], ['DELETE', `tag-keys/${key.id}/tag-values/..x`], ['DELETE', 'taggings/x'],
		['GET', 'taggings?tag_value_id=x'], ['GET', 'taggings?tag_value_id='], ['GET', 'taggings?tag_value_id=%zz'],
		['GET', 'tags/resource'], ['GET', 'tags/resource?resource_type=project'], ['GET', 'tags/resource?resource_id=p'],
		['GET', 'tags/resource?resource_type=run&resource_id=p'], ['GET', 'tags/resource?resource_type=project&resource_id='],
		['GET', 'tags/resource?resource_type=project&resource_id=%ff'],
		['POST', 'tags/resources', {}], ['POST', 'tags/resources', [1]], ['POST', 'tags/resources', [null]],
		['POST', 'tags/resources', [{}]], ['POST', 'tags/resources', [{resource_type: 'project'}]],
		['POST', 'tags/resources', [{resource_type: 'project', resource_id: 1}]],
		['POST', 'tags/resources', [{resource_type: 'nothing', resource_id: 'p'}]], ['POST', 'tags/resources', '['],
	]) {
		await refused(method, path, body);
	}
	await w.call('GET', `taggings?tag_value_id=${nobody}`, undefined, 404);
	await w.call('DELETE', `taggings/${nobody}`, undefined, 404);
	await w.call('PUT', 'tag-keys', {key: 'x'}, 405);
	await w.call('DELETE', 'tags', undefined, 405);
	assert.equal(await w.revision(), was);
	assert.deepEqual(await w.catalog(), {Application: ['v'], Environment: []});
	assert.equal((await w.native('GET', 'project', 'p')).status, 404);
});

test('a resource has no more tags than it can have', async () => {
	const w = await Workspace.make(s, 'full');
	const values = Array.from({length: 1000}, (_, i) => `v${i}`);
	assert.equal((await w.native('PUT', 'project', 'full', {tenant: w.id, tags: {Many: values}})).status, 201);
	const more = await w.makeValue(await w.keyNamed('Environment'), 'prod');
	assert.match((await w.tag(more, 'project', 'full', 400)).detail, /1000 tags/);
	assert.equal((await w.native('PATCH', 'project', 'full', {tags: {Many: [...values, 'v1000']}})).status, 400);
	assert.deepEqual(await w.texts('project', 'full'), {Many: values});
	await w.call('DELETE', `taggings/${(await w.tagsOf('project', 'full'))[0].values[500].taggings[0].id}`);
	await w.tag(more, 'project', 'full');
});
