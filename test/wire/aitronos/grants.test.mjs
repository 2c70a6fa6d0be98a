// SPDX-License-Identifier: Apache-2.0
// Access grants: made, listed, changed, revoked. The numbers are those of the cases that the dialect was written to.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer, testClock} from '../../harness/server.mjs';
import {
	GRANTS, ORG, allGrants, decide, expectError, expectInvalid, grant, grantOf, makeDepartment, makePerson, makeRole, ok, revoke,
	role, setLevel,
} from './support.mjs';

const clock = testClock('2025-06-15T10:00:00Z');
let s;
let owner; // the key of usr_owner1
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	owner = await makePerson(s, 'usr_owner1', role.owner);
	await makePerson(s, 'usr_def456');
	for (const id of ['ann', 'bob', 'cat']) {
		await makePerson(s, id);
	}
	await makeDepartment(s, 'D');
	await makeRole(s, 'R');
});
after(async () => assert.equal(await s.stop(), 0));

let serial = 0;
/** An entity that nobody has a grant on. */
const fresh = (type = 'knowledge_slice') => `${type}/e_${++serial}`;
const post = (body, options) => s.call('POST', GRANTS, body, options);
const bulk = (entity, grants, options) => {
	const [entity_type, entity_id] = entity.split('/');
	return s.call('POST', `${GRANTS}/bulk`, {entity_type, entity_id, grants}, options);
};
const share = (grantee, level = 'read') => {
	const [grantee_type, grantee_id] = grantee.split('/');
	return {grantee_type, grantee_id, access_level: level};
};
const of = (entity) => `entity_type=${entity.split('/')[0]}&entity_id=${entity.split('/')[1]}`;

/* ---- making ---------------------------------------------------------------------------------------------- */

test("AI-01: the vendor's example, to the byte", async (t) => {
	const own = await startServer({store: 'memory', org: 'xyz789', env: clock.env});
	t.after(() => own.dispose());
	const key = await makePerson(own, 'usr_owner1', role.owner);
	await makePerson(own, 'usr_def456');
	const body = '{ "entity_type": "knowledge_slice", "entity_id": "kslice_abc123", "grantee_type": "user", "grantee_id": "usr_def456", "access_level": "read" }';
	const r = await own.call('POST', '/v1/organizations/org_xyz789/access/grants', body, {key});
	assert.equal(r.status, 201, r.text);
	assert.match(r.json.id, /^agrant_[A-Za-z0-9]{12}$/);
	const answer = '{ "id": "agrant_abc123def456", "entity_type": "knowledge_slice", "entity_id": "kslice_abc123", "grantee_type": "user", "grantee_id": "usr_def456", "access_level": "read", "granted_by": "usr_owner1", "organization_id": "org_xyz789", "created_at": "2025-06-15T10:00:00Z", "updated_at": "2025-06-15T10:00:00Z" }';
	assert.equal(r.text, JSON.stringify({...JSON.parse(answer), id: r.json.id}));
	// The organization's own id and the vendor's form of it are the same place.
	const same = await ok(own, 200, 'GET', '/v1/organizations/xyz789/access/grants');
	assert.deepEqual(same.items, [{...r.json, organization_id: 'xyz789'}]);
	const bad = await own.call('POST', '/v1/organizations/org_xyz789/access/grants', {...JSON.parse(body), entity_type: 'folder'}, {key});
	const refusal = '{ "success": false, "error": { "code": "VALIDATION_ERROR", "message": "The request contains invalid data.", "system_message": "Validation error", "type": "client_error", "status": 422, "details": { "field": "entity_type", "message": "entity_type must be one of {\'knowledge_slice\', \'vector_store\', \'assistant\'}" }, "trace_id": "abc-123-def", "timestamp": "2025-11-02T08:21:45Z" } }';
	const want = JSON.parse(refusal);
	want.error.trace_id = bad.headers['x-request-id'];
	want.error.timestamp = '2025-06-15T10:00:00Z';
	assert.equal(bad.text, JSON.stringify(want));
});

test('AI-02: an entity type that there is not', async () => {
	expectError(await post({...grantOf(fresh(), 'user/ann'), entity_type: 'folder'}), 422, 'VALIDATION_ERROR', {
		field: 'entity_type',
		message: "entity_type must be one of {'knowledge_slice', 'vector_store', 'assistant'}",
	});
});

