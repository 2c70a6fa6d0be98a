// SPDX-License-Identifier: Apache-2.0
//
// Tokens of others: issuers that are trusted, exchange after RFC 8693, and others' tokens as bearers. The issuer is
// node:crypto; time is a driven clock.
import assert from 'node:assert/strict';
import {createHmac, generateKeyPairSync, sign} from 'node:crypto';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';

import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {client} from './client.mjs';

const START = '2026-11-22T10:00:00Z';
const ISSUER = 'https://issuer.example.com';
const ISSUERS = '/doorward/v1/token-issuers';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const clock = testClock(START);
const at = (seconds) => new Date(Date.parse(START) + seconds * 1000).toISOString();
const now = () => Date.parse(START) / 1000;

let s;
let keys;
before(async () => {
	s = await startServer({env: clock.env});
	keys = {alice: await makeUser(s, 'alice', {email: 'alice@example.com'}), erin: await makeUser(s, 'erin')};
	await ok(s.call('POST', '/doorward/v1/services', {id: 'ci'}), 201);
	await ok(s.call('PUT', '/doorward/v1/roles/c1_super_admin/members/service:ci'), 200, 201, 204);
	await ok(s.call('PUT', '/doorward/v1/roles/c1_super_admin/members/user:erin'), 200, 201, 204);
});
after(() => s?.dispose());

async function ok(promise, ...statuses) {
	const r = await promise;
	assert.ok(statuses.includes(r.status), `${r.status} ${r.text}`);
	return r;
}

// ---- the issuer's side --------------------------------------------------------------------------------------

const pairs = {
	RS256: generateKeyPairSync('rsa', {modulusLength: 2048}),
	ES256: generateKeyPairSync('ec', {namedCurve: 'P-256'}),
	EdDSA: generateKeyPairSync('ed25519'),
};
const jwkOf = (alg, more = {}) => ({...pairs[alg].publicKey.export({format: 'jwk'}), kid: alg, use: 'sig', ...more});
const jwks = {keys: Object.keys(pairs).map((alg) => jwkOf(alg))};
const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function signature(alg, pair, text) {
	const key = alg === 'ES256' ? {key: pair.privateKey, dsaEncoding: 'ieee-p1363'} : pair.privateKey;
	return sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), key).toString('base64url');
}

/** A token of the issuer. `claims` and `header` override, undefined takes away; `by`: what it is signed with instead. */
function token({alg = 'EdDSA', claims = {}, header = {}, pair = pairs[alg], by} = {}) {
	const head = base64url({alg, kid: alg, typ: 'JWT', ...header});
	const body = base64url({iss: ISSUER, sub: 'repo:acme/app:main', aud: ['doorward'], iat: now(), exp: now() + 300, ...claims});
	const text = `${head}.${body}`;
	return `${text}.${by ? by(text) : signature(alg, pair, text)}`;
}

const trusted = (body = {}) => ({
	display_name: 'builds',
	issuer: ISSUER,
	audiences: ['doorward'],
	keys: jwks,
	principal: {type: 'service', id: 'ci'},
	subject: 'repo:acme/app:*',
	...body,
});

/** An issuer of the server; gone again with the test. */
async function trust(t, body) {
	const r = await ok(s.call('POST', ISSUERS, trusted(body)), 201);
	t.after(() => s.call('DELETE', `${ISSUERS}/${r.json.name}`));
	return r.json;
}

const form = (params) =>
	s.call('POST', '/auth/v1/token', new URLSearchParams(params).toString(), {
		key: null,
		headers: {'Content-Type': 'application/x-www-form-urlencoded'},
	});

const exchange = (issuer, subjectToken, more = {}) =>
	form({grant_type: EXCHANGE, client_id: issuer.id, subject_token: subjectToken, subject_token_type: `${TYPE}jwt`, ...more});

function refused(r, status, error, text = /./) {
	assert.equal(r.status, status, r.text);
	assert.deepEqual(Object.keys(r.json), ['error', 'error_description']);
	assert.equal(r.json.error, error);
	assert.match(r.json.error_description, text);
}

async function tokenOf(promise) {
	const r = await promise;
	assert.equal(r.status, 200, r.text);
	assert.equal(r.headers['cache-control'], 'no-store');
	assert.deepEqual(Object.keys(r.json), ['access_token', 'issued_token_type', 'token_type', 'expires_in']);
	assert.equal(r.json.issued_token_type, `${TYPE}access_token`);
	assert.equal(r.json.token_type, 'Bearer');
	assert.equal(r.json.expires_in, 3600);
	return r.json.access_token;
}

