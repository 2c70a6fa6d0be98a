// SPDX-License-Identifier: Apache-2.0
//
// Tokens and who gets them, with node:crypto as the client: section 13's cases O1 to O9 and P28, personal clients, the
// limits of credentials, the device flow. Time is a driven clock.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {createPrivateKey, generateKeyPairSync, randomBytes, sign, verify, createPublicKey} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';

import {makeKey, makeUser, startServer, testClock} from '../../harness/server.mjs';
import {client} from './client.mjs';

const START = '2026-11-22T10:00:00Z';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const CONE = '2RGdOS94VDferT9e80mdgntl36K';
const clock = testClock(START);
const at = (seconds) => new Date(Date.parse(START) + seconds * 1000).toISOString();
const now = () => Date.parse(START) / 1000;

let s;
let keys;
before(async () => {
	s = await startServer({env: clock.env});
	keys = {alice: await makeUser(s, 'alice'), erin: await makeUser(s, 'erin')};
	const r = await s.call('PUT', '/doorward/v1/roles/c1_super_admin/members/user:erin');
	assert.ok(r.status < 300, r.text);
});
after(() => s?.dispose());

// ---- the client's side ------------------------------------------------------------------------------------

const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** The JWK in a client secret, which must have the vendor's form. */
function jwkOf(secret) {
	const parts = secret.split(':');
	assert.deepEqual(parts.slice(0, 3), ['secret-token', 'conductorone.com', 'v1'], secret.slice(0, 40));
	assert.equal(parts.length, 4);
	const jwk = JSON.parse(Buffer.from(parts[3], 'base64url'));
	assert.equal(jwk.kty, 'OKP');
	assert.equal(jwk.crv, 'Ed25519');
	return jwk;
}

const privateKeyOf = (secret) => createPrivateKey({key: jwkOf(secret), format: 'jwk'});

/** An assertion as the vendor's command line makes it; `claims` and `header` override. */
function assertion(credentials, {claims = {}, header = {}, key = privateKeyOf(credentials.clientSecret), signature} = {}) {
	const t = now();
	const head = base64url({alg: 'EdDSA', nonce: randomBytes(16).toString('hex'), ...header});
	const body = base64url({
		iss: credentials.clientId,
		sub: credentials.clientId,
		aud: ['127.0.0.1'],
		iat: t,
		nbf: t - 120,
		exp: t + 120,
		...claims,
	});
	return `${head}.${body}.${signature ?? sign(null, Buffer.from(`${head}.${body}`), key).toString('base64url')}`;
}

const form = (path, params, headers = {}) =>
	s.call('POST', path, new URLSearchParams(params).toString(), {
		key: null,
		headers: {'Content-Type': 'application/x-www-form-urlencoded', ...headers},
	});

const byAssertion = (credentials, jwt = assertion(credentials)) =>
	form('/auth/v1/token', {
		client_id: credentials.clientId,
		client_assertion: jwt,
		client_assertion_type: ASSERTION_TYPE,
		grant_type: 'client_credentials',
	});

const bySecret = (credentials) =>
	form('/auth/v1/token', {
		client_id: credentials.clientId,
		client_secret: credentials.clientSecret,
		grant_type: 'client_credentials',
	});

/** A success of the token endpoint; the token. */
function tokenOf(r) {
	assert.equal(r.status, 200, r.text);
	assert.match(r.headers['content-type'], /^application\/json/);
	assert.equal(r.headers['cache-control'], 'no-store');
	assert.equal(r.json.token_type, 'Bearer');
	assert.ok(r.json.expires_in > 0 && r.json.expires_in <= 3600);
	return r.json.access_token;
}

/** A failure of OAuth 2. */
function refused(r, status, error, text = /./) {
	assert.equal(r.status, status, r.text);
	assert.deepEqual(Object.keys(r.json), ['error', 'error_description']);
	assert.equal(r.json.error, error);
	assert.match(r.json.error_description, text);
}

/** A personal client of the key's owner: {clientId, clientSecret, client}. */
async function personalClient(key, body = {}) {
	const r = await client(s, key).post('iam/personal_clients', {displayName: 'test', ...body});
	return {clientId: r.client.clientId, clientSecret: r.clientSecret, client: r.client};
}

