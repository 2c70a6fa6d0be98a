// SPDX-License-Identifier: Apache-2.0
// The examples of docs/libdoorward.md, typed into a shell: each prints what the page says.
import {symlinkSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';
import {checkExamples, readPage} from '../harness/docs.mjs';
import {startServer} from '../harness/server.mjs';

test('every example does what it says', async (t) => {
	const s = await startServer({store: 'sqlite'});
	t.after(() => s.dispose());
	symlinkSync(process.env.DECIDE, join(s.dir, 'decide'));
	process.env.PATH = `${s.dir}:${process.env.PATH}`;
	process.env.STORE = join(s.dir, 'doorward.db');
	await checkExamples(s, readPage('libdoorward.md'), 6);
});