const whoami = (key) => s.call('GET', '/doorward/v1/whoami', undefined, {key});
const principal = async (key) => (await ok(whoami(key), 200)).json.principal;

// ---- exchange -----------------------------------------------------------------------------------------------

test('a token of each algorithm is exchanged for one that acts as the service, in every dialect', async (t) => {
	const issuer = await trust(t);
	assert.match(issuer.id, new RegExp(`^${issuer.name}@127\\.0\\.0\\.1:${s.port}/wfe$`));
	for (const alg of Object.keys(pairs)) {
		for (const type of ['jwt', 'id_token', 'access_token']) {
			const key = await tokenOf(exchange(issuer, token({alg}), {subject_token_type: TYPE + type, requested_token_type: `${TYPE}access_token`}));
			assert.deepEqual(await principal(key), {type: 'service', id: 'ci'});
		}
	}
	// By its name, without naming a key, and with the audience as text.
	const key = await tokenOf(exchange({id: issuer.name}, token({header: {kid: undefined}, claims: {aud: 'doorward'}})));
	await client(s, key).get('policies');
});

test('what is not a token of the issuer for this server and this time is refused', async (t) => {
	const issuer = await trust(t);
	const other = generateKeyPairSync('ed25519');
	const hmac = (text) => createHmac('sha256', pairs.RS256.publicKey.export({format: 'pem', type: 'spki'})).update(text).digest('base64url');
	const wrong = {
		'alg none': [{header: {alg: 'none'}, by: () => ''}, /algorithm/],
		'alg none, signed': [{header: {alg: 'none'}}, /algorithm/],
		'HMAC with the public key': [{header: {alg: 'HS256', kid: 'RS256'}, by: hmac}, /algorithm/],
		'RSA said, HMAC made': [{alg: 'RS256', by: hmac}, /no key/],
		'another algorithm than the key': [{alg: 'RS256', header: {alg: 'ES256'}}, /no key/],
		'EdDSA said, RSA made': [{header: {kid: 'RS256'}, pair: pairs.RS256, by: (text) => signature('RS256', pairs.RS256, text)}, /no key/],
		'key of another name': [{header: {kid: 'RS256'}}, /no key/],
		'name that is none': [{header: {kid: 'x'}}, /no key/],
		'a key of its own': [{pair: other, header: {jwk: other.publicKey.export({format: 'jwk'})}}, /no key/],
		'another key': [{pair: other}, /no key/],
		'no signature': [{by: () => ''}, /no key/],
		'DER instead of two numbers': [{alg: 'ES256', by: (text) => sign('sha256', Buffer.from(text), pairs.ES256.privateKey).toString('base64url')}, /no key/],
		'another issuer': [{claims: {iss: `${ISSUER}/`}}, /"iss" differs/],
		'no issuer': [{claims: {iss: undefined}}, /"iss" differs/],
		'another audience': [{claims: {aud: ['x']}}, /"aud"/],
		'no audience': [{claims: {aud: undefined}}, /"aud"/],
		expired: [{claims: {exp: now()}}, /expired/],
		'no expiry': [{claims: {exp: undefined}}, /"exp"/],
		'too long': [{claims: {exp: now() + 48 * 3600 + 1}}, /ahead/],
		'not yet': [{claims: {nbf: now() + 1}}, /does not count yet/],
		'another subject': [{claims: {sub: 'repo:evil/app:main'}}, /nobody/],
		'no subject': [{claims: {sub: undefined}}, /nobody/],
		extensions: [{header: {crit: ['x'], x: 1}}, /extensions/],
	};
	for (const [name, [what, text]] of Object.entries(wrong)) {
		await t.test(name, async () => refused(await exchange(issuer, token(what)), 400, 'invalid_request', text));
	}
	const good = token();
	for (const bad of ['x', 'a.b.c', `${good}.x`, good.slice(0, -4), `${good.slice(0, -4)}AAAA`]) {
		refused(await exchange(issuer, bad), 400, 'invalid_request');
	}
	await tokenOf(exchange(issuer, good));
});

