// SPDX-License-Identifier: Apache-2.0
// What the vendor's Terraform provider sends for an access policy, step by step (case 65): the requests, headers and expectations of
// its resources access_policy and access_policy_attachment.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {condition, group, makeRole, ok, policies, WORKSPACE_VIEWER} from './policies-support.mjs';

const P = '/api/v1/platform/orgs/current';

let s;
before(async () => {
	s = await startServer();
	await ok(s, 201, 'POST', '/doorward/v1/tenants', {id: 'offline-workspace'});
});
after(async () => assert.equal(await s.stop(), 0));

/** One exchange as the provider's Go client makes it: a key and a workspace, never an organization; no body where it has none. */
function send(method, path, body) {
	const headers = {
		'X-API-Key': s.key,
		'X-Tenant-Id': 'offline-workspace',
		'User-Agent': 'Langsmith/Go 0.1.0',
		'Accept': 'application/json',
		'X-Stainless-Lang': 'go',
		'X-Stainless-Retry-Count': '0',
		'X-Stainless-Runtime': 'go',
		'Accept-Encoding': 'gzip',
	};
	return s.call(method, path, body, {key: null, headers});
}

/** The provider's errors for anything but success; a 404 is undefined, which it takes for "gone". */
async function request(method, path, body) {
	const r = await send(method, path, body);
	if (r.status === 404) {
		return undefined;
	}
	assert.ok(r.status >= 200 && r.status < 300, `${method} ${path}: ${r.status} ${r.text}`);
	if (r.status === 204) {
		assert.equal(r.text, '');
		return null;
	}
	assert.match(r.headers['content-type'], /application\/json/);
	return r.json;
}

/** A policy under the provider's care: what it believes to be there, and what it does about a configuration. */
class AccessPolicy {
	path() {
		return `${P}/access-policies/${this.state.id}`;
	}

	/** Reads it anew; undefined once it is gone. Sets are compared without order. */
	async refresh() {
		const found = await request('GET', this.path());
		this.state = found && {
			id: found.id, name: found.name, description: found.description || null, effect: found.effect,
			condition_groups: found.condition_groups, role_ids: [...found.role_ids].sort(),
		};
		return this.state;
	}

	async create(config) {
		const payload = {...config};
		if (config.description === null) {
			delete payload.description;
		}
		const {id} = await request('POST', `${P}/access-policies`, payload);
		assert.ok(id, 'the provider takes an empty id for an error');
		this.state = {id};
		await this.refresh();
	}

	/** What a plan would change: names of members. */
	async plan(config) {
		await this.refresh();
		return Object.keys(config).filter((name) => JSON.stringify(config[name]) !== JSON.stringify(this.state[name]));
	}

	async update(config) {
		const {role_ids, ...fields} = config;
		const before = this.state.role_ids;
		const updated = await request('PATCH', this.path(), fields);
		// The answer is the whole policy: the roles are compared with it.
		assert.deepEqual([...updated.role_ids].sort(), before);
		for (const role of role_ids.filter((r) => !before.includes(r))) {
			await request('POST', `${P}/roles/${role}/access-policies`, {access_policy_ids: [this.state.id]});
		}
		for (const role of before.filter((r) => !role_ids.includes(r))) {
			await request('DELETE', `${P}/roles/${role}/access-policies?access_policy_ids=${this.state.id}`);
		}
		await this.refresh();
	}

	/** False when it was gone already. */
	async destroy() {
		return (await request('DELETE', this.path())) !== undefined;
	}
}

function configuration(phase, role_ids) {
	return {
		name: phase === 'created' ? 'Offline policy' : 'Offline policy updated',
		description: phase === 'cleared' ? null : `policy ${phase}`,
		effect: 'allow',
		condition_groups: [group('projects:read', 'project', condition('Environment', 'equals', phase === 'created' ? 'production' : 'staging'))],
		role_ids,
	};
}

test('case 65: the life of a policy under Terraform', async () => {
	const [a, b] = [await makeRole(s, 'role-a'), WORKSPACE_VIEWER];
	const policy = new AccessPolicy();

	await policy.create(configuration('created', [a]));
	assert.deepEqual(policy.state, {id: policy.state.id, ...configuration('created', [a])});
	assert.deepEqual(await policy.plan(configuration('created', [a])), []);

	const updated = configuration('updated', [b]);
	assert.deepEqual(await policy.plan(updated), ['name', 'description', 'condition_groups', 'role_ids']);
	await policy.update(updated);
	assert.deepEqual(policy.state, {id: policy.state.id, ...updated});

	const cleared = configuration('cleared', []);
	await policy.update(cleared);
	assert.deepEqual(policy.state, {id: policy.state.id, ...cleared});
	assert.deepEqual(await policy.plan(cleared), [], 'the last plan has nothing to do');

	assert.equal(await policy.destroy(), true);
	assert.equal(await policy.destroy(), false);
	assert.equal(await policy.refresh(), undefined);
	assert.equal((await send('GET', `${P}/access-policies`)).text, '{"access_policies":[]}');
	for (const role of [a, b]) {
		assert.deepEqual((await request('GET', `${P}/roles/${role}/access-policies`)).access_policies, []);
	}
});

test('an attachment of its own: made twice, found, taken away twice, and gone with its policy', async () => {
	const policy = new AccessPolicy();
	await policy.create({...configuration('created', []), name: 'Attached'});
	const id = policy.state.id;
	const path = `${P}/roles/${WORKSPACE_VIEWER}/access-policies`;
	const isAttached = async () => (await policy.refresh())?.role_ids.includes(WORKSPACE_VIEWER);
	for (let i = 0; i < 2; i++) {
		await request('POST', path, {access_policy_ids: [id]});
		assert.equal(await isAttached(), true);
	}
	for (let i = 0; i < 2; i++) {
		await request('DELETE', `${path}?access_policy_ids=${id}`);
		assert.equal(await isAttached(), false);
	}
	await request('POST', path, {access_policy_ids: [id]});
	await ok(s, 204, 'DELETE', `${policies}/${id}`); // behind the provider's back
	assert.equal(await request('DELETE', `${path}?access_policy_ids=${id}`), null);
	assert.equal(await policy.refresh(), undefined);
});

test('what the provider shows a person is the server\'s text', async () => {
	const r = await send('POST', `${P}/access-policies`, {...configuration('created', []), effect: 'permit'});
	assert.equal(r.status, 400);
	assert.match(r.text, /\\"effect\\" must be \\"allow\\" or \\"deny\\"/);
});
