// SPDX-License-Identifier: Apache-2.0
// docs/oauth.md against the server: its examples, typed into a shell, print what the page says; its routes and roles are
// there.
import assert from 'node:assert/strict';
import test from 'node:test';

import {checkExamples, readPage} from '../../harness/docs.mjs';
import {makeUser, startServer} from '../../harness/server.mjs';
import {client} from './client.mjs';

const page = readPage('oauth.md');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

test('every example does what it says', async (t) => checkExamples(await start(t), page, 16));

test('the routes of the page are those of the server', async (t) => {
	const s = await start(t);
	const methods = new Map();
	for (const [named] of page.matchAll(/(?:`(?:GET|POST|PATCH|DELETE)` \/ )*`(?:GET|POST|PATCH|DELETE) \/(?:api|auth|doorward)\/[^`]*`/g)) {
		const path = named.match(/ (\/[^`]+)`$/)[1];
		methods.set(path, [...(methods.get(path) ?? []), ...named.match(/GET|POST|PATCH|DELETE/g)]);
	}
	assert.ok(methods.size >= 8, `${methods.size} paths`);
	for (const [path, named] of methods) {
		const r = await s.call('PUT', path.replace(/\{\w+\}/g, 'x'), {});
		assert.equal(r.status, 405, `${path}: ${r.status} ${r.text}`);
		const allowed = r.headers.allow.split(/, */);
		for (const method of named) {
			assert.ok(allowed.includes(method), `${method} ${path}`);
		}
	}
});

test('the roles of the page are those of the server, and may what it says', async (t) => {
	const s = await start(t);
	const rows = [...page.matchAll(/^\| ([A-Z][\w -]*) \| `(c1_\w+)` \|/gm)];
	assert.equal(rows.length, 5);
	const permissions = {};
	for (const [, name, id] of rows) {
		const role = await s.call('GET', `/doorward/v1/roles/${id}`);
		assert.equal(role.json?.display_name, name, role.text);
		const user = `user-${id.replaceAll('_', '-')}`;
		const key = await makeUser(s, user);
		assert.ok((await s.call('PUT', `/doorward/v1/roles/${id}/members/user:${user}`)).status < 300);
		const me = await client(s, key).get('auth/introspect');
		assert.ok(me.roles.includes(id));
		permissions[id] = new Set(me.permissions);
	}
	const looks = (p) => /:(get|list)$/.test(p);
	const all = (await client(s).get('auth/introspect')).permissions;
	assert.deepEqual([...permissions.c1_super_admin], all);
	for (const p of all) {
		const basic = permissions.c1_basic_user.has(p);
		assert.equal(permissions.c1_read_only_super_admin.has(p), basic || looks(p), p);
		assert.equal(permissions.c1_access_request_helpdesk.has(p), basic || p === 'conductorone:tasks:createForOthers', p);
		assert.equal(permissions.c1_access_request_admin.has(p), basic || p.startsWith('conductorone:tasks:') || /policies:(get|list)/.test(p), p);
	}
	assert.ok(![...permissions.c1_basic_user].some((p) => /policies|manage|createForOthers|apps:update/.test(p)));
});