test('what RFC 8693 knows and this server does not is said', async (t) => {
	const issuer = await trust(t);
	refused(await exchange({id: 'nobody@127.0.0.1/wfe'}, token()), 401, 'invalid_client');
	refused(await exchange(issuer, token(), {subject_token_type: `${TYPE}saml2`}), 400, 'invalid_request', /subject_token_type/);
	refused(await exchange(issuer, ''), 400, 'invalid_request', /subject_token/);
	refused(await exchange(issuer, token(), {requested_token_type: `${TYPE}refresh_token`}), 400, 'invalid_request', /requested_token_type/);
	refused(await exchange(issuer, token(), {actor_token: 'x'}), 400, 'invalid_request', /actor_token/);
	refused(await exchange(issuer, token(), {scope: 'x'}), 400, 'invalid_scope');
	refused(await exchange(issuer, token(), {resource: 'https://x'}), 400, 'invalid_target');
});

test('a token that counts once', async (t) => {
	const issuer = await trust(t, {single_use: true});
	const once = token({claims: {jti: 'a'}});
	await tokenOf(exchange(issuer, once));
	refused(await exchange(issuer, once), 400, 'invalid_request', /used already/);
	// The same id in another text is the same token; another id is another.
	refused(await exchange(issuer, token({claims: {jti: 'a', x: 1}})), 400, 'invalid_request', /used already/);
	await tokenOf(exchange(issuer, token({claims: {jti: 'b'}})));
	refused(await exchange(issuer, token()), 400, 'invalid_request', /"jti"/);
	refused(await exchange(issuer, token({claims: {jti: 'c', iat: undefined}})), 400, 'invalid_request', /"iat"/);
	// From before the server started, when another may have taken it; and from the future, which would outlast a restart.
	refused(await exchange(issuer, token({claims: {jti: 'd', iat: now() - 1}})), 400, 'invalid_request', /before this server/);
	refused(await exchange(issuer, token({claims: {jti: 'e', iat: now() + 1}})), 400, 'invalid_request', /future/);
});

test('users that a claim names', async (t) => {
	const issuer = await trust(t, {principal: {type: 'user', id: null}, subject: null, subject_claim: 'email'});
	const named = (claims) => exchange(issuer, token({claims}));
	assert.deepEqual(await principal(await tokenOf(named({email: 'alice@example.com'}))), {type: 'user', id: 'alice'});
	assert.deepEqual(await principal(await tokenOf(named({email: 'erin', email_verified: true}))), {type: 'user', id: 'erin'});
	for (const claims of [{email: 'alice@example.com', email_verified: false}, {email: 'alice@example.com', email_verified: 'true'},
		{email: 'mallory'}, {email: ''}, {email: ['alice']}, {email: 'ci'}, {email: 'al\0ice'}]) {
		refused(await named(claims), 400, 'invalid_request', /nobody/);
	}
});

test('limits of role, address and time; what is made with a token does not outlive it', async (t) => {
	const limited = await trust(t, {roles: ['c1_read_only_super_admin']});
	const key = await tokenOf(exchange(limited, token()));
	await client(s, key).get('policies');
	const create = await s.call('POST', '/api/v1/policies', {displayName: 'p', policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: {steps: [{accept: {}}]}}}, {key});
	assert.equal(create.status, 403, create.text);
	assert.equal((await s.call('GET', '/doorward/v1/users', undefined, {key})).status, 403);

	const elsewhere = await trust(t, {source_cidrs: ['10.0.0.0/8']});
	refused(await exchange(elsewhere, token()), 400, 'invalid_request', /address/);

	const user = await trust(t, {principal: {type: 'user', id: 'alice'}});
	const alice = await tokenOf(exchange(user, token()));
	const order = {principal: {type: 'user', id: 'alice'}};
	assert.equal((await s.call('POST', '/doorward/v1/keys', order, {key: alice})).status, 403);
	await ok(s.call('POST', '/doorward/v1/keys', {...order, expires_at: at(3600)}, {key: alice}), 201);
	clock.set(at(3599));
	await principal(alice);
	clock.set(at(3600));
	assert.equal((await whoami(alice)).status, 401);
	clock.set(START);
});

