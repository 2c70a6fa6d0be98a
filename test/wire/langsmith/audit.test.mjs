// SPDX-License-Identifier: Apache-2.0
//
// The audit trail as LangSmith shows it: one OCSF record a call, its filters, and walks by cursor.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer, testClock} from '../../harness/server.mjs';
import * as k from './keys-support.mjs';

const {role} = k;
const clock = testClock('2026-01-01T00:00:00Z');
const everything = {start_time: '2025-01-01T00:00:00Z', end_time: '2030-01-01T00:00:00Z', limit: 100};
let s;
let admin; // the key of a user who holds ORGANIZATION_ADMIN
let adminKey; // the same as a token, made here

before(async () => {
	s = await startServer({env: clock.env});
	await k.makeTenant(s, 'w1');
	await k.makeTenant(s, 'w2');
	admin = await k.makeMember(s, 'admin', [role.orgAdmin]);
	adminKey = (await call(200, 'POST', k.tokens, {description: 'for the trail'}, {key: admin})).json;
});
after(async () => assert.equal(await s.stop(), 0));

const call = (status, method, path, body, options = {key: adminKey.key}) => k.expectStatus(s, status, method, path, body, options);

function queryOf(parts) {
	const pairs = Object.entries(parts).flatMap(([name, v]) => [v].flat().map((one) => `${name}=${encodeURIComponent(one)}`));
	return pairs.join('&');
}

async function trail(parts, options) {
	return (await call(200, 'GET', `${k.auditLogs}?${queryOf({...everything, ...parts})}`, undefined, options)).json;
}

const operations = (list) => list.items.map((item) => item.api.operation);

/** The items that came in since `before()`, newest first, once what is refused beside the writer is in, too. */
async function recorded(act) {
	const seen = new Set((await trail({})).items.map((i) => i.metadata.uid));
	await act();
	// Refusals are committed behind the answer; a change that comes after them is committed with or behind them.
	await k.makeTenant(s, `after-${seen.size}`);
	return (await trail({})).items.filter((i) => !seen.has(i.metadata.uid));
}

test('a record has every member of the class, null where nothing is known', async () => {
	clock.set('2026-01-02T03:04:05.678Z');
	let made;
	const [record, ...more] = await recorded(async () => {
		const headers = {'X-Request-ID': 'the-request'};
		made = await call(200, 'POST', k.serviceKeys, {description: 'CI'}, {key: adminKey.key, headers});
	});
	assert.deepEqual(more, []);
	const {organization_id: organization} = record.unmapped.original_audit_log;
	assert.match(organization, k.uuid);
	assert.match(record.metadata.uid, k.uuid);
	const time = Date.parse('2026-01-02T03:04:05.678Z');
	assert.deepEqual(record, {
		class_uid: 6003,
		class_name: 'API Activity',
		category_uid: 6,
		category_name: 'Application Activity',
		severity_id: 99,
		type_uid: 600301,
		activity_id: 1,
		activity_name: 'Create',
		status_id: 1,
		status: 'Success',
		time,
		metadata: {uid: record.metadata.uid, product: {name: 'Doorward', vendor_name: 'Doorward'}},
		api: {operation: 'create_service_key'},
		http_request: {http_method: 'POST', url: {path: k.serviceKeys}},
		http_response: {code: 200},
		actor: {user: {uid: 'admin', credential_uid: adminKey.id}},
		src_endpoint: {ip: '127.0.0.1', port: null, intermediate_ips: null},
		resources: [{uid: made.json.id}],
		unmapped: {
			original_audit_log: {
				id: record.metadata.uid,
				operation_name: 'create_service_key',
				resource_ids: [made.json.id],
				operation_succeeded: true,
				request_time: '2026-01-02T03:04:05.678000Z',
				request_method: 'POST',
				request_path: k.serviceKeys,
				client_host: '127.0.0.1',
				client_port: null,
				x_forwarded_for: null,
				api_key_id: adminKey.id,
				user_id: 'admin',
				ls_user_id: 'admin',
				organization_id: organization,
				workspace_id: null,
				response_status_code: 200,
				number: record.unmapped.original_audit_log.number,
				actor: 'user:admin',
				via: 'langsmith',
				permission: 'organization:manage',
				target: `service_key:${made.json.id}`,
				request_id: 'the-request',
				revision: Number(made.headers['doorward-revision']),
				warning: null,
			},
		},
	});
});

