// SPDX-License-Identifier: Apache-2.0
// Knowledge slices, composites and vector stores, here and natively; the switch of departments' inheritance.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer, testClock} from '../../harness/server.mjs';
import {ORG, decide, expectError, expectInvalid, grant, join, levels, makeDepartment, makePerson, makeRole, ok, role} from './support.mjs';

const SLICES = `${ORG}/knowledge/slices`;
const COMPOSITES = `${ORG}/knowledge/composites`;
const STORES = `${ORG}/vector-stores`;
const clock = testClock('2026-01-15T10:30:00Z');
let s;
const keys = {};
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	keys.manager = await makePerson(s, 'usr_manager', role.knowledge);
	keys.ann = await makePerson(s, 'ann');
	await makeDepartment(s, 'D');
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const fresh = (what) => `${what} ${++serial}`;
const by = (who) => ({key: keys[who]});
const native = (status, method, path, body, options) => ok(s, status, method, `/doorward/v1/${path}`, body, options);
const makeSlice = (body = {}) => ok(s, 201, 'POST', SLICES, {name: fresh('Slice'), ...body}, by('manager'));
const makeComposite = (ids, body = {}) =>
	ok(s, 201, 'POST', COMPOSITES, {name: fresh('Composite'), member_slice_ids: ids, ...body}, by('manager'));
const getSlice = (id) => ok(s, 200, 'GET', `${SLICES}/${id}`);
const change = (id, body) => s.call('PATCH', `${SLICES}/${id}`, body);

test('a slice is made, read, changed and deleted', async () => {
	const made = await makeSlice({name: 'Handbook', description: 'What we know', type: 'personal', owner_type: 'user', owner_id: 'ann@example.com'});
	assert.match(made.id, /^kslice_[A-Za-z0-9]{12}$/);
	assert.deepEqual(made, {
		id: made.id, name: 'Handbook', description: 'What we know', type: 'personal', owner_type: 'user', owner_id: 'ann',
		is_composite: false, member_slice_ids: [], organization_id: 'default', created_by: 'usr_manager',
		created_at: '2026-01-15T10:30:00Z', updated_at: '2026-01-15T10:30:00Z',
	});
	assert.deepEqual(await ok(s, 200, 'GET', `${SLICES}/${made.id}`, undefined, by('ann')), made);
	clock.set('2026-01-15T10:31:00Z');
	const changed = await ok(s, 200, 'PATCH', `${SLICES}/${made.id}`, {name: 'Book', type: 'chat_space'}, by('manager'));
	assert.deepEqual(changed, {...made, name: 'Book', type: 'chat_space', updated_at: '2026-01-15T10:31:00Z'});
	const given = await ok(s, 200, 'PATCH', `${SLICES}/${made.id}`, {description: null, owner_type: 'department', owner_id: 'D'});
	assert.deepEqual(given, {...changed, description: null, owner_type: 'department', owner_id: 'D'});
	assert.deepEqual(await getSlice(made.id), given);
	const own = await ok(s, 200, 'PATCH', `${SLICES}/${made.id}`, {owner_type: 'organization'});
	assert.deepEqual([own.owner_type, own.owner_id], ['organization', 'default']);
	assert.deepEqual((await native(200, 'GET', `resources/knowledge_slice/${made.id}`)).attributes,
		{slice_type: 'chat_space', owner_type: 'organization', owner_id: null});
	await ok(s, 204, 'DELETE', `${SLICES}/${made.id}`, undefined, by('manager'));
	for (const [method, path, body] of [['GET', ''], ['PATCH', '', {}], ['DELETE', ''], ['GET', '/stores'], ['POST', '/stores', {name: 'x'}]]) {
		const error = expectError(await s.call(method, `${SLICES}/${made.id}${path}`, body), 404, 'RESOURCE_NOT_FOUND', {slice_id: made.id});
		assert.equal(error.system_message, 'Knowledge slice not found');
	}
});

test('what is left out has its default', async () => {
	const made = await makeSlice({description: null, type: null});
	assert.deepEqual([made.description, made.type, made.owner_type, made.owner_id], [null, 'standard', 'organization', 'default']);
});