test('a changed or deleted issuer, and a principal that goes, end the tokens that were given', async (t) => {
	const issuer = await trust(t);
	const first = await tokenOf(exchange(issuer, token()));
	await ok(s.call('PATCH', `${ISSUERS}/${issuer.name}`, {audiences: ['other']}), 200);
	assert.equal((await whoami(first)).status, 401);
	refused(await exchange(issuer, token()), 400, 'invalid_request', /"aud"/);
	const second = await tokenOf(exchange(issuer, token({claims: {aud: 'other'}})));
	// The same text as before, and its keys are others now.
	await ok(s.call('PATCH', `${ISSUERS}/${issuer.name}`, {keys: {keys: [jwkOf('RS256')]}}), 200);
	refused(await exchange(issuer, token({claims: {aud: 'other'}})), 400, 'invalid_request', /no key/);
	assert.equal((await whoami(second)).status, 401);
	const third = await tokenOf(exchange(issuer, token({alg: 'RS256', claims: {aud: 'other'}})));
	await s.restart();
	await principal(third);
	await ok(s.call('DELETE', `${ISSUERS}/${issuer.name}`), 204);
	assert.equal((await whoami(third)).status, 401);
	refused(await exchange(issuer, token()), 401, 'invalid_client');

	await ok(s.call('POST', '/doorward/v1/services', {id: 'temp'}), 201);
	const of = await trust(t, {principal: {type: 'service', id: 'temp'}});
	const temp = await tokenOf(exchange(of, token()));
	await ok(s.call('DELETE', '/doorward/v1/services/temp'), 204);
	assert.equal((await whoami(temp)).status, 401);
	assert.equal((await s.call('GET', `${ISSUERS}/${of.name}`)).status, 404);
});

// ---- keys under a URL ---------------------------------------------------------------------------------------

