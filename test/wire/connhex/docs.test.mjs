// SPDX-License-Identifier: Apache-2.0
// The examples of docs/connhex.md, typed into a shell: each prints what the page says.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {promisify} from 'node:util';
import {start} from './support.mjs';

const page = readFileSync(new URL('../../../docs/connhex.md', import.meta.url), 'utf8');

/** [{command, output}] of all console blocks, in order. */
function examples() {
	const found = [];
	for (const [, block] of page.matchAll(/^```console\n(.*?)^```$/gms)) {
		for (const line of block.trimEnd().split('\n')) {
			if (line.startsWith('$ ')) {
				found.push({command: line.slice(2), output: ''});
			} else {
				found.at(-1).output += `${line}\n`;
			}
		}
	}
	return found;
}

test('every example does what it says', async (t) => {
	const s = await start(t, {store: 'memory'});
	const list = examples();
	assert.ok(list.length > 8, `${list.length} examples`);
	/* One shell for all, so that what is defined stays; a mark on its own line parts the outputs. */
	const mark = '--- next ---';
	const script = ['shopt -s expand_aliases', ...list.map((e) => `${e.command}\necho; echo "${mark}"`)].join('\n');
	const {stdout} = await promisify(execFile)('bash', ['-c', script], {env: {...process.env, URL: s.url, KEY: s.key}});
	const outputs = stdout.split(`${mark}\n`).slice(0, -1);
	assert.deepEqual(
		outputs.map((output, i) => ({command: list[i].command, output: output.trim()})),
		list.map((e) => ({command: e.command, output: e.output.trim()})),
	);
});
