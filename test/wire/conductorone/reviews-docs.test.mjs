// SPDX-License-Identifier: Apache-2.0
// docs/access-reviews.md against the server: its examples, typed into a shell, print what the page says; its calls are
// there.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';

const page = readPage('access-reviews.md');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

test('every example does what it says', async (t) => checkExamples(await start(t), page, 24));

test('the calls of the page are those of the server', async (t) => {
	const s = await start(t);
	const calls = [...page.matchAll(/`(GET|POST|DELETE) (\/(?:api|doorward)\/v1\/[^`]*)`/g)].map(([, method, path]) => ({method, path}));
	assert.equal(calls.length, 12);
	for (const {method, path} of calls) {
		const r = await s.call('PATCH', path.replace('{id}', 'A'.repeat(27)), {});
		assert.equal(r.status, 405, `${path}: ${r.status} ${r.text}`);
		assert.ok(r.headers.allow.split(/, */).includes(method), `${method} ${path}: ${r.headers.allow}`);
	}
});
