// SPDX-License-Identifier: Apache-2.0
// docs/conductorone.md against the server: its examples, typed into a shell, print what the page says; its routes are there.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';

const page = readPage('conductorone.md');

test('every example does what it says', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	await checkExamples(s, page, 27);
});

test('the routes of the page are those of the server', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	const table = page.split('## Pointing')[0];
	const calls = [...table.matchAll(/`(GET|POST|PUT|DELETE) (\/[^`]*)`/g)].map(([, method, path]) => ({method, path: `/api/v1${path.replaceAll('{id}', 'x')}`}));
	assert.ok(calls.length >= 40, `${calls.length} calls`);
	for (const {method, path} of calls) {
		const r = await s.call('PATCH', path, {});
		assert.equal(r.status, 405, `${path}: ${r.status} ${r.text}`);
		assert.ok(r.headers.allow.split(/, */).includes(method), `${method} ${path}: ${r.headers.allow}`);
	}
});