const POLICY = {displayName: 'p', policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: {steps: [{accept: {}}]}}};

// ---- proof ------------------------------------------------------------------------------------------------

test('O1 private-key JWT as the command line sends it: a bearer for an hour', async () => {
	const credentials = await personalClient(keys.alice);
	const r = await byAssertion(credentials);
	assert.equal(r.json.expires_in, 3600);
	const c1 = client(s, tokenOf(r));
	const me = await c1.get('auth/introspect');
	assert.equal(me.userId, 'alice');
	assert.equal(me.tenantId, 'default');
	assert.deepEqual(me.roles, ['c1_basic_user']);
	assert.deepEqual(me.features, []);
	assert.ok(me.permissions.includes('conductorone:personalClients:create'));
	assert.ok(!me.permissions.includes('conductorone:policies:create'));
	// Whoever takes bearers takes this one, too.
	const who = await s.call('GET', '/doorward/v1/whoami', undefined, {key: tokenOf(r)});
	assert.deepEqual(who.json.principal, {type: 'user', id: 'alice'});
	assert.equal(who.json.key, credentials.clientId);
});

test('O2 an audience that is not the host without port is refused, in the words of OAuth 2', async () => {
	const credentials = await personalClient(keys.alice);
	for (const aud of [`127.0.0.1:${s.port}`, ['other.example.com'], s.url, '', [], 7, null]) {
		refused(await byAssertion(credentials, assertion(credentials, {claims: {aud}})), 401, 'invalid_client', /"aud"/);
	}
	refused(await byAssertion(credentials, assertion(credentials, {claims: {aud: undefined}})), 401, 'invalid_client', /"aud"/);
});

test('O3 times, keys and algorithms that do not count are refused', async () => {
	const credentials = await personalClient(keys.alice);
	const t = now();
	const wrong = {
		'too long': [{claims: {exp: t + 301}}, /"exp" lies more than 300 seconds ahead/],
		expired: [{claims: {exp: t}}, /expired/],
		'no expiry': [{claims: {exp: undefined}}, /"exp"/],
		'expiry as text': [{claims: {exp: String(t + 60)}}, /"exp"/],
		'not yet': [{claims: {nbf: t + 1}}, /does not count yet/],
		'another issuer': [{claims: {iss: 'x'}}, /"iss"/],
		'another subject': [{claims: {sub: 'x'}}, /"sub"/],
		'wrong key': [{key: generateKeyPairSync('ed25519').privateKey}, /unknown, or its proof is wrong/],
		'alg none': [{header: {alg: 'none'}, signature: ''}, /algorithm/],
		'alg none, signed': [{header: {alg: 'none'}}, /algorithm/],
		'another algorithm': [{header: {alg: 'HS256'}}, /algorithm/],
		'an extension': [{header: {crit: ['b64'], b64: false}}, /extensions/],
		'no signature': [{signature: ''}, /unknown, or its proof is wrong/],
	};
	for (const [name, [changes, text]] of Object.entries(wrong)) {
		const r = await byAssertion(credentials, assertion(credentials, changes));
		assert.equal(r.status, 401, `${name}: ${r.text}`);
		refused(r, 401, 'invalid_client', text);
	}
	for (const jwt of ['', 'x', 'a.b', 'a.b.c', 'a.b.c.d', '..', `${'x'.repeat(9000)}.b.c`, `${assertion(credentials)}.x`]) {
		refused(await byAssertion(credentials, jwt), 401, 'invalid_client');
	}
	tokenOf(await byAssertion(credentials, assertion(credentials, {claims: {exp: t + 300, nbf: t}})));
});

test('O4 the secret itself, in the body', async () => {
	const credentials = await personalClient(keys.alice);
	assert.equal((await client(s, tokenOf(await bySecret(credentials))).get('auth/introspect')).userId, 'alice');
	const other = await personalClient(keys.alice);
	refused(await bySecret({...credentials, clientSecret: other.clientSecret}), 401, 'invalid_client');
	for (const clientSecret of ['', 'x', 'secret-token:conductorone.com:v1:', credentials.clientSecret.slice(0, -1)]) {
		refused(await bySecret({...credentials, clientSecret}), 401, 'invalid_client');
	}
	refused(await bySecret({...credentials, clientId: 'nobody@127.0.0.1/pcc'}), 401, 'invalid_client');
});