test('one record a call, done or refused, with what it did and the key it used', async () => {
	const viewer = await k.makeMember(s, 'viewer', [role.orgViewer]);
	const here = {key: adminKey.key, headers: {'X-Tenant-Id': 'w1'}};
	const ids = {};
	const records = await recorded(async () => {
		ids.key = (await call(200, 'POST', k.serviceKeys, {})).json.id;
		await call(200, 'PATCH', `${k.serviceKeys}/${ids.key}`, {role_id: role.viewer});
		await call(403, 'PATCH', `${k.serviceKeys}/${ids.key}`, {role_id: role.viewer}, {key: viewer});
		await call(403, 'POST', k.serviceKeys, {}, {key: viewer});
		await call(422, 'POST', k.serviceKeys, {workspaces: 7});
		await call(404, 'POST', k.serviceKeys, {role_id: k.nobody});
		await call(401, 'POST', k.serviceKeys, {}, {key: null}); // nobody's: in no trail
		await call(404, 'DELETE', `${k.serviceKeys}/${k.nobody}`);
		await call(200, 'DELETE', `${k.serviceKeys}/${ids.key}`);
		ids.own = (await call(200, 'POST', k.workspaceKeys, {}, here)).json.id;
		await call(200, 'DELETE', `${k.workspaceKeys}/${ids.own}`, undefined, here);
		await call(200, 'GET', k.serviceKeys); // a read without an operation
	});
	const shown = records.map((r) => [r.api.operation, r.activity_id, r.status, r.http_response.code, r.resources[0]?.uid]);
	const organization = records[0].unmapped.original_audit_log.organization_id;
	const order = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
	assert.deepEqual(
		shown.sort(order),
		[
			['create_service_key', 1, 'Success', 200, ids.key],
			['update_service_key', 3, 'Success', 200, ids.key],
			['update_service_key', 3, 'Failure', 403, organization],
			['create_service_key', 1, 'Failure', 403, organization],
			['create_service_key', 1, 'Failure', 422, organization],
			['create_service_key', 1, 'Failure', 404, organization],
			['delete_service_key', 4, 'Failure', 404, organization],
			['delete_service_key', 4, 'Success', 200, ids.key],
			['create_api_key', 1, 'Success', 200, ids.own],
			['delete_api_key', 4, 'Success', 200, ids.own],
		].sort(order),
	);
	for (const r of records) {
		const refusedBy = r.http_response.code === 403;
		assert.equal(r.status_id, r.http_response.code < 400 ? 1 : 2);
		assert.equal(r.type_uid, 600300 + r.activity_id);
		assert.equal(r.actor.user.uid, refusedBy ? 'viewer' : 'admin');
		assert.equal(r.actor.user.credential_uid, refusedBy ? viewer.split('_')[1] : adminKey.id);
		const isOfWorkspace = r.api.operation.endsWith('_api_key');
		assert.equal(r.unmapped.original_audit_log.workspace_id, isOfWorkspace ? 'w1' : null);
	}
});

