// SPDX-License-Identifier: Apache-2.0
//
// GET /doorward/v1/changes: what each revision did to documents and to access, page by page, and what it says applied in order gives
// the documents there are.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {portrait, randomOrganization} from '../harness/random-organization.mjs';
import {makeUser, startServer, testClock} from '../harness/server.mjs';

const seed = Number(process.env.DOORWARD_SEED ?? Math.floor(Math.random() * 2 ** 31));
const clock = testClock('2026-01-01T00:00:00Z');

let s;
before(async () => {
	s = await startServer({store: 'memory', args: ['--log-level', 'error'], env: clock.env});
});
after(() => s.dispose());

const revisionOf = (r) => Number(r.headers['doorward-revision']);
const newest = async () => revisionOf(await s.call('GET', '/doorward/v1/users'));
const changes = (query = '', options) => s.call('GET', `/doorward/v1/changes${query}`, undefined, options);

async function ok(promise, status = 200) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

/** What one call did: its only revision. */
async function changeOf(method, path, body) {
	const from = await newest();
	const r = await s.call(method, path, body);
	assert.ok(r.status < 300, r.text);
	const {items, next_cursor} = (await ok(changes(`?from=${from}`))).json;
	assert.equal(items.length, 1);
	assert.equal(next_cursor, null);
	assert.equal(items[0].revision, from + 1);
	assert.equal(items[0].request_id, r.headers['x-request-id']);
	// Whose access it was is told beside what documents say of it: see below.
	const {gains, loses, ...said} = items[0].access;
	told = {gains, loses};
	return {...items[0], access: said};
}
let told;

const access = (effect, allow = [0, 0], deny = [0, 0], memberships = [0, 0]) => ({
	effect,
	allowing_statements: {added: allow[0], removed: allow[1]},
	denying_statements: {added: deny[0], removed: deny[1]},
	memberships: {added: memberships[0], removed: memberships[1]},
});

test('what changes did to documents and access', async () => {
	clock.set('2026-01-01T00:00:10Z');
	await ok(s.call('POST', '/doorward/v1/users', {id: 'alice', email: 'a@x.org'}), 201);
	const created = await changeOf('POST', '/doorward/v1/roles', {id: 'reader', actions: ['read']});
	assert.deepEqual(
		{...created, revision: 0, request_id: ''},
		{
			revision: 0, at: '2026-01-01T00:00:10Z', actor: 'user:owner', via: 'native', operation: 'doorward:roles:create',
			target: 'doorward:roles:reader', request_id: '',
			documents: [{kind: 'role', id: 'reader', change: 'created', before: null, after: {actions: ['read'], created_at: 1767225610000}}],
			documents_left_out: 0, access: access('widened', [1, 0]),
		},
	);
	const joined = await changeOf('PUT', '/doorward/v1/roles/reader/members/alice');
	assert.deepEqual(joined.access, access('unclear', [0, 0], [0, 0], [1, 0]));
	const more = await changeOf('PATCH', '/doorward/v1/roles/reader', {actions: ['read', 'write']});
	assert.deepEqual(more.documents, [{kind: 'role', id: 'reader', change: 'updated', before: {actions: ['read']}, after: {actions: ['read', 'write']}}]);
	assert.deepEqual(more.access, access('widened', [1, 1]));
	assert.equal((await changeOf('PATCH', '/doorward/v1/roles/reader', {actions: ['write']})).access.effect, 'narrowed');
	assert.equal((await changeOf('PATCH', '/doorward/v1/roles/reader', {actions: ['delete']})).access.effect, 'unclear');
	const named = await changeOf('PATCH', '/doorward/v1/roles/reader', {display_name: 'Reader'});
	assert.deepEqual(named.documents[0].before, {display_name: null});
	assert.deepEqual(named.access, access('none'));
});

test('denials, roles that policies name, grants', async () => {
	const statement = (effect, more) => ({effect, actions: ['infra:nodes:get'], resources: ['*'], tenants: ['*'], ...more});
	const policy = (...statements) => ({name: 'n', members: ['user:local:alice', 'team:local:devs'], statements, tenants: []});
	assert.deepEqual((await changeOf('POST', '/iam/policies', {id: 'no', ...policy(statement('DENY'))})).access, access('narrowed', [0, 0], [2, 0]));
	assert.deepEqual((await changeOf('DELETE', '/iam/policies/no')).access, access('widened', [0, 0], [0, 2]));
	await changeOf('POST', '/iam/roles', {id: 'looker', name: 'x', actions: ['infra:nodes:list'], tenants: []});
	await changeOf('POST', '/iam/policies', {id: 'by-role', ...policy(statement('ALLOW', {actions: [], role: 'looker'}))});
	// The role itself, and the policy for two members.
	const more = await changeOf('PUT', '/iam/roles/looker', {name: 'x', actions: ['infra:nodes:list', 'infra:nodes:get'], tenants: []});
	assert.equal(more.access.effect, 'widened');
	assert.ok(more.access.allowing_statements.added >= 2);
	const grant = {grantee_type: 'user', grantee_id: 'alice', entity_type: 'assistant', entity_id: 'a1'};
	const granted = await changeOf('POST', '/v1/organizations/default/access/grants', {...grant, access_level: 'write'});
	assert.deepEqual(granted.access, access('widened', [1, 0]));
	const path = `/v1/organizations/default/access/grants/${granted.documents[0].id}`;
	assert.deepEqual((await changeOf('PATCH', path, {access_level: 'read'})).access, access('narrowed', [1, 1]));
	assert.deepEqual((await changeOf('DELETE', path)).access, access('narrowed', [0, 1]));
});