/** A server that shows what `shown.keys` holds; counts. */
async function startKeys(t) {
	const shown = {keys: jwks, status: 200, n: 0};
	const server = createServer((req, res) => {
		shown.n++;
		res.writeHead(shown.status, {'content-type': 'application/json'});
		res.end(typeof shown.keys === 'string' ? shown.keys : JSON.stringify(shown.keys));
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.after(() => new Promise((resolve) => server.close(resolve)));
	shown.url = `http://127.0.0.1:${server.address().port}/jwks`;
	return shown;
}

/** Asks again as long as the answer has this status: nobody waits for keys that are being fetched. */
async function whileStatus(status, ask) {
	for (;;) {
		const r = await ask();
		if (r.status !== status) {
			return r;
		}
	}
}

test('keys under a URL are fetched, kept, fetched again for a new key, and not from private addresses', async (t) => {
	const own = testClock(START);
	const shared = s;
	s = await startServer({env: own.env, args: ['--webhook-allow-private']});
	t.after(() => {
		s.dispose();
		s = shared;
	});
	await ok(s.call('POST', '/doorward/v1/services', {id: 'ci'}), 201);
	const shown = await startKeys(t);
	shown.keys = {keys: [jwkOf('RS256')]};
	const r = await ok(s.call('POST', ISSUERS, trusted({keys: null, keys_url: shown.url, bearer: true})), 201);
	const issuer = r.json;
	const ask = (alg, seconds = 0) => exchange(issuer, token({alg, claims: {exp: now() + seconds + 300}}));
	await tokenOf(whileStatus(503, () => ask('RS256')));
	assert.equal(shown.n, 1);
	assert.deepEqual(await principal(token({alg: 'RS256'})), {type: 'service', id: 'ci'});
	// A key of a new name: looked for at once, as the last look is a minute past, and then again only a minute later.
	own.set(at(60));
	shown.keys = jwks;
	const second = await whileStatus(400, () => ask('EdDSA', 60));
	assert.equal(second.status, 200, second.text);
	assert.equal(shown.n, 2);
	refused(await exchange(issuer, token({header: {kid: 'unknown'}})), 400, 'invalid_request', /no key/);
	// What makes no sense, or does not come, changes nothing for a day.
	shown.keys = 'no keys';
	own.set(at(60 + 3600));
	await whileStatus(200, async () => ({...(await ask('EdDSA', 3660)), status: shown.n === 2 ? 200 : 0}));
	assert.equal((await ask('EdDSA', 3660)).status, 200);
	own.set(at(60 + 24 * 3600));
	refused(await ask('EdDSA', 60 + 24 * 3600), 503, 'temporarily_unavailable', /not fetched/);
	// After a start they are fetched before anybody asks.
	shown.keys = jwks;
	own.set(START);
	await s.restart();
	await whileStatus(503, () => ask('ES256'));
	assert.equal((await ask('ES256')).status, 200);
	await s.restart({args: []});
	const before = shown.n;
	refused(await ask('ES256'), 503, 'temporarily_unavailable');
	await s.end('SIGTERM');
	assert.equal(shown.n, before);
	assert.match(s.logs(), /could not be fetched/);
});

// ---- bearers ------------------------------------------------------------------------------------------------

test('tokens of an issuer that says so are bearers in every dialect, until they expire', async (t) => {
	const issuer = await trust(t, {bearer: true});
	for (const alg of Object.keys(pairs)) {
		const bearer = token({alg});
		for (let i = 0; i < 3; i++) {
			assert.deepEqual(await principal(bearer), {type: 'service', id: 'ci'});
		}
		await client(s, bearer).get('policies');
		await ok(s.call('POST', '/api/v1/policies', {displayName: `p-${alg}`, policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: {steps: [{accept: {}}]}}}, {key: bearer}), 200, 201);
	}
	const bearer = token();
	await principal(bearer);
	for (const bad of [token({claims: {aud: 'x'}}), token({pair: generateKeyPairSync('ed25519')}), `${bearer.slice(0, -4)}AAAA`,
		token({header: {alg: 'none'}, by: () => ''}), token({claims: {sub: 'x'}}), 'eyJ', 'eyJ.eyJ.eyJ']) {
		assert.equal((await whoami(bad)).status, 401);
	}
	clock.set(at(300));
	assert.equal((await whoami(bearer)).status, 401);
	clock.set(START);
	await principal(bearer);
	await ok(s.call('PATCH', `${ISSUERS}/${issuer.name}`, {bearer: false}), 200);
	assert.equal((await whoami(bearer)).status, 401);
	await tokenOf(exchange(issuer, bearer));
});

// ---- issuers ------------------------------------------------------------------------------------------------

test('issuers are made, shown, listed, changed and deleted, with a row in the trail for each', async (t) => {
	const made = await ok(s.call('POST', ISSUERS, trusted()), 201);
	assert.equal(made.headers.location, `${ISSUERS}/${made.json.name}`);
	assert.deepEqual(Object.keys(made.json), ['id', 'name', 'display_name', 'issuer', 'audiences', 'keys', 'keys_url', 'principal', 'subject_claim',
		'subject', 'source_cidrs', 'roles', 'bearer', 'single_use', 'created_at', 'updated_at', 'last_used_at']);
	assert.deepEqual(made.json.keys, jwks);
	assert.deepEqual((await ok(s.call('GET', `${ISSUERS}/${made.json.name}`), 200)).json, made.json);
	assert.deepEqual((await ok(s.call('GET', `${ISSUERS}/${encodeURIComponent(made.json.id)}`), 200)).json, made.json);
	assert.deepEqual((await ok(s.call('GET', ISSUERS), 200)).json.items.find((i) => i.id === made.json.id), made.json);
	const changed = await ok(s.call('PATCH', `${ISSUERS}/${made.json.name}`, {display_name: 'x', roles: ['c1_basic_user']}), 200);
	assert.deepEqual(changed.json, {...made.json, display_name: 'x', roles: ['c1_basic_user']});
	await ok(s.call('DELETE', `${ISSUERS}/${made.json.name}`), 204);
	await ok(s.call('GET', `${ISSUERS}/${made.json.name}`), 404);
	const trail = (await s.call('GET', '/doorward/v1/audit?limit=1000')).json.items.map((row) => row.operation);
	for (const verb of ['create', 'update', 'delete']) {
		assert.ok(trail.includes(`doorward:tokenIssuers:${verb}`), verb);
	}
});

test('issuers that make no sense are refused', async () => {
	const rsa = (bits) => generateKeyPairSync('rsa', {modulusLength: bits}).publicKey.export({format: 'jwk'});
	const ec = jwkOf('ES256');
	const wrong = [
		[{issuer: ''}, /issuer/],
		[{audiences: []}, /audiences/],
		[{audiences: ['']}, /audience/],
		[{audiences: Array(65).fill('x')}, /audiences/],
		[{keys: null}, /either keys or keys_url/],
		[{keys_url: 'https://x/'}, /either keys or keys_url/],
		[{keys: null, keys_url: 'ftp://x/'}, /https/],
		[{keys: null, keys_url: 'https://u@x/'}, /without user/],
		[{keys: []}, /JWK Set/],
		[{keys: {keys: []}}, /no key/],
		[{keys: {keys: [{kty: 'oct', k: 'AAAA'}]}}, /private or secret/],
		[{keys: {keys: [pairs.EdDSA.privateKey.export({format: 'jwk'})]}}, /private or secret/],
		[{keys: {keys: [pairs.RS256.privateKey.export({format: 'jwk'})]}}, /private or secret/],
		[{keys: {keys: [rsa(1024)]}}, /broken/],
		[{keys: {keys: [{...jwkOf('RS256'), e: 'AQ'}]}}, /broken/],
		[{keys: {keys: [{...ec, y: ec.x}]}}, /broken/],
		[{keys: {keys: [{...jwkOf('EdDSA'), x: 'AAAA'}]}}, /broken/],
		[{keys: {keys: [{...jwkOf('EdDSA'), use: 'enc'}]}}, /no key/],
		[{keys: {keys: [{...jwkOf('RS256'), alg: 'RS512'}]}}, /no key/],
		[{keys: {keys: Array(33).fill(jwkOf('EdDSA'))}}, /more than 32/],
		[{keys: {keys: ['x']}}, /not a JWK/],
		[{principal: {type: 'group', id: 'x'}}, /principal/],
		[{principal: {type: 'service', id: 'nobody'}}, /no service/],
		[{subject: null}, /subject/],
		[{roles: ['nothing']}, /role/],
		[{source_cidrs: ['10.0.0.1/8']}, /source_cidrs/],
		[{bearer: 'yes'}, /bearer/],
	];
	for (const [body, text] of wrong) {
		const r = await ok(s.call('POST', ISSUERS, trusted(body)), 400);
		assert.match(r.json.detail, text, JSON.stringify(body));
	}
});

test('nobody gets further by an issuer than by a key', async (t) => {
	// May manage issuers and keys, and nothing else.
	await ok(s.call('POST', '/doorward/v1/roles', {id: 'trusting', actions: ['doorward:tokenIssuers:*', 'doorward:keys:*']}), 201);
	const key = await makeUser(s, 'trusting');
	await ok(s.call('PUT', '/doorward/v1/roles/trusting/members/user:trusting'), 200, 201, 204);
	const create = (body, as = key) => s.call('POST', ISSUERS, trusted(body), {key: as});
	assert.equal((await create({}, keys.alice)).status, 403);
	// Whom anybody may have a key for; one who administers; anybody.
	const made = (await ok(create({principal: {type: 'user', id: 'alice'}}), 201)).json;
	t.after(() => s.call('DELETE', `${ISSUERS}/${made.name}`));
	assert.equal((await create({principal: {type: 'user', id: 'owner'}})).status, 403);
	assert.equal((await create({principal: {type: 'user', id: null}})).status, 403);
	assert.equal((await s.call('PATCH', `${ISSUERS}/${made.name}`, {principal: {type: 'user', id: 'owner'}}, {key})).status, 403);
	// Credentials with limits.
	const expiring = await ok(s.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'owner'}, expires_at: at(60)}), 201);
	assert.equal((await create({}, expiring.json.key)).status, 403);
	// Changing one that stands for somebody more powerful is no way either.
	const powerful = await trust(t, {principal: {type: 'user', id: 'owner'}});
	assert.equal((await s.call('PATCH', `${ISSUERS}/${powerful.name}`, {keys: {keys: [jwkOf('EdDSA')]}}, {key})).status, 403);
});

test('the trail has a row for each token that was given or refused, without secrets', async (t) => {
	const issuer = await trust(t);
	const good = token();
	const given = await tokenOf(exchange(issuer, good));
	refused(await exchange(issuer, token({claims: {aud: 'x'}})), 400, 'invalid_request');
	const r = await s.call('GET', '/doorward/v1/audit?limit=1000');
	const rows = r.json.items.filter((row) => row.event === 'c1.token.create' && row.credential === issuer.id);
	assert.deepEqual(rows.map((row) => [row.outcome, row.actor, row.operation, row.target, row.status]), [
		['refused', '', 'conductorone:tokens:create', `token_issuer:${issuer.id}`, 400],
		['done', 'service:ci', 'conductorone:tokens:create', `token_issuer:${issuer.id}`, 200],
	]);
	for (const secret of [good, given, good.split('.')[2]]) {
		assert.ok(!r.text.includes(secret));
		assert.ok(!s.logs().includes(secret));
	}
});