// Case 64 of the dialect's conformance list.
test('each call about a policy leaves one record of its own name', async () => {
	const policies = '/v1/platform/orgs/current/access-policies';
	const ofRole = `/api/v1/platform/orgs/current/roles/${role.viewer}/access-policies`;
	const condition = {attribute_name: 'resource_tag_key', attribute_key: 'Env', operator: 'equals', attribute_value: 'prod'};
	const groups = [{permission: 'projects:read', resource_type: 'project', conditions: [condition]}];
	const viewer = await k.makeMember(s, 'policy-viewer', [role.orgViewer]);
	let id;
	let warning;
	const records = await recorded(async () => {
		const body = {name: 'no production', effect: 'deny', condition_groups: groups, role_ids: []};
		({id} = (await call(201, 'POST', policies, body)).json);
		await call(409, 'POST', policies, body);
		await call(400, 'POST', policies, {name: 'x'});
		await call(403, 'POST', policies, body, {key: viewer});
		await call(200, 'GET', policies);
		await call(200, 'GET', policies, undefined, {key: viewer});
		await call(200, 'GET', `${policies}/${id}`);
		await call(404, 'GET', `${policies}/${k.nobody}`);
		await call(200, 'PATCH', `${policies}/${id}`, {name: 'not in production'});
		await call(204, 'POST', ofRole, {access_policy_ids: [id]});
		await call(403, 'POST', ofRole, {access_policy_ids: [id]}, {key: viewer});
		await call(200, 'GET', ofRole);
		await call(403, 'DELETE', `${policies}/${id}`, undefined, {key: viewer});
		warning = (await call(204, 'DELETE', `${policies}/${id}`)).headers['doorward-warning'];
	});
	const shown = records.map((r) => [r.api.operation, r.activity_name, r.status, r.http_response.code, r.actor.user.uid]);
	const order = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
	assert.deepEqual(
		shown.sort(order),
		[
			['create_access_policy', 'Create', 'Success', 201, 'admin'],
			['create_access_policy', 'Create', 'Failure', 409, 'admin'],
			['create_access_policy', 'Create', 'Failure', 400, 'admin'],
			['create_access_policy', 'Create', 'Failure', 403, 'policy-viewer'],
			['list_access_policies', 'Read', 'Success', 200, 'admin'],
			['list_access_policies', 'Read', 'Success', 200, 'policy-viewer'],
			['read_access_policy', 'Read', 'Success', 200, 'admin'],
			['read_access_policy', 'Read', 'Failure', 404, 'admin'],
			['update_access_policy', 'Update', 'Success', 200, 'admin'],
			['attach_access_policies', 'Other', 'Success', 204, 'admin'],
			['attach_access_policies', 'Other', 'Failure', 403, 'policy-viewer'],
			['read_role_access_policies', 'Read', 'Success', 200, 'admin'],
			['delete_access_policy', 'Delete', 'Failure', 403, 'policy-viewer'],
			['delete_access_policy', 'Delete', 'Success', 204, 'admin'],
		].sort(order),
	);
	for (const r of records) {
		const own = r.actor.user.uid === 'admin' ? adminKey.id : viewer.split('_')[1];
		assert.equal(r.actor.user.credential_uid, own);
	}
	const of = (name) => records.find((r) => r.api.operation === name && r.status === 'Success');
	for (const name of ['create_access_policy', 'read_access_policy', 'update_access_policy', 'delete_access_policy']) {
		assert.deepEqual(of(name).resources, [{uid: id}], name);
	}
	assert.match(warning, new RegExp(id));
	assert.equal(of('delete_access_policy').unmapped.original_audit_log.warning, warning);
	assert.equal(of('create_access_policy').unmapped.original_audit_log.warning, null);
});

test('a key that is gone is still named by the id it had', async () => {
	const bot = (await call(200, 'POST', k.serviceKeys, {org_role_id: role.orgAdmin})).json;
	const {id} = (await k.whoIs(s, bot.key)).principal;
	const [{actor}] = await recorded(() => call(200, 'POST', k.serviceKeys, {role_id: role.viewer}, {key: bot.key}));
	assert.deepEqual(actor, {user: {uid: id, credential_uid: bot.id}});
	await call(200, 'DELETE', `${k.serviceKeys}/${bot.id}`);
	const [gone, made] = (await trail({limit: 2})).items;
	assert.equal(gone.api.operation, 'delete_service_key');
	assert.deepEqual(made.actor, actor);
});

test('the window holds both ends', async () => {
	for (const at of ['01', '02', '03']) {
		clock.set(`2026-03-${at}T12:00:00.500Z`);
		await call(200, 'POST', k.serviceAccounts, {name: `march ${at}`});
	}
	const days = async (start_time, end_time) =>
		(await trail({start_time, end_time})).items.map((i) => new Date(i.time).toISOString().slice(8, 10));
	assert.deepEqual(await days('2026-03-01T12:00:00.500Z', '2026-03-03T12:00:00.500Z'), ['03', '02', '01']);
	assert.deepEqual(await days('2026-03-01T12:00:00.501Z', '2026-03-03T12:00:00.499Z'), ['02']);
	assert.deepEqual(await days('2026-03-02T12:00:00.500Z', '2026-03-02T12:00:00.500Z'), ['02']);
	assert.deepEqual(await days('2026-03-02T13:00:00.5+01:00', '2026-03-02T12:00:00.500999Z'), ['02']);
	assert.deepEqual(await days('2026-03-02T12:00:00.5', '2026-03-02T12:00:00.500000'), ['02']);
	assert.deepEqual(await days('2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'), []);
	const plus = `${k.auditLogs}?start_time=2026-03-02T00:00:00+00:00&end_time=2026-03-03T00:00:00+00:00`;
	assert.equal((await call(200, 'GET', plus)).json.items.length, 1);
});

