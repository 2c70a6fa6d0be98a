// SPDX-License-Identifier: Apache-2.0
// The examples of docs/langsmith.md, typed into a shell: each prints what the page says.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checkExamples, readPage, runScript} from '../../harness/docs.mjs';
import {start} from './support.mjs';

const page = readPage('langsmith.md');

test('every example does what it says', async (t) => checkExamples(await start(t, {store: 'memory'}), page, 20));

test('indented examples do what they say', async (t) => {
	const s = await start(t, {store: 'memory'});
	const commands = [...page.matchAll(/^ {4}(curl .*)$/gm)].map(([, line]) => line);
	assert.equal(commands.length, 1);
	const script = commands.map((line) => `${line} --fail --silent --show-error`).join('\n');
	await runScript(s, script);
	const {features} = (await s.call('GET', '/doorward/v1/organization')).json;
	assert.equal(features.langsmith_abac, false);
});

test('the calls of the first table are there, under both prefixes where it says so', async (t) => {
	const s = await start(t, {store: 'memory'});
	const table = page.split('## Pointing')[0];
	const calls = [...table.matchAll(/`(GET|POST|PATCH|DELETE) ((?:P|\/)[^`\s[…]*)`/g)].map(([, method, path]) => ({method, path}));
	assert.ok(calls.length >= 14, `${calls.length} calls`);
	for (const {method, path} of calls) {
		const full = path.replace(/\{[a-z_]+\}/g, '00000000-0000-4000-8000-00000000b001');
		const names = full.startsWith('P/')
			? ['/v1/platform/orgs/current', '/api/v1/platform/orgs/current'].map((prefix) => prefix + full.slice(1))
			: [full];
		for (const name of names) {
			// A method that no call has: the refusal says which ones there are.
			const r = await s.call('PUT', name, {});
			assert.equal(r.status, 405, `${name}: ${r.status} ${r.text}`);
			assert.ok(r.headers.allow.split(/, ?/).includes(method), `${method} ${name}: ${r.headers.allow}`);
		}
	}
});
