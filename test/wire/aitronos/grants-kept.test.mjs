// SPDX-License-Identifier: Apache-2.0
// Access grants and what becomes of them: one revision a call, its row in the audit trail, the end of grantees, races, power cuts.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {
	GRANTS, ORG, allGrants, decide, expectError, grant, grantOf, hold, join, levels, makeDepartment, makePerson, makeRole, ok,
	revoke, setLevel,
} from './support.mjs';

let s;
before(async () => {
	s = await startServer();
	for (const id of ['ann', 'bob']) {
		await makePerson(s, id);
	}
});
after(async () => assert.equal(await s.stop(), 0));

const revision = (r) => Number(r.headers['doorward-revision']);
const current = async (on = s) => revision(await on.call('GET', GRANTS));
const trail = async (on = s) => (await ok(on, 200, 'GET', '/doorward/v1/audit?limit=5')).items;

/* ---- one call, one revision ---------------------------------------------------------------------------------- */

test('each change is a revision of its own and stands in the audit trail', async () => {
	const before = await current();
	const made = await grant(s, 'assistant/t_1', 'user/ann');
	await setLevel(s, made.id, 'write');
	await revoke(s, made.id);
	const rows = (await trail()).slice(0, 3).reverse();
	assert.deepEqual(rows.map((r) => r.revision), [before + 1, before + 2, before + 3]);
	assert.deepEqual(rows.map((r) => r.event), ['knowledge_grant.created', 'knowledge_grant.updated', 'knowledge_grant.deleted']);
	for (const row of rows) {
		assert.equal(row.via, 'aitronos');
		assert.equal(row.target, `knowledge_grant:${made.id}`);
		assert.equal(row.outcome, 'done');
	}
});

test('what fails is no revision, but an attempt', async () => {
	const key = await makePerson(s, 'nosy');
	const before = await current();
	const denied = await s.call('POST', GRANTS, grantOf('assistant/t_2', 'user/ann'), {key});
	expectError(denied, 403, 'INSUFFICIENT_PERMISSIONS');
	const [row] = await trail();
	assert.equal(row.outcome, 'refused');
	assert.equal(row.event, 'knowledge_grant.created');
	assert.equal(row.target, 'assistant:t_2');
	assert.equal(row.operation, 'aitronos:grants:manage');
	assert.equal(row.actor, 'user:nosy');
	assert.equal(row.revision, null);
	expectError(await s.call('DELETE', `${GRANTS}/agrant_nope`), 404, 'RESOURCE_NOT_FOUND');
	assert.equal((await trail())[0].target, 'knowledge_grant:agrant_nope');
	assert.equal(await current(), before);
});

test('a thousand in bulk are one revision', async (t) => {
	const many = await startServer({store: 'memory'});
	t.after(() => many.dispose());
	const ids = Array.from({length: 1000}, (_, i) => `u${i}`);
	const users = [...ids];
	const worker = async () => {
		for (let id = users.pop(); id; id = users.pop()) {
			await ok(many, 201, 'POST', '/doorward/v1/users', {id, email: `${id}@example.com`});
		}
	};
	await Promise.all(Array.from({length: 16}, worker));
	const grants = ids.map((grantee_id) => ({grantee_type: 'user', grantee_id, access_level: 'read'}));
	const before = await current(many);
	const body = {entity_type: 'assistant', entity_id: 'a', grants};
	const r = await many.call('POST', `${GRANTS}/bulk`, body);
	assert.equal(r.status, 201, r.text);
	assert.equal(revision(r), before + 1);
	assert.equal(await current(many), before + 1);
	assert.deepEqual(r.json.map((g) => g.grantee_id), ids);
	assert.equal(new Set(r.json.map((g) => g.id)).size, 1000);
	assert.deepEqual(await allGrants(many), r.json);
	expectError(await many.call('POST', `${GRANTS}/bulk`, {...body, grants: [...grants, grants[0]]}), 422, 'VALIDATION_ERROR');
	const {users: with_} = await ok(many, 200, 'GET', `${ORG}/access/users-with-access?entity_type=assistant&entity_id=a`);
	assert.equal(with_.length, 1000);
});

/* ---- grantees that go ------------------------------------------------------------------------------------------ */

test('a grantee takes its grants along, in one revision', async () => {
	await makePerson(s, 'gone');
	await makeDepartment(s, 'Gone');
	await makeRole(s, 'going');
	await join(s, 'Gone', 'ann');
	await hold(s, 'going', 'ann');
	const stays = await grant(s, 'assistant/g_1', 'user/ann');
	const cases = [
		['user/gone', 'DELETE', '/doorward/v1/users/gone'],
		['department/Gone', 'DELETE', '/doorward/v1/groups/Gone'],
		['role/going', 'DELETE', '/doorward/v1/roles/going'],
	];
	for (const [grantee] of cases) {
		await grant(s, 'assistant/g_1', grantee, 'admin');
		await grant(s, 'vector_store/g_1', grantee, 'write');
	}
	assert.equal((await levels(s, 'ann'))['assistant/g_1'], 'admin');
	assert.equal(await decide(s, 'ann', 'write', 'vector_store/g_1'), true);
	let left = 7;
	for (const [grantee, method, path] of cases) {
		const before = await current();
		assert.equal((await allGrants(s, 'entity_id=g_1')).length, left);
		await ok(s, 204, method, path);
		left -= 2;
		assert.equal(await current(), before + 1);
		assert.equal((await allGrants(s, `grantee_id=${grantee.split('/')[1]}`)).length, 0);
	}
	assert.deepEqual(await allGrants(s, 'entity_id=g_1'), [stays]);
	assert.equal((await levels(s, 'ann'))['assistant/g_1'], 'read');
	assert.equal(await decide(s, 'ann', 'read', 'vector_store/g_1'), false);
	// Who comes later by the same name is somebody else.
	await makePerson(s, 'gone');
	assert.deepEqual((await ok(s, 200, 'GET', `${ORG}/users/gone/resolved-access`)).entities, []);
	await grant(s, 'assistant/g_1', 'user/gone');
});