test('AI-03: every member is needed, a string, and one of its values', async () => {
	const good = grantOf(fresh(), 'user/ann');
	for (const field of Object.keys(good)) {
		const {[field]: _, ...without} = good;
		expectInvalid(await post(without), field);
		for (const value of [null, '', 7, true, ['read'], {}, 'a\u0000b']) {
			expectInvalid(await post({...good, [field]: value}), field);
		}
	}
	expectInvalid(await post({...good, grantee_type: 'group'}), 'grantee_type');
	expectInvalid(await post({...good, access_level: 'owner'}), 'access_level');
	expectInvalid(await post({...good, access_level: 'READ'}), 'access_level');
	expectInvalid(await post({...good, entity_id: 'x'.repeat(201)}), 'entity_id');
	expectInvalid(await post({...good, entity_id: 'a\nb'}), 'entity_id');
	expectInvalid(await post({...good, entity_id: 'a\u0085b'}), 'entity_id');
	assert.equal((await ok(s, 200, 'GET', `${GRANTS}?entity_id=${good.entity_id}`)).total, 0);
	// Any other id is one, and what is not asked for is ignored.
	for (const entity_id of ['x'.repeat(200), 'a/b:c d', 'é'.repeat(100), '*']) {
		const made = await ok(s, 201, 'POST', GRANTS, {...good, entity_id, colour: 'red'});
		assert.equal(made.entity_id, entity_id);
		assert.deepEqual(await allGrants(s, `entity_id=${encodeURIComponent(entity_id)}`), [made]);
		assert.equal(made.colour, undefined);
	}
	// One that is called "*" is that one alone.
	assert.equal(await decide(s, 'ann', 'read', 'knowledge_slice/*'), true);
	assert.equal(await decide(s, 'ann', 'read', 'knowledge_slice/another'), false);
});

test('AI-04: what is no JSON object', async () => {
	for (const text of ['{', '', '{"a":1,}', '{"entity_type":"assistant","entity_type":"assistant"}', '\u{feff}{}']) {
		expectError(await post(text, {headers: {'Content-Type': 'application/json'}}), 400, 'INVALID_REQUEST', null);
	}
	for (const body of [[], '"text"', '7', 'null']) {
		expectInvalid(await post(body), 'body');
	}
	expectError(await post('{}', {headers: {'Content-Type': 'text/plain'}}), 415, 'UNSUPPORTED_MEDIA_TYPE', null);
});

test('AI-05: who is not known', async () => {
	const with_ = (headers) => s.call('GET', GRANTS, undefined, {key: null, headers});
	expectError(await with_({}), 401, 'AUTHENTICATION_REQUIRED', null);
	expectError(await with_({Authorization: 'Bearer dw_nope'}), 401, 'TOKEN_INVALID', null);
	expectError(await with_({'X-API-Key': 'dw_nope'}), 401, 'INVALID_API_KEY', null);
	expectError(await with_({'api-key': 'dw_nope'}), 401, 'INVALID_API_KEY', null);
	expectError(await with_({Authorization: 'Basic abc'}), 401, 'AUTHENTICATION_REQUIRED', null);
});

test('a grantee must exist; an alias or an e-mail address names one', async () => {
	for (const [type, id] of [['user', 'nobody'], ['department', 'ann'], ['role', 'D'], ['user', 'R']]) {
		const error = expectError(await post(grantOf(fresh(), `${type}/${id}`)), 404, 'RESOURCE_NOT_FOUND', {grantee_id: id});
		assert.equal(error.system_message, 'Grantee not found');
	}
	await ok(s, 201, 'POST', '/doorward/v1/groups', {id: 'T', kind: 'team', display_name: 'T', parent: null});
	expectError(await post(grantOf(fresh(), 'department/T')), 404, 'RESOURCE_NOT_FOUND', {grantee_id: 'T'});
	const made = await grant(s, fresh(), 'user/ann@example.com');
	assert.equal(made.grantee_id, 'ann');
	expectError(await post(grantOf(`knowledge_slice/${made.entity_id}`, 'user/ann')), 409, 'RESOURCE_ALREADY_EXISTS');
	assert.deepEqual(await allGrants(s, `${of(`knowledge_slice/${made.entity_id}`)}&grantee_type=user&grantee_id=ann@example.com`), [made]);
});