test('what a slice cannot be', async () => {
	const {id} = await makeSlice();
	const {total} = await ok(s, 200, 'GET', SLICES);
	for (const [sent, field] of [
		[{name: undefined}, 'name'], [{name: ''}, 'name'], [{name: ' '}, 'name'], [{name: 7}, 'name'], [{name: 'x'.repeat(256)}, 'name'], [{name: 'a\rb'}, 'name'],
		[{description: 7}, 'description'], [{type: 'big'}, 'type'], [{type: 7}, 'type'], [{owner_type: 'planet'}, 'owner_type'],
		[{owner_type: 'user'}, 'owner_id'], [{owner_type: 'user', owner_id: 'nobody'}, 'owner_id'],
		[{owner_type: 'department', owner_id: 'ann'}, 'owner_id'], [{owner_type: 'group', owner_id: 'nobody'}, 'owner_id'],
		[{owner_type: 'user', owner_id: 7}, 'owner_id'],
	]) {
		expectInvalid(await s.call('POST', SLICES, {name: 'x', ...sent}), field);
		if (sent.name !== undefined || !('name' in sent)) {
			expectInvalid(await change(id, sent), field);
		}
	}
	expectInvalid(await change(id, {member_slice_ids: []}), 'member_slice_ids');
	expectError(await s.call('POST', SLICES, '{'), 400, 'INVALID_REQUEST');
	assert.equal((await ok(s, 200, 'GET', SLICES)).total, total, 'nothing was made');
});

test('slices are listed in pages, whichever dialect registered them', async () => {
	await native(201, 'PUT', 'resources/knowledge_slice/elsewhere%2F1', {});
	await native(201, 'PUT', 'resources/document/no-slice', {});
	for (let i = 0; i < 3; i++) {
		await makeSlice();
	}
	const all = (await ok(s, 200, 'GET', `${SLICES}?limit=100`, undefined, by('ann'))).items;
	assert.ok(all.length > 3);
	const elsewhere = all.find((x) => x.id === 'elsewhere/1');
	assert.deepEqual([elsewhere.name, elsewhere.type, elsewhere.owner_type], ['elsewhere/1', 'standard', 'organization']);
	assert.ok(!all.some((x) => x.id === 'no-slice'));
	const two = await ok(s, 200, 'GET', `${SLICES}?skip=1&limit=2`);
	assert.deepEqual(two, {items: all.slice(1, 3), total: all.length, skip: 1, limit: 2, has_more: true});
	const last = await ok(s, 200, 'GET', `${SLICES}?skip=${all.length - 1}`);
	assert.deepEqual([last.items.length, last.has_more, last.limit], [1, false, 20]);
	assert.deepEqual((await ok(s, 200, 'GET', `${SLICES}?skip=4000000000`)).items, []);
	for (const [query, field] of [['limit=0', 'limit'], ['limit=101', 'limit'], ['skip=-1', 'skip'], ['skip=a', 'skip']]) {
		expectInvalid(await s.call('GET', `${SLICES}?${query}`), field);
	}
	await native(204, 'DELETE', 'resources/knowledge_slice/elsewhere%2F1');
	assert.equal((await ok(s, 200, 'GET', SLICES)).total, all.length - 1);
});

/* ---- composites ------------------------------------------------------------------------------------------ */

test('a composite holds slices, and loses those that go', async () => {
	const [a, b] = [(await makeSlice()).id, (await makeSlice()).id];
	const c = await makeComposite([a, b], {name: 'Both', description: 'of them'});
	assert.match(c.id, /^kslice_/);
	assert.deepEqual([c.is_composite, c.member_slice_ids, c.name, c.description], [true, [a, b], 'Both', 'of them']);
	assert.deepEqual(await getSlice(c.id), c);
	await grant(s, `knowledge_slice/${c.id}`, 'user/ann', 'write');
	assert.deepEqual(await levels(s, 'ann'), {[`knowledge_slice/${c.id}`]: 'write', [`knowledge_slice/${a}`]: 'write', [`knowledge_slice/${b}`]: 'write'});
	// Members can be exchanged, which is access at once.
	const other = (await makeSlice()).id;
	assert.deepEqual((await ok(s, 200, 'PATCH', `${SLICES}/${c.id}`, {member_slice_ids: [b, other]})).member_slice_ids, [b, other]);
	assert.equal(await decide(s, 'ann', 'read', `knowledge_slice/${a}`), false);
	assert.equal(await decide(s, 'ann', 'write', `knowledge_slice/${other}`), true);
	await ok(s, 204, 'DELETE', `${SLICES}/${b}`);
	assert.deepEqual((await getSlice(c.id)).member_slice_ids, [other]);
	assert.equal(await decide(s, 'ann', 'read', `knowledge_slice/${b}`), false);
	// Natively, too; and without members it is still a composite.
	await native(204, 'DELETE', `resources/knowledge_slice/${other}`);
	const empty = await getSlice(c.id);
	assert.deepEqual([empty.is_composite, empty.member_slice_ids], [true, []]);
	assert.deepEqual(Object.keys(await levels(s, 'ann')), [`knowledge_slice/${c.id}`], 'the grant stays');
	await ok(s, 200, 'PATCH', `${SLICES}/${c.id}`, {member_slice_ids: [a]});
	await ok(s, 204, 'DELETE', `${SLICES}/${c.id}`);
	assert.equal((await getSlice(a)).id, a, 'members outlive the composite');
	assert.deepEqual(Object.keys(await levels(s, 'ann')), [`knowledge_slice/${c.id}`], 'entities need not be registered');
});

