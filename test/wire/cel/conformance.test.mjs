// SPDX-License-Identifier: Apache-2.0
//
// The conformance suite of the language as its npm package has it, against `doorward cel test`: every case that needs no
// protobuf message, converted anew, so that test/cases/cel.json is not the only witness.
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';

const {tests: suite} = createRequire(import.meta.url)('@bufbuild/cel-spec/testdata/conformance.js');
const folder = mkdtempSync(join(tmpdir(), 'doorward-cel-spec-'));
after(() => rmSync(folder, {recursive: true}));

// Messages and enums, but not the two that are types of the language.
const PROTOBUF = /TestAllTypes|TestRequired|enumValue|google\.protobuf\.(?!Timestamp|Duration)|cel\.expr\.conformance|Value\{|"wrapper"/;
const TIMES = {
	'type.googleapis.com/google.protobuf.Duration': 'duration',
	'type.googleapis.com/google.protobuf.Timestamp': 'timestamp',
};

function value(v) {
	const [[kind, of]] = Object.entries(v);
	switch (kind) {
	case 'nullValue': return {null: null};
	case 'boolValue': return {bool: of};
	case 'int64Value': return {int: of};
	case 'uint64Value': return {uint: of};
	// As text: JSON loses the sign of zero, and 2^64 is written as an integer that no reader takes.
	case 'doubleValue': return {double: typeof of === 'string' ? of : Object.is(of, -0) ? '-0.0' : of.toExponential()};
	case 'stringValue': return {string: of};
	case 'bytesValue': return {bytes_b64: of};
	case 'typeValue': return {type: of};
	case 'listValue': return {list: (of.values ?? []).map(value)};
	case 'mapValue': return {map: (of.entries ?? []).map((e) => [value(e.key), value(e.value)])};
	case 'objectValue': return {[TIMES[of['@type']] ?? 'message']: of.value};
	default: throw new Error(`a value of kind ${kind}`);
	}
}

const PRIMITIVES = {BOOL: 'bool', INT64: 'int', UINT64: 'uint', DOUBLE: 'double', STRING: 'string', BYTES: 'bytes'};

function type(t) {
	const [[kind, of]] = Object.entries(t);
	switch (kind) {
	case 'primitive': return PRIMITIVES[of];
	case 'wellKnown': return of === 'ANY' ? 'dyn' : `google.protobuf.${of[0]}${of.slice(1).toLowerCase()}`;
	case 'messageType': return of;
	case 'null': return 'null_type';
	case 'dyn': return 'dyn';
	case 'typeParam': return of;
	case 'listType': return `list(${type(of.elemType)})`;
	case 'mapType': return `map(${type(of.keyType)}, ${type(of.valueType)})`;
	case 'type': return `type(${type(of)})`;
	case 'abstractType': return `${of.name}(${of.parameterTypes.map(type).join(', ')})`;
	default: throw new Error(`a type of kind ${kind}`);
	}
}

const declaration = ({name, ident, function: f}) => f
	? {name, function: f.overloads.map((o) =>
		({id: o.overloadId, params: (o.params ?? []).map(type), receiver: o.isInstanceFunction, result: type(o.resultType)}))}
	: {name, type: type(ident.type)};

function expected(t) {
	if (t.evalError) return {eval_error: (t.evalError.errors ?? []).map((e) => e.message)};
	if (t.typedResult) {
		const {result, deducedType} = t.typedResult;
		return {typed_result: {deduced_type: type(deducedType), ...(result ? {value: value(result)} : {})}};
	}
	// A case that says nothing expects true.
	return {value: value(t.value ?? {boolValue: true})};
}

const converted = (file, section, t) => ({
	file,
	section,
	name: t.name,
	expr: t.expr,
	bindings: Object.fromEntries(Object.entries(t.bindings ?? {}).map(([name, b]) => [name, value(b.value)])),
	type_env: (t.typeEnv ?? []).map(declaration),
	container: t.container ?? '',
	disable_check: t.disableCheck ?? false,
	check_only: t.checkOnly ?? false,
	expected: expected(t),
});

function needsProtobuf(t) {
	const {name, description, ...rest} = t;
	const text = JSON.stringify(rest);
	const objects = [...text.matchAll(/"@type":"([^"]+)"/g)].map((m) => m[1]);
	return PROTOBUF.test(text) || objects.some((o) => !(o in TIMES));
}

const cases = suite.suites.flatMap((file) => (file.suites ?? []).flatMap((section) =>
	(section.tests ?? []).filter(({original}) => !needsProtobuf(original))
		.map(({original}) => converted(file.name, section.name, original))));

test('the suite has the cases that it had', () => {
	assert.equal(cases.length, 1651);
	const kept = JSON.parse(readFileSync(new URL('../../cases/cel.json', import.meta.url)));
	const key = (c) => `${c.file}/${c.section}/${c.name}`;
	assert.deepEqual(cases.map(key).sort(), kept.map(key).sort());
});

test('every case that needs no protobuf message holds', () => {
	const path = join(folder, 'cases.json');
	writeFileSync(path, JSON.stringify(cases));
	const r = spawnSync(process.env.DOORWARD_BIN, ['cel', 'test', path], {encoding: 'utf8', maxBuffer: 1 << 26});
	assert.equal(r.stderr, '');
	assert.doesNotMatch(r.stdout, /^FAIL/m, r.stdout);
	assert.equal(r.stdout.trimEnd().split('\n').at(-1), '1626 passed, 0 failed');
	assert.equal(r.status, 0);
});
