// SPDX-License-Identifier: Apache-2.0
//
// The native directory API: each noun's life, memberships, resources, lists in pages, problems, and who may do what.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, makeUser, startServer} from '../harness/server.mjs';

let s;
const v1 = (path) => `/doorward/v1/${path}`;

before(async () => {
	s = await startServer({store: 'memory'});
});
after(() => s.stop());

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

const get = (path, options) => s.call('GET', v1(path), undefined, options);
const post = (path, body, options) => s.call('POST', v1(path), body, options);
const patch = (path, body, options) => s.call('PATCH', v1(path), body, options);
const put = (path, body, options) => s.call('PUT', v1(path), body, options);
const del = (path, options) => s.call('DELETE', v1(path), undefined, options);

/** RFC 9457: the media type, and members that agree with the status line. */
async function isProblem(promise, status, kind, detail = /./) {
	const r = await ok(promise, status);
	assert.equal(r.headers['content-type'], 'application/problem+json');
	assert.equal(r.json.type, `urn:doorward:problem:${kind}`);
	assert.equal(r.json.status, status);
	assert.ok(r.json.title);
	assert.match(r.json.detail, detail);
	assert.equal(r.json.request_id, r.headers['x-request-id']);
	return r;
}

async function decides(decision, subject, action, resource = {type: 'x', id: 'y'}) {
	const r = await ok(s.call('POST', '/access/v1/evaluation', {subject, action: {name: action}, resource}), 200);
	assert.deepEqual(r.json, {decision}, `${subject.id} ${action}`);
}

test('a user: create, get, list, change, delete', async () => {
	const body = {
		id: 'alice',
		email: 'Alice@X.org',
		display_name: 'Alice',
		attributes: {department: 'Engineering', floor: 3, tags: ['a', null]},
		unknown: 'ignored',
	};
	const made = await ok(post('users', body), 201);
	assert.equal(made.headers.location, v1('users/alice'));
	const {created_at, updated_at, ...rest} = made.json;
	assert.deepEqual(rest, {
		id: 'alice',
		email: 'alice@x.org',
		display_name: 'Alice',
		manager: null,
		attributes: body.attributes,
	});
	assert.equal(new Date(created_at).getTime(), new Date(updated_at).getTime());

	assert.deepEqual((await ok(get('users/alice'), 200)).json, made.json);
	assert.deepEqual((await ok(get('users/alice@x.org'), 200)).json, made.json);
	assert.ok((await ok(get('users'), 200)).json.items.some((u) => u.id === 'alice'));

	await ok(post('users', {id: 'bob'}), 201);
	const changed = await ok(patch('users/alice', {manager: 'bob', display_name: null, attributes: {floor: 4}}), 200);
	assert.deepEqual(
		{...changed.json, updated_at},
		{...made.json, manager: 'bob', display_name: null, attributes: {floor: 4}},
	);
	assert.deepEqual((await ok(patch('users/alice', {attributes: null}), 200)).json.attributes, {});
	const same = await ok(patch('users/alice', {}), 200);
	assert.equal(same.json.email, 'alice@x.org');

	await ok(del('users/alice'), 204);
	for (const r of [get('users/alice'), patch('users/alice', {}), del('users/alice'), get('users/alice@x.org')]) {
		await isProblem(r, 404, 'not-found', /alice/);
	}
	await ok(post('users', {id: 'alice', email: 'alice@x.org'}), 201);
});

test('services, groups, tenants and roles live likewise', async () => {
	const nouns = {
		services: [{id: 'ci', display_name: 'CI'}, {display_name: 'Builds'}],
		groups: [{id: 'team-1', kind: 'department', display_name: 'One', parent: null}, {kind: 'team'}],
		tenants: [{id: 'life-1', display_name: 'One'}, {display_name: 'Uno'}],
		roles: [{id: 'role-1', display_name: 'R', description: 'D', actions: ['projects:read', 'a:b:*']}, {actions: ['*']}],
	};
	for (const [noun, [body, change]] of Object.entries(nouns)) {
		const made = await ok(post(noun, body), 201);
		assert.equal(made.headers.location, v1(`${noun}/${body.id}`));
		for (const [name, value] of Object.entries(body)) {
			assert.deepEqual(made.json[name], value, `${noun}.${name}`);
		}
		assert.deepEqual((await ok(get(`${noun}/${body.id}`), 200)).json, made.json);
		const changed = await ok(patch(`${noun}/${body.id}`, change), 200);
		assert.deepEqual({...changed.json, updated_at: 0}, {...made.json, ...change, updated_at: 0});
		await isProblem(post(noun, body), 409, 'conflict', new RegExp(body.id));
		await ok(del(`${noun}/${body.id}`), 204);
		await isProblem(get(`${noun}/${body.id}`), 404, 'not-found');
		await isProblem(del(`${noun}/${body.id}`), 404, 'not-found');
	}
});

