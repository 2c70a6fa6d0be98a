// SPDX-License-Identifier: Apache-2.0
// The examples of a page of docs/, typed into a shell.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';

export function readPage(name) {
	return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

/** [{command, output}] of all console blocks, in order. */
function examples(page) {
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

/** Runs a script with $URL and $KEY of the server; resolves to what it printed. */
export async function runScript(s, script) {
	const {stdout} = await promisify(execFile)('bash', ['-c', script], {env: {...process.env, URL: s.url, KEY: s.key}});
	return stdout;
}

/** Every example prints what the page says; there are more than `min`, so that none is overlooked. */
export async function checkExamples(s, page, min) {
	const list = examples(page);
	assert.ok(list.length > min, `${list.length} examples`);
	/* One shell for all, so that what is defined stays; a mark on its own line parts the outputs. */
	const mark = '--- next ---';
	const script = ['shopt -s expand_aliases', ...list.map((e) => `${e.command}\necho; echo "${mark}"`)].join('\n');
	const outputs = (await runScript(s, script)).split(`${mark}\n`).slice(0, -1);
	assert.deepEqual(
		outputs.map((output, i) => ({command: list[i].command, output: output.trim()})),
		list.map((e) => ({command: e.command, output: e.output.trim()})),
	);
}
