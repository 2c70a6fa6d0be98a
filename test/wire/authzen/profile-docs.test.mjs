// SPDX-License-Identifier: Apache-2.0
//
// The examples of docs/access-request-profile.md, and the tour of README.md, typed into a shell: each prints what the
// page says.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {test} from 'node:test';

import {checkExamples, readPage, runScript} from '../../harness/docs.mjs';
import {binary, startServer, testClock} from '../../harness/server.mjs';

async function server(t, options = {}) {
	const s = await startServer({args: ['--feature', 'arap'], ...options});
	t.after(() => s.dispose());
	Object.assign(process.env, {DOORWARD_URL: s.url, DOORWARD_KEY: s.key, PATH: `${dirname(binary)}:${process.env.PATH}`});
	return s;
}

test('every example does what it says', async (t) => {
	const s = await server(t);
	await checkExamples(s, readPage('access-request-profile.md'), 18);
});

test('deny, request, approve, allow, expire in five commands', async (t) => {
	const clock = testClock('2026-11-22T10:00:00Z');
	const s = await server(t, {env: clock.env});
	for (const [method, path, body] of [
		['POST', 'users', {id: 'bob'}],
		['POST', 'users', {id: 'alice', manager: 'bob'}],
		['POST', 'apps', {id: 'crm', display_name: 'CRM', owners: ['bob']}],
		['PUT', 'apps/crm/entitlements/admin', {display_name: 'Administrator'}],
	]) {
		const r = await s.call(method, `/doorward/v1/${path}`, body);
		assert.ok(r.status < 300, r.text);
	}
	const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
	const [, block] = /^```console\n(\$ doorward check alice.*?)^```$/ms.exec(readme);
	const commands = block.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2));
	const outputs = block.split('\n').filter((line) => line && !line.startsWith('$ '));
	assert.equal(commands.length, 5);
	const before = `cd ${s.dir}\nexport IN_AN_HOUR=2026-11-22T11:00:00Z\nBOB=$(doorward key create --user bob 2>/dev/null)\n`;
	const first = await runScript(s, `${before}${commands.slice(0, 4).join('\n')}\ntrue`);
	assert.deepEqual(first.trim().split('\n'), outputs.slice(0, 3));
	clock.set('2026-11-22T11:00:00Z');
	assert.equal((await runScript(s, `${commands[4]}\ntrue`)).trim(), outputs[3]);
});
