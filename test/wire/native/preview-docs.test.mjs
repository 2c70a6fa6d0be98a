// SPDX-License-Identifier: Apache-2.0
// docs/preview.md against the server: its examples, typed into a shell, print what the page says, and its members are there.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {binary, startServer} from '../../harness/server.mjs';

const page = readPage('preview.md');

test('every example does what it says', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	const was = process.env.TMPDIR;
	const own = mkdtempSync(join(tmpdir(), 'preview-'));
	t.after(() => rmSync(own, {recursive: true}));
	Object.assign(process.env, {TMPDIR: own, DOORWARD_BIN: binary});
	try {
		await checkExamples(s, page, 12);
	} finally {
		if (was === undefined) {
			delete process.env.TMPDIR;
		} else {
			process.env.TMPDIR = was;
		}
	}
});

test('the members of the page are those of the answer', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	const {json} = await s.call('POST', '/doorward/v1/preview', {changes: [{method: 'POST', path: '/doorward/v1/users', body: {id: 'x'}}]});
	const table = page.slice(page.indexOf('The answer:'), page.indexOf('A group has'));
	const named = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap((m) => m[1].replaceAll('`', '').split(', '));
	assert.deepEqual([...named, 'groups_left_out'].sort(), Object.keys(json).sort());
	for (const member of ['change', 'document', 'through', 'principals', 'access']) {
		assert.ok(member in json.groups[0], member);
		assert.ok(page.slice(page.indexOf('A group has')).includes(`\`${member}\``), member);
	}
});