test('what is wrong with a body is said with the member, and nothing changes', async () => {
	const revision = (await get('organization')).json.revision;
	const wrong = [
		['users', {}, /id is required/],
		['users', {id: null}, /id is required/],
		['users', {id: 5}, /id/],
		['users', {id: ''}, /id must be/],
		['users', {id: '.hidden'}, /id must be/],
		['users', {id: 'a/b'}, /id must be/],
		['users', {id: 'x'.repeat(129)}, /id must be/],
		['users', {id: 'w', email: 'not an address'}, /email/],
		['users', {id: 'w', email: ['a@b.c']}, /email/],
		['users', {id: 'w', display_name: 1}, /display_name/],
		['users', {id: 'w', display_name: 'x'.repeat(5000)}, /display_name/],
		['users', {id: 'w', display_name: 'a\0b'}, /display_name/],
		['users', {id: 'w', attributes: []}, /attributes/],
		['users', {id: 'w', manager: 'nobody-there'}, /manager/],
		['users', {id: 'w', manager: 'w'}, /manager/],
		['groups', {id: 'w', kind: 'gang'}, /kind/],
		['groups', {id: 'w', parent: 'nothing-there'}, /parent/],
		['roles', {id: 'w', actions: 'read'}, /actions/],
		['roles', {id: 'w', actions: [1]}, /actions/],
		['roles', {id: 'w', actions: ['a b']}, /actions/],
		['roles', {id: 'w', actions: ['']}, /actions/],
		['roles', {id: 'w', actions: ['x'.repeat(129)]}, /actions/],
		['tenants', {id: 'a b'}, /id must be/],
	];
	for (const [noun, body, detail] of wrong) {
		await isProblem(post(noun, body), 400, 'invalid', detail);
	}
	for (const body of ['', '{', '[]', '"x"', '{"id":"w","id":"w"}']) {
		await isProblem(post('users', body), 400, 'invalid', /body/);
	}
	assert.equal((await get('organization')).json.revision, revision);
});

test('an id stays; an e-mail address belongs to one user', async () => {
	await ok(post('users', {id: 'u1', email: 'u1@x.org'}), 201);
	await ok(post('users', {id: 'u2'}), 201);
	await isProblem(patch('users/u1', {id: 'u9'}), 400, 'invalid', /id/);
	await ok(patch('users/u1', {id: 'u1'}), 200);
	await isProblem(post('users', {id: 'u3', email: 'U1@x.org'}), 409, 'conflict', /u1@x\.org/);
	await isProblem(patch('users/u2', {email: 'u1@x.org'}), 409, 'conflict');
	await isProblem(post('users', {id: 'u1@x.org'}), 409, 'conflict');
	await ok(patch('users/u1', {email: 'u1@x.org'}), 200); // her own
	await ok(patch('users/u1', {email: null}), 200);
	await ok(patch('users/u2', {email: 'u1@x.org'}), 200); // free again
});

test('managed roles cannot be changed or deleted', async () => {
	assert.equal((await ok(get('roles/owner'), 200)).json.managed, true);
	await isProblem(patch('roles/owner', {actions: ['*']}), 403, 'denied', /managed/);
	await isProblem(del('roles/pdp-client'), 403, 'denied', /managed/);
	const made = await ok(post('roles', {id: 'mine', managed: true}), 201);
	assert.equal(made.json.managed, false);
});

test('groups: members come and go', async () => {
	await ok(post('users', {id: 'gina', email: 'gina@x.org'}), 201);
	await ok(post('groups', {id: 'devs'}), 201);
	assert.deepEqual((await ok(get('groups/devs/members'), 200)).json, {items: [], next_cursor: null});
	await ok(put('groups/devs/members/gina'), 204);
	await ok(put('groups/devs/members/gina@x.org'), 204); // the same membership by another name
	const members = (await ok(get('groups/devs/members'), 200)).json.items;
	assert.deepEqual(members.map(({type, id}) => ({type, id})), [{type: 'user', id: 'gina'}]);
	assert.equal((await ok(get('groups/devs/members/gina@x.org'), 200)).json.id, 'gina');
	await isProblem(put('groups/devs/members/nobody'), 404, 'not-found', /nobody/);
	await isProblem(put('groups/nothing/members/gina'), 404, 'not-found', /nothing/);
	await isProblem(get('groups/devs/members/nobody'), 404, 'not-found', /nobody/);
	await ok(del('groups/devs/members/gina'), 204);
	await isProblem(del('groups/devs/members/gina'), 404, 'not-found');
	await isProblem(get('groups/devs/members/gina'), 404, 'not-found');
});