test('what cannot be in a composite', async () => {
	const a = (await makeSlice()).id;
	const c = (await makeComposite([a])).id;
	const store = (await ok(s, 201, 'POST', STORES, {name: 'x'})).id;
	const bad = [
		undefined, null, [], 'x', [7], ['kslice_nope'], [store], ['ann'], [c], [a, a], [a, ''], Array(1001).fill(a),
	];
	for (const member_slice_ids of bad) {
		expectInvalid(await s.call('POST', COMPOSITES, {name: 'x', member_slice_ids}), 'member_slice_ids');
		if (member_slice_ids !== undefined) {
			expectInvalid(await change(c, {member_slice_ids}), 'member_slice_ids');
		}
	}
	expectInvalid(await s.call('POST', COMPOSITES, {member_slice_ids: [a]}), 'name');
	expectInvalid(await s.call('POST', COMPOSITES, {name: 'x', member_slice_ids: [a], type: 'x'}), 'type');
	assert.deepEqual((await getSlice(c)).member_slice_ids, [a]);
});

test('a thousand members', async () => {
	const ids = [];
	for (let i = 0; i < 1000; i++) {
		ids.push(`many_${i}`);
	}
	await Promise.all(ids.map((id) => native(201, 'PUT', `resources/knowledge_slice/${id}`, {})));
	const c = await makeComposite(ids);
	assert.deepEqual(c.member_slice_ids, ids);
	await makePerson(s, 'reader');
	await grant(s, `knowledge_slice/${c.id}`, 'user/reader');
	assert.equal(Object.keys(await levels(s, 'reader')).length, 1001);
});

test('composites natively: the same rules', async () => {
	const put = (status, id, body, options) => native(status, 'PUT', `resources/knowledge_slice/${id}`, body, options);
	await put(201, 'n1', {display_name: 'One', description: 'the first'});
	await put(201, 'n2', {});
	const made = await put(201, 'nc', {members: ['n1', 'n2'], display_name: 'N'});
	assert.deepEqual([made.members, made.display_name, made.description], [['n1', 'n2'], 'N', null]);
	const shown = await getSlice('nc');
	assert.deepEqual([shown.is_composite, shown.member_slice_ids, shown.name, shown.created_by], [true, ['n1', 'n2'], 'N', 'owner']);
	assert.deepEqual([(await getSlice('n1')).name, (await getSlice('n1')).description], ['One', 'the first']);
	for (const members of [['nope'], ['nc'], ['n1', 'n1'], 'n1', [7]]) {
		await put(400, 'nc', {members});
		await native(400, 'PATCH', 'resources/knowledge_slice/nc', {members});
		await put(400, 'new', {members});
	}
	await put(400, 'n1', {members: ['n2']}); // is itself a member
	await native(400, 'PUT', 'resources/vector_store/v', {members: ['n1']});
	await native(400, 'PUT', 'resources/document/d', {members: ['d']});
	await native(404, 'GET', 'resources/knowledge_slice/new');
	assert.deepEqual((await getSlice('nc')).member_slice_ids, ['n1', 'n2']);
	assert.deepEqual((await put(200, 'nc', {members: ['n2']})).members, ['n2']);
	assert.equal((await getSlice('nc')).created_by, 'owner');
	assert.deepEqual((await native(200, 'PATCH', 'resources/knowledge_slice/nc', {members: null})).members, []);
	assert.equal((await getSlice('nc')).is_composite, false, 'natively it says nothing more of itself');
	await put(200, 'n1', {members: ['n2']});
});

