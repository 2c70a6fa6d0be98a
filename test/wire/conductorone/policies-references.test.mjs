// SPDX-License-Identifier: Apache-2.0
// Policies that refer to policies: chains, circles, and what may be deleted. P19 to P21.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {client} from './client.mjs';

let s;
let c1;
before(async () => {
	s = await startServer({store: 'memory'});
	c1 = client(s);
});
after(async () => assert.equal(await s.stop(), 0));

const accept = {steps: [{accept: {}}]};
const to = (...ids) => ({rules: ids.map((policyId) => ({condition: 'true', policyId}))});
const body = (more) => ({displayName: 'p', policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: accept}, ...more});
const make = async (more) => (await c1.post('policies', body(more))).policy.id;
const refused = (message, more) => c1.fails(400, 3, message, 'POST', 'policies', body(more));
const update = (id, policy, updateMask) => c1.post(`policies/${id}`, {policy, updateMask});
const refusedUpdate = (message, id, policy, updateMask) => c1.fails(400, 3, message, 'POST', `policies/${id}`, {policy, updateMask});
const baseline = (id) => ({policySteps: {}, baselinePolicyId: id});

/** A chain of n policies, the last one first: its ids. */
async function chain(n, link = to) {
	const ids = [await make()];
	while (ids.length < n) {
		ids.push(await make(link(ids.at(-1))));
	}
	return ids;
}

test('P19: a policy that another one refers to stays', async () => {
	for (const [link, clearing, mask] of [[to, {rules: []}, 'rules'], [baseline, {policySteps: {grant: accept}}, 'baselinePolicyId,policySteps']]) {
		const a = await make({displayName: 'the inner one'});
		const b = await make({displayName: 'the outer one', ...link(a)});
		const r = await c1.fails(400, 9, 'cannot delete policy because', 'DELETE', `policies/${a}`, {});
		assert.match(r.message, /the outer one/);
		assert.ok(r.message.includes(b));
		await update(b, clearing, mask);
		await c1.delete(`policies/${a}`);
		assert.ok((await c1.get(`policies/${a}`)).policy.deletedAt);
	}
	// One that is deleted itself holds nothing back.
	const a = await make();
	const b = await make(to(a));
	await c1.delete(`policies/${b}`);
	await c1.delete(`policies/${a}`);
});

test('P20: a policy may not refer to itself, nor in a circle', async () => {
	const [c, b, a] = await chain(3);
	await refusedUpdate('itself', a, to(a), 'rules');
	await refusedUpdate('cycle', c, to(a), 'rules');
	await refusedUpdate('cycle', b, to(c, a), 'rules');
	await refusedUpdate('cycle', c, baseline(b), 'policySteps,baselinePolicyId');
	assert.deepEqual((await c1.get(`policies/${c}`)).policy.rules, []);
	// Two ways to one place are no circle.
	await update(a, to(b, c, b), 'rules');
});

test('P20: what is referred to exists, is live, and is of the same type', async () => {
	const revoke = await make({policyType: 'POLICY_TYPE_REVOKE', policySteps: {revoke: accept}});
	const gone = await make();
	await c1.delete(`policies/${gone}`);
	for (const link of [to, baseline]) {
		await refused('another policy type', link(revoke));
		await refused('does not exist', link('A'.repeat(27)));
		await refused('does not exist', link('nothing'));
		await refused('does not exist', link(gone));
	}
});

test('P20: a chain has at most five policies', async () => {
	for (const link of [to, baseline]) {
		const ids = await chain(5, link);
		await refused('maximum depth', link(ids[4]));
		// Nor does it become longer from below or in the middle.
		const below = await make();
		await refusedUpdate('maximum depth', ids[0], to(below), 'rules');
		await refusedUpdate('maximum depth', ids[2], to(ids[1], (await chain(3))[2]), 'rules');
		await update(ids[4], to(below), 'rules');
		await update(ids[2], to(ids[1], below), 'rules');
	}
});

test('P21: the baseline stands in one place', async () => {
	const a = await make();
	await refused('mutually exclusive', {baselinePolicyId: a});
	const b = await make({policySteps: {other: accept}, baselinePolicyId: a});
	const {policy} = await c1.get(`policies/${b}`);
	assert.deepEqual(Object.keys(policy.policySteps), ['other']);
	assert.equal(policy.baselinePolicyId, a);
	await refusedUpdate('mutually exclusive', b, {policySteps: {grant: accept}}, 'policySteps');
	await refusedUpdate('mutually exclusive', a, {baselinePolicyId: b}, 'baselinePolicyId');
});
