// SPDX-License-Identifier: Apache-2.0
// docs/decision-log.md against the server: its examples, typed into a shell, print what the page says.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import test from 'node:test';
import {checkExamples, readPage} from '../harness/docs.mjs';
import {binary, startServer} from '../harness/server.mjs';

test('every example does what it says', async (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'doorward-docs-'));
	const log = join(folder, 'decisions.log');
	const s = await startServer({store: 'memory', args: ['--decision-log', log]});
	t.after(async () => {
		await s.dispose();
		rmSync(folder, {recursive: true});
	});
	Object.assign(process.env, {
		DOORWARD_URL: s.url,
		DOORWARD_KEY: s.key,
		LOG: log,
		SERVER: String(s.pid),
		PATH: `${dirname(binary)}:${process.env.PATH}`,
	});
	process.chdir(folder);
	await checkExamples(s, readPage('decision-log.md'), 12);
});
