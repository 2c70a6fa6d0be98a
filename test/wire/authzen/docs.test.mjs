// SPDX-License-Identifier: Apache-2.0
// The examples of docs/authzen.md, typed into a shell: each prints what the page says.
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {startServer} from '../../harness/server.mjs';

test('every example does what it says', async (t) => {
	const s = await startServer({store: 'memory'});
	t.after(() => s.dispose());
	await checkExamples(s, readPage('authzen.md'), 12);
});