test('AI-08: one grant an entity and grantee', async () => {
	const entity = fresh();
	const made = await grant(s, entity, 'user/ann', 'read');
	for (const level of ['read', 'admin']) {
		expectError(await post(grantOf(entity, 'user/ann', level)), 409, 'RESOURCE_ALREADY_EXISTS', null);
	}
	assert.deepEqual(await allGrants(s, of(entity)), [made]);
	// The same id is another entity of another type.
	await grant(s, entity.replace('knowledge_slice', 'assistant'), 'user/ann');
});

/* ---- changing -------------------------------------------------------------------------------------------- */

test('AI-09, AI-10: a level is changed, and nothing else', async () => {
	const entity = fresh();
	const made = await ok(s, 201, 'POST', GRANTS, grantOf(entity, 'user/ann'), {key: owner});
	clock.set('2025-06-15T11:30:00.999Z');
	const changed = await ok(s, 200, 'PATCH', `${GRANTS}/${made.id}`, {access_level: 'write', entity_id: 'x', id: 'y'});
	assert.deepEqual(changed, {...made, access_level: 'write', updated_at: '2025-06-15T11:30:00Z'});
	assert.deepEqual(await allGrants(s, of(entity)), [changed]);
	assert.equal(changed.granted_by, 'usr_owner1');
	assert.equal(await decide(s, 'ann', 'write', entity), true);
	assert.equal(await decide(s, 'ann', 'admin', entity), false);
	assert.equal((await setLevel(s, made.id, 'read')).access_level, 'read');
	assert.equal(await decide(s, 'ann', 'write', entity), false);
	clock.set('2025-06-15T10:00:00Z');
});

test('AI-11: a level that there is not', async () => {
	const made = await grant(s, fresh(), 'user/ann');
	for (const body of [{}, {access_level: 'none'}, {access_level: null}, {access_level: 3}]) {
		expectInvalid(await s.call('PATCH', `${GRANTS}/${made.id}`, body), 'access_level');
	}
});

test('AI-12, AI-13: revoked once', async () => {
	const made = await grant(s, fresh(), 'user/ann');
	const r = await s.call('DELETE', `${GRANTS}/${made.id}`);
	assert.equal(r.status, 204);
	assert.equal(r.text, '');
	const calls = [['DELETE', made.id], ['PATCH', made.id, {access_level: 'read'}], ['DELETE', 'agrant_nope']];
	for (const [method, id, body] of calls) {
		const gone = await s.call(method, `${GRANTS}/${id}`, body);
		const error = expectError(gone, 404, 'RESOURCE_NOT_FOUND', {grant_id: id});
		assert.equal(error.message, "We couldn't find the resource you're looking for.");
		assert.equal(error.system_message, 'Access grant not found');
	}
});

test('AI-14, AI-15: granted again is another grant', async () => {
	const entity = fresh();
	const first = await grant(s, entity, 'user/ann', 'admin');
	await revoke(s, first.id);
	assert.equal((await ok(s, 200, 'GET', `${GRANTS}?${of(entity)}`)).total, 0);
	assert.equal(await decide(s, 'ann', 'read', entity), false);
	const second = await grant(s, entity, 'user/ann');
	assert.notEqual(second.id, first.id);
	assert.deepEqual(await allGrants(s, of(entity)), [second]);
});

/* ---- lists ----------------------------------------------------------------------------------------------- */

test('AI-16 to AI-18: pages', async () => {
	const made = [];
	for (let i = 0; i < 25; i++) {
		made.push(await grant(s, `vector_store/p_${i}`, 'role/R'));
	}
	const page = (query) => ok(s, 200, 'GET', `${GRANTS}?grantee_id=R&${query}`);
	assert.deepEqual(await page(''), {items: made.slice(0, 20), total: 25, skip: 0, limit: 20, has_more: true});
	assert.deepEqual(await page('skip=20'), {items: made.slice(20), total: 25, skip: 20, limit: 20, has_more: false});
	for (const skip of [25, 1000, 4294967295]) {
		assert.deepEqual(await page(`skip=${skip}`), {items: [], total: 25, skip, limit: 20, has_more: false});
	}
	assert.deepEqual(await page('limit=1&skip=3'), {items: [made[3]], total: 25, skip: 3, limit: 1, has_more: true});
	assert.equal((await page('limit=100')).items.length, 25);
	for (const [field, value] of [['limit', '0'], ['limit', '101'], ['limit', 'abc'], ['limit', ''], ['skip', '-1'], ['skip', '1.5'], ['skip', '99999999999999999999']]) {
		expectInvalid(await s.call('GET', `${GRANTS}?${field}=${value}`), field);
	}
	// AI-21: whatever their size, pages follow each other without a gap.
	for (const limit of [1, 7, 24, 25]) {
		const seen = [];
		for (let skip = 0; skip < 25; skip += limit) {
			seen.push(...(await page(`limit=${limit}&skip=${skip}`)).items);
		}
		assert.deepEqual(seen, made);
	}
});

