// SPDX-License-Identifier: Apache-2.0
//
// The world of the wire tests of requests with AuthZEN's Access Request and Approval Profile turned on: a PEP, which is
// the service "gateway", evaluates, and asks for what was denied.
import assert from 'node:assert/strict';

import {makeKey} from '../../harness/server.mjs';
import {makeWorld} from '../conductorone/world.mjs';

export const ERROR = 'urn:openid:authzen:access-request:error:';
export const PATH = '/access/v1/requests';

class Pep {
	constructor(w, key) {
		this.w = w;
		this.key = key;
	}

	call(method, path, body, headers = {}) {
		return this.w.server.call(method, path, body, {key: this.key, headers});
	}

	/** The question whether the user may use the entitlement. */
	question(entitlement, user = 'alice', more = {}) {
		return {
			subject: {type: 'user', id: user},
			action: {name: 'use'},
			resource: {type: 'app_entitlement', id: `${this.w.app}/${entitlement}`},
			...more,
		};
	}

	async evaluate(question, headers) {
		const r = await this.call('POST', '/access/v1/evaluation', question, headers);
		assert.equal(r.status, 200, r.text);
		return r.json;
	}

	/** What is to be submitted after that denial. */
	submission(question, {context}, more = {}) {
		assert.ok(context?.access_request, 'the denial is requestable');
		const {evaluation_id, evaluated_at, reason, access_request: {expires_at, binding_token, template}} = context;
		return {...question, denial: {evaluation_id, evaluated_at, expires_at, reason, binding_token, template}, ...more};
	}

	submit(body, headers) {
		return this.call('POST', PATH, body, headers);
	}

	/** Denied, and asked for: {question, denied, body, task}. */
	async ask(entitlement, more = {}, question = this.question(entitlement)) {
		const denied = await this.evaluate(question);
		const body = this.submission(question, denied, more);
		const r = await this.submit(body);
		assert.ok([201, 202].includes(r.status), r.text);
		return {question, denied, body, task: r.json.task, answer: r.json};
	}

	async status(task) {
		const r = await this.call('GET', `${PATH}/${task.id}`);
		assert.equal(r.status, 200, r.text);
		return r.json;
	}

	/** Evaluated again with the approval. */
	again(question, approval) {
		return this.evaluate({...question, context: {...question.context, approval}});
	}
}

/** Fails so, in the form of RFC 9457. */
export function isProblem(r, status, name, detail) {
	assert.equal(r.status, status, r.text);
	assert.equal(r.headers['content-type'], 'application/problem+json');
	assert.equal(r.json.type, name ? ERROR + name : 'about:blank');
	assert.equal(r.json.status, status);
	assert.equal(typeof r.json.title, 'string');
	if (detail) {
		assert.match(r.json.detail, detail);
	}
}

/** The request of a task, as its approvers know it. */
export const ticket = (task) => task.links.ticket.split('/').at(-1);

export async function makeProfileWorld(t, options = {}) {
	const {args = [], ...rest} = options;
	const w = await makeWorld({args: ['--feature', 'arap', ...args], ...rest});
	t.after(() => w.server.dispose());
	const made = async (method, path, body) => {
		const r = await w.server.call(method, `/doorward/v1/${path}`, body);
		assert.ok(r.status < 300, r.text);
	};
	w.makePep = async (id) => {
		await made('POST', 'services', {id, display_name: id});
		await made('PUT', `roles/pep/members/service:${id}`);
		return new Pep(w, await makeKey(w.server, {type: 'service', id}));
	};
	await made('POST', 'roles', {id: 'pep', display_name: 'PEP', actions: ['access:evaluate', 'access:request']});
	w.pep = await w.makePep('gateway');
	w.pepOf = (key) => new Pep(w, key);
	w.approve = (task, as = w.bob) => w.act(as, {id: ticket(task)}, 'approve');
	return w;
}

/** Asks until it is there. */
export async function until(ask) {
	for (;;) {
		const found = await ask();
		if (found) {
			return found;
		}
	}
}
