// SPDX-License-Identifier: Apache-2.0
// Searches where the scenario says nothing: all dialects' documents, pages that show one state, tokens, bound keys, bounds.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer} from '../../harness/server.mjs';

let s;
before(async () => {
	s = await startServer();
	for (const id of ['t1', 't2']) {
		await made('POST', 'tenants', {id});
	}
	for (let i = 0; i < 12; i++) {
		await made('POST', 'users', {id: user(i), email: `${user(i)}@example.com`});
	}
	await made('POST', 'services', {id: 'robot'});
	await made('POST', 'groups', {id: 'devs', kind: 'team'});
	await made('PUT', 'groups/devs/members/u03', undefined, 204);
	await made('PUT', 'groups/devs/members/u04@example.com', undefined, 204);
	await made('POST', 'roles', {id: 'reader', actions: ['docs:pages:get', 'docs:pages:list']});
	await made('PUT', 'roles/reader/members/u05', undefined, 204);
	await made('PUT', 'roles/reader/members/group:devs', undefined, 204);
	await made('PUT', 'roles/reader/members/service:robot', undefined, 204);
	await made('PUT', 'roles/reader/members/u06?tenant=t1', undefined, 204);
	for (let i = 0; i < 30; i++) {
		await made('PUT', `resources/docs:pages/p${String(i).padStart(2, '0')}`, i % 2 ? {tenant: 't1'} : {});
	}
});
after(async () => assert.equal(await s.stop(), 0));

const user = (i) => `u${String(i).padStart(2, '0')}`;

async function made(method, path, body, status = 201) {
	const r = await s.call(method, `/doorward/v1/${path}`, body);
	assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	return r;
}

const post = (what, body, options) => s.call('POST', `/access/v1/search/${what}`, body, options);
const names = (r) => r.json.results.map((x) => x.id ?? x.name);

async function finds(what, body, wanted, options) {
	const r = await post(what, body, options);
	assert.equal(r.status, 200, r.text);
	assert.deepEqual(names(r), wanted);
	return r;
}

async function isRefused(promise, message) {
	const r = await promise;
	assert.equal(r.status, 400, r.text);
	assert.match(r.headers['content-type'], /^text\/plain/);
	assert.match(r.text, message);
}

/** All pages of a search: their results, and how many there were. */
async function walk(what, body, limit) {
	const found = [];
	let page = {limit};
	for (let n = 1; ; n++) {
		const r = await post(what, {...body, page});
		assert.equal(r.status, 200, r.text);
		assert.ok(r.json.results.length <= limit);
		assert.equal(r.json.page.count, r.json.results.length);
		found.push(...names(r));
		if (r.json.page.next_token === '') {
			return {found, n};
		}
		page = {token: r.json.page.next_token};
	}
}

const get = {name: 'docs:pages:get'};
const page00 = {type: 'docs:pages', id: 'p00'};
const who = {subject: {type: 'user'}, action: get, resource: page00};

test('subjects of every type, through groups and roles, by whatever name they were added', async () => {
	// Where no tenant is meant, a role that is held in one is enough.
	await finds('subject', who, ['owner', 'u03', 'u04', 'u05', 'u06']);
	await finds('subject', {...who, subject: {type: 'service'}}, ['robot']);
	await finds('subject', {...who, subject: {type: 'group'}}, ['admins', 'devs']);
	assert.ok(names(await post('subject', {...who, subject: {type: 'role'}})).includes('reader'));
	await finds('subject', {...who, subject: {type: 'external'}}, []);
	// Else it counts where the resource is.
	await finds('subject', {...who, resource: {...page00, properties: {tenant: 't2'}}}, ['owner', 'u03', 'u04', 'u05']);
	await finds('subject', {...who, resource: {type: 'docs:pages', id: 'p01'}}, ['owner', 'u03', 'u04', 'u05', 'u06']);
	await finds('subject', {...who, resource: {...page00, properties: {tenants: ['t1', 't2']}}}, ['owner', 'u03', 'u04', 'u05', 'u06']);
});

test('what the asker vouches for, she vouches for of everybody', async () => {
	await made('POST', 'policies', {id: 'ldap', effect: 'allow', subjects: ['team:ldap:all'], actions: ['docs:pages:get'], resources: ['docs:pages/p00']}, 400);
	const r = await s.call('POST', '/iam/policies', {
		id: 'ldap', name: 'ldap', members: ['team:ldap:all'], tenants: [],
		statements: [{effect: 'ALLOW', actions: ['docs:pages:get'], resources: ['docs:pages:p00', 'docs:pages:ghost'], tenants: ['*']}],
	});
	assert.equal(r.status, 200, r.text);
	const all = [...Array(12).keys()].map(user);
	await finds('subject', {...who, subject: {type: 'user', properties: {subjects: ['team:ldap:all']}}}, ['owner', ...all]);
	const external = {type: 'external', id: '', properties: {subjects: ['team:ldap:all']}};
	// One that is registered, and one that a policy names exactly.
	await finds('resource', {subject: external, action: get, resource: {type: 'docs:pages'}}, ['ghost', 'p00']);
	await finds('action', {subject: external, resource: page00}, ['docs:pages:get']);
});

