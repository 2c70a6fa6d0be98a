// SPDX-License-Identifier: Apache-2.0
//
// The examples of docs/conditions.md: rows of tables whose last two cells are an expression and what it yields, printed
// by `doorward cel eval`, or "error: " and what its message contains.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {readPage} from '../harness/docs.mjs';

const page = readPage('conditions.md');
const folder = mkdtempSync(join(tmpdir(), 'doorward-conditions-'));
const bindings = join(folder, 'bindings.json');
writeFileSync(bindings, page.match(/^```json\n(.*?)^```$/ms)[1]);
after(() => rmSync(folder, {recursive: true}));

/** {section: [{example, value}]} of all tables with such columns. */
function examples() {
	const found = new Map();
	for (const part of page.split(/^## /m).slice(1)) {
		const [, table] = part.match(/^\|[^|\n]*\| example \| value \|\n((?:\|.*\n)*)/m) ?? [];
		if (table) {
			/* A bar within a cell has a backslash before it. */
			const rows = [...part.matchAll(/\| `((?:[^`\\]|\\.)*)` \| `((?:[^`\\]|\\.)*)` \|$/gm)];
			found.set(part.split('\n', 1)[0], rows.map(([, example, value]) => ({
				example: example.replaceAll('\\|', '|'),
				value: value.replaceAll('\\|', '|'),
			})));
			assert.equal(rows.length, part.match(/^\| .* \|$/gm).length - part.match(/\| example \| value \|$/gm).length, part);
		}
	}
	return found;
}

function check({example, value}) {
	const r = spawnSync(process.env.DOORWARD_BIN, ['cel', 'eval', '--bindings', bindings, example], {encoding: 'utf8'});
	if (value.startsWith('error: ')) {
		assert.equal(r.status, 1, `${example}: ${r.stdout}`);
		assert.ok(r.stderr.includes(value.slice('error: '.length)), `${example}: ${r.stderr}`);
	} else {
		assert.deepEqual({example, status: r.status, out: r.stdout.trimEnd(), err: r.stderr},
			{example, status: 0, out: value, err: ''});
	}
}

const all = examples();

test('the page has its examples', () => {
	const n = [...all.values()].reduce((sum, rows) => sum + rows.length, 0);
	assert.ok(all.size >= 14 && n >= 130, `${all.size} tables, ${n} examples`);
});

for (const [section, rows] of all) {
	test(section, () => rows.forEach(check));
}