test('a composite in a tenant opens nothing outside of it', async () => {
	for (const id of ['t1', 't2']) {
		await native(201, 'POST', 'tenants', {id});
		await native(201, 'PUT', `resources/knowledge_slice/in-${id}`, {tenant: id});
	}
	await native(201, 'PUT', 'resources/knowledge_slice/in-none', {});
	const put = (status, body) => native(status, 'PUT', 'resources/knowledge_slice/tc', body);
	await put(400, {tenant: 't1', members: ['in-t2']});
	await put(400, {tenant: 't1', members: ['in-none']});
	await put(201, {tenant: 't1', members: ['in-t1']});
	await put(200, {members: ['in-t1', 'in-t2', 'in-none']});
	await native(400, 'PATCH', 'resources/knowledge_slice/tc', {tenant: 't1'});
});

/* ---- stores ---------------------------------------------------------------------------------------------- */

test('a store is made, read, changed and deleted, by itself or below a slice', async () => {
	const slice = (await makeSlice()).id;
	const {total} = await ok(s, 200, 'GET', STORES);
	const made = await ok(s, 201, 'POST', STORES, {
		name: 'Store', description: 'of vectors', access_mode: 'department', access_departments: ['D'], access_users: ['ann', 'nobody'],
	}, by('manager'));
	assert.match(made.id, /^vs_[A-Za-z0-9]{12}$/);
	assert.deepEqual(Object.keys(made), [
		'id', 'name', 'description', 'slice_id', 'access_mode', 'access_departments', 'access_users', 'organization_id', 'created_by',
		'created_at', 'updated_at',
	]);
	assert.deepEqual([made.slice_id, made.access_mode, made.access_departments, made.access_users, made.created_by],
		[null, 'department', ['D'], ['ann', 'nobody'], 'usr_manager']);
	assert.deepEqual(await ok(s, 200, 'GET', `${STORES}/${made.id}`, undefined, by('ann')), made);
	const below = await ok(s, 201, 'POST', `${SLICES}/${slice}/stores`, {name: 'Below'}, by('manager'));
	assert.deepEqual([below.slice_id, below.access_mode, below.access_users], [slice, 'organization', []]);
	assert.deepEqual(await ok(s, 200, 'GET', `${SLICES}/${slice}/stores`, undefined, by('ann')),
		{items: [below], total: 1, skip: 0, limit: 20, has_more: false});
	const list = await ok(s, 200, 'GET', `${STORES}?skip=${total}`, undefined, by('ann'));
	assert.deepEqual([list.items, list.total], [[made, below], total + 2]);
	const changed = await ok(s, 200, 'PATCH', `${STORES}/${made.id}`, {access_mode: 'private', access_users: null}, by('manager'));
	assert.deepEqual([changed.access_mode, changed.access_users, changed.access_departments, changed.name], ['private', [], ['D'], 'Store']);
	assert.equal(await decide(s, 'ann', 'read', `vector_store/${made.id}`), false, 'access_mode decides nothing');
	await ok(s, 204, 'DELETE', `${STORES}/${made.id}`, undefined, by('manager'));
	for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']]) {
		expectError(await s.call(method, `${STORES}/${made.id}`, body), 404, 'RESOURCE_NOT_FOUND', {store_id: made.id});
	}
	// A store outlives the slice, and a grant on the slice is none on the store.
	await grant(s, `knowledge_slice/${slice}`, 'user/ann', 'admin');
	assert.equal(await decide(s, 'ann', 'read', `vector_store/${below.id}`), false);
	await ok(s, 204, 'DELETE', `${SLICES}/${slice}`);
	assert.equal((await ok(s, 200, 'GET', `${STORES}/${below.id}`)).slice_id, slice);
});

test('what a store cannot be', async () => {
	const {id} = await ok(s, 201, 'POST', STORES, {name: 'x'});
	for (const [sent, field] of [
		[{name: undefined}, 'name'], [{name: ''}, 'name'], [{access_mode: 'open'}, 'access_mode'], [{access_mode: 7}, 'access_mode'],
		[{access_users: 'ann'}, 'access_users'], [{access_users: [7]}, 'access_users'], [{access_users: Array(1001).fill('a')}, 'access_users'],
		[{access_departments: ['x'.repeat(401)]}, 'access_departments'], [{description: 'x'.repeat(1001)}, 'description'],
	]) {
		expectInvalid(await s.call('POST', STORES, {name: 'x', ...sent}), field);
		if (sent.name !== undefined || !('name' in sent)) {
			expectInvalid(await s.call('PATCH', `${STORES}/${id}`, sent), field);
		}
	}
});