test('a department that has grants stays one', async () => {
	await makeDepartment(s, 'Kept');
	await join(s, 'Kept', 'ann');
	const made = await grant(s, 'assistant/kept_1', 'department/Kept', 'write');
	const r = await s.call('PATCH', '/doorward/v1/groups/Kept', {kind: 'team'});
	assert.equal(r.status, 409, r.text);
	assert.match(r.json.detail, /access grants/);
	await ok(s, 200, 'PATCH', '/doorward/v1/groups/Kept', {description: 'as it was'});
	assert.equal((await levels(s, 'ann'))['assistant/kept_1'], 'write');
	await revoke(s, made.id);
	await ok(s, 200, 'PATCH', '/doorward/v1/groups/Kept', {kind: 'team'});
	expectError(await s.call('POST', GRANTS, grantOf('assistant/kept_1', 'department/Kept')), 404, 'RESOURCE_NOT_FOUND');
	assert.equal((await levels(s, 'ann'))['assistant/kept_1'], undefined);
});

test('a resource that goes leaves the grants on it: entities need not be registered', async () => {
	await ok(s, 201, 'PUT', '/doorward/v1/resources/assistant/res_1', {});
	const made = await grant(s, 'assistant/res_1', 'user/bob');
	await ok(s, 204, 'DELETE', '/doorward/v1/resources/assistant/res_1');
	assert.deepEqual(await allGrants(s, 'entity_id=res_1'), [made]);
	assert.equal(await decide(s, 'bob', 'read', 'assistant/res_1'), true);
});

/* ---- races and power cuts ---------------------------------------------------------------------------------------- */

test('AI-43: of the same grant many times at once one is made', async () => {
	const body = grantOf('assistant/same', 'user/ann');
	const bulk = {entity_type: 'assistant', entity_id: 'same', grants: [{grantee_type: 'user', grantee_id: 'ann', access_level: 'admin'}]};
	const calls = Array.from({length: 24}, (_, i) => (i % 3 ? s.call('POST', GRANTS, body) : s.call('POST', `${GRANTS}/bulk`, bulk)));
	const answers = await Promise.all(calls);
	assert.deepEqual(answers.map((r) => r.status).sort(), [201, ...Array(23).fill(409)]);
	for (const r of answers.filter((a) => a.status === 409)) {
		expectError(r, 409, 'RESOURCE_ALREADY_EXISTS', null);
	}
	const [made, ...more] = await allGrants(s, 'entity_id=same');
	assert.deepEqual(more, []);
	// Revoked many times at once, it ends once.
	const ends = await Promise.all(Array.from({length: 8}, () => s.call('DELETE', `${GRANTS}/${made.id}`)));
	assert.deepEqual(ends.map((r) => r.status).sort(), [204, ...Array(7).fill(404)]);
});

test('what was acknowledged outlives kill -9', async (t) => {
	const own = await startServer();
	t.after(() => own.dispose());
	await makePerson(own, 'ann');
	const kept = new Map();
	const revoked = new Set();
	let killed;
	const writer = async (w) => {
		for (let i = 0; !killed; i++) {
			const r = await own.call('POST', GRANTS, grantOf(`assistant/${w}_${i}`, 'user/ann', 'write'));
			assert.equal(r.status, 201, r.text);
			kept.set(r.json.id, r.json);
			if (i % 4 === 3) {
				await revoke(own, r.json.id);
				revoked.add(r.json.id);
			}
			if (kept.size >= 60 && !killed) {
				killed = own.kill9();
			}
		}
	};
	await Promise.allSettled(Array.from({length: 8}, (_, w) => writer(w)));
	assert.equal(await killed, 'SIGKILL');
	await own.restart();
	const found = new Map((await allGrants(own)).map((g) => [g.id, g]));
	for (const [id, made] of kept) {
		if (revoked.has(id)) {
			assert.equal(found.get(id), undefined);
		} else if (found.has(id)) {
			assert.deepEqual(found.get(id), made);
		} else {
			// Its end was on its way, unacknowledged.
			assert.match(made.entity_id, /^\d+_\d*$/);
			assert.equal(Number(made.entity_id.split('_')[1]) % 4, 3, `${id} is lost`);
		}
	}
	assert.ok(revoked.size > 0 && found.size > 0);
	const [one] = found.values();
	assert.equal(await decide(own, 'ann', 'write', `assistant/${one.entity_id}`), true);
	expectError(await own.call('POST', GRANTS, grantOf(`assistant/${one.entity_id}`, 'user/ann')), 409, 'RESOURCE_ALREADY_EXISTS');
	assert.equal(await own.end('SIGTERM'), 0);
});
