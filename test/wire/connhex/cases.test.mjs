// SPDX-License-Identifier: Apache-2.0
// The published tables of the ancestor that are about stored objects, asked of a running server.
import assert from 'node:assert/strict';
import test from 'node:test';
import {makeUser} from '../../harness/server.mjs';
import {cases, decide, makeMember, makeTenant, ok, start} from './support.mjs';

/* ---- default_access_matrix --------------------------------------------------------------------------- */

/** The permission behind the rows whose endpoint is not part of Connhex: asked as a decision instead. */
function decisionOf(row) {
	const [, kind, id] = /^\/iam\/(users|tokens)(?:\/([^/]+))?$/.exec(row.path) ?? [];
	const verb = {GET: id ? 'get' : 'list', POST: 'create', PUT: 'update', DELETE: 'delete'}[row.method];
	return kind && {action: `iam:${kind}:${verb}`, type: `iam:${kind}`, id: id ?? ''};
}

/** A body that is well-formed where the endpoint has one: what counts here is only whether it is refused as denied. */
function bodyOf(row) {
	if (row.method !== 'POST' && row.method !== 'PUT') {
		return undefined;
	}
	return {members: ['user:local:somebody'], membership_ids: ['somebody'], name: ''};
}

test('default_access_matrix', async (t) => {
	const s = await start(t, {store: 'memory'});
	await ok(s, 'POST', '/iam/tenants', {id: 'p', name: 'p'});
	const keys = {};
	for (const user of ['admin', 'editor', 'viewer', 'project-owner']) {
		keys[user] = await makeUser(s, user);
	}
	await ok(s, 'POST', '/iam/teams/admins/users:add', {membership_ids: ['admin']});
	await ok(s, 'POST', '/iam/policies/editor-access/members:add', {members: ['user:local:editor']});
	await ok(s, 'POST', '/iam/policies/viewer-access/members:add', {members: ['user:local:viewer']});
	await ok(s, 'POST', '/iam/policies/p-tenant-admins/members:add', {members: ['user:local:project-owner']});

	const refused = async (row, user) => {
		const question = decisionOf(row);
		if (question) {
			const id = question.id === '<self>' ? user : question.id;
			return !(await decide(s, user, question.action, question.type, id));
		}
		const r = await s.call(row.method, row.path, bodyOf(row), {key: keys[user]});
		assert.notEqual(r.status, 501, `${row.method} ${row.path}`);
		return r.status === 403;
	};
	for (const row of cases.default_access_matrix) {
		await t.test(`${row.method} ${row.path}`, async () => {
			for (const user of row.not_403) {
				assert.equal(await refused(row, user), false, `${user} is refused`);
			}
			for (const user of row.is_403) {
				assert.equal(await refused(row, user), true, `${user} is let in`);
			}
		});
	}
});

/* ---- cascade ------------------------------------------------------------------------------------------- */

const wireStatement = (x) => ({
	effect: x.effect.toUpperCase(),
	actions: x.actions ?? ['test:some:action'],
	role: x.role ?? '',
	tenants: x.projects ?? ['*'],
});

async function makeAll(s, names, make) {
	for (const name of new Set(names)) {
		await make(name);
	}
}

test('cascade', async (t) => {
	for (const c of cases.cascade) {
		await t.test(c.id, async (t) => {
			const s = await start(t, {store: 'memory'});
			const before = Object.entries(c.before.policies);
			const statements = before.flatMap(([, list]) => list);
			const [kind, gone] = c.delete.split(' ');
			await makeAll(s, statements.flatMap((x) => x.projects ?? []), (id) => makeTenant(s, id));
			await makeAll(s, statements.map((x) => x.role).filter(Boolean), (id) =>
				ok(s, 'POST', '/iam/roles', {id, name: id, actions: ['a:b:c']}));
			for (const [id, list] of before) {
				await ok(s, 'POST', '/iam/policies', {id, name: id, statements: list.map(wireStatement)});
			}
			assert.deepEqual(await ok(s, 'DELETE', `/iam/${kind === 'role' ? 'roles' : 'tenants'}/${gone}`), {});
			const after = (await ok(s, 'GET', '/iam/policies')).policies.filter((p) => c.before.policies[p.id]);
			const got = Object.fromEntries(after.map((p) => [p.id, p.statements]));
			const want = Object.entries(c.after.policies).map(([id, list]) => [
				id,
				list.map((x) => ({...wireStatement(x), resources: ['*']})),
			]);
			assert.deepEqual(got, Object.fromEntries(want));
		});
	}
});

/* ---- purge_subject ------------------------------------------------------------------------------------- */