test('groups stand below each other, not below themselves', async () => {
	await ok(post('groups', {id: 'top'}), 201);
	await ok(post('groups', {id: 'middle', parent: 'top'}), 201);
	await ok(post('groups', {id: 'bottom', parent: 'middle'}), 201);
	await isProblem(patch('groups/top', {parent: 'bottom'}), 400, 'invalid', /below itself/);
	await isProblem(patch('groups/top', {parent: 'top'}), 400, 'invalid', /below itself/);
	await isProblem(del('groups/top'), 409, 'conflict', /below/);
	await ok(patch('groups/middle', {parent: null}), 200);
	await ok(del('groups/top'), 204);
});

test('roles are held by users, services and groups, org-wide or in a tenant, and decide', async () => {
	await makeUser(s, 'rita');
	await ok(post('services', {id: 'robot'}), 201);
	await ok(post('groups', {id: 'readers'}), 201);
	await ok(post('tenants', {id: 'rt1'}), 201);
	await ok(post('roles', {id: 'r-read', actions: ['docs:read']}), 201);
	for (const member of ['rita', 'user:rita', 'service:robot', 'group:readers', 'rita?tenant=rt1']) {
		await ok(put(`roles/r-read/members/${member}`), 204);
	}
	const items = (await ok(get('roles/r-read/members'), 200)).json.items.map(({type, id, tenant}) => [type, id, tenant]);
	assert.deepEqual(items, [
		['user', 'rita', null],
		['service', 'robot', null],
		['group', 'readers', null],
		['user', 'rita', 'rt1'],
	]);
	const inTenant = (await ok(get('roles/r-read/members?tenant=rt1'), 200)).json.items;
	assert.deepEqual(inTenant.map((m) => m.id), ['rita']);
	await decides(true, {type: 'user', id: 'rita'}, 'docs:read');
	await decides(true, {type: 'service', id: 'robot'}, 'docs:read');

	await ok(del('roles/r-read/members/user:rita'), 204);
	const doc = (tenant) => ({type: 'doc', id: '1', properties: {tenant}});
	await decides(true, {type: 'user', id: 'rita'}, 'docs:read', doc('rt1'));
	await decides(false, {type: 'user', id: 'rita'}, 'docs:read', doc('rt2'));
	await isProblem(get('roles/r-read/members/rita'), 404, 'not-found');
	assert.equal((await ok(get('roles/r-read/members/rita?tenant=rt1'), 200)).json.tenant, 'rt1');
	await ok(del('roles/r-read/members/rita?tenant=rt1'), 204);
	await decides(false, {type: 'user', id: 'rita'}, 'docs:read', doc('rt1'));

	await isProblem(put('roles/r-read/members/nobody'), 404, 'not-found', /nobody/);
	await isProblem(put('roles/nothing/members/rita'), 404, 'not-found', /nothing/);
	await isProblem(put('roles/r-read/members/robot:x'), 400, 'invalid', /principal/);
	await isProblem(put('roles/r-read/members/rita?tenant=nowhere'), 400, 'invalid', /nowhere/);
	await isProblem(del('roles/r-read/members/rita'), 404, 'not-found');

	await ok(patch('roles/r-read', {actions: ['docs:write']}), 200);
	await decides(false, {type: 'service', id: 'robot'}, 'docs:read');
	await decides(true, {type: 'service', id: 'robot'}, 'docs:write');
});