test('who gained and who lost', async () => {
	await changeOf('POST', '/doorward/v1/groups', {id: 'readers', kind: 'team'});
	await changeOf('POST', '/doorward/v1/policies', {id: 'r', effect: 'allow', subjects: ['group:readers'], actions: ['look', 'list'], resources: ['doc/*']});
	assert.deepEqual(told, {gains: {principals: 0, access: 0}, loses: {principals: 0, access: 0}}, 'nobody is in the group');
	await changeOf('PUT', '/doorward/v1/groups/readers/members/alice');
	assert.deepEqual(told, {gains: {principals: 1, access: 2}, loses: {principals: 0, access: 0}});
	await changeOf('PATCH', '/doorward/v1/policies/r', {actions: ['look', 'print']});
	assert.deepEqual(told, {gains: {principals: 1, access: 1}, loses: {principals: 1, access: 1}});
	await changeOf('DELETE', '/doorward/v1/groups/readers');
	assert.deepEqual(told, {gains: {principals: 0, access: 0}, loses: {principals: 1, access: 2}});
});

test('secrets are not told', async () => {
	const {documents, access: done} = await changeOf('POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'alice'}, name: 'k'});
	assert.equal(documents[0].after.hash, '(secret)');
	assert.deepEqual(done, access('none'));
});

test('from and to are revisions or times', async () => {
	const all = (await ok(changes())).json;
	assert.deepEqual(all.items.map((i) => i.revision), Array.from({length: await newest()}, (_, i) => i + 1));
	assert.equal(all.next_cursor, null);
	assert.equal(all.items[0].via, 'bootstrap');
	assert.equal(all.items[0].documents.find((d) => d.kind === 'key').after.hash, '(secret)');
	assert.deepEqual((await ok(changes('?from=0'))).json, all);
	const some = async (query) => (await ok(changes(query))).json.items;
	assert.deepEqual(await some('?from=3&to=5'), all.items.slice(3, 5));
	assert.deepEqual(await some('?from=4&to=4'), []);
	assert.deepEqual(await some('?to=1'), all.items.slice(0, 1));
	assert.deepEqual(await some('?from=2026-01-01T00:00:05Z&to=2026-01-01T00:00:10Z'), all.items.slice(1));
	assert.deepEqual(await some('?to=2026-01-01T00:00:05Z'), all.items.slice(0, 1));
	for (const limit of [1, 3]) {
		const pages = [];
		let cursor = '';
		do {
			const page = (await ok(changes(`?from=2&limit=${limit}&cursor=${cursor ?? ''}`))).json;
			assert.ok(page.items.length <= limit);
			pages.push(...page.items);
			cursor = page.next_cursor;
		} while (cursor);
		assert.deepEqual(pages, all.items.slice(2));
	}
});

test('refused', async () => {
	const cases = [
		['?from=x', /from: must be/], ['?to=0', /to: there is no such revision/], ['?from=9999', /from: .*the newest is/],
		['?from=5&to=4', /behind/], ['?to=2030-01-01T00:00:00Z', /yet to come/], ['?from=2020-01-01T00:00:00Z', /no organization/],
		['?limit=0', /limit/], ['?cursor=x', /cursor/],
	];
	for (const [query, says] of cases) {
		const r = await ok(changes(query), 400);
		assert.match(r.json.detail, says, query);
	}
	await ok(changes('', {headers: {'Doorward-As-Of': '1'}}), 400);
	await ok(changes('', {key: null}), 401);
	await ok(changes('', {key: await makeUser(s, 'nosy')}), 403);
});

test('changes in order make the documents there are', async () => {
	const random = randomOrganization(seed);
	for (let i = 0; i < 150; i++) {
		await s.call(...random.change());
	}
	const documents = new Map();
	const effects = new Set();
	const apply = ({kind, id, change, before, after}) => {
		const key = `${kind} ${id}`;
		assert.equal(documents.has(key), change !== 'created', `seed ${seed}: ${key}`);
		if (change === 'deleted') {
			documents.delete(key);
			return;
		}
		const now = {...documents.get(key)};
		for (const [name, value] of Object.entries(before ?? {})) {
			assert.deepEqual(now[name] ?? null, value, `seed ${seed}: ${key} ${name}`);
		}
		documents.set(key, {...now, ...after});
	};
	let cursor = '';
	do {
		const page = (await ok(changes(`?limit=20&cursor=${cursor}`))).json;
		for (const item of page.items) {
			item.documents.forEach(apply);
			effects.add(item.access.effect);
		}
		cursor = page.next_cursor;
	} while (cursor);
	const {lists} = await portrait(s);
	for (const user of lists['/doorward/v1/users'].items) {
		assert.equal(documents.get(`user ${user.id}`).email ?? null, user.email, `seed ${seed}`);
	}
	assert.equal([...documents.keys()].filter((k) => k.startsWith('user ')).length, lists['/doorward/v1/users'].items.length, `seed ${seed}`);
	assert.deepEqual([...effects].sort(), ['narrowed', 'none', 'unclear', 'widened'], `seed ${seed}`);
});
