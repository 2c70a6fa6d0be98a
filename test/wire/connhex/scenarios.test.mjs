// SPDX-License-Identifier: Apache-2.0
// The published HTTP scenarios of Connhex IAM's ancestor, step by step against fresh servers: to the letter in strict
// mode, and with the listed differences in the default one. Steps that the sources have commented out (live: false)
// hold too.
import assert from 'node:assert/strict';
import test from 'node:test';
import {makeUser} from '../../harness/server.mjs';
import {cases, start} from './support.mjs';

/** Where the default mode answers otherwise: ids with capitals are accepted. */
const lenientDifferences = [
	{scenario: 'http-policy-validation', method: 'POST', path: '/iam/policies', id: 'Upper', status: 200},
];

function sorted(list) {
	return list.map((x) => JSON.stringify(x)).sort();
}

function checkSubset(got, want, at) {
	if (Array.isArray(want)) {
		assert.ok(Array.isArray(got), `${at}: not a list`);
		assert.equal(got.length, want.length, `${at}: length`);
		want.forEach((w, i) => checkSubset(got[i], w, `${at}[${i}]`));
	} else if (want && typeof want === 'object') {
		assert.ok(got && typeof got === 'object', `${at}: not an object`);
		for (const key of Object.keys(want)) {
			checkSubset(got[key], want[key], `${at}.${key}`);
		}
	} else {
		assert.deepEqual(got, want, at);
	}
}

function checkList(r, want, at) {
	const ids = r.json[want.field].map((o) => o.id);
	if (want.ids_exact) {
		assert.deepEqual(sorted(ids), sorted(want.ids_exact), at);
	}
	for (const id of want.ids_include ?? []) {
		assert.ok(ids.includes(id), `${at}: ${id} is missing`);
	}
	for (const id of want.ids_exclude ?? []) {
		assert.ok(!ids.includes(id), `${at}: ${id} is listed`);
	}
}

const checks = {
	expect_body_subset: (r, want, at) => checkSubset(r.json, want, at),
	expect_body_exact: (r, want, at) => assert.deepEqual(r.json, want, at),
	expect_body_set: (r, want, at) => {
		assert.deepEqual(Object.keys(r.json).sort(), Object.keys(want).sort(), at);
		for (const key of Object.keys(want)) {
			assert.deepEqual(sorted(r.json[key]), sorted(want[key]), at);
		}
	},
	expect_list: checkList,
	expect_message_contains: (r, want, at) => assert.ok(r.json.message.includes(want), `${at}: ${r.text}`),
};
const known = new Set(['as', 'method', 'path', 'body', 'headers', 'expect_status', 'why', 'live', ...Object.keys(checks)]);

function wantedStatus(scenario, step, strict) {
	const difference = lenientDifferences.find(
		(d) => d.scenario === scenario.id && d.method === step.method && d.path === step.path && d.id === step.body?.id,
	);
	return !strict && difference ? [difference.status] : step.expect_status;
}

async function replay(t, scenario, strict) {
	const s = await start(t, {store: 'memory', args: strict ? ['--connhex-strict'] : []});
	const keys = {admin: s.key};
	for (const step of scenario.steps) {
		keys[step.as] ??= await makeUser(s, step.as);
	}
	for (const [i, step] of scenario.steps.entries()) {
		const at = `step ${i}: ${step.as} ${step.method} ${step.path} ${JSON.stringify(step.body ?? '')}`;
		const r = await s.call(step.method, step.path, step.body, {key: keys[step.as], headers: step.headers});
		assert.ok(wantedStatus(scenario, step, strict).includes(r.status), `${at}: ${r.status} ${r.text}`);
		for (const name of Object.keys(step)) {
			assert.ok(known.has(name), `${at}: no check for ${name}`);
			checks[name]?.(r, step[name], `${at}: ${r.text}`);
		}
	}
}

for (const scenario of cases.http_scenarios) {
	test(`${scenario.id}, strict`, (t) => replay(t, scenario, true));
	test(`${scenario.id}, default`, (t) => replay(t, scenario, false));
}
