// SPDX-License-Identifier: Apache-2.0
// docs/approval-policies.md against the server: its examples, typed into a shell, print what the page says; its calls
// and the functions it names are there.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';
import {client} from './client.mjs';

const page = readPage('approval-policies.md');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

test('every example does what it says', async (t) => checkExamples(await start(t), page, 10));

test('the calls of the page are those of the server', async (t) => {
	const s = await start(t);
	const calls = [...page.matchAll(/^\| `(GET|POST|DELETE) (\/api\/v1\/[^`]*)`/gm)];
	assert.equal(calls.length, 8);
	for (const [, method, path] of calls) {
		const r = await s.call(method, path.replace('{id}', 'A'.repeat(27)), method === 'POST' ? {} : undefined);
		assert.ok(r.status !== 405 && r.json.message !== 'Not Found', `${method} ${path}: ${r.text}`);
	}
});

test('the fields that the page names are there', async (t) => {
	const c1 = client(await start(t));
	const snake = (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
	for (const [variable, min] of [['subject', 15], ['account', 14], ['entitlement', 9], ['task', 10], ['ip', 9]]) {
		const item = page.match(new RegExp(`^- \`${variable}\`[^]*?(?=^- )`, 'm'))[0];
		const fields = item.match(/`((?:\w|\.)+(?:\s+(?:\w|\.)+){4,})`/)[1].split(/\s+/);
		assert.ok(fields.length >= min, `${variable}: ${fields}`);
		for (const f of new Set([...fields, ...fields.map(snake)])) {
			const {markers} = await c1.post('policies/validate/cel', {text: `type(${variable}.${f}) == int || true`});
			assert.deepEqual(markers, [], `${variable}.${f}`);
		}
	}
});
