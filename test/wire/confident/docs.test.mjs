// SPDX-License-Identifier: Apache-2.0
// docs/confident.md against the server: its examples, typed into a shell, print what the page says; its routes are
// there; its numbers are those of the program.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {promisify} from 'node:util';
import {startServer} from '../../harness/server.mjs';
import {builtin, catalogue, makeProject, ORGANIZATION} from './support.mjs';

const page = readFileSync(new URL('../../../docs/confident.md', import.meta.url), 'utf8');

async function start(t) {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	return s;
}

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
	const s = await start(t);
	const list = examples();
	assert.ok(list.length > 20, `${list.length} examples`);
	/* One shell for all, so that what is defined stays; a mark on its own line parts the outputs. */
	const mark = '--- next ---';
	const script = list.map((e) => `${e.command}\necho; echo "${mark}"`).join('\n');
	const {stdout} = await promisify(execFile)('bash', ['-c', script], {env: {...process.env, URL: s.url, KEY: s.key}});
	const outputs = stdout.split(`${mark}\n`).slice(0, -1);
	assert.deepEqual(
		outputs.map((output, i) => ({command: list[i].command, output: output.trim()})),
		list.map((e) => ({command: e.command, output: e.output.trim()})),
	);
});

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
