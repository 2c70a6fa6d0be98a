// SPDX-License-Identifier: Apache-2.0
// docs/confident.md against the server: its examples, typed into a shell, print what the page says; its routes are
// there; its numbers are those of the program.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';
import {builtin, catalogue, makeProject, ORGANIZATION} from './support.mjs';

const page = readPage('confident.md');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

test('every example does what it says', async (t) => checkExamples(await start(t), page, 20));

test('the routes of the page are those of the server, in both generations', async (t) => {
	const s = await start(t);
	await makeProject(s, 'p');
	const methods = new Map();
	for (const [, row] of page.matchAll(/^\| (`(?:GET|POST|PUT|DELETE).*?) \|/gm)) {
		const path = row.match(/(\/v1\/[^`]*)`$/)[1];
		methods.set(path, [...(methods.get(path) ?? []), ...row.match(/GET|POST|PUT|DELETE/g)]);
	}
	assert.ok(methods.size > 25, `${methods.size} paths`);
	for (const [path, named] of methods) {
		for (const generation of ['/v1', '/v2']) {
			const full = path.replace('/v1', generation).replace('{projectId}', 'p').replace(/\{\w+\}/, '1');
			const r = await s.call('PATCH', full, {});
			assert.equal(r.status, 405, `${full}: ${r.status} ${r.text}`);
			const allowed = r.headers.allow.split(/, */).filter((m) => m !== 'HEAD' && m !== 'OPTIONS');
			assert.deepEqual(allowed.sort(), [...named].sort(), full);
		}
	}
});

test('the catalogue has as many permissions as the page says', async (t) => {
	const s = await start(t);
	await makeProject(s, 'p');
	const [, organization, project] = page.match(/: (\d+) permissions of the organization and (\d+) of\s+projects/);
	assert.equal((await catalogue(s)).names.length, Number(organization));
	assert.equal((await catalogue(s, '/v1/projects/p')).names.length, Number(project));
	const roles = (await s.call('GET', `${ORGANIZATION}/roles`)).json.data.roles;
	assert.deepEqual(roles.map((r) => r.id), [builtin.owner, builtin.admin, builtin.member]);
	for (const id of Object.values(builtin)) {
		assert.ok(page.includes(id) || page.includes(`…${id.slice(-4)}`), id);
	}
});
