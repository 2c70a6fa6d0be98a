// SPDX-License-Identifier: Apache-2.0
//
// What the server grew into by a long random run of changes through two dialects is what it finds in its store: every decision
// and every list is the same after a restart. The seed is printed when it is not ($DOORWARD_SEED repeats a run).
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {portrait, randomOrganization} from '../harness/random-organization.mjs';
import {startServer} from '../harness/server.mjs';

const N_CHANGES = 400;
const seed = Number(process.env.DOORWARD_SEED ?? Math.floor(Math.random() * 2 ** 31));

const random = randomOrganization(seed);

let s;
before(async () => {
	s = await startServer({store: 'sqlite', args: ['--log-level', 'error']});
});
after(() => s.dispose());

test('the same answers after a restart', async () => {
	const outcomes = {};
	for (let i = 0; i < N_CHANGES; i++) {
		const [method, path, body] = random.change();
		const r = await s.call(method, path, body);
		assert.ok(r.status < 500, `seed ${seed}, change ${i}: ${method} ${path} ${r.text}`);
		outcomes[r.status] = (outcomes[r.status] ?? 0) + 1;
	}
	assert.ok(outcomes[200] > N_CHANGES / 10, `seed ${seed}: too few changes were made: ${JSON.stringify(outcomes)}`);
	const grown = await portrait(s);
	const allowed = grown.decisions.filter((d) => d.decision).length;
	await s.kill9();
	await s.restart();
	assert.deepEqual(await portrait(s), grown, `seed ${seed}`);
	assert.ok(grown.decisions.length > allowed, `seed ${seed}: everything is allowed`);
});
