// SPDX-License-Identifier: Apache-2.0
// AI-37, AI-38, AI-46, generated: in a random organization that changes at random, what a user has access to, who has
// access to an entity, decisions, and a reckoning by lists and loops say the same; giving never lowers a level and
// taking never raises one; and all of it is the same after a restart. SEED=… repeats a run.
import assert from 'node:assert/strict';
import {randomInt} from 'node:crypto';
import test from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {World, byDecision, byEntity, byUser} from './world.mjs';

const CHANGES = 60;

const levelsOf = (access) => Object.fromEntries(Object.entries(access).map(([key, {level}]) => [key, level]));

/** All ways of asking say what the world says; resolves to the levels. */
async function check(w, what) {
	const expected = w.expected();
	assert.deepEqual(await byUser(w), expected, `${what}: resolved access`);
	assert.deepEqual(await byEntity(w), expected, `${what}: users with access`);
	assert.deepEqual(await byDecision(w), levelsOf(expected), `${what}: decisions`);
	return levelsOf(expected);
}

function checkDirection(before, now, direction, what) {
	for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
		const [from, to] = [before[key] ?? 0, now[key] ?? 0];
		if (direction === 'up') {
			assert.ok(to >= from, `${what}: ${key} fell from ${from} to ${to}`);
		} else if (direction === 'down') {
			assert.ok(to <= from, `${what}: ${key} rose from ${from} to ${to}`);
		} else if (direction === 'none') {
			assert.equal(to, from, `${what}: ${key}`);
		}
	}
}

async function run(t, seed, store) {
	t.diagnostic(`SEED=${seed}`);
	const s = await startServer({store});
	t.after(() => s.dispose());
	const w = new World(s, seed);
	await w.build({users: 7, departments: 5, roles: 3, slices: 5, composites: 3, others: 4});
	let levels = await check(w, 'at first');
	let most = 0;
	for (let i = 0; i < CHANGES; i++) {
		const [name, direction] = await w.change();
		const what = `seed ${seed}, change ${i} (${name})`;
		const now = await check(w, what);
		checkDirection(levels, now, direction, what);
		levels = now;
		most = Math.max(most, Object.keys(now).length);
	}
	// A world in which nobody reaches anything would agree, too.
	assert.ok(most > 10, `only ${most} of all pairs were ever reached`);
	return w;
}

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('all ways of asking agree, whatever changes, and after a restart', async (t) => {
	const w = await run(t, seed, 'sqlite');
	const before = [await byUser(w), await byEntity(w)];
	await w.s.restart();
	await check(w, 'after the restart');
	assert.deepEqual([await byUser(w), await byEntity(w)], before);
	// What was loaded can be changed like what was made.
	for (let i = 0; i < 10; i++) {
		const [name] = await w.change();
		await check(w, `seed ${seed}, change ${i} after the restart (${name})`);
	}
});

test('the same with another seed, in memory', async (t) => {
	await run(t, seed + 1, 'memory');
});