test('AI-19: filters, one by one and together', async () => {
	const type = ['knowledge_slice', 'vector_store', 'assistant'];
	const grantees = ['user/bob', 'department/D', 'role/R'];
	const made = [];
	for (const t of type) {
		for (const e of ['f_1', 'f_2']) {
			for (const g of grantees) {
				made.push(await grant(s, `${t}/${e}`, g));
			}
		}
	}
	const ids = (list) => list.map((g) => g.id);
	const choices = {
		entity_type: [undefined, ...type],
		entity_id: [undefined, 'f_1', 'f_2', 'f_3'],
		grantee_type: [undefined, 'user', 'department', 'role'],
		grantee_id: [undefined, 'bob', 'D', 'R', 'nobody'],
	};
	const everything = await allGrants(s);
	for (const entity_type of choices.entity_type) {
		for (const entity_id of choices.entity_id) {
			for (const grantee_type of choices.grantee_type) {
				for (const grantee_id of choices.grantee_id) {
					const filter = Object.entries({entity_type, entity_id, grantee_type, grantee_id}).filter(([, v]) => v);
					const want = everything.filter((g) => filter.every(([k, v]) => g[k] === v));
					assert.deepEqual(ids(await allGrants(s, new URLSearchParams(filter))), ids(want), JSON.stringify(filter));
				}
			}
		}
	}
	assert.equal((await allGrants(s, 'entity_id=f_1')).length, 9);
});

test('AI-20: filters that cannot be', async () => {
	expectInvalid(await s.call('GET', `${GRANTS}?entity_type=bogus`), 'entity_type');
	expectInvalid(await s.call('GET', `${GRANTS}?grantee_type=group`), 'grantee_type');
	expectInvalid(await s.call('GET', `${GRANTS}?entity_id=%ff`), 'entity_id');
});

test("AI-25: an entity's own list is the filtered one", async () => {
	const paths = [
		['vector_store', 'vector-stores'], ['assistant', 'assistants'], ['knowledge_slice', 'knowledge/slices'],
		['knowledge_slice', 'slices'], ['knowledge_slice', 'knowledge-slices'],
	];
	for (const type of ['knowledge_slice', 'vector_store', 'assistant']) {
		for (const grantee of ['user/ann', 'user/bob', 'department/D']) {
			await grant(s, `${type}/c_1`, grantee);
		}
	}
	for (const [type, path] of paths) {
		for (const query of ['', 'limit=2', 'skip=1&limit=1']) {
			const filtered = await s.call('GET', `${GRANTS}?entity_type=${type}&entity_id=c_1&${query}`);
			const own = await s.call('GET', `${ORG}/${path}/c_1/grants?${query}`);
			assert.equal(own.text, filtered.text);
			assert.equal(own.json.total, 3);
		}
		expectInvalid(await s.call('GET', `${ORG}/${path}/c_1/grants?limit=0`), 'limit');
	}
});

/* ---- in bulk --------------------------------------------------------------------------------------------- */

test('AI-22: several at once', async () => {
	const entity = fresh();
	const grants = [share('role/R', 'write'), share('user/ann'), share('department/D', 'admin')];
	const r = await bulk(entity, grants);
	assert.equal(r.status, 201, r.text);
	assert.ok(Array.isArray(r.json));
	assert.deepEqual(r.json.map(({grantee_type, grantee_id, access_level}) => ({grantee_type, grantee_id, access_level})), grants);
	assert.deepEqual(new Set(r.json.map((g) => `${g.entity_type}/${g.entity_id}`)), new Set([entity]));
	assert.equal(new Set(r.json.map((g) => g.id)).size, 3);
	assert.deepEqual(await allGrants(s, of(entity)), r.json);
});

