// SPDX-License-Identifier: Apache-2.0
// docs/explain.md and docs/lint.md against the server: their examples, typed into a shell, print what the pages say, and
// the kinds of findings are those of the program.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {binary, startServer} from '../../harness/server.mjs';

async function check(t, page, min) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	Object.assign(process.env, {DOORWARD_URL: s.url, DOORWARD_KEY: s.key, PATH: `${dirname(binary)}:${process.env.PATH}`});
	await checkExamples(s, page, min);
}

test('every example of explain.md does what it says', (t) => check(t, readPage('explain.md'), 10));
test('every example of lint.md does what it says', (t) => check(t, readPage('lint.md'), 14));

test('the kinds of findings and their severities are those of the program', () => {
	const header = readFileSync(new URL('../../../src/policy/lint.h', import.meta.url), 'utf8');
	const kinds = [...header.matchAll(/^\tX\(\w+, "(\w+)", (\w+)/gm)].map((m) => [m[1], m[2].toLowerCase()]);
	const table = readPage('lint.md').split('## The findings')[1].split('## Over HTTP')[0];
	const told = [...table.matchAll(/^\| (`[^|]+`) \| (\w+) \|/gm)].flatMap((m) => m[1].replaceAll('`', '').split(' ').map((k) => [k, m[2]]));
	assert.deepEqual(told.sort(), kinds.sort());
});
