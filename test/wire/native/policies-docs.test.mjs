// SPDX-License-Identifier: Apache-2.0
// docs/native-policies.md against the server: its examples, typed into a shell, print what the page says; its calls and
// the members it names are there.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';

const page = readPage('native-policies.md');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

test('every example does what it says', async (t) => checkExamples(await start(t), page, 12));

test('the calls of the page are those of the server', async (t) => {
	const s = await start(t);
	const calls = [...page.matchAll(/^\| `(\w+) (\/doorward\/v1\/policies[^`]*)`/gm)];
	assert.deepEqual(calls.map((c) => c[1]), ['POST', 'GET', 'GET', 'PUT', 'PATCH', 'DELETE']);
	for (const [, method, path] of calls) {
		const r = await s.call(method, path.replace('{id}', 'x'), /P/.test(method) ? {effect: 'allow'} : undefined);
		assert.ok([200, 400, 404].includes(r.status) && r.json.title !== 'Method not allowed', `${method} ${path}: ${r.text}`);
	}
});

test('the members of the page are those of a policy', async (t) => {
	const s = await start(t);
	const table = page.slice(page.indexOf('## The body'), page.indexOf('| call |'));
	const named = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap((m) => m[1].replaceAll('`', '').split(', '));
	const {json} = await s.call('PUT', '/doorward/v1/policies/p', {effect: 'allow', subjects: [], actions: ['*'], resources: ['*']});
	assert.deepEqual(named.sort(), Object.keys(json).filter((k) => !k.endsWith('ed_at')).sort());
});