test('O5 other members of the header are tolerated', async () => {
	const credentials = await personalClient(keys.alice);
	for (const header of [{kid: 'k1'}, {kid: 'k1', nonce: 'x', typ: 'JWT'}, {nonce: undefined}]) {
		tokenOf(await byAssertion(credentials, assertion(credentials, {header})));
	}
});

test('O6 the audience as a text and as a list', async () => {
	const credentials = await personalClient(keys.alice);
	for (const aud of ['127.0.0.1', ['127.0.0.1'], ['x.example.com', '127.0.0.1']]) {
		tokenOf(await byAssertion(credentials, assertion(credentials, {claims: {aud}})));
	}
});

test('O7 credentials from elsewhere, expired or deleted are refused, and so are their tokens', async (t) => {
	t.after(() => clock.set(START));
	const alice = client(s, keys.alice);
	const away = await personalClient(keys.alice, {allowSourceCidr: ['10.0.0.0/8', '2001:db8::/32']});
	refused(await byAssertion(away), 401, 'invalid_client', /address/);
	const here = await personalClient(keys.alice, {allowSourceCidr: ['127.0.0.0/8']});
	const token = tokenOf(await byAssertion(here));
	await client(s, token).get('auth/introspect');
	// A limit that comes later counts for tokens there are.
	await alice.post(`iam/personal_clients/${here.client.id}`, {client: {allowSourceCidr: ['10.0.0.0/8']}, updateMask: 'allowSourceCidr'});
	await client(s, token).fails(401, 16, 'not valid', 'GET', 'auth/introspect');

	const short = await personalClient(keys.alice, {expires: '600s'});
	assert.equal(Date.parse(short.client.expiresTime), Date.parse(at(600)));
	const brief = await byAssertion(short);
	assert.equal(brief.json.expires_in, 600, 'a token does not outlive its client');
	clock.set(at(600));
	await client(s, tokenOf(brief)).fails(401, 16, 'not valid', 'GET', 'auth/introspect');
	const late = {claims: {iat: now() + 600, nbf: now() + 480, exp: now() + 720}};
	refused(await byAssertion(short, assertion(short, late)), 401, 'invalid_client', /expired/);
	clock.set(START);

	const gone = await personalClient(keys.alice);
	const last = tokenOf(await byAssertion(gone));
	await client(s, last).get('auth/introspect');
	assert.deepEqual(await alice.delete(`iam/personal_clients/${gone.client.id}`), {});
	await client(s, last).fails(401, 16, 'not valid', 'GET', 'auth/introspect');
	refused(await byAssertion(gone), 401, 'invalid_client', /unknown/);
	await alice.fails(404, 5, 'not found', 'GET', `iam/personal_clients/${gone.client.id}`);
});