test('who may change knowledge', async () => {
	const slice = (await makeSlice()).id;
	const {id} = await ok(s, 201, 'POST', STORES, {name: 'x'});
	for (const [method, path, body] of [
		['POST', SLICES, {name: 'x'}], ['PATCH', `${SLICES}/${slice}`, {}], ['DELETE', `${SLICES}/${slice}`],
		['POST', COMPOSITES, {name: 'x', member_slice_ids: [slice]}], ['POST', `${SLICES}/${slice}/stores`, {name: 'x'}],
		['POST', STORES, {name: 'x'}], ['PATCH', `${STORES}/${id}`, {}], ['DELETE', `${STORES}/${id}`],
	]) {
		expectError(await s.call(method, path, body, by('ann')), 403, 'INSUFFICIENT_PERMISSIONS');
		expectError(await s.call(method, path, body, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
	}
	for (const path of [SLICES, `${SLICES}/${slice}`, `${SLICES}/${slice}/stores`, STORES, `${STORES}/${id}`]) {
		expectError(await s.call('GET', path, undefined, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
		await ok(s, 200, 'GET', path, undefined, by('ann'));
	}
});

test('every change has its event and its target', async () => {
	const a = (await makeSlice()).id;
	const c = (await makeComposite([a])).id;
	await ok(s, 200, 'PATCH', `${SLICES}/${c}`, {name: 'x'});
	const v = (await ok(s, 201, 'POST', `${SLICES}/${a}/stores`, {name: 'x'})).id;
	const w = (await ok(s, 201, 'POST', STORES, {name: 'x'})).id;
	await ok(s, 200, 'PATCH', `${STORES}/${w}`, {name: 'y'});
	await ok(s, 204, 'DELETE', `${STORES}/${w}`);
	await ok(s, 204, 'DELETE', `${SLICES}/${a}`);
	const rows = (await native(200, 'GET', 'audit?limit=8')).items.reverse();
	assert.deepEqual(rows.map((row) => [row.event, row.target, row.changes.map((x) => x.change).sort()]), [
		['knowledge_slice.created', `knowledge_slice:${a}`, ['created']],
		['knowledge_composite.created', `knowledge_composite:${c}`, ['created']],
		['knowledge_slice.updated', `knowledge_slice:${c}`, ['updated']],
		['vector_store.created', `vector_store:${v}`, ['created']],
		['vector_store.created', `vector_store:${w}`, ['created']],
		['vector_store.updated', `vector_store:${w}`, ['updated']],
		['vector_store.deleted', `vector_store:${w}`, ['deleted']],
		['knowledge_slice.deleted', `knowledge_slice:${a}`, ['deleted', 'updated']],
	]);
});

test('departments inherit where the organization says so', async () => {
	const features = async (body) => native(200, 'PATCH', 'organization', {features: body});
	assert.equal((await native(200, 'GET', 'organization')).features.aitronos_department_inheritance, false);
	await makeDepartment(s, 'above');
	await makeDepartment(s, 'below', 'above');
	await makePerson(s, 'low');
	await join(s, 'below', 'low');
	await grant(s, 'assistant/asst_above', 'department/above', 'write');
	assert.deepEqual(await levels(s, 'low'), {});
	const r = await s.call('PATCH', '/doorward/v1/organization', {features: {aitronos_department_inheritance: true}});
	assert.match(r.headers['doorward-warning'], /^access may have widened: what is granted to a department/);
	assert.deepEqual(r.json.features, {
		langsmith_rbac: true, langsmith_abac: true, langsmith_audit_logs: true, aitronos_department_inheritance: true,
	});
	assert.deepEqual(await levels(s, 'low'), {'assistant/asst_above': 'write'});
	assert.equal(await decide(s, 'low', 'write', 'assistant/asst_above'), true);
	// Where the department stands is what it has.
	await ok(s, 200, 'POST', `${ORG}/departments/below/reparent`, {new_parent_id: null});
	assert.equal(await decide(s, 'low', 'write', 'assistant/asst_above'), false);
	await ok(s, 200, 'POST', `${ORG}/departments/below/reparent`, {new_parent_id: 'above'});
	assert.equal(await decide(s, 'low', 'write', 'assistant/asst_above'), true);
	await features({aitronos_department_inheritance: false});
	assert.equal(await decide(s, 'low', 'write', 'assistant/asst_above'), false);
	await native(400, 'PATCH', 'organization', {features: {aitronos_department_inheritance: 'yes'}});
});