test('resources: registered or named, in their tenants', async () => {
	const question = {subject: {type: 'user', id: 'u06'}, action: get, resource: {type: 'docs:pages'}};
	const odd = [...Array(30).keys()].filter((i) => i % 2).map((i) => `p${String(i).padStart(2, '0')}`);
	const r = await post('resource', question);
	// Where no tenant is meant, one in which it is allowed is enough.
	assert.deepEqual(
		names(r).filter((id) => odd.includes(id)),
		odd,
	);
	await finds('resource', {...question, subject: {type: 'user', id: 'u00'}}, []);
	await finds('resource', {...question, action: {name: 'docs:pages:delete'}}, []);
});

test('actions: those of the role, and for who may do everything those that are known', async () => {
	const some = names(await post('action', {subject: {type: 'user', id: 'u05'}, resource: page00}));
	// Built-in policies let every user work with access requests, whatever the resource.
	assert.deepEqual(
		some.filter((name) => !name.startsWith('conductorone:')),
		['docs:pages:get', 'docs:pages:list'],
	);
	const all = names(await post('action', {subject: {type: 'user', id: 'owner'}, resource: page00, page: {limit: 1000}}));
	for (const name of ['access:evaluate', 'docs:pages:get', 'projects:read', 'read', 'use']) {
		assert.ok(all.includes(name), name);
	}
	assert.ok(!all.some((name) => name.includes('*')));
	assert.deepEqual(all, [...new Set(all)].sort());
});

test('pages: whole, in order, whatever their size; the last is known to be the last', async () => {
	const question = {subject: {type: 'user', id: 'u05'}, action: get, resource: {type: 'docs:pages'}};
	const all = names(await post('resource', question));
	assert.equal(all.length, 31);
	for (const limit of [1, 7, 31, 1000]) {
		const {found, n} = await walk('resource', question, limit);
		assert.deepEqual(found, all);
		assert.equal(n, Math.ceil(all.length / limit));
	}
	const r = await post('resource', {...question, page: {limit: 5.0}});
	assert.equal(r.json.results.length, 5);
	// A page of nothing says whether there is something.
	const none = await post('resource', {...question, page: {limit: 0}});
	assert.deepEqual(none.json.results, []);
	assert.notEqual(none.json.page.next_token, '');
	assert.equal((await post('resource', {...question, resource: {type: 'nothing'}, page: {limit: 0}})).json.page.next_token, '');
});

test('without a page, more than a hundred results come with one', async () => {
	for (let i = 0; i < 120; i++) {
		await made('PUT', `resources/leaf/l${String(i).padStart(3, '0')}`, {});
	}
	const question = {subject: {type: 'user', id: 'owner'}, action: {name: 'read'}, resource: {type: 'leaf'}};
	const first = await post('resource', question);
	assert.equal(first.json.results.length, 100);
	assert.equal(first.json.page.count, 100);
	const second = await post('resource', {...question, page: {token: first.json.page.next_token}});
	assert.deepEqual(second.json.page, {next_token: '', count: 20});
	assert.equal(second.json.results[0].id, 'l100');
	assert.equal((await post('resource', {...question, page: {limit: 1e9}})).json.results.length, 120);
});

test('all pages show the state of the first, whatever happens in between', async () => {
	const question = {subject: {type: 'user'}, action: {name: 'docs:pages:list'}, resource: page00};
	const before = await post('subject', question);
	assert.deepEqual(names(before), ['owner', 'u03', 'u04', 'u05', 'u06']);
	const first = await post('subject', {...question, page: {limit: 2}});
	await made('PUT', 'roles/reader/members/u00', undefined, 204); // before the place
	await made('PUT', 'roles/reader/members/u09', undefined, 204); // behind it
	await made('DELETE', 'groups/devs/members/u04', undefined, 204);
	const second = await post('subject', {...question, page: {token: first.json.page.next_token}});
	assert.equal(second.status, 200, second.text);
	const third = await post('subject', {...question, page: {token: second.json.page.next_token}});
	assert.deepEqual([...names(first), ...names(second), ...names(third)], names(before));
	for (const r of [second, third]) {
		assert.equal(r.headers['doorward-revision'], first.headers['doorward-revision']);
	}
	assert.equal(third.json.page.next_token, '');
	const after = await post('subject', question);
	assert.deepEqual(names(after), ['owner', 'u00', 'u03', 'u05', 'u06', 'u09']);
	// A new search may ask for that state, too; a token is of one state only.
	const revision = first.headers['doorward-revision'];
	const again = await post('subject', {...question, page: {limit: 3}}, {headers: {'Doorward-As-Of': revision}});
	assert.deepEqual(names(again), ['owner', 'u03', 'u04']);
	const page = {token: again.json.page.next_token};
	assert.deepEqual(names(await post('subject', {...question, page}, {headers: {'Doorward-As-Of': revision}})), ['u05', 'u06']);
	assert.deepEqual(names(await post('subject', {...question, page})), ['u05', 'u06']);
	await isRefused(post('subject', {...question, page}, {headers: {'Doorward-As-Of': '1'}}), /revision/);
});