test('O8 a client that is limited to looking', async () => {
	const erin = client(s, keys.erin);
	await erin.post('policies', POLICY);
	const credentials = await personalClient(keys.erin, {scopedRoles: ['c1_read_only_super_admin']});
	assert.deepEqual(credentials.client.scopedRoles, ['c1_read_only_super_admin']);
	const token = tokenOf(await byAssertion(credentials));
	const c1 = client(s, token);
	assert.ok((await c1.get('policies')).list.length > 0);
	await c1.fails(403, 7, 'permission denied', 'POST', 'policies', POLICY);
	const me = await c1.get('auth/introspect');
	assert.ok(me.permissions.includes('conductorone:policies:list'));
	assert.ok(!me.permissions.includes('conductorone:policies:create'));
	// Nor is there a way out of the limit: other APIs, a key, another client.
	for (const [method, path, body] of [
		['GET', '/doorward/v1/whoami'],
		['POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'erin'}, name: 'k'}],
		['GET', '/iam/policies'],
		['POST', '/access/v1/evaluation', {}],
	]) {
		const r = await s.call(method, path, body, {key: token});
		assert.equal(r.status, 403, `${method} ${path}: ${r.text}`);
	}
	await c1.fails(403, 7, 'permission denied', 'POST', 'iam/personal_clients', {displayName: 'x'});
	// The user's own rights are a limit as well.
	const small = await personalClient(keys.alice, {scopedRoles: ['c1_super_admin']});
	await client(s, tokenOf(await byAssertion(small))).fails(403, 7, 'permission denied', 'GET', 'policies');
	// One with limits makes only such as have no fewer.
	const basic = await personalClient(keys.erin, {scopedRoles: ['c1_basic_user']});
	const limited = client(s, tokenOf(await byAssertion(basic)));
	await limited.fails(403, 7, 'fewer limits', 'POST', 'iam/personal_clients', {displayName: 'x'});
	await limited.fails(403, 7, 'fewer limits', 'POST', `iam/personal_clients/${basic.client.id}`, {client: {}, updateMask: 'scopedRoles'});
	const child = await limited.post('iam/personal_clients', {displayName: 'x', scopedRoles: ['c1_basic_user']});
	assert.deepEqual(child.client.scopedRoles, ['c1_basic_user']);
});

test('O9 the same assertion twice is taken twice', async () => {
	const credentials = await personalClient(keys.alice);
	const jwt = assertion(credentials);
	tokenOf(await byAssertion(credentials, jwt));
	tokenOf(await byAssertion(credentials, jwt));
});

test('P28 no bearer, one that is over, and a Basic User who creates a policy', async (t) => {
	t.after(() => clock.set(START));
	await client(s, null).fails(401, 16, /./, 'GET', 'policies');
	await client(s, 'dwt_x.y').fails(401, 16, 'not valid', 'GET', 'policies');
	const credentials = await personalClient(keys.erin);
	const token = tokenOf(await byAssertion(credentials));
	await client(s, token).get('policies');
	clock.set(at(3599));
	await client(s, token).get('policies');
	clock.set(at(3600));
	await client(s, token).fails(401, 16, 'not valid', 'GET', 'policies');
	clock.set(START);
	await client(s, keys.alice).fails(403, 7, 'permission denied', 'POST', 'policies', POLICY);
	await client(s, keys.alice).fails(403, 7, 'permission denied', 'GET', 'policies');
});

// ---- the token endpoint ------------------------------------------------------------------------------------

test('what is no proper request for a token', async () => {
	const {clientId, clientSecret} = await personalClient(keys.alice);
	const good = {grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret};
	refused(await form('/auth/v1/token', {...good, grant_type: 'password'}), 400, 'unsupported_grant_type');
	refused(await form('/auth/v1/token', {grant_type: good.grant_type}), 400, 'invalid_request');
	refused(await form('/auth/v1/token', {...good, client_assertion: 'a.b.c', client_assertion_type: ASSERTION_TYPE}), 400, 'invalid_request');
	refused(await form('/auth/v1/token', {...good, client_secret: undefined, client_assertion: 'a.b.c', client_assertion_type: 'x'}), 400, 'invalid_request');
	refused(await s.call('POST', '/auth/v1/token', good, {key: null}), 400, 'invalid_request', /form-urlencoded/);
	refused(await s.call('POST', '/auth/v1/token', 'grant_type=a&grant_type=b&client_id=c', {key: null, headers: {'Content-Type': 'application/x-www-form-urlencoded'}}), 400, 'invalid_request', /twice/);
	refused(await s.call('POST', '/auth/v1/token', 'grant_type=%zz&client_id=c', {key: null, headers: {'Content-Type': 'application/x-www-form-urlencoded'}}), 400, 'invalid_request', /percent/);
	assert.equal((await s.call('GET', '/auth/v1/token', undefined, {key: null})).status, 405);
});

test('a token is somebody’s: it cannot be changed, and survives a restart', async () => {
	const credentials = await personalClient(keys.erin);
	const token = tokenOf(await byAssertion(credentials));
	const [claims, mac] = token.slice('dwt_'.length).split('.');
	const other = JSON.parse(Buffer.from(claims, 'base64url'));
	for (const changed of [{...other, u: 'owner'}, {...other, e: other.e + 1}, {...other, d: true}]) {
		await client(s, `dwt_${base64url(changed)}.${mac}`).fails(401, 16, 'not valid', 'GET', 'policies');
	}
	for (const changed of [`${token}x`, token.slice(0, -1), `dwt_${claims}`, `dwt_${claims}.`, 'dwt_', 'dwt_.']) {
		await client(s, changed).fails(401, 16, 'not valid', 'GET', 'policies');
	}
	const before = (await s.call('GET', '/auth/v1/jwks', undefined, {key: null})).json;
	await s.restart();
	await client(s, token).get('policies');
	assert.deepEqual((await s.call('GET', '/auth/v1/jwks', undefined, {key: null})).json, before, 'the key is kept');
});

test('all tokens end with the key they are made with, and nothing else does', async (t) => {
	const ends = /DELETE FROM meta WHERE key = 'token_key'/.exec(readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8'));
	if (spawnSync('sqlite3', ['--version']).status !== 0) {
		t.skip('sqlite3 is needed to follow the manual');
		return;
	}
	const credentials = await personalClient(keys.erin);
	const token = tokenOf(await byAssertion(credentials));
	await client(s, token).get('policies');
	await s.end('SIGTERM');
	const done = spawnSync('sqlite3', [`${s.dir}/doorward.db`, ends[0]], {encoding: 'utf8'});
	assert.equal(done.status, 0, done.stderr);
	await s.start();
	await client(s, token).fails(401, 16, 'not valid', 'GET', 'policies');
	await client(s, keys.erin).get('policies');
	await client(s, tokenOf(await byAssertion(credentials))).get('policies');
});

test('nothing secret is logged or told twice, and failed proofs are on record', async () => {
	const credentials = await personalClient(keys.alice);
	const token = tokenOf(await bySecret(credentials));
	const {d} = jwkOf(credentials.clientSecret);
	refused(await bySecret({...credentials, clientSecret: 'wrong'}), 401, 'invalid_client');
	const shown = [
		(await client(s, keys.alice).send('GET', `iam/personal_clients/${credentials.client.id}`)).text,
		(await s.call('GET', '/doorward/v1/oauth-clients')).text,
		(await s.call('GET', '/doorward/v1/audit?limit=100')).text,
		s.logs(),
	];
	for (const text of shown) {
		for (const secret of [d, credentials.clientSecret, token]) {
			assert.ok(!text.includes(secret));
		}
	}
	assert.ok(shown[2].includes('c1.token.create'));
	assert.ok(shown[2].includes('c1.personal_client.create'));
});

test('a token that is given leaves a row in the trail: which client, and as whom it acts', async () => {
	const credentials = await personalClient(keys.alice);
	tokenOf(await bySecret(credentials));
	tokenOf(await byAssertion(credentials));
	const rows = (await s.call('GET', '/doorward/v1/audit?limit=2')).json.items;
	assert.equal(rows.length, 2);
	for (const row of rows) {
		assert.equal(row.outcome, 'done');
		assert.equal(row.event, 'c1.token.create');
		assert.equal(row.actor, 'user:alice');
		assert.equal(row.credential, credentials.clientId);
		assert.equal(row.target, `oauth_client:${credentials.clientId}`);
		assert.equal(row.remote, '127.0.0.1');
		assert.equal(row.revision ?? null, null);
	}
	refused(await bySecret({...credentials, clientId: 'nobody@127.0.0.1/pcc'}), 401, 'invalid_client');
	assert.deepEqual((await s.call('GET', '/doorward/v1/audit?limit=2')).json.items, rows);
});

test('the public key is one that node can verify with', async () => {
	const r = await s.call('GET', '/auth/v1/jwks', undefined, {key: null});
	assert.equal(r.status, 200);
	assert.equal(r.json.keys.length, 1);
	const [jwk] = r.json.keys;
	assert.equal(jwk.alg, 'EdDSA');
	assert.ok(!('d' in jwk));
	const key = createPublicKey({key: jwk, format: 'jwk'});
	assert.equal(key.asymmetricKeyType, 'ed25519');
	assert.equal(verify(null, Buffer.from('x'), key, Buffer.alloc(64)), false);
});

test('who am I, as a user', async () => {
	const key = await makeUser(s, 'heidi', {display_name: 'Heidi', email: 'heidi@example.com', manager: 'erin', attributes: {department: 'Law'}});
	const c1 = client(s, key);
	const {userView} = await c1.post('users/introspect');
	assert.equal(userView.user.id, 'heidi');
	assert.equal(userView.user.department, 'Law');
	assert.deepEqual(userView.user.managerIds, ['erin']);
	assert.deepEqual((await c1.post('users/introspect', {expandMask: {paths: ['*']}})).userView.userId, 'heidi');
	await c1.fails(400, 3, 'colour', 'POST', 'users/introspect', {colour: 1});
	// The owner of the organization may everything, and holds none of the roles.
	const owner = await client(s).get('auth/introspect');
	assert.ok(owner.permissions.includes('conductorone:tasks:manage'));
	assert.deepEqual(owner.roles, ['c1_basic_user']);
	assert.deepEqual((await client(s, keys.erin).get('auth/introspect')).permissions, owner.permissions);
});

// ---- personal clients --------------------------------------------------------------------------------------

test('personal clients are made, listed, changed and deleted by their owner, and seen by nobody else', async () => {
	const user = await makeUser(s, 'frank');
	const c1 = client(s, user);
	const {client: made, clientSecret} = await c1.post('iam/personal_clients', {
		displayName: 'laptop',
		allowSourceCidr: ['127.0.0.1', '::/0'],
		scopedRoles: ['c1_basic_user'],
		expires: '86400s',
	});
	assert.match(made.id, /^[a-z]+-[a-z]+-\d{5}$/);
	assert.equal(made.clientId, `${made.id}@127.0.0.1:${s.port}/pcc`);
	assert.equal(made.userId, 'frank');
	assert.deepEqual(made.allowSourceCidr, ['127.0.0.1', '::/0']);
	assert.ok(jwkOf(clientSecret).d);
	assert.ok(!('deletedAt' in made) || made.deletedAt === null);
	assert.deepEqual((await c1.get(`iam/personal_clients/${made.id}`)).client, made);
	assert.deepEqual((await c1.get(`iam/personal_clients/${encodeURIComponent(made.clientId)}`)).client, made);

	// As the vendor's command lines send it.
	await c1.post('iam/personal_clients', {display_name: 'second'});
	const all = await c1.all('iam/personal_clients', 25);
	assert.deepEqual(all.list.map((x) => x.displayName), ['laptop', 'second']);

	const changed = await c1.post(`iam/personal_clients/${made.id}`, {client: {displayName: 'desk', scopedRoles: []}, updateMask: 'displayName'});
	assert.equal(changed.client.displayName, 'desk');
	assert.deepEqual(changed.client.scopedRoles, ['c1_basic_user']);
	const open = await c1.post(`iam/personal_clients/${made.id}`, {client: {}, updateMask: 'scopedRoles,expiresTime'});
	assert.deepEqual(open.client.scopedRoles, []);
	assert.ok(!open.client.expiresTime);

	for (const [method, body] of [['GET'], ['POST', {client: {displayName: 'x'}}], ['DELETE', {}]]) {
		await client(s, keys.alice).fails(404, 5, 'not found', method, `iam/personal_clients/${made.id}`, body);
	}
	assert.equal((await client(s, keys.alice).all('iam/personal_clients', 100)).list.some((x) => x.userId !== 'alice'), false);
	await c1.delete(`iam/personal_clients/${made.id}`);
	assert.equal((await c1.get('iam/personal_clients')).list.length, 1);
});

test('what is no proper client', async () => {
	const c1 = client(s, keys.alice);
	const wrong = [
		[{allowSourceCidr: ['10.0.0.1/8']}, '10.0.0.1/8'],
		[{allowSourceCidr: ['example.com']}, 'example.com'],
		[{scopedRoles: ['nobody']}, 'nobody'],
		[{scopedRoles: ['role_owner']}, 'role_owner'],
		[{expires: '-1s'}, 'Expires'],
		[{expires: '0s'}, 'Expires'],
		[{expires: '1h'}, 'Duration'],
		[{displayName: 'x'.repeat(5000)}, 'longer'],
		[{colour: 'red'}, 'colour'],
	];
	for (const [body, text] of wrong) {
		await c1.fails(400, 3, text, 'POST', 'iam/personal_clients', body);
	}
	const service = await s.call('POST', '/doorward/v1/services', {id: 'robot'});
	assert.equal(service.status, 201, service.text);
	const robot = await makeKey(s, {type: 'service', id: 'robot'});
	await client(s, robot).fails(403, 7, /./, 'POST', 'iam/personal_clients', {displayName: 'x'});
});

// ---- users and administrators ------------------------------------------------------------------------------

test('a user who goes takes clients and tokens along, and one who comes by the same id does not get them', async () => {
	const key = await makeUser(s, 'grace');
	const credentials = await personalClient(key);
	const token = tokenOf(await byAssertion(credentials));
	await client(s, token).get('auth/introspect');
	assert.equal((await s.call('DELETE', '/doorward/v1/users/grace')).status, 204);
	await client(s, token).fails(401, 16, 'not valid', 'GET', 'auth/introspect');
	refused(await byAssertion(credentials), 401, 'invalid_client');
	await makeUser(s, 'grace');
	await client(s, token).fails(401, 16, 'not valid', 'GET', 'auth/introspect');
	refused(await byAssertion(credentials), 401, 'invalid_client');
});

test('administrators make clients for others through the native API, for nobody more powerful', async () => {
	const r = await s.call('POST', '/doorward/v1/oauth-clients', {user: 'alice', display_name: 'ci', roles: ['c1_basic_user'], source_cidrs: ['127.0.0.1/32']});
	assert.equal(r.status, 201, r.text);
	assert.equal(r.headers.location, `/doorward/v1/oauth-clients/${r.json.name}`);
	const credentials = {clientId: r.json.id, clientSecret: r.json.secret};
	assert.equal((await client(s, tokenOf(await byAssertion(credentials))).get('auth/introspect')).userId, 'alice');
	const seen = await s.call('GET', r.headers.location);
	assert.equal(seen.status, 200);
	assert.ok(!('secret' in seen.json));
	assert.deepEqual(seen.json.roles, ['c1_basic_user']);
	// Alice sees it among her own, and others do not.
	assert.equal((await s.call('GET', r.headers.location, undefined, {key: keys.alice})).status, 200);
	assert.equal((await s.call('GET', r.headers.location, undefined, {key: keys.erin})).status, 403);
	const list = await s.call('GET', '/doorward/v1/oauth-clients?limit=200', undefined, {key: keys.erin});
	assert.ok(JSON.stringify(list.json).includes('"erin"') && !JSON.stringify(list.json).includes('"alice"'));
	// Making them for others is a permission, and not to become somebody who may more.
	assert.equal((await s.call('POST', '/doorward/v1/oauth-clients', {user: 'alice'}, {key: keys.erin})).status, 403);
	const maker = await makeUser(s, 'maker');
	const role = await s.call('POST', '/doorward/v1/roles', {id: 'key-maker', actions: ['doorward:keys:create']});
	assert.equal(role.status, 201, role.text);
	assert.ok((await s.call('PUT', '/doorward/v1/roles/key-maker/members/user:maker')).status < 300);
	assert.equal((await s.call('POST', '/doorward/v1/oauth-clients', {user: 'alice'}, {key: maker})).status, 201);
	for (const user of ['owner', 'erin']) {
		const up = await s.call('POST', '/doorward/v1/oauth-clients', {user}, {key: maker});
		assert.equal(up.status, 403, `${user}: ${up.text}`);
	}
	assert.equal((await s.call('POST', '/doorward/v1/oauth-clients', {user: 'nobody'})).status, 400);
	assert.equal((await s.call('POST', '/doorward/v1/oauth-clients', {})).status, 400);
	assert.equal((await s.call('DELETE', r.headers.location)).status, 204);
	assert.equal((await s.call('GET', r.headers.location)).status, 404);
	refused(await byAssertion(credentials), 401, 'invalid_client');
});

test('a key with limits makes no client without them', async () => {
	const soon = await makeKey(s, {type: 'user', id: 'alice'}, {expires_at: at(7200)});
	await client(s, soon).fails(403, 7, 'outlive', 'POST', 'iam/personal_clients', {displayName: 'x'});
	await client(s, soon).post('iam/personal_clients', {displayName: 'x', expires: '7200s'});
	assert.equal((await s.call('POST', '/doorward/v1/tenants', {id: 't1'})).status, 201);
	const bound = await makeKey(s, {type: 'user', id: 'alice'}, {tenants: ['t1']});
	await client(s, bound).fails(403, 7, /./, 'POST', 'iam/personal_clients', {displayName: 'x'});
	// Nor does a client from fixed addresses make a key that works from anywhere.
	const near = await personalClient(keys.alice, {allowSourceCidr: ['127.0.0.0/8']});
	const r = await s.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'alice'}, name: 'k'}, {key: tokenOf(await byAssertion(near))});
	assert.equal(r.status, 403, r.text);
});

