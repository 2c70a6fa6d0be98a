// SPDX-License-Identifier: Apache-2.0
// The endpoint as each of the four proxies asks it.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';
import {makeKey, run, startServer} from '../../harness/server.mjs';
import {created, done, PREFIX, scratch, start} from './support.mjs';

const routes = `routes:
- {method: GET, path: '/records/{id}', action: read, resource: {type: record, id: '{id}'}}
- {method: DELETE, path: '/records/{id}', action: write, resource: {type: record, id: '{id}'}}
- {method: GET, path: /records/archive, action: administer, resource: {type: archive, id: all}}
- {method: GET, path: '/teams/{team}', action: read, resource: {type: team, id: x, tenant: '{team}'}}
- {method: GET, host: api.example.com, path: '/{id}', action: administer, resource: {type: api, id: '{id}'}}
- {method: GET, path: '/{id}', action: read, resource: {type: page, id: '{id}'}}
`;
const nginx = (uri, method = 'GET') => ({'X-Original-Method': method, 'X-Original-URI': uri});
const forwarded = (uri, method = 'GET') => ({'X-Forwarded-Method': method, 'X-Forwarded-Uri': uri});
const ask = (s, key, headers) => s.call('GET', PREFIX, undefined, {key, headers});

async function isAllowed(promise, user, status = 200) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	assert.equal(r.text, '');
	assert.equal(r.headers['x-doorward-user'], user);
	assert.match(r.headers['doorward-revision'], /^\d+$/);
}

async function isDenied(promise, detail) {
	const r = await promise;
	assert.equal(r.status, 403, r.text);
	assert.equal(r.headers['x-doorward-user'], undefined);
	assert.equal(r.headers['content-type'], 'application/problem+json');
	assert.match(r.json.detail, detail);
}

test('nginx: the user with a key of her own', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: bearer\n${routes}`);
	await isAllowed(ask(s, s.alice, nginx('/records/r1')), 'alice');
	await isAllowed(ask(s, s.alice, nginx('/records/r1?x=/../y')), 'alice');
	await isAllowed(ask(s, s.alice, nginx('/records/r1', 'HEAD')), 'alice');
	await isAllowed(s.call('GET', PREFIX, undefined, {key: null, headers: {'X-API-Key': s.alice, ...nginx('/records/a%20b')}}), 'alice');
	await isDenied(ask(s, s.alice, nginx('/records/r1', 'DELETE')), /^not allowed$/);
	await isDenied(ask(s, s.bob, nginx('/records/r1')), /^not allowed$/);
	await isDenied(ask(s, s.alice, nginx('/records/archive')), /^not allowed$/);
	await isDenied(ask(s, s.alice, nginx('/nowhere/at/all')), /no route/);
	await isDenied(ask(s, s.alice, nginx('/records/r1', 'POST')), /no route/);
	await isDenied(ask(s, s.alice, {}), /did not say/);
	await isDenied(ask(s, s.alice, forwarded('/records/r1')), /did not say/);
	await isAllowed(ask(s, s.key, nginx('/records/archive')), 'owner');
});

test('who is not known gets 401 and is told how', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: bearer\n${routes}`);
	for (const [key, challenge] of [
		[null, /^Bearer realm="doorward"$/],
		['dw_abcdefghijkl_0123456789012345678901234567890123456789', /invalid_token/],
		['rubbish', /invalid_token/],
	]) {
		const r = await ask(s, key, nginx('/records/r1'));
		assert.equal(r.status, 401, r.text);
		assert.match(r.headers['www-authenticate'], challenge);
		assert.equal(r.headers['x-doorward-user'], undefined);
	}
});

