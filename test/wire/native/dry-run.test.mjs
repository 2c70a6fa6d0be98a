// SPDX-License-Identifier: Apache-2.0
// Doorward-Dry-Run on writes of every dialect: the answer of the real thing, and nothing of it happens.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
const dry = {headers: {'Doorward-Dry-Run': 'true'}};
let s;
before(async () => {
	s = await startServer({store: 'sqlite', env: clock.env});
	await makeUser(s, 'alice', {email: 'alice@x.org'});
});
after(async () => assert.equal(await s.stop(), 0));

/** Everything that a change would leave: the revision, the audit trail, and what is told of both. */
async function state() {
	const audit = await s.call('GET', '/doorward/v1/audit?limit=1');
	return [audit.headers['doorward-revision'], audit.json.items[0].seq, (await s.call('GET', '/doorward/v1/changes?limit=200')).json];
}

const statement = {effect: 'ALLOW', actions: ['infra:nodes:get'], resources: ['*'], tenants: ['*']};
const group = {permission: 'projects:read', resource_type: 'project', conditions: [{attribute_name: 'resource_tag_key', attribute_key: 'Env', operator: 'equals', attribute_value: 'prod'}]};
const grant = {entity_type: 'assistant', entity_id: 'asst_1', grantee_type: 'user', grantee_id: 'alice', access_level: 'write'};

const writes = [
	['POST', '/doorward/v1/users', {id: 'bob'}],
	['PATCH', '/doorward/v1/users/alice', {display_name: 'Alice'}],
	['DELETE', '/doorward/v1/users/alice'],
	['DELETE', '/doorward/v1/users/nobody'],
	['POST', '/doorward/v1/users', {id: 'alice'}],
	['POST', '/doorward/v1/users', {id: 7}],
	['POST', '/doorward/v1/policies', {id: 'p', effect: 'allow', subjects: ['*'], actions: ['read'], resources: ['*']}],
	['POST', '/iam/policies', {id: 'p', name: 'p', members: [], statements: [statement]}],
	['DELETE', '/iam/policies/none'],
	['POST', '/v1/platform/orgs/current/access-policies', {name: 'p', effect: 'deny', condition_groups: [group]}],
	['POST', '/v1/organization/policies', {name: 'p', permissions: []}],
	['POST', '/api/v1/policies', {displayName: 'P', policyType: 'POLICY_TYPE_GRANT'}],
	['POST', '/v1/organizations/default/access/grants', grant],
];

/** Without ids and times, which the real thing has of its own. */
function plain(json) {
	return json && JSON.parse(JSON.stringify(json), (name, value) => (/(^id|_id|Id|_at|At|ation_url)$/.test(name) ? undefined : value));
}

test('the answer is that of the change, and the change does not happen', async () => {
	for (const [method, path, body] of writes) {
		const was = await state();
		const tried = await s.call(method, path, body, dry);
		assert.deepEqual(await state(), was, `${method} ${path} did something`);
		assert.equal(tried.headers['doorward-dry-run'], 'true', `${method} ${path}`);
		if (tried.status < 300) {
			assert.equal(tried.headers['doorward-revision'], was[0], `${method} ${path}: the state it was judged against`);
		}
		const done = await s.call(method, path, body);
		assert.equal(tried.status, done.status, `${method} ${path}: ${tried.text} ${done.text}`);
		assert.deepEqual(plain(tried.json), plain(done.json), `${method} ${path}`);
		assert.equal(done.headers['doorward-dry-run'], undefined);
		if (method === 'DELETE' && path.endsWith('/alice')) {
			await makeUser(s, 'alice', {email: 'alice@x.org'});
		}
	}
});

test('secrets are not made', async () => {
	const key = {principal: {type: 'user', id: 'alice'}, name: 'k'};
	const tried = await s.call('POST', '/doorward/v1/keys', key, dry);
	assert.equal(tried.status, 201, tried.text);
	assert.match(tried.json.key, /^\(none/);
	assert.equal((await s.call('GET', `/doorward/v1/keys/${tried.json.id}`)).status, 404);
	const client = await s.call('POST', '/api/v1/iam/personal_clients', {displayName: 'c'}, dry);
	assert.equal(client.status, 200, client.text);
	assert.match(client.json.clientSecret, /^\(none/);
});

test('who may not do it may not try it, and that is on record', async () => {
	const {json} = await s.call('POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'alice'}, name: 'k'});
	const r = await s.call('DELETE', '/doorward/v1/policies/p', undefined, {...dry, key: json.key});
	assert.deepEqual([r.status, r.headers['doorward-dry-run']], [403, 'true']);
	assert.equal((await s.call('GET', '/doorward/v1/policies/p')).status, 200);
});

test('the header', async () => {
	const send = (value) => s.call('POST', '/doorward/v1/tenants', {id: 't'}, {headers: {'Doorward-Dry-Run': value}});
	assert.equal((await send('TRUE')).headers['doorward-dry-run'], 'true');
	assert.equal((await s.call('GET', '/doorward/v1/tenants/t')).status, 404);
	for (const value of ['yes', '', '1', ['true', 'true']]) {
		assert.equal((await send(value)).status, 400, String(value));
	}
	assert.equal((await s.call('GET', '/doorward/v1/tenants/t')).status, 404);
	assert.equal((await send('false')).status, 201);
	const read = await s.call('GET', '/doorward/v1/tenants', undefined, dry);
	assert.equal(read.status, 400, 'of what changes nothing there is no dry run');
	assert.match(read.json.detail, /Doorward-Dry-Run/);
	assert.equal((await s.call('GET', '/iam/policies', undefined, dry)).status, 400);
	assert.equal((await s.call('POST', '/access/v1/evaluation', {}, dry)).status, 400);
});
