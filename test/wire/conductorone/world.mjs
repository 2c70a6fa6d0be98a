// SPDX-License-Identifier: Apache-2.0
//
// A server with a driven clock, and the people that requests have to do with: alice (Engineering, manager bob), carl (a
// contractor without a manager), dave (owns the app A), erin (Super Admin), frank and bob.
import assert from 'node:assert/strict';

import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {client} from './client.mjs';

export const START = Date.parse('2026-11-22T10:00:00Z');
const DAY = 86400;

class World {
	/** Moves the time `seconds` on from where it is. */
	forward(seconds) {
		this.now += seconds * 1000;
		this.clock.set(new Date(this.now).toISOString());
	}

	/** A grant policy with these steps as its baseline. */
	async policy(steps, more = {}) {
		const r = await this.owner.post('policies', {
			displayName: `policy ${++this.n}`,
			policyType: 'POLICY_TYPE_GRANT',
			policySteps: {grant: {steps}},
			...more,
		});
		return r.policy.id;
	}

	/** An entitlement of A that is granted by a policy with these steps (or of this id). */
	async entitlement(steps, more = {}) {
		const grantPolicyId = typeof steps === 'string' ? steps : await this.policy(steps);
		const r = await this.owner.post(`apps/${this.app}/entitlements`, {
			displayName: `entitlement ${++this.n}`,
			grantPolicyId,
			durationGrant: `${DAY}s`,
			...more,
		});
		return r.appEntitlementView.appEntitlement.id;
	}

	/** The body of a request for it. */
	body(appEntitlementId, user = 'alice', more = {}) {
		return {appId: this.app, appEntitlementId, identityUserId: user, ...more};
	}

	/** alice, or another, asks for the entitlement herself. */
	async ask(entitlement, user = 'alice', more = {}) {
		return (await this[user].post('task/grant', this.body(entitlement, user, more))).taskView.task;
	}

	/** She asks for a new entitlement with these steps. */
	async begin(steps, user = 'alice', more = {}) {
		return this.ask(await this.entitlement(steps), user, more);
	}

	/** The task as somebody sees it now. */
	async task(id, as = this.owner) {
		return (await as.get(`tasks/${id}`)).taskView.task;
	}

	/** An action on the current step, by that client; resolves to the task read again. */
	async act(as, task, action, body = {}) {
		const now = await this.task(task.id);
		const step = ['approve', 'skip-step', 'deny', 'reassign'].includes(action) ? {policyStepId: now.policy.current.id} : {};
		await as.post(`tasks/${task.id}/action/${action}`, {...step, ...body});
		return this.task(task.id);
	}

	/** The trail: all events, or those of one kind as their messages. */
	async trail(task, kind) {
		const list = [];
		let pageToken = '';
		do {
			const r = await this.owner.post('task/audits', {taskId: task.id, pageSize: 100, ...(pageToken && {pageToken})});
			list.push(...r.list);
			pageToken = r.nextPageToken;
		} while (pageToken);
		return kind ? list.filter((e) => e[kind]).map((e) => e[kind]) : list;
	}

	async grants(entitlement) {
		const r = await this.owner.post('search/grants', {entitlementRefs: [{appId: this.app, id: entitlement}]});
		return r.list.map((g) => g.appEntitlementUserBinding);
	}

	/** May the user use it, in the words of the open standard? */
	async may(user, entitlement) {
		const r = await this.server.call('POST', '/access/v1/evaluation', {
			subject: {type: 'user', id: user},
			action: {name: 'use'},
			resource: {type: 'app_entitlement', id: entitlement, properties: {app_id: this.app}},
		});
		assert.equal(r.status, 200, r.text);
		return r.json.decision;
	}

	async setUser(id, change) {
		const r = await this.server.call('PATCH', `/doorward/v1/users/${id}`, change);
		assert.equal(r.status, 200, r.text);
	}
}

/** The caller disposes of w.server. */
export async function makeWorld(options = {}) {
	const w = new World();
	w.n = 0;
	w.now = START;
	w.clock = testClock(new Date(START).toISOString());
	w.server = await startServer({env: w.clock.env, ...options});
	w.owner = client(w.server);
	const users = {
		bob: {},
		alice: {manager: 'bob', attributes: {department: 'Engineering'}},
		carl: {attributes: {employmentType: 'contractor'}},
		dave: {},
		erin: {},
		frank: {},
	};
	w.keys = {};
	for (const [id, user] of Object.entries(users)) {
		w.keys[id] = await makeUser(w.server, id, {display_name: id, ...user});
		w[id] = client(w.server, w.keys[id]);
	}
	const r = await w.server.call('PUT', '/doorward/v1/roles/c1_super_admin/members/erin');
	assert.equal(r.status, 204, r.text);
	w.app = (await w.owner.post('apps', {displayName: 'A', owners: ['dave']})).app.id;
	return w;
}

export const manager = {approval: {manager: {}}};
export const owners = {approval: {appOwners: {}}};
export const accept = {accept: {}};