// ---- devices -----------------------------------------------------------------------------------------------

const poll = (code, id = CONE) => form('/auth/v1/token', {grant_type: DEVICE_GRANT, client_id: id, device_code: code});
const decide = (code, approve, key) => s.call('POST', `/doorward/v1/device-authorizations/${code}`, {approve}, {key});

test('device flow: asked for, polled, approved, used once, and then a personal client', async (t) => {
	t.after(() => clock.set(START));
	const r = await form('/auth/v1/device_authorization', {client_id: CONE});
	assert.equal(r.status, 200, r.text);
	const {device_code: code, user_code: shown, interval, expires_in: lifetime} = r.json;
	assert.match(shown, /^[B-Z]{4}-[B-Z]{4}$/);
	assert.equal(interval, 5);
	assert.equal(lifetime, 600);
	assert.equal(r.json.verification_uri_complete, `${s.url}/auth/v1/device?user_code=${shown}`);
	const page = await s.call('GET', `/auth/v1/device?user_code=${shown}`, undefined, {key: null});
	assert.match(page.headers['content-type'], /^text\/html/);
	assert.match(page.headers['content-security-policy'], /frame-ancestors 'none'/);

	refused(await poll(code), 400, 'authorization_pending');
	clock.set(at(4));
	refused(await poll(code), 400, 'slow_down');
	clock.set(at(13));
	refused(await poll(code), 400, 'slow_down', /./);
	clock.set(at(28));
	refused(await poll(code), 400, 'authorization_pending');

	assert.equal((await s.call('GET', `/doorward/v1/device-authorizations/${shown}`, undefined, {key: keys.alice})).json.client, 'cone');
	assert.equal((await decide(shown, true, null)).status, 401);
	assert.equal((await decide(shown, 'yes', keys.alice)).status, 400);
	assert.equal((await decide('BBBB-BBBB', true, keys.alice)).status, 404);
	assert.equal((await decide(shown, true, keys.alice)).status, 200);
	assert.equal((await decide(shown, true, keys.erin)).status, 404, 'nobody else can take it over');

	refused(await poll(code, 'juQSPDsPrdMDpPpR6fGdeLLSs8g'), 400, 'expired_token');
	const token = tokenOf(await poll(code));
	refused(await poll(code), 400, 'expired_token');
	const made = await client(s, token).post('iam/personal_clients', {display_name: 'cone'});
	assert.equal(made.client.userId, 'alice');
	clock.set(START);
	tokenOf(await byAssertion({clientId: made.client.clientId, clientSecret: made.clientSecret}));
});