test('by operation and by workspace', async () => {
	const only = async (...names) => new Set(operations(await trail({operations: names})));
	assert.deepEqual(await only('delete_service_key'), new Set(['delete_service_key']));
	assert.deepEqual(await only('create_api_key', 'delete_api_key'), new Set(['create_api_key', 'delete_api_key']));
	assert.deepEqual(await only('create_dataset', 'create_api_key'), new Set(['create_api_key']));
	assert.deepEqual(await only('create_dataset'), new Set());
	const inW1 = await trail({workspace_id: 'w1'});
	assert.equal(inW1.items.length, 2);
	assert.deepEqual((await trail({workspace_id: 'w2'})).items, []);
	assert.deepEqual((await trail({workspace_id: k.nobody})).items, []);
	assert.equal((await trail({workspace_id: 'w1', operations: 'delete_api_key'})).items.length, 1);
	// The native trail filters by the same.
	const native = async (query) => (await call(200, 'GET', `/doorward/v1/audit?${query}`, undefined, {})).json.items;
	assert.deepEqual((await native('tenant=w1')).map((r) => r.event), ['delete_api_key', 'create_api_key']);
	const [row] = await native('event=create_api_key');
	assert.equal(row.credential, adminKey.key.split('_')[2]);
	assert.equal(row.tenant, 'w1');
	assert.equal(row.method, 'POST');
	assert.equal(row.path, k.workspaceKeys);
	assert.ok(!('warning' in row));
});

test('a walk by cursor holds every record once, newest first, whatever comes meanwhile', async () => {
	const all = (await trail({})).items.map((i) => i.metadata.uid);
	assert.ok(all.length > 12 && all.length < 100);
	assert.equal((await trail({})).cursor, null);
	assert.equal((await call(200, 'GET', `${k.auditLogs}?${queryOf({...everything, limit: []})}`)).json.items.length, 10);
	for (const limit of [1, 3, all.length, all.length - 1]) {
		const seen = [];
		for (let cursor; cursor !== null; ) {
			const page = await trail(cursor ? {limit, cursor} : {limit});
			assert.ok(page.items.length <= limit);
			seen.push(...page.items.map((i) => i.metadata.uid));
			cursor = page.cursor;
			if (cursor) {
				assert.equal(typeof JSON.parse(Buffer.from(cursor, 'base64').toString()), 'object');
			}
			if (limit === 3) {
				await call(200, 'POST', k.serviceAccounts, {name: 'meanwhile'});
			}
		}
		assert.deepEqual(seen.filter((uid) => all.includes(uid)), all);
		assert.equal(new Set(seen).size, seen.length);
	}
});

test('who may read it', async () => {
	const path = `${k.auditLogs}?${queryOf(everything)}`;
	const reader = await k.makeMember(s, 'reader', [role.orgViewer], [role.admin, 'w1']);
	assert.deepEqual((await call(403, 'GET', path, undefined, {key: reader})).json, {detail: 'Forbidden'});
	await call(401, 'GET', path, undefined, {key: null});
	await call(403, 'GET', path, undefined, {key: adminKey.key, headers: {'X-Organization-Id': k.nobody}});
	await call(405, 'POST', path, {});
});

test('a query that is wrong is refused, with its parameter', async () => {
	const many = Array.from({length: 65}, (_, i) => `op_${i}`);
	const bad = {
		start_time: ['', 'yesterday', '2026-03-02', '2026-13-01T00:00:00Z', '1767225600'],
		end_time: ['', 'x', '2024-01-01T00:00:00Z'],
		limit: ['0', '101', '-1', 'x', '1.5', ''],
		cursor: ['', 'x', '!', '%', Buffer.from('{}').toString('base64'), Buffer.from('{"before":0}').toString('base64url'),
			Buffer.from('{"before":"1"}').toString('base64url'), Buffer.from('[1]').toString('base64url'), 'A'.repeat(2000)],
		workspace_id: ['', 'nope'],
		operations: [[''], ['Create Role'], ['create_role', '*'], ['x'.repeat(65)], many],
	};
	for (const [name, values] of Object.entries(bad)) {
		for (const value of values) {
			const r = await call(422, 'GET', `${k.auditLogs}?${queryOf({...everything, [name]: value})}`);
			assert.deepEqual(r.json.detail[0].loc, ['query', name]);
		}
	}
	for (const missing of ['start_time', 'end_time']) {
		const r = await call(422, 'GET', `${k.auditLogs}?${queryOf({...everything, [missing]: []})}`);
		assert.match(r.json.detail[0].msg, new RegExp(`${missing} is required`));
	}
	await call(422, 'GET', `${k.auditLogs}?start_time=%zz&end_time=2026-01-01T00:00:00Z`);
	assert.equal(operations(await trail({operations: many.slice(1)})).length, 0);
});

test('the trail survives a restart', async () => {
	const all = await trail({});
	await s.restart();
	assert.deepEqual(await trail({}), all);
});