test('attack paths are denied, whoever asks', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: bearer\n${routes}`);
	for (const uri of [
		'/records/../records/r1', '/records/./r1', '/records/%2e%2e/x', '/records/.%2e', '/records//r1', '//records/r1',
		'/records/r1%2f..', '/records/a%2Fb', '/records/a%5cb', '/records/a\\b', '/records/%252e%252e', '/records/r1%00',
		'/records/r1%0a', '/records/r1;x', '/records/..;/r1', '/records/r1#x', '/records/%zz', '/records/%c0%af', '/records/a b',
		'records/r1', '*', 'http://api.example.com/records/r1', `/records/${'a'.repeat(4096)}`, '',
	]) {
		await isDenied(ask(s, s.key, nginx(uri)), /path|URI|segment|character|escape|two headers/);
	}
	await isDenied(ask(s, s.key, nginx('/records/%61rchive')), /as it was sent and .* decoded/);
	for (const method of ['get', 'TRACE', 'PROPFIND', 'GET, DELETE', '']) {
		await isDenied(ask(s, s.key, nginx('/records/r1', method)), /method/);
	}
});

test('headers that disagree are denied', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: bearer\n${routes}`);
	const base = nginx('/records/r1');
	for (const more of [
		{Authorization: [`Bearer ${s.alice}`, `Bearer ${s.key}`]}, {'X-API-Key': [s.alice, s.key]},
		{'X-Forwarded-Uri': '/records/r2'}, {'X-Forwarded-Method': 'DELETE'}, {'X-HTTP-Method-Override': 'DELETE'},
		{'X-HTTP-Method': 'DELETE'}, {'X-Method-Override': 'DELETE'}, {'X-Original-URL': '/records/archive'},
		{'X-Rewrite-URL': '/records/archive'}, {'X-Original-URI': ['/records/r1', '/records/r1']},
		{'X-Original-Method': ['GET', 'GET']}, {'X-Original-Host': ['a', 'a']}, {'X-Original-Host': 'a, b'},
	]) {
		await isDenied(ask(s, s.alice, {...base, ...more}), /header|host|key is there more/);
	}
	await isAllowed(ask(s, s.alice, {...base, 'X-Forwarded-Uri': '/records/r1', 'X-Original-URL': 'https://a/records/r1'}), 'alice');
});

test('routes of a host come before routes of any', async (t) => {
	const s = await start(t, `proxy: traefik\nidentity: bearer\n${routes}`);
	await isAllowed(ask(s, s.alice, forwarded('/p')), 'alice');
	await isAllowed(ask(s, s.alice, {...forwarded('/p'), 'X-Forwarded-Host': 'www.example.com'}), 'alice');
	for (const host of ['api.example.com', 'API.Example.COM:8443']) {
		await isDenied(ask(s, s.alice, {...forwarded('/p'), 'X-Forwarded-Host': host}), /^not allowed$/);
	}
	await isDenied(ask(s, s.alice, {...forwarded('/p'), 'X-Forwarded-Host': 'api.example.com.'}), /host/);
});

test('a key bound to tenants is answered about those only', async (t) => {
	const s = await start(t, `proxy: caddy\nidentity: bearer\n${routes}`);
	await created(s.call('POST', '/doorward/v1/tenants', {id: 't1'}));
	await created(s.call('POST', '/doorward/v1/tenants', {id: 't2'}));
	const bound = await makeKey(s, {type: 'user', id: 'alice'}, {tenants: ['t1']});
	await isAllowed(ask(s, s.alice, forwarded('/teams/t2')), 'alice');
	await isAllowed(ask(s, bound, forwarded('/teams/t1')), 'alice');
	await isDenied(ask(s, bound, forwarded('/teams/t2')), /^not allowed$/);
	await isDenied(ask(s, s.key, forwarded('/teams/(unassigned)')), /tenant/);
});