test('AI-23: one bad entry, and nothing is made', async () => {
	const entity = fresh();
	const [entity_type, entity_id] = entity.split('/');
	expectInvalid(await bulk(entity, []), 'grants');
	expectInvalid(await bulk(entity, undefined), 'grants');
	expectInvalid(await bulk(entity, {}), 'grants');
	expectInvalid(await s.call('POST', `${GRANTS}/bulk`, {entity_type, grants: [share('user/ann')]}), 'entity_id');
	expectInvalid(await s.call('POST', `${GRANTS}/bulk`, {entity_id, grants: [share('user/ann')]}), 'entity_type');
	const bad = [
		[share('user/ann', 'owner'), 'access_level'], [share('group/ann'), 'grantee_type'], [{...share('user/ann'), grantee_id: 7}, 'grantee_id'],
		['text', 'grantee_type'], [null, 'grantee_type'],
	];
	for (const [entry, field] of bad) {
		expectInvalid(await bulk(entity, [share('user/bob'), entry]), `grants.1.${field}`);
	}
	expectError(await bulk(entity, [share('user/bob'), share('user/nobody')]), 404, 'RESOURCE_NOT_FOUND', {grantee_id: 'nobody'});
	expectInvalid(await bulk(entity, Array.from({length: 1001}, () => share('user/ann'))), 'grants');
	assert.equal((await ok(s, 200, 'GET', `${GRANTS}?${of(entity)}`)).total, 0);
});

test('AI-24: a grantee that has one, or stands there twice', async () => {
	const entity = fresh();
	const first = await grant(s, entity, 'user/ann');
	expectError(await bulk(entity, [share('user/bob'), share('user/ann')]), 409, 'RESOURCE_ALREADY_EXISTS', null);
	expectError(await bulk(entity, [share('user/bob'), share('role/R'), share('user/bob', 'admin')]), 409, 'RESOURCE_ALREADY_EXISTS', null);
	// By whatever name.
	expectError(await bulk(entity, [share('user/bob'), share('user/bob@example.com')]), 409, 'RESOURCE_ALREADY_EXISTS', null);
	assert.deepEqual(await allGrants(s, of(entity)), [first]);
});

/* ---- errors ---------------------------------------------------------------------------------------------- */

test('AI-44: every failure names the exchange, and every answer has its headers', async () => {
	const meta = ['x-request-id', 'freddy-api-version', 'freddy-processing-ms'];
	const calls = [
		['GET', '/v1/organizations/default/nowhere', 404, 'RESOURCE_NOT_FOUND'],
		['GET', '/v1/organizations', 404, 'RESOURCE_NOT_FOUND'],
		['PUT', GRANTS, 405, 'METHOD_NOT_ALLOWED'],
		['GET', '/v1/organizations/other/access/grants', 403, 'ORGANIZATION_ACCESS_DENIED'],
		['GET', `${GRANTS}?limit=x`, 422, 'VALIDATION_ERROR'],
		['GET', `${ORG}/slices/%ff/grants`, 400, 'INVALID_REQUEST'],
	];
	for (const [method, path, status, code] of calls) {
		const r = await s.call(method, path, undefined, {headers: {'X-Request-ID': 'mine-1'}});
		assert.equal(expectError(r, status, code).trace_id, 'mine-1');
		for (const name of meta) {
			assert.ok(r.headers[name], `${path}: ${name}`);
		}
	}
	assert.equal((await s.call('PUT', GRANTS)).headers.allow, 'POST, GET, HEAD');
	const large = await s.call('POST', GRANTS, `{"a":"${'x'.repeat(2 << 20)}"}`, {headers: {'Transfer-Encoding': 'chunked'}});
	expectError(large, 413, 'REQUEST_TOO_LARGE', null);
	const good = await s.call('GET', GRANTS);
	assert.equal(good.headers['freddy-api-version'], '2025-01-01');
	assert.equal(good.headers['aitronos-organization'], 'default');
	assert.match(good.headers['freddy-processing-ms'], /^\d+$/);
});

test('AI-45: the key in any header', async () => {
	const want = (await s.call('GET', GRANTS)).text;
	for (const headers of [{'X-API-Key': s.key}, {'api-key': s.key}, {Authorization: `Bearer ${s.key}`}]) {
		const r = await s.call('GET', GRANTS, undefined, {key: null, headers});
		assert.equal(r.status, 200);
		assert.equal(r.text, want);
	}
});