test('a token goes on with its own search, and nothing else', async () => {
	const question = {subject: {type: 'user'}, action: get, resource: {...page00, properties: {a: [1, {b: 2, c: 3}], d: null}}};
	const token = (await post('subject', {...question, page: {limit: 2}})).json.page.next_token;
	const page = {token};
	const changed = [
		{...question, subject: {type: 'service'}},
		{...question, action: {name: 'docs:pages:list'}},
		{...question, resource: {...question.resource, id: 'p01'}},
		{...question, resource: {...page00, properties: {a: [1, {b: 2, c: 4}], d: null}}},
		{...question, resource: {...page00, properties: {a: [{b: 2, c: 3}, 1], d: null}}},
		{...question, context: {a: 1}},
	];
	for (const body of changed) {
		await isRefused(post('subject', {...body, page}), /another search/);
	}
	await isRefused(post('resource', {subject: {type: 'user', id: 'u05'}, action: get, resource: {type: 'docs:pages'}, page}), /another search/);
	await isRefused(post('subject', {...question, page: {token, limit: 3}}), /page\.limit/);
	for (const bad of [token.slice(0, -1), `${token}A`, token.slice(1), token.replace('.', ''), 'x', '.', token.split('.')[0], `.${token.split('.')[1]}`]) {
		await isRefused(post('subject', {...question, page: {token: bad}}), /page\.token/);
	}
	await isRefused(post('subject', {...question, page: {token: ''}}), /page\.token is empty/);
	// The same in another order, with an id that is ignored, the limit and what nobody knows.
	const same = {page: {limit: 2, token, x: 1}, x: 2, resource: {properties: {d: null, a: [1.0, {c: 3, b: 2}]}, id: 'p00', type: 'docs:pages'}, action: get, subject: {id: 'u07', type: 'user'}};
	assert.equal((await post('subject', same)).status, 200);
});

test('a page of a wrong form', async () => {
	for (const limit of [-1, 1.5, '10', true, [], {}]) {
		await isRefused(post('subject', {...who, page: {limit}}), /page\.limit/);
	}
	for (const token of [1, true, [], {}]) {
		await isRefused(post('subject', {...who, page: {token}}), /page\.token/);
	}
	for (const page of [1, 'x', []]) {
		await isRefused(post('subject', {...who, page}), /page must be an object/);
	}
	assert.equal((await post('subject', {...who, page: null})).text, (await post('subject', who)).text);
	assert.deepEqual(Object.keys((await post('subject', {...who, page: {}})).json), ['page', 'results']);
});

test('a key that is bound to tenants finds what holds there', async () => {
	await made('PUT', 'roles/pdp-client/members/service:robot', undefined, 204);
	const bound = await makeKey(s, {type: 'service', id: 'robot'}, {tenants: ['t1']});
	const question = {subject: {type: 'user', id: 'u06'}, action: get, resource: {type: 'docs:pages'}};
	const r = await post('resource', question, {key: bound});
	assert.equal(r.status, 200, r.text);
	assert.ok(names(r).includes('p01'));
	const other = await makeKey(s, {type: 'service', id: 'robot'}, {tenants: ['t2']});
	await finds('resource', question, [], {key: other});
	await finds('subject', {...who, resource: {type: 'docs:pages', id: 'p01'}}, [], {key: other});
});

test('no key, and a key that may not ask', async () => {
	assert.equal((await post('subject', who, {key: null})).status, 401);
	const key = await makeKey(s, {type: 'user', id: 'u00'});
	assert.equal((await post('subject', who, {key})).status, 403);
	const r = await s.call('GET', '/access/v1/search/subject');
	assert.equal(r.status, 405);
	assert.equal(r.headers.allow, 'POST');
});