/** Deletes the principal or team behind a subject string. */
async function deleteSubject(s, subject) {
	const [kind, , id] = subject.split(':');
	const [path, make] = kind === 'team' ? [`/iam/teams/${id}`, '/iam/teams'] : [`/doorward/v1/users/${id}`, '/doorward/v1/users'];
	assert.ok((await s.call('POST', make, kind === 'team' ? {id, name: id} : {id})).status < 300);
	return async () => assert.ok((await s.call('DELETE', path)).status < 300);
}

test('purge_subject', async (t) => {
	/* The cases name users; what holds for them holds for teams. */
	const asTeam = (x) => JSON.parse(JSON.stringify(x).replaceAll('user:local:', 'team:local:'));
	for (const [i, c] of [...cases.purge_subject, ...cases.purge_subject.map(asTeam)].entries()) {
		await t.test(`${i}: ${c.subject} of ${JSON.stringify(c.policies)}`, async (t) => {
			const s = await start(t, {store: 'memory'});
			const purge = await deleteSubject(s, c.subject);
			for (const [id, members] of Object.entries(c.policies)) {
				await ok(s, 'POST', '/iam/policies', {id, name: id, members, statements: [{actions: ['*'], tenants: ['*']}]});
			}
			const before = (await ok(s, 'GET', '/iam/policies')).policies;
			await purge();
			const after = (await ok(s, 'GET', '/iam/policies')).policies;
			for (const [id, members] of Object.entries(c.after ?? {})) {
				assert.deepEqual(after.find((p) => p.id === id).members, members);
			}
			const changed = after.filter((p, k) => JSON.stringify(p) !== JSON.stringify(before[k])).map((p) => p.id);
			assert.deepEqual(changed, c.affected);
		});
	}
});

/* ---- project_assignment -------------------------------------------------------------------------------- */

/**
 * A user who may assign exactly what the case expects succeeds, and fails as soon as any one of it is missing. Creation
 * with a former list cannot be said over the wire: the function itself is tested in test/unit/service/test-iam.c.
 */
test('project_assignment', async (t) => {
	const s = await start(t, {store: 'memory'});
	for (const id of ['a', 'b', 'c', 'd']) {
		await makeTenant(s, id);
	}
	const everywhere = {actions: ['iam:roles:*'], tenants: ['*']};
	let n = 0;
	const assigner = async (tenants) => {
		const assign = tenants.length ? [{actions: ['iam:tenants:assign'], tenants}] : [];
		return makeMember(s, `assigner-${++n}`, [everywhere, ...assign]);
	};
	const attempt = async (c, key) => {
		const id = `r-${++n}`;
		const role = {id, name: id, actions: ['a:b:c']};
		if (!c.update) {
			return (await s.call('POST', '/iam/roles', {...role, tenants: c.new}, {key})).status;
		}
		await ok(s, 'POST', '/iam/roles', {...role, tenants: c.old});
		return (await s.call('PUT', `/iam/roles/${id}`, {...role, tenants: c.new}, {key})).status;
	};
	for (const c of cases.project_assignment) {
		if (!c.update && (c.old.length || c.new.includes('(unassigned)'))) {
			continue;
		}
		await t.test(`${c.update ? 'update' : 'create'}: ${c.name}`, async () => {
			assert.equal(await attempt(c, await assigner(c.expect_to_authorize)), 200);
			for (const missing of c.expect_to_authorize) {
				const key = await assigner(c.expect_to_authorize.filter((x) => x !== missing));
				assert.equal(await attempt(c, key), 403, `without ${missing}`);
			}
		});
	}
	/* The resource asked about is the literal "*": a right on all teams is not a right to assign. */
	const narrow = await makeMember(s, 'narrow', [everywhere, {actions: ['iam:tenants:assign'], resources: ['iam:roles:*'], tenants: ['a']}]);
	assert.equal(await attempt({update: false, new: ['a']}, narrow), 403);
});

/* ---- project_list_filter ------------------------------------------------------------------------------- */

test('project_list_filter', async (t) => {
	const s = await start(t, {store: 'memory'});
	for (const id of ['p1', 'p2', 'p3']) {
		await makeTenant(s, id);
	}
	for (const [i, c] of cases.project_list_filter.entries()) {
		await t.test(`${JSON.stringify(c.object_projects)} in ${JSON.stringify(c.filter)}`, async () => {
			const headers = c.filter.length ? {tenants: c.filter.join(', ')} : {};
			const id = `t-${i}`;
			await ok(s, 'POST', '/iam/teams', {id, name: id, tenants: c.object_projects});
			const listed = (await ok(s, 'GET', '/iam/teams', undefined, {headers})).teams.some((x) => x.id === id);
			assert.equal(listed, c.expect_visible);
			const r = await s.call('GET', `/iam/teams/${id}`, undefined, {headers});
			assert.equal(r.status, c.expect_visible ? 200 : 404);
		});
	}
});