test('what is deleted takes its memberships along and does not come back with its id', async () => {
	await makeUser(s, 'dora');
	await ok(post('groups', {id: 'dg'}), 201);
	await ok(post('roles', {id: 'dr', actions: ['d:x']}), 201);
	await ok(put('groups/dg/members/dora'), 204);
	await ok(put('roles/dr/members/dora'), 204);
	await decides(true, {type: 'user', id: 'dora'}, 'd:x');
	await ok(del('users/dora'), 204);
	await ok(post('users', {id: 'dora'}), 201);
	await decides(false, {type: 'user', id: 'dora'}, 'd:x');
	assert.deepEqual((await get('groups/dg/members')).json.items, []);
	assert.deepEqual((await get('roles/dr/members')).json.items, []);
	await ok(put('roles/dr/members/dora'), 204);
	await ok(del('roles/dr'), 204);
	await ok(post('roles', {id: 'dr', actions: ['d:x']}), 201);
	await decides(false, {type: 'user', id: 'dora'}, 'd:x');
});

test('resources: put, get, change, list, delete', async () => {
	await ok(post('tenants', {id: 'res1'}), 201);
	const body = {tenant: 'res1', tags: {Env: 'prod', Team: ['a', 'b']}, attributes: {size: 3}, parent: {type: 'folder', id: 'f/1'}};
	const made = await ok(put('resources/document/d%2F1%20%C3%A9', body), 201);
	assert.equal(made.headers.location, v1('resources/document/d%2F1%20%C3%A9'));
	const {created_at, updated_at, ...rest} = made.json;
	assert.ok(created_at && updated_at);
	assert.deepEqual(rest, {
		type: 'document',
		id: 'd/1 é',
		display_name: null,
		description: null,
		tenant: 'res1',
		tags: {Env: ['prod'], Team: ['a', 'b']},
		attributes: {size: 3},
		parent: {type: 'folder', id: 'f/1'},
		members: [],
	});
	assert.deepEqual((await ok(get('resources/document/d%2F1%20%C3%A9'), 200)).json, made.json);

	const changed = await ok(patch('resources/document/d%2F1%20%C3%A9', {parent: 'folder/f2', tags: null}), 200);
	assert.deepEqual(changed.json.parent, {type: 'folder', id: 'f2'});
	assert.deepEqual(changed.json.tags, {});
	assert.deepEqual(changed.json.attributes, {size: 3});

	const replaced = await ok(put('resources/document/d%2F1%20%C3%A9', {}), 200);
	assert.deepEqual(
		[replaced.json.tenant, replaced.json.parent, replaced.json.attributes, replaced.json.created_at],
		[null, null, {}, created_at],
	);

	await ok(put('resources/document/d2', {tenant: 'res1'}), 201);
	await ok(put('resources/picture/p1', {}), 201);
	const ids = async (query) => (await ok(get(`resources${query}`), 200)).json.items.map((r) => r.id);
	assert.deepEqual(await ids('?type=document'), ['d/1 é', 'd2']);
	assert.deepEqual(await ids('?tenant=res1'), ['d2']);
	assert.deepEqual(await ids('?type=picture&tenant=res1'), []);

	for (const [path, bad, detail] of [
		['resources/document/x', {tenant: 'nowhere'}, /nowhere/],
		['resources/document/x', {tenant: 1}, /tenant/],
		['resources/document/x', {tags: []}, /tags/],
		['resources/document/x', {tags: {Env: 1}}, /tags\.Env/],
		['resources/document/x', {tags: {Env: ['a', 1]}}, /tags\.Env/],
		['resources/document/x', {attributes: 'x'}, /attributes/],
		['resources/document/x', {parent: 'nonsense'}, /parent/],
		['resources/document/x', {parent: {type: 'folder'}}, /parent/],
		['resources/document/x', {parent: 'document/x'}, /below itself/],
		['resources/1document/x', {}, /type/],
		['resources/document/a%01b', {}, /id/],
	]) {
		await isProblem(put(path, bad), 400, 'invalid', detail);
	}
	await isProblem(get('resources/document/x'), 404, 'not-found');
	await ok(del('resources/document/d2'), 204);
	await isProblem(del('resources/document/d2'), 404, 'not-found');
	await isProblem(patch('resources/document/d2', {}), 404, 'not-found');
});