test('a service is never taken for the user of its name', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: bearer\n${routes}`);
	await created(s.call('POST', '/doorward/v1/services', {id: 'alice'}));
	await done(s.call('PUT', '/doorward/v1/roles/reader/members/service:alice'));
	await isAllowed(ask(s, await makeKey(s, {type: 'service', id: 'alice'}), nginx('/records/r1')), 'service:alice');
});

test('the proxy vouches for a user', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: header\nidentity_header: X-Forwarded-User\nanswer_header: X-User\nallow_status: 204\n${routes}`);
	await created(s.call('POST', '/doorward/v1/services', {id: 'gateway'}));
	const gateway = await makeKey(s, {type: 'service', id: 'gateway'});
	const as = (user, key = gateway) => ask(s, key, {...nginx('/records/r1'), 'X-Forwarded-User': user});
	await isDenied(as('alice'), /Permission Denied/);
	await done(s.call('PUT', '/doorward/v1/roles/pdp-client/members/service:gateway'));
	for (const name of ['alice', 'alice@example.com']) {
		const r = await as(name);
		assert.equal(r.status, 204, r.text);
		assert.equal(r.headers['x-user'], 'alice');
	}
	await isDenied(as('bob'), /^not allowed$/);
	await isDenied(as(['alice', 'alice']), /more than once/);
	// A user's own key vouches for nobody.
	await isDenied(as('owner', s.alice), /Permission Denied/);
	for (const name of ['nobody', 'service:gateway', '', null]) {
		const r = await as(name);
		assert.equal(r.status, 401, r.text);
		assert.ok(r.headers['www-authenticate']);
	}
	assert.equal((await as('alice', null)).status, 401);
});

test('Envoy: method and path are those of the request itself', async (t) => {
	const s = await start(t, `proxy: envoy\nidentity: bearer\nexplain: true\n${routes}`);
	const call = (method, path, headers = {}) => s.call(method, PREFIX + path, undefined, {key: s.alice, headers});
	await isAllowed(call('GET', '/records/r1?pretty'), 'alice');
	await isAllowed(call('GET', '/p'), 'alice');
	assert.equal((await call('HEAD', '/records/r1')).status, 200);
	assert.equal((await call('DELETE', '/records/archive')).status, 403);
	await isDenied(call('PURGE', '/records/r1'), /method/);
	await isDenied(call('GET', ''), /path/);
	await isDenied(call('GET', '/../whoami'), /dot segment/);
	await isDenied(call('GET', '//records/r1'), /empty segment/);
	await isDenied(call('GET', '/records/r1', {'X-HTTP-Method-Override': 'DELETE'}), /two headers/);
	await isAllowed(call('GET', '/records/r1', {'X-HTTP-Method-Override': 'GET'}), 'alice');
	assert.notEqual((await s.call('GET', `${PREFIX}x/records/r1`, undefined, {key: s.alice})).status, 200);
	const r = await call('DELETE', '/records/r1?pretty');
	assert.equal(r.status, 403);
	assert.equal(r.json.decision, false);
	assert.match(r.json.context.reason.text, /^No statement allows user alice to write record r1\.$/);
});

test('what a role allows or forbids counts at once', async (t) => {
	const s = await start(t, `proxy: nginx\nidentity: bearer\n${routes}`);
	await isDenied(ask(s, s.bob, nginx('/records/r1')), /^not allowed$/);
	await done(s.call('PUT', '/doorward/v1/roles/reader/members/bob'));
	await isAllowed(ask(s, s.bob, nginx('/records/r1')), 'bob');
	const metrics = (await s.call('GET', '/metrics')).text;
	assert.match(metrics, /\/doorward\/v1\/forward-auth/);
});

test('without a mapping there is nothing to ask', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	const r = await ask(s, s.key, nginx('/records/r1'));
	assert.equal(r.status, 404);
	assert.match(r.json.detail, /not configured/);
});

test('a mapping with a mistake, or none, is no way to start', async (t) => {
	const file = join(scratch(t), 'mapping.yaml');
	const serve = (env = {}) => run(['serve', '--store', 'memory:', '--listen', '127.0.0.1:0'], {DOORWARD_FORWARD_AUTH: file, ...env});
	const missing = await serve();
	assert.equal(missing.code, 2);
	assert.match(missing.err, /cannot read .*mapping\.yaml: No such file/);
	writeFileSync(file, 'proxy: nginx\nidentity: bearer\nroutes:\n- {path: a}\n');
	const wrong = await serve();
	assert.equal(wrong.code, 2);
	assert.match(wrong.err, /mapping\.yaml: line 4: path must begin with "\/"/);
});
