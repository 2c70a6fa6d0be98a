// SPDX-License-Identifier: Apache-2.0
// The twelve operators: each as an allow on a role that permits nothing and as a deny on one that permits, on resources
// tagged in every way. Numbers are those of the conformance cases.
import assert from 'node:assert/strict';
import test from 'node:test';
import {World, group, where} from './support.mjs';

const read = 'projects:read';
const plain = ['equals', 'not_equals', 'equals_ignore_case', 'not_equals_ignore_case', 'matches', 'not_matches'];
const ifExists = plain.map((name) => `${name}_if_exists`);

/** A world in which conditions can be tried out: w.holds(tags, key, operator, value). */
async function laboratory(t) {
	const w = await World.of(t);
	const {role: poor, user: guest} = await w.holder();
	const {role: rich, user: reader} = await w.holder(read);
	w.holds = async (tags, key, operator, value) => {
		const condition = group(read, 'project', where(key, operator, value));
		const made = [await w.allow(poor, condition), await w.deny(rich, condition)];
		const allows = await w.may(guest, read, 'project', tags);
		const denies = !(await w.may(reader, read, 'project', tags));
		assert.equal(allows, denies, `${operator} ${value} on ${JSON.stringify(tags)}: allow and deny see the same`);
		for (const id of made) {
			await w.call(204, 'DELETE', `/v1/platform/orgs/current/access-policies/${id}`);
		}
		return allows;
	};
	/** rows: [operator, value, holds?] */
	w.table = async (tags, key, rows) => {
		for (const [operator, value, holds] of rows) {
			const got = await w.holds(tags, key, operator, value);
			assert.equal(got, holds, `${operator} ${JSON.stringify(value)} on ${JSON.stringify(tags)}`);
		}
	};
	return w;
}

const env = {Env: 'Prod'};

test('case 27: equals', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'Env', [
		['equals', 'Prod', true],
		['equals', 'prod', false],
		['equals', 'Pro', false],
		['equals', 'Prod ', false],
	]);
});

test('case 28: not_equals', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'Env', [
		['not_equals', 'Dev', true],
		['not_equals', 'Prod', false],
		['not_equals', 'prod', true],
	]);
});

test('case 29: equals_ignore_case', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'Env', [
		['equals_ignore_case', 'pROD', true],
		['equals_ignore_case', 'Prod', true],
		['equals_ignore_case', 'Prodd', false],
	]);
});

test('case 30: not_equals_ignore_case', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'Env', [
		['not_equals_ignore_case', 'prod', false],
		['not_equals_ignore_case', 'dev', true],
	]);
});

test('A16: case is ignored as Unicode folds single characters', async (t) => {
	const w = await laboratory(t);
	await w.table({City: 'ZÜRICH Ärger Ωμέγα Ёлка'}, 'City', [
		['equals_ignore_case', 'zürich äRGER ωΜΈΓΑ ёЛКА', true],
		['equals_ignore_case', 'zurich arger ωμεγα елка', false],
		['equals', 'zürich äRGER ωΜΈΓΑ ёЛКА', false],
	]);
	// Folding is simple: one character for one, in no language's way, and not compatibility.
	await w.table({City: 'Straße'}, 'City', [
		['equals_ignore_case', 'STRASSE', false],
		['equals_ignore_case', 'STRAẞE', true],
	]);
	await w.table({City: 'Istanbul'}, 'City', [
		['equals_ignore_case', 'ISTANBUL', true],
		['equals_ignore_case', 'ıstanbul', false],
	]);
});

test('case 31: matches', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'Env', [
		['matches', 'P*', true],
		['matches', '*od', true],
		['matches', 'P?od', true],
		['matches', '*', true],
		['matches', 'Prod', true],
		['matches', '*r*', true],
		['matches', '????', true],
		['matches', 'Prod*', true],
		['matches', '*Prod', true],
		['matches', 'p*', false],
		['matches', 'P?d', false],
		['matches', 'rod', false],
		['matches', '?Prod', false],
		['matches', '?????', false],
	]);
});

test('case 32: not_matches', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'Env', [
		['not_matches', 'D*', true],
		['not_matches', 'P*', false],
		['not_matches', 'p*', true],
	]);
});

test('case 33: a glob is about the whole value', async (t) => {
	const w = await laboratory(t);
	await w.table({App: 'chatbot-v2'}, 'App', [['matches', 'chatbot-*', true]]);
	await w.table({App: 'chatbot'}, 'App', [['matches', 'chatbot-*', false]]);
	await w.table({App: 'my-chatbot-x'}, 'App', [['matches', 'chatbot-*', false]]);
	await w.table({App: 'a/b/c'}, 'App', [
		['matches', 'a*c', true],
		['matches', 'a?b?c', true],
	]);
});

test('case 34: an absent key satisfies the six _if_exists and none of the plain ones', async (t) => {
	const w = await laboratory(t);
	for (const tags of [{}, {Other: 'Prod'}]) {
		await w.table(
			tags,
			'Env',
			[...plain, ...ifExists].map((operator) => [operator, 'Prod', operator.endsWith('_if_exists')]),
		);
	}
});

test('case 35: on a key that is there, _if_exists changes nothing', async (t) => {
	const w = await laboratory(t);
	for (const value of ['Prod', 'pROD', 'P*', 'Dev', 'D*']) {
		for (const operator of plain) {
			const without = await w.holds(env, 'Env', operator, value);
			assert.equal(await w.holds(env, 'Env', `${operator}_if_exists`, value), without, `${operator} ${value}`);
		}
	}
});

