// SPDX-License-Identifier: Apache-2.0
// docs/aitronos.md against the server: its examples, typed into a shell, print what the page says; its routes are
// there; its tables are the program's.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';
import {GRANTS, ORG, grantOf, makePerson, ok} from './support.mjs';

const page = readPage('aitronos.md');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

test('every example does what it says', async (t) => checkExamples(await start(t), page, 25));

test('the routes of the page are those of the server', async (t) => {
	const s = await start(t);
	const methods = new Map();
	for (const [, row] of page.matchAll(/^\| (`(?:GET|POST|PATCH|DELETE)[ `].*?) \|/gm)) {
		// "`GET` / `POST /a`" has both at one path, "`POST /a`, `POST /b`" one at each.
		for (const part of row.split(', ')) {
			const path = part.match(/(\/[^`]*)`$/)[1];
			methods.set(path, [...(methods.get(path) ?? []), ...part.match(/GET|POST|PATCH|DELETE/g)]);
		}
	}
	assert.ok(methods.size > 25, `${methods.size} paths`);
	for (const [path, named] of methods) {
		const full = (path.startsWith('/v1/') ? path : `${ORG}${path}`).replace(/\{\w+\}/g, 'x');
		const r = await s.call('PUT', full, {});
		assert.equal(r.status, 405, `${full}: ${r.status} ${r.text}`);
		const allowed = r.headers.allow.split(/, */).filter((m) => m !== 'HEAD' && m !== 'OPTIONS');
		assert.deepEqual(allowed.sort(), [...named].sort(), full);
	}
});

test('capabilities and built-in roles are those of the page', async (t) => {
	const s = await start(t);
	const capabilities = (await ok(s, 200, 'GET', '/v1/capabilities')).map((c) => c.key);
	const [, listed] = page.match(/too:\n\n((?:.*\n)+?)\n/);
	assert.deepEqual([...listed.matchAll(/`(\w+)`/g)].map((m) => m[1]), capabilities);
	const roles = await ok(s, 200, 'GET', `${ORG}/roles`);
	const rows = [...page.matchAll(/^\| ([A-Z][\w ]*) \| `(role_\w+)` \| (.*) \|$/gm)];
	assert.deepEqual(rows.map(([, name, id]) => ({name, id})), roles.map(({name, id}) => ({name, id})));
	for (const [, name, id, says] of rows) {
		const has = roles.find((r) => r.id === id).capabilities;
		if (says.startsWith('all') || says === 'the same') {
			assert.deepEqual(has, capabilities, name);
		} else {
			assert.deepEqual([...says.matchAll(/`(\w+)`/g)].map((m) => m[1]).sort(), [...has].sort(), name);
		}
	}
});

test('the limits of the page are those of the server', async (t) => {
	const s = await start(t);
	await makePerson(s, 'ann');
	const number = (pattern) => Number(page.match(pattern)[1].replaceAll(',', ''));
	const entity = number(/^\| `entity_id` \| 1 to ([\d,]+) bytes/m);
	await ok(s, 201, 'POST', GRANTS, grantOf(`assistant/${'a'.repeat(entity)}`, 'user/ann'));
	await ok(s, 422, 'POST', GRANTS, grantOf(`assistant/${'a'.repeat(entity + 1)}`, 'user/ann'));
	const bulk = number(/^\| grants in one bulk call \| 1 to ([\d,]+)/m);
	const grants = (n) => ({entity_type: 'assistant', entity_id: 'a', grants: Array(n).fill({grantee_type: 'user', grantee_id: 'ann', access_level: 'read'})});
	await ok(s, 409, 'POST', `${GRANTS}/bulk`, grants(bulk)); // the same grantee over and over
	await ok(s, 422, 'POST', `${GRANTS}/bulk`, grants(bulk + 1));
	const limit = number(/^\| `limit`; `skip` \| 1 to ([\d,]+)/m);
	const skip = number(/^\| `limit`; `skip` \|.*up to ([\d,]+)/m);
	await ok(s, 200, 'GET', `${GRANTS}?limit=${limit}&skip=${skip}`);
	await ok(s, 422, 'GET', `${GRANTS}?limit=${limit + 1}`);
	await ok(s, 422, 'GET', `${GRANTS}?skip=${skip + 1}`);
	const role = number(/^\| name of a department.* to ([\d,]+) \|$/m);
	const capabilities = ['view_audit_log'];
	await ok(s, 201, 'POST', `${ORG}/roles`, {name: 'r'.repeat(role), capabilities});
	await ok(s, 422, 'POST', `${ORG}/roles`, {name: 'r'.repeat(role + 1), capabilities});
	const department = number(/^\| name of a department.*1 to ([\d,]+) characters/m);
	await ok(s, 201, 'POST', `${ORG}/departments`, {name: 'd'.repeat(department)});
	await ok(s, 422, 'POST', `${ORG}/departments`, {name: 'd'.repeat(department + 1)});
});
