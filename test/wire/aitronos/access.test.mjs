// SPDX-License-Identifier: Apache-2.0
// What grants amount to. The numbers are those of the cases that the dialect was written to. Every answer is compared
// with decisions, and what a user has with who has it.
import assert from 'node:assert/strict';
import {after, before, beforeEach, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {ORG, decide, expectError, expectInvalid, makePerson, ok, revoke, role, setLevel} from './support.mjs';

const USERS = ['owner1', 'ann', 'bob', 'cat'];
const LEVELS = ['read', 'write', 'admin'];
let s;
const keys = {};
const ids = {}; // D, D2, R, s1, s2, C, v1, a1
before(async () => {
	s = await startServer({store: 'memory'});
	keys.owner1 = await makePerson(s, 'owner1', role.owner);
	for (const id of USERS.slice(1)) {
		keys[id] = await makePerson(s, id);
	}
	const make = async (path, body) => (await ok(s, 201, 'POST', `${ORG}/${path}`, body)).id;
	ids.D = await make('departments', {name: 'D'});
	ids.D2 = await make('departments', {name: 'D2', parent_id: ids.D});
	ids.R = await make('roles', {name: 'R', capabilities: ['view_audit_log']});
	ids.s1 = await make('knowledge/slices', {name: 's1'});
	ids.s2 = await make('knowledge/slices', {name: 's2'});
	ids.C = await make('knowledge/composites', {name: 'C', member_slice_ids: [ids.s1, ids.s2]});
	ids.v1 = await make('vector-stores', {name: 'v1'});
	ids.a1 = 'asst_1';
	await add(`departments/${ids.D}`, 'ann');
	await add(`departments/${ids.D2}`, 'bob');
	await add(`roles/${ids.R}`, 'cat');
});
after(async () => assert.equal(await s.stop(), 0));

const add = (place, user_id) => ok(s, 201, 'POST', `${ORG}/${place}/members`, {user_id});
const take = (place, user) => ok(s, 204, 'DELETE', `${ORG}/${place}/members/${user}`);
const typeOf = (name) => (name === 'v1' ? 'vector_store' : name === 'a1' ? 'assistant' : 'knowledge_slice');
/** Grants "s1" to "user ann"; resolves to the grant's id. */
async function give(entity, grantee, access_level) {
	const [grantee_type, name] = grantee.split(' ');
	const made = await ok(s, 201, 'POST', `${ORG}/access/grants`, {
		entity_type: typeOf(entity), entity_id: ids[entity], grantee_type, grantee_id: ids[name] ?? name, access_level,
	});
	return made.id;
}
beforeEach(async () => {
	const {items} = await ok(s, 200, 'GET', `${ORG}/access/grants?limit=100`);
	for (const g of items) {
		await revoke(s, g.id);
	}
});

const nameOf = (id) => Object.keys(ids).find((name) => ids[name] === id) ?? id;
/** {s1: 'write: department D write, direct ann read', …}: levels with their paths. */
async function resolved(user, query = '') {
	const {user_id, entities} = await ok(s, 200, 'GET', `${ORG}/users/${user}/resolved-access${query}`);
	assert.equal(user_id, user);
	return Object.fromEntries(entities.map((e) => {
		assert.deepEqual(Object.keys(e), ['entity_type', 'entity_id', 'access_level', 'grant_paths']);
		const paths = e.grant_paths.map((p) => {
			assert.match(p.grant_id, /^agrant_/);
			const via = p.via_entity_id ? ` of ${nameOf(p.via_entity_id)}` : '';
			return `${p.type} ${nameOf(p.grantee_id)} ${p.access_level}${via}`;
		});
		return [nameOf(e.entity_id), `${e.access_level}: ${paths.sort().join(', ')}`];
	}));
}

/** Decisions and both lists say the same of everybody and everything. */
async function expectAgreement() {
	for (const entity of ['s1', 's2', 'C', 'v1', 'a1']) {
		const {users} = await ok(s, 200, 'GET', `${ORG}/access/users-with-access?entity_type=${typeOf(entity)}&entity_id=${ids[entity]}`);
		const level = Object.fromEntries(users.map((u) => [u.user_id, u.access_level]));
		for (const user of USERS) {
			const has = (await resolved(user))[entity]?.split(':')[0];
			assert.equal(level[user], has, `${user} ${entity}`);
			for (const action of user === 'owner1' ? [] : LEVELS) {
				const want = has !== undefined && LEVELS.indexOf(action) <= LEVELS.indexOf(has);
				assert.equal(await decide(s, user, action, `${typeOf(entity)}/${ids[entity]}`), want, `${user} ${action} ${entity}`);
			}
		}
	}
}

test('AI-26: a direct grant', async () => {
	await give('s1', 'user ann', 'read');
	assert.deepEqual(await resolved('ann'), {s1: 'read: direct ann read'});
	await expectAgreement();
});

test('AI-27: the higher level of two paths, both of which are told', async () => {
	await give('s1', 'user ann', 'read');
	await give('s1', 'department D', 'write');
	assert.deepEqual(await resolved('ann'), {s1: 'write: department D write, direct ann read'});
	await expectAgreement();
});

test('AI-28: a role is its holders\' alone', async () => {
	await give('s1', 'user ann', 'read');
	await give('s1', 'role R', 'admin');
	assert.deepEqual(await resolved('cat'), {s1: 'admin: role R admin'});
	assert.deepEqual(await resolved('ann'), {s1: 'read: direct ann read'});
	await expectAgreement();
});

test('AI-29, AI-30: what is left when a path is revoked, and when the last one is', async () => {
	const low = await give('s1', 'user ann', 'read');
	const high = await give('s1', 'department D', 'admin');
	assert.match((await resolved('ann')).s1, /^admin/);
	await revoke(s, high);
	assert.deepEqual(await resolved('ann'), {s1: 'read: direct ann read'});
	await expectAgreement();
	await revoke(s, low);
	assert.deepEqual(await resolved('ann'), {});
	await expectAgreement();
});

test('AI-31: who leaves a department or a role loses what it has', async () => {
	await give('s1', 'department D', 'write');
	await give('a1', 'role R', 'read');
	assert.deepEqual([Object.keys(await resolved('ann')), Object.keys(await resolved('cat'))], [['s1'], ['a1']]);
	await take(`departments/${ids.D}`, 'ann');
	await take(`roles/${ids.R}`, 'cat');
	assert.deepEqual([await resolved('ann'), await resolved('cat')], [{}, {}]);
	await expectAgreement();
	await add(`departments/${ids.D}`, 'ann');
	await add(`roles/${ids.R}`, 'cat');
	assert.deepEqual([Object.keys(await resolved('ann')), Object.keys(await resolved('cat'))], [['s1'], ['a1']]);
	await expectAgreement();
});

test('AI-32: a department below another has nothing of it, unless the organization says so', async () => {
	const inherit = (on) => ok(s, 200, 'PATCH', '/doorward/v1/organization', {features: {aitronos_department_inheritance: on}});
	await give('s1', 'department D', 'write');
	assert.deepEqual(await resolved('bob'), {});
	await expectAgreement();
	await inherit(true);
	assert.deepEqual(await resolved('bob'), {s1: 'write: department D write'});
	await expectAgreement();
	await inherit(false);
	assert.deepEqual(await resolved('bob'), {});
	await give('s2', 'department D2', 'read');
	await inherit(true);
	assert.deepEqual(Object.keys(await resolved('ann')), ['s1'], 'never upwards');
	await inherit(false);
	await expectAgreement();
});

test('AI-33: a composite reaches its members', async () => {
	await give('C', 'user bob', 'write');
	assert.deepEqual(await resolved('bob'), {
		C: 'write: direct bob write', s1: 'write: composite_slice bob write of C', s2: 'write: composite_slice bob write of C',
	});
	await expectAgreement();
});

test('AI-34: a member does not reach the composite', async () => {
	await give('s1', 'user bob', 'admin');
	assert.deepEqual(await resolved('bob'), {s1: 'admin: direct bob admin'});
	await expectAgreement();
});

test('AI-35: a composite\'s path beside a direct one', async () => {
	await give('C', 'user ann', 'read');
	await give('s1', 'user ann', 'admin');
	assert.deepEqual(await resolved('ann'), {
		C: 'read: direct ann read', s1: 'admin: composite_slice ann read of C, direct ann admin', s2: 'read: composite_slice ann read of C',
	});
	await expectAgreement();
});

test('AI-36: one type of entity', async () => {
	await give('s1', 'user ann', 'read');
	await give('v1', 'user ann', 'write');
	await give('a1', 'department D', 'admin');
	assert.deepEqual(await resolved('ann', '?entity_type=assistant'), {a1: 'admin: department D admin'});
	assert.deepEqual(await resolved('ann', '?entity_type=vector_store'), {v1: 'write: direct ann write'});
	assert.deepEqual(Object.keys(await resolved('ann')).sort(), ['a1', 's1', 'v1']);
	expectInvalid(await s.call('GET', `${ORG}/users/ann/resolved-access?entity_type=bogus`), 'entity_type');
	await expectAgreement();
});

test('AI-39: an entity is named by type and id', async () => {
	for (const [query, field] of [
		['', 'entity_type'], ['entity_type=assistant', 'entity_id'], ['entity_type=assistant&entity_id=', 'entity_id'],
		['entity_id=a', 'entity_type'], ['entity_type=bogus&entity_id=a', 'entity_type'], ['entity_type=&entity_id=a', 'entity_type'],
		['entity_type=assistant&entity_id=%00', 'entity_id'],
	]) {
		for (const path of ['access', 'knowledge']) {
			expectInvalid(await s.call('GET', `${ORG}/${path}/users-with-access?${query}`), field);
		}
	}
	// One that nobody was ever granted is no fault.
	const nobody = await ok(s, 200, 'GET', `${ORG}/access/users-with-access?entity_type=assistant&entity_id=nope`);
	assert.deepEqual(nobody, {entity_type: 'assistant', entity_id: 'nope', users: []});
});

test('AI-40: nothing granted, nobody there, and an Owner', async () => {
	assert.deepEqual(await ok(s, 200, 'GET', `${ORG}/users/ann/resolved-access`), {user_id: 'ann', entities: []});
	expectError(await s.call('GET', `${ORG}/users/nobody/resolved-access`), 404, 'RESOURCE_NOT_FOUND', {user_id: 'nobody'});
	assert.deepEqual(await resolved('owner1'), {}, 'to manage access is not to have it');
	assert.equal(await decide(s, 'owner1', 'read', `knowledge_slice/${ids.s1}`), false);
	// One's own is always to be seen, that of others is not.
	assert.deepEqual(await ok(s, 200, 'GET', `${ORG}/users/ann/resolved-access`, undefined, {key: keys.ann}), {user_id: 'ann', entities: []});
	expectError(await s.call('GET', `${ORG}/users/bob/resolved-access`, undefined, {key: keys.ann}), 403, 'INSUFFICIENT_PERMISSIONS');
});

test('AI-42: a department\'s grant is lowered for all its members at once', async () => {
	const id = await give('s1', 'department D', 'admin');
	await add(`departments/${ids.D}`, 'cat');
	for (const user of ['ann', 'cat']) {
		assert.deepEqual(await resolved(user), {s1: 'admin: department D admin'});
	}
	await setLevel(s, id, 'read');
	for (const user of ['ann', 'cat']) {
		assert.deepEqual(await resolved(user), {s1: 'read: department D read'});
	}
	await expectAgreement();
	await take(`departments/${ids.D}`, 'cat');
});

test('an answer of more than 100,000 paths is refused, not begun', async (t) => {
	const big = await startServer({store: 'memory'});
	t.after(() => big.dispose());
	const key = await makePerson(big, 'ann');
	await ok(big, 201, 'POST', '/doorward/v1/roles', {id: 'many', display_name: 'many', actions: []});
	await ok(big, 204, 'PUT', '/doorward/v1/roles/many/members/user:ann');
	const slice = async (i) => (await ok(big, 201, 'POST', `${ORG}/knowledge/slices`, {name: `s${i}`})).id;
	const member_slice_ids = await Promise.all(Array.from({length: 1000}, (_, i) => slice(i)));
	const share = async (i) => {
		const {id} = await ok(big, 201, 'POST', `${ORG}/knowledge/composites`, {name: `c${i}`, member_slice_ids});
		const body = {entity_type: 'knowledge_slice', entity_id: id, grantee_type: 'role', grantee_id: 'many', access_level: 'read'};
		return (await ok(big, 201, 'POST', `${ORG}/access/grants`, body)).id;
	};
	const grants = await Promise.all(Array.from({length: 100}, (_, i) => share(i)));
	const path = `${ORG}/users/ann/resolved-access`;
	for (const options of [{}, {key}]) {
		expectError(await big.call('GET', path, undefined, options), 422, 'RESULT_TOO_LARGE', null);
	}
	assert.deepEqual((await ok(big, 200, 'GET', `${path}?entity_type=assistant`)).entities, []);
	// What is asked about one of them stays as it was.
	const users = await ok(big, 200, 'GET', `${ORG}/access/users-with-access?entity_type=knowledge_slice&entity_id=${member_slice_ids[7]}`);
	assert.deepEqual(users.users.map((u) => [u.user_id, u.grant_paths.length]), [['ann', 100]]);
	assert.equal(await decide(big, 'ann', 'read', `knowledge_slice/${member_slice_ids[7]}`), true);
	await revoke(big, grants[0]);
	const all = await ok(big, 200, 'GET', path, undefined, {key});
	assert.equal(all.entities.reduce((n, e) => n + e.grant_paths.length, 0), 99 * 1001);
});