test('lists come in pages that stay in step while objects come and go', async () => {
	const ids = Array.from({length: 25}, (_, i) => `page-${String(i).padStart(2, '0')}`);
	for (const id of ids) {
		await ok(post('services', {id}), 201);
	}
	const walk = async (limit, between = async () => {}) => {
		const seen = [];
		for (let cursor = ''; cursor !== null; ) {
			const r = await ok(get(`services?limit=${limit}${cursor && `&cursor=${cursor}`}`), 200);
			assert.ok(r.json.items.length <= limit);
			seen.push(...r.json.items.map((o) => o.id));
			cursor = r.json.next_cursor;
			await between(seen);
		}
		return seen.filter((id) => id.startsWith('page-'));
	};
	for (const limit of [1, 7, 24, 25, 26, 1000]) {
		assert.deepEqual(await walk(limit), ids);
	}
	// Deleting what was seen and adding at the end neither skips nor repeats.
	let round = 0;
	const seen = await walk(5, async (soFar) => {
		round++;
		if (round === 1) {
			await ok(del(`services/${soFar.find((id) => id.startsWith('page-'))}`), 204);
			await ok(post('services', {id: 'page-99'}), 201);
		}
	});
	assert.deepEqual(seen, [...ids, 'page-99']);
	// A cursor whose object is gone still marks its place.
	const first = await ok(get('services?limit=3'), 200);
	await ok(del(`services/${first.json.items[2].id}`), 204);
	const next = await ok(get(`services?limit=3&cursor=${first.json.next_cursor}`), 200);
	const all = (await ok(get('services'), 200)).json.items.map((o) => o.id);
	assert.deepEqual(next.json.items.map((o) => o.id), all.slice(2, 5));
	for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=-1', 'limit=', 'cursor=x', 'cursor=AAAA', 'cursor=%ff']) {
		await isProblem(get(`services?${query}`), 400, 'invalid', /limit|cursor/);
	}
});

test('wrong paths and methods are problems too', async () => {
	await isProblem(get('nothing'), 404, 'not-found');
	await isProblem(s.call('GET', '/doorward'), 404, 'not-found');
	await isProblem(get('users/'), 404, 'not-found');
	const r = await isProblem(put('users'), 405, 'method-not-allowed');
	assert.equal(r.headers.allow, 'GET, HEAD, POST');
	await isProblem(get('users/%zz'), 400, 'invalid');
	await isProblem(post('users', '{', {headers: {'Content-Length': 2 ** 30}}), 413, 'body-too-large');
	const none = await isProblem(get('users', {key: null}), 401, 'unauthenticated');
	assert.match(none.headers['www-authenticate'], /^Bearer/);
});

test('whoami and organization', async () => {
	const key = await makeUser(s, 'wanda');
	assert.deepEqual((await ok(get('whoami', {key}), 200)).json, {
		organization: 'default',
		actor: 'user:wanda',
		principal: {type: 'user', id: 'wanda'},
		key: key.split('_')[1],
		tenants: null,
	});
	const o = (await ok(get('organization'), 200)).json;
	assert.equal(o.id, 'default');
	assert.ok(o.revision > 1);
	await isProblem(get('organization', {key}), 403, 'denied');
});

/** A user with a role of these actions, held org-wide or in one tenant; resolves to her key. */
async function holder(id, actions, tenant) {
	const key = await makeUser(s, id);
	await ok(post('roles', {id: `role-of-${id}`, actions}), 201);
	await ok(put(`roles/role-of-${id}/members/${id}${tenant ? `?tenant=${tenant}` : ''}`), 204);
	return key;
}

test('every operation needs its own permission', async () => {
	const key = await holder('helper', ['doorward:users:create', 'doorward:users:get']);
	await ok(post('users', {id: 'helped'}, {key}), 201);
	await ok(get('users/helped', {key}), 200);
	for (const r of [
		get('users', {key}),
		patch('users/helped', {}, {key}),
		del('users/helped', {key}),
		post('groups', {id: 'x'}, {key}),
		get('roles', {key}),
		put('roles/owner/members/helper', undefined, {key}),
		put('groups/admins/members/helper', undefined, {key}),
		put('resources/a/b', {}, {key}),
		get('audit', {key}),
	]) {
		await isProblem(r, 403, 'denied', /not allowed: doorward:/);
	}
	await isProblem(get('nothing-here', {key}), 404, 'not-found');
});

test('a denial under the canonical id cannot be gone around by an alias', async () => {
	const key = await holder('careful', ['doorward:users:*']);
	await ok(post('users', {id: 'vip', email: 'vip@x.org'}), 201);
	await ok(
		s.call('POST', '/iam/policies', {
			id: 'hands-off-vip',
			name: 'hands off',
			members: ['user:local:careful'],
			statements: [{effect: 'DENY', actions: ['doorward:users:update'], resources: ['doorward:users:vip'], tenants: ['*']}],
		}),
		200,
	);
	await isProblem(patch('users/vip', {display_name: 'x'}, {key}), 403, 'denied');
	await isProblem(patch('users/vip@x.org', {display_name: 'x'}, {key}), 403, 'denied');
	await ok(get('users/vip@x.org', {key}), 200);
});

