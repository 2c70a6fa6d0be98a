// SPDX-License-Identifier: Apache-2.0
// docs/moving.md against the server: its examples, typed into a shell, print what the page says.
import {dirname} from 'node:path';
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {binary, startServer} from '../../harness/server.mjs';

test('every example does what it says', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	Object.assign(process.env, {DOORWARD_URL: s.url, DOORWARD_KEY: s.key, PATH: `${dirname(binary)}:${process.env.PATH}`});
	await checkExamples(s, readPage('moving.md'), 8);
});