test('case 36: keys are compared exactly', async (t) => {
	const w = await laboratory(t);
	await w.table(env, 'env', [
		['equals', 'Prod', false],
		['equals_ignore_case', 'Prod', false],
		['not_equals', 'Dev', false],
		['equals_if_exists', 'Dev', true],
	]);
});

test('case 37: nothing but * and ? is special in a glob', async (t) => {
	const w = await laboratory(t);
	const literal = [
		['a.c', 'abc'],
		['[a-z]', 'm'],
		['\\*', '*'],
		['a%', 'abc'],
		['a_c', 'abc'],
		['{a,b}', 'a'],
		['a|b', 'a'],
		['^a$', 'a'],
		['a+', 'aa'],
	];
	for (const [pattern, other] of literal) {
		assert.equal(await w.holds({App: other}, 'App', 'matches', pattern), false, `${pattern} on ${other}`);
		assert.equal(await w.holds({App: pattern}, 'App', 'matches', pattern), true, `${pattern} on itself`);
	}
	await w.table({App: '\\x'}, 'App', [['matches', '\\*', true]]);
	await w.table({App: 'one\ntwo'}, 'App', [
		['matches', 'one*', true],
		['matches', 'one?two', true],
		['matches', 'one', false],
	]);
});

test('case 38: * in a value is a character, and equals knows no globs', async (t) => {
	const w = await laboratory(t);
	await w.table({App: 'a*b'}, 'App', [
		['equals', 'a*b', true],
		['matches', 'a*b', true],
	]);
	await w.table({App: 'axb'}, 'App', [
		['equals', 'a*b', false],
		['equals_ignore_case', 'A*B', false],
		['matches', 'a*b', true],
	]);
});

test('case 39: ? is one character, however many bytes', async (t) => {
	const w = await laboratory(t);
	for (const c of ['é', '€', '😀']) {
		await w.table({App: `caf${c}`}, 'App', [
			['matches', 'caf?', true],
			['matches', 'caf??', false],
			['matches', '?caf?', false],
			['matches', '????', true],
			['matches', '*?', true],
		]);
	}
});

test('case 40: hostile globs of 255 characters are answered', async (t) => {
	const w = await laboratory(t);
	const a = 'a'.repeat(255);
	const ab = `${'a'.repeat(254)}b`;
	const hostile = `${'*a'.repeat(127)}b`;
	assert.equal(hostile.length, 255);
	const questions = `${'*?'.repeat(127)}*`;
	const rows = [
		[a, hostile, false],
		[ab, hostile, true],
		[a, '*'.repeat(255), true],
		[a, '?'.repeat(255), true],
		[a, `${'?'.repeat(254)}b`, false],
		[a, questions, true],
		[a, `${'a*'.repeat(127)}a`, true],
		[a, `${'a*'.repeat(127)}b`, false],
		['é'.repeat(255), '?'.repeat(255), true],
		['é'.repeat(255), `${'*é'.repeat(127)}x`, false],
		['é'.repeat(254), '?'.repeat(255), false],
		['b', hostile, false],
		[a, a, true],
		[a, ab, false],
	];
	for (const [value, pattern, holds] of rows) {
		assert.equal(await w.holds({App: value}, 'App', 'matches', pattern), holds, `${pattern} on ${value}`);
		assert.equal(await w.holds({App: value}, 'App', 'not_matches', pattern), !holds, `not ${pattern} on ${value}`);
	}
	// All at once: as many values as a question may state, against the worst pattern.
	const {role, user} = await w.holder();
	await w.allow(role, group(read, 'project', where('App', 'matches', hostile)));
	const values = Array.from({length: 1000}, (_, i) => `${'a'.repeat(251)}${String(i).padStart(4, '0')}`);
	const described = (App) => ({type: 'project', id: 'hostile', properties: {tenant: w.workspace, tags: {App}}});
	assert.equal((await w.ask(user, read, described(values))).decision, false);
	assert.equal((await w.ask(user, read, described([...values.slice(1), ab]))).decision, true);
});

test('case 41: several values of one key: any of them, and for the negated operators none of them', async (t) => {
	const w = await laboratory(t);
	for (const both of [
		{Env: ['dev', 'prod']},
		{Env: ['prod', 'dev']},
	]) {
		await w.table(both, 'Env', [
			['equals', 'prod', true],
			['equals', 'dev', true],
			['equals', 'qa', false],
			['not_equals', 'prod', false],
			['not_equals', 'dev', false],
			['not_equals', 'qa', true],
			['equals_ignore_case', 'PROD', true],
			['not_equals_ignore_case', 'PROD', false],
			['matches', 'p*', true],
			['not_matches', 'p*', false],
			['not_matches', 'q*', true],
			['not_equals_if_exists', 'prod', false],
			['not_equals_if_exists', 'qa', true],
		]);
	}
	const {role, user} = await w.holder(read);
	await w.deny(role, group(read, 'project', where('Env', 'equals', 'prod')));
	await w.expectDenied(user, read, 'project', {Env: ['dev', 'prod']});
	await w.expectAllowed(user, read, 'project', {Env: ['dev', 'qa']});
});
