// SPDX-License-Identifier: Apache-2.0
// Who may see and change access grants, and in which organization.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer} from '../../harness/server.mjs';
import {
	GRANTS, ORG, allGrants, decide, expectError, grant, grantOf, hold, join, leave, levels, lose, makeDepartment, makePerson,
	makeRole, ok, revoke, role, setLevel,
} from './support.mjs';

const types = ['knowledge_slice', 'vector_store', 'assistant'];
let s;
const key = {}; // of people, by id
before(async () => {
	s = await startServer({store: 'memory'});
	for (const [id, ...roles] of [['boss', role.owner], ['admin', role.admin], ['knows', role.knowledge], ['member', role.member], ['ann'], ['bob'], ['cat']]) {
		key[id] = await makePerson(s, id, ...roles);
	}
	await makeDepartment(s, 'D');
	await makeRole(s, 'R');
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
const fresh = (type = 'knowledge_slice') => `${type}/r_${++serial}`;
const as = (who) => ({key: key[who]});
const query = (entity) => `entity_type=${entity.split('/')[0]}&entity_id=${entity.split('/')[1]}`;
const denied = (r) => expectError(r, 403, 'INSUFFICIENT_PERMISSIONS', null);

/** Everything that can be done with a grant on the entity: does the caller get through? All or nothing. */
async function manages(who, entity) {
	const made = await grant(s, entity, 'user/cat');
	const [entity_type, entity_id] = entity.split('/');
	const calls = [
		['POST', GRANTS, grantOf(entity, 'department/D'), 201],
		['POST', `${GRANTS}/bulk`, {entity_type, entity_id, grants: [{grantee_type: 'role', grantee_id: 'R', access_level: 'read'}]}, 201],
		['PATCH', `${GRANTS}/${made.id}`, {access_level: 'write'}, 200],
		['GET', `${GRANTS}?${query(entity)}`, undefined, 200],
		['GET', `${ORG}/access/users-with-access?${query(entity)}`, undefined, 200],
		['DELETE', `${GRANTS}/${made.id}`, undefined, 204],
	];
	const before = await allGrants(s, query(entity));
	const got = [];
	for (const [method, path, body, status] of calls) {
		const r = await s.call(method, path, body, as(who));
		if (r.status !== status) {
			denied(r);
		}
		got.push(r.status === status);
	}
	if (!got.includes(true)) {
		assert.deepEqual(await allGrants(s, query(entity)), before, 'a refused call changed something');
	}
	for (const g of await allGrants(s, query(entity))) {
		await revoke(s, g.id);
	}
	assert.equal(new Set(got).size, 1, `${who}: ${got}`);
	return got[0];
}

test('AI-06: who may manage grants, by role and kind of entity', async () => {
	const may = {boss: types, admin: types, knows: types.slice(0, 2), member: [], ann: []};
	for (const [who, where] of Object.entries(may)) {
		for (const type of types) {
			assert.equal(await manages(who, fresh(type)), where.includes(type), `${who}, ${type}`);
		}
	}
	// The organization's owner, who holds no role of Aitronos.
	await revoke(s, (await grant(s, fresh(), 'user/ann')).id);
});

test('a role of the capabilities of another dialect, and one of its own', async () => {
	await makeRole(s, 'granter', ['aitronos:grants:manage']);
	await makePerson(s, 'dan', 'granter').then((k) => { key.dan = k; });
	assert.equal(await manages('dan', fresh('assistant')), true);
	await lose(s, 'granter', 'dan');
	assert.equal(await manages('dan', fresh('assistant')), false);
	// Held in one tenant only, it is nothing here.
	await ok(s, 201, 'POST', '/doorward/v1/tenants', {id: 't1', display_name: 't1'});
	await ok(s, 204, 'PUT', '/doorward/v1/roles/granter/members/user:dan?tenant=t1');
	assert.equal(await manages('dan', fresh('assistant')), false);
	await hold(s, 'granter', 'dan');
	assert.equal(await manages('dan', fresh('assistant')), true);
	// Nor with a key that counts in one tenant only.
	key.bound = await makeKey(s, {type: 'user', id: 'dan'}, {tenants: ['t1']});
	assert.equal(await manages('bound', fresh('assistant')), false);
});

test('AI-47: who administers an entity grants on it, and on no other', async () => {
	for (const type of types) {
		const [mine, other] = [fresh(type), fresh(type)];
		const given = await grant(s, mine, 'user/ann', 'write');
		denied(await s.call('POST', GRANTS, grantOf(mine, 'user/bob'), as('ann')));
		await setLevel(s, given.id, 'admin');
		const made = await ok(s, 201, 'POST', GRANTS, grantOf(mine, 'user/bob'), as('ann'));
		assert.equal(made.granted_by, 'ann');
		denied(await s.call('POST', GRANTS, grantOf(other, 'user/bob'), as('ann')));
		// The same id of another type is another entity.
		const twin = `${types.find((t) => t !== type)}/${mine.split('/')[1]}`;
		denied(await s.call('POST', GRANTS, grantOf(twin, 'user/bob'), as('ann')));
		// What she may not grant on she cannot change either.
		const foreign = await grant(s, other, 'user/cat');
		denied(await s.call('PATCH', `${GRANTS}/${foreign.id}`, {access_level: 'admin'}, as('ann')));
		denied(await s.call('DELETE', `${GRANTS}/${foreign.id}`, undefined, as('ann')));
		// She may end her own right.
		await ok(s, 204, 'DELETE', `${GRANTS}/${given.id}`, undefined, as('ann'));
		denied(await s.call('DELETE', `${GRANTS}/${made.id}`, undefined, as('ann')));
	}
});

test('the administrator of an entity may be one through a department or a role', async () => {
	const entity = fresh('assistant');
	await grant(s, entity, 'department/D', 'admin');
	denied(await s.call('GET', `${GRANTS}?${query(entity)}`, undefined, as('bob')));
	await join(s, 'D', 'bob');
	assert.equal((await ok(s, 200, 'GET', `${GRANTS}?${query(entity)}`, undefined, as('bob'))).total, 1);
	await leave(s, 'D', 'bob');
	denied(await s.call('GET', `${GRANTS}?${query(entity)}`, undefined, as('bob')));
});

test('lists show the kinds of entity that the caller may manage', async () => {
	const made = {};
	for (const type of types) {
		made[type] = await grant(s, fresh(type), 'user/cat');
	}
	const seen = async (who, filter = '') => {
		const r = await s.call('GET', `${GRANTS}?grantee_id=cat&limit=100&${filter}`, undefined, as(who));
		if (r.status !== 200) {
			denied(r);
			return null;
		}
		assert.equal(r.json.total, r.json.items.length);
		return r.json.items.map((g) => g.id).filter((id) => Object.values(made).some((g) => g.id === id));
	};
	const [slice, store, assistant] = types.map((t) => made[t].id);
	assert.deepEqual(await seen('admin'), [slice, store, assistant]);
	assert.deepEqual(await seen('knows'), [slice, store]);
	assert.deepEqual(await seen('knows', 'entity_type=vector_store'), [store]);
	assert.equal(await seen('knows', 'entity_type=assistant'), null);
	assert.equal(await seen('ann'), null);
	// An id without its type: of the entities of that id, those that the caller administers.
	const id = made.assistant.entity_id;
	await grant(s, `assistant/${id}`, 'user/ann', 'admin');
	assert.deepEqual(await seen('ann', `entity_id=${id}`), [assistant]);
	assert.equal(await seen('ann', 'entity_type=assistant'), null);
	const own = await ok(s, 200, 'GET', `${ORG}/assistants/${id}/grants`, undefined, as('ann'));
	assert.equal(own.total, 2);
	denied(await s.call('GET', `${ORG}/slices/${id}/grants`, undefined, as('ann')));
});

test("one's own access is one's own to see", async () => {
	const [slice, assistant] = [fresh(), fresh('assistant')];
	await makePerson(s, 'eve').then((k) => { key.eve = k; });
	await grant(s, slice, 'user/eve', 'write');
	await grant(s, assistant, 'user/eve');
	const path = (id) => `${ORG}/users/${id}/resolved-access`;
	const ids = (r) => r.entities.map((e) => `${e.entity_type}/${e.entity_id}`);
	for (const name of ['eve', 'eve@example.com']) {
		const r = await ok(s, 200, 'GET', path(name), undefined, as('eve'));
		assert.equal(r.user_id, 'eve');
		assert.deepEqual(ids(r), [slice, assistant]);
	}
	denied(await s.call('GET', path('eve'), undefined, as('ann')));
	denied(await s.call('GET', path('nobody'), undefined, as('ann')));
	assert.deepEqual(ids(await ok(s, 200, 'GET', path('eve'), undefined, as('knows'))), [slice]);
	denied(await s.call('GET', `${path('eve')}?entity_type=assistant`, undefined, as('knows')));
	assert.deepEqual(ids(await ok(s, 200, 'GET', path('eve'), undefined, as('admin'))), [slice, assistant]);
	expectError(await s.call('GET', path('nobody')), 404, 'RESOURCE_NOT_FOUND', {user_id: 'nobody'});
	// A service is nobody who is granted to, and its name is not a user's.
	await ok(s, 201, 'POST', '/doorward/v1/services', {id: 'eve'});
	key.service = await makeKey(s, {type: 'service', id: 'eve'});
	denied(await s.call('GET', path('eve'), undefined, as('service')));
});

/* ---- organizations ----------------------------------------------------------------------------------------- */

test('AI-07, AI-41: another organization', async (t) => {
	const two = await startServer({org: 'one'});
	t.after(() => two.dispose());
	const keyOne = two.key;
	const at = (org) => `/v1/organizations/${org}`;
	await makePerson(two, 'ann');
	const ofOne = await ok(two, 201, 'POST', `${at('one')}/access/grants`, grantOf('assistant/a', 'user/ann', 'admin'));
	await two.restart({org: 'two'});
	const one = {key: keyOne};
	const foreign = (r, org) => expectError(r, 403, 'ORGANIZATION_ACCESS_DENIED', {organization_id: org});
	for (const path of ['/access/grants', '/users/ann/resolved-access']) {
		foreign(await two.call('GET', at('two') + path, undefined, one), 'two');
		foreign(await two.call('GET', at('org_two') + path, undefined, one), 'org_two');
		foreign(await two.call('GET', at('three') + path, undefined, one), 'three');
		foreign(await two.call('GET', at('one') + path), 'one');
	}
	foreign(await two.call('POST', `${at('two')}/access/grants`, grantOf('assistant/a', 'user/ann'), one), 'two');
	foreign(await two.call('DELETE', `${at('one')}/access/grants/${ofOne.id}`), 'one');
	// The same ids mean other things.
	expectError(await two.call('DELETE', `${at('two')}/access/grants/${ofOne.id}`), 404, 'RESOURCE_NOT_FOUND', {grant_id: ofOne.id});
	assert.equal((await ok(two, 200, 'GET', `${at('two')}/access/grants`)).total, 0);
	expectError(await two.call('GET', `${at('two')}/users/ann/resolved-access`), 404, 'RESOURCE_NOT_FOUND');
	await makePerson(two, 'ann');
	assert.deepEqual((await ok(two, 200, 'GET', `${at('two')}/users/ann/resolved-access`)).entities, []);
	assert.deepEqual((await ok(two, 200, 'GET', `${at('one')}/access/grants`, undefined, one)).items, [ofOne]);
	assert.equal(await two.end('SIGTERM'), 0);
});

test("the vendor's form of the organization's id names it, and answers say it as it was said", async () => {
	const made = await ok(s, 201, 'POST', '/v1/organizations/org_default/access/grants', grantOf(fresh(), 'user/ann'));
	assert.equal(made.organization_id, 'org_default');
	const r = await s.call('GET', GRANTS);
	assert.equal(r.headers['aitronos-organization'], 'default');
	assert.ok(r.json.items.every((g) => g.organization_id === 'default'));
	for (const name of ['org_', 'org_org_default', 'Default', 'ORG_default', 'default%2F']) {
		expectError(await s.call('GET', `/v1/organizations/${name}/access/grants`), 403, 'ORGANIZATION_ACCESS_DENIED');
	}
});

/* ---- what decisions make of it ------------------------------------------------------------------------------- */

test('a grant decides at once, and so does its end', async () => {
	const entity = fresh('vector_store');
	const actions = async () => {
		const all = await Promise.all(['read', 'write', 'admin'].map((a) => decide(s, 'cat', a, entity)));
		return all.filter(Boolean).length;
	};
	assert.equal(await actions(), 0);
	const direct = await grant(s, entity, 'user/cat', 'read');
	assert.equal(await actions(), 1);
	await grant(s, entity, 'role/R', 'admin');
	assert.equal(await actions(), 1);
	await hold(s, 'R', 'cat');
	assert.equal(await actions(), 3);
	assert.deepEqual((await levels(s, 'cat'))[entity], 'admin');
	await lose(s, 'R', 'cat');
	assert.equal(await actions(), 1);
	await revoke(s, direct.id);
	assert.equal(await actions(), 0);
	assert.equal((await levels(s, 'cat'))[entity], undefined);
});

test('a route that lists users is one under two names', async () => {
	const entity = fresh();
	await grant(s, entity, 'user/ann', 'write');
	const [a, b] = await Promise.all(['access', 'knowledge'].map((p) => s.call('GET', `${ORG}/${p}/users-with-access?${query(entity)}`)));
	assert.equal(a.text, b.text);
	assert.deepEqual(a.json.users.map((u) => [u.user_id, u.access_level, u.grant_paths.length]), [['ann', 'write', 1]]);
});