test('device flow: denied, too late, by nobody known, and let in by credentials with limits', async (t) => {
	t.after(() => clock.set(START));
	const begin = async () => (await form('/auth/v1/device_authorization', {client_id: CONE})).json;
	refused(await form('/auth/v1/device_authorization', {client_id: 'x'}), 401, 'invalid_client');
	refused(await form('/auth/v1/device_authorization', {}), 401, 'invalid_client');
	refused(await poll('x'), 400, 'expired_token');

	const denied = await begin();
	assert.equal((await decide(denied.user_code, false, keys.alice)).status, 200);
	refused(await poll(denied.device_code), 400, 'access_denied');

	const limited = await begin();
	const bound = await makeKey(s, {type: 'user', id: 'alice'}, {tenants: ['(unassigned)']});
	assert.equal((await decide(limited.user_code, true, bound)).status, 403);
	const soon = await makeKey(s, {type: 'user', id: 'alice'}, {expires_at: at(60)});
	assert.equal((await decide(limited.user_code, true, soon)).status, 200);
	const r = await poll(limited.device_code);
	assert.equal(r.json.expires_in, 60, 'no longer than the key that let it in');
	await client(s, tokenOf(r)).fails(403, 7, 'outlive', 'POST', 'iam/personal_clients', {displayName: 'x'});

	const late = await begin();
	clock.set(at(600));
	assert.equal((await decide(late.user_code, true, keys.alice)).status, 404);
	refused(await poll(late.device_code), 400, 'expired_token');
});
