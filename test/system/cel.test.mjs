// SPDX-License-Identifier: Apache-2.0
//
// The commands about CEL, and the language's conformance cases (test/cases/cel.json: those of the specification's suite
// that need no protobuf message), which are counted so that none can get lost.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'doorward-cel-'));
after(() => rmSync(folder, {recursive: true}));

function cel(...args) {
	const r = spawnSync(process.env.DOORWARD_BIN, ['cel', ...args], {encoding: 'utf8'});
	return {status: r.status, out: r.stdout, err: r.stderr};
}

function file(name, content) {
	const path = join(folder, name);
	writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
	return path;
}

test('every conformance case holds', () => {
	const r = cel('test', new URL('../cases/cel.json', import.meta.url).pathname);
	assert.doesNotMatch(r.out, /^FAIL/m, r.out);
	assert.equal(r.out.trimEnd().split('\n').at(-1), '1626 passed, 0 failed');
	assert.match(r.out, /^comparisons +317 of +317 values, +17 of +17 errors$/m);
	assert.match(r.out, /^block_ext +25 skipped/m);
	assert.equal(r.status, 0);
});

test('a case that does not hold is told and counted', () => {
	const base = {file: 'f', section: 's', bindings: {x: {int: '1'}}};
	const r = cel('test', file('cases.json', [
		{...base, name: 'right', expr: 'x + 1', expected: {value: {int: '2'}}},
		{...base, name: 'value', expr: 'x + 1', expected: {value: {int: '3'}}},
		{...base, name: 'type', expr: 'x + 1', expected: {value: {uint: '2'}}},
		{...base, name: 'noerror', expr: 'x', expected: {eval_error: ['any']}},
		{...base, name: 'wrong', expr: 'x +', expected: {eval_error: ['any']}},
		{...base, name: 'fails', expr: '1 / 0', expected: {eval_error: ['any']}},
	]));
	assert.equal(r.status, 1);
	assert.deepEqual([...r.out.matchAll(/^FAIL f\/s\/(\w+): /gm)].map((m) => m[1]), ['value', 'type', 'noerror', 'wrong']);
	assert.match(r.out, /^f +1 of +3 values, +1 of +3 errors$/m);
	assert.match(r.out, /\n2 passed, 4 failed\n$/);
});

test('eval prints the value of an expression over bindings', () => {
	const bindings = file('bindings.json', {subject: {groups: ['admin', 'dev'], age: 41}});
	assert.deepEqual(cel('eval', '--bindings', bindings, "'admin' in subject.groups && subject.age > 40"),
		{status: 0, out: 'true\n', err: ''});
	assert.deepEqual(cel('eval', '{"a": [1, 2u, 1.5, b"ab", duration("90s")], "b": 9223372036854775807}'),
		{status: 0, out: '{"a":[1,2,1.5,"YWI=","90s"],"b":"9223372036854775807"}\n', err: ''});
	assert.deepEqual(cel('eval', 'type(1u)'), {status: 0, out: 'uint\n', err: ''});
});

test('integers of a file are integers as far as 64 bits go, and doubles beyond', () => {
	const bindings = join(folder, 'wide.json');
	writeFileSync(bindings, '{"a": -9223372036854775808, "b": 18446744073709551615, "c": 18446744073709551616,' +
		' "d": -9223372036854775809, "e": "18446744073709551616\\"18446744073709551616"}');
	const type = (name) => cel('eval', '--bindings', bindings, `type(${name})`).out.trim();
	assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(type), ['int', 'uint', 'double', 'double', 'string']);
	assert.equal(cel('eval', '--bindings', bindings, 'e.size()').out, '41\n');
});

test('eval says what failed, check what is wrong', () => {
	assert.deepEqual(cel('eval', '{"a": 1}.b'), {status: 1, out: '', err: 'no such key: b\n'});
	assert.deepEqual(cel('eval', '[1, 2][2] == 1 || 1 / 0 > 1'), {status: 1, out: '', err: 'index out of bounds: 2\n'});
	assert.deepEqual(cel('check', '[1, 2].map(x, x > 1)'), {status: 0, out: 'list(bool)\n', err: ''});
	const r = cel('check', '1 + foo');
	assert.equal(r.status, 1);
	assert.match(r.err, /^ERROR: <input>:1:5: undeclared reference to 'foo' \(in container ''\)\n \| 1 \+ foo\n \| \.\.\.\.\^/);
});

test('an expression cannot take more than its budget or its memory', () => {
	const many = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]';
	const nested = `${many}.all(a, `.repeat(7) + 'true' + ')'.repeat(7);
	assert.deepEqual(cel('eval', nested), {status: 1, out: '', err: 'operation cancelled: actual cost limit exceeded\n'});
	/* What was used up cannot be absorbed. */
	assert.deepEqual(cel('eval', `${nested} || true`).status, 0, 'true decides before anything is evaluated');
	assert.deepEqual(cel('eval', `[true].exists(t, ${nested.replaceAll('all', 'exists_one')} || t)`),
		{status: 1, out: '', err: 'operation cancelled: actual cost limit exceeded\n'});
	const doubled = 'cel.bind(s, s + s, '.repeat(30) + 'size(s) > 0' + ')'.repeat(30);
	assert.deepEqual(cel('eval', `["0123456789"].exists(s, ${doubled})`),
		{status: 1, out: '', err: 'operation cancelled: memory limit exceeded\n'});
});

test('what cannot be tried has status 2', () => {
	assert.deepEqual([cel('eval', '--bindings', join(folder, 'none.json'), '1').status, cel('test', folder).status,
		cel('eval').status, cel('test', file('broken.json', '{')).status], [2, 2, 2, 2]);
});

test('ast shows macros expanded', () => {
	const r = cel('ast', 'x.exists(e, e == 1)');
	assert.equal(r.status, 0);
	assert.match(r.out, /exists/);
	assert.equal(cel('ast', 'x.').status, 1);
});