test('a permission held in one tenant reaches what lives there and nothing else', async () => {
	await ok(post('tenants', {id: 'in'}), 201);
	await ok(post('tenants', {id: 'out'}), 201);
	await ok(put('resources/thing/in', {tenant: 'in'}), 201);
	await ok(put('resources/thing/out', {tenant: 'out'}), 201);
	await ok(put('resources/thing/none', {}), 201);
	const key = await holder('local', ['doorward:resources:*', 'doorward:users:*', 'doorward:roleMembers:*'], 'in');
	const seen = (await ok(get('resources?type=thing', {key}), 200)).json.items.map((r) => r.id);
	assert.deepEqual(seen, ['in']);
	await ok(get('resources/thing/in', {key}), 200);
	await isProblem(get('resources/thing/out', {key}), 404, 'not-found');
	await isProblem(patch('resources/thing/none', {}, {key}), 404, 'not-found');
	await isProblem(del('resources/thing/out', {key}), 404, 'not-found');
	await isProblem(put('resources/thing/out', {tenant: 'in'}, {key}), 403, 'denied');
	await isProblem(patch('resources/thing/in', {tenant: 'out'}, {key}), 403, 'denied');
	await isProblem(put('resources/thing/new', {}, {key}), 403, 'denied');
	await ok(put('resources/thing/new', {tenant: 'in'}, {key}), 201);

	await isProblem(get('users', {key}), 403, 'denied', /some tenants/);
	await ok(put('roles/viewer/members/local?tenant=in', undefined, {key}), 204);
	await isProblem(put('roles/viewer/members/local?tenant=out', undefined, {key}), 403, 'denied');
	await isProblem(put('roles/viewer/members/local', undefined, {key}), 403, 'denied');
});

test('organizations of one store do not see each other', async () => {
	const one = await startServer({org: 'one'});
	await makeUser(one, 'only-here');
	await ok(one.call('PUT', v1('resources/doc/d1'), {}), 201);
	const keyOfOne = one.key;
	const keyId = (await one.call('GET', v1('keys'))).json.items.at(-1).id;
	await one.restart({org: 'two'});
	assert.notEqual(one.key, keyOfOne);
	assert.equal((await one.call('GET', v1('organization'))).json.id, 'two');
	for (const path of ['users/only-here', 'resources/doc/d1', `keys/${keyId}`]) {
		for (const method of ['GET', 'DELETE']) {
			assert.equal((await one.call(method, v1(path))).status, 404, `${method} ${path}`);
		}
	}
	assert.equal((await one.call('PATCH', v1('users/only-here'), {})).status, 404);
	for (const noun of ['users', 'resources', 'keys']) {
		const text = (await one.call('GET', v1(noun))).text;
		assert.doesNotMatch(text, /only-here|"d1"/);
	}
	assert.doesNotMatch((await one.call('GET', v1('audit'))).text, /only-here/);
	const decision = await one.call('POST', '/access/v1/evaluation', {
		subject: {type: 'user', id: 'only-here'},
		action: {name: 'x'},
		resource: {type: 'doc', id: 'd1'},
	});
	assert.deepEqual(decision.json, {decision: false});
	// The same id in both is two users, and each key finds its own organization.
	await ok(one.call('POST', v1('users'), {id: 'only-here', display_name: 'of two'}), 201);
	const seen = await one.call('GET', v1('users/only-here'), undefined, {key: keyOfOne});
	assert.equal(seen.json.display_name, null);
	await one.stop();
});

test('the last owner stays', async () => {
	await isProblem(del('users/owner'), 409, 'conflict', /last owner/);
	await isProblem(del('roles/owner/members/owner'), 409, 'conflict', /last owner/);
	await makeUser(s, 'heir');
	// Held in one tenant only, the role lets nobody in.
	await ok(post('tenants', {id: 'lo'}), 201);
	await ok(put('roles/owner/members/heir?tenant=lo'), 204);
	await isProblem(del('roles/owner/members/owner'), 409, 'conflict', /last owner/);
	await ok(put('roles/owner/members/heir'), 204);
	await ok(del('roles/owner/members/owner'), 204);
	await isProblem(del('users/heir'), 409, 'conflict', /last owner/);
	await ok(put('roles/owner/members/owner'), 204);
	await ok(del('users/heir'), 204);
});
