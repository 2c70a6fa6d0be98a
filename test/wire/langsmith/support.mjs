// SPDX-License-Identifier: Apache-2.0
// What the tests of LangSmith decisions share: an organization made through the dialect's own calls, and questions put
// in every way in which the tags of a resource can come to the server.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {startServer} from '../../harness/server.mjs';

export const platform = '/v1/platform/orgs/current';
export const policies = `${platform}/access-policies`;
export const roles = '/api/v1/orgs/current/roles';

/** A server for one test, which must end well, and ends whatever becomes of the test. */
export async function start(t, options) {
	const s = await startServer(options);
	t.after(async () => assert.equal(await s.stop(), 0));
	return s;
}

/** A condition, and a group of conditions about one permission on one type of resource. */
export const where = (key, operator, value) => ({
	attribute_name: 'resource_tag_key',
	attribute_key: key,
	operator,
	attribute_value: value,
});
export const group = (permission, type, ...conditions) => ({permission, resource_type: type, conditions});

export class World {
	constructor(s) {
		this.s = s;
		this.n = 0;
		this.known = new Map(); // resources by what they are
	}

	/** A fresh server with one workspace. */
	static async of(t, options = {store: 'memory'}) {
		const w = new World(await start(t, options));
		w.workspace = await w.makeWorkspace('Main');
		return w;
	}

	/** One call that must answer `status`; `workspace` goes into the header. */
	async call(status, method, path, body, {workspace, headers = {}, ...options} = {}) {
		const sent = workspace ? {'X-Tenant-Id': workspace, ...headers} : headers;
		const r = await this.s.call(method, path, body, {headers: sent, ...options});
		assert.equal(r.status, status, `${method} ${path} ${JSON.stringify(body)}: ${r.status} ${r.text}`);
		return r;
	}

	/** A call in the workspace that tests use when they name none. */
	async here(method, path, body, workspace = this.workspace) {
		return this.call(200, method, `/api/v1/workspaces/current/${path}`, body, {workspace});
	}

	// ---- who and where -------------------------------------------------------------------------------

	async makeWorkspace(name) {
		return (await this.call(200, 'POST', '/api/v1/workspaces', {display_name: name})).json.id;
	}

	/** A custom role; resolves to its id. */
	async role(...permissions) {
		const display_name = `Role ${++this.n}`;
		return (await this.call(200, 'POST', roles, {display_name, description: '', permissions})).json.id;
	}

	/** A member of the organization who holds `role` in the workspaces; resolves to the user's id. */
	async member(role, {workspaces = [this.workspace], organizationRole = 'ORGANIZATION_USER'} = {}) {
		const id = `user${++this.n}`;
		const email = `${id}@example.com`;
		await this.call(201, 'POST', '/doorward/v1/users', {id, email});
		const body = {email, role_id: organizationRole};
		if (role) {
			Object.assign(body, {workspace_ids: workspaces, workspace_role_id: role});
		}
		await this.call(200, 'POST', '/api/v1/orgs/current/members', body);
		return id;
	}

	/** Somebody whose role holds exactly these permissions: {role, user}. */
	async holder(...permissions) {
		const role = await this.role(...permissions);
		return {role, user: await this.member(role)};
	}

	// ---- policies ------------------------------------------------------------------------------------

	/** Resolves to the id. `roleIds` is what it is attached to. */
	async policy(effect, roleIds, ...groups) {
		const body = {name: `Policy ${++this.n}`, description: '', effect, condition_groups: groups, role_ids: roleIds};
		return (await this.call(201, 'POST', policies, body)).json.id;
	}

	allow(role, ...groups) {
		return this.policy('allow', [role], ...groups);
	}

	deny(role, ...groups) {
		return this.policy('deny', [role], ...groups);
	}

	async features(features) {
		return this.call(200, 'PATCH', '/doorward/v1/organization', {features});
	}

	// ---- tags ----------------------------------------------------------------------------------------

	/** {key, value}: ids of the catalog's entries, made where they are missing. */
	async tagValue(key, value, workspace = this.workspace) {
		const catalog = (await this.here('GET', 'tags', undefined, workspace)).json;
		let entry = catalog.find((k) => k.key === key);
		entry ??= (await this.here('POST', 'tag-keys', {key}, workspace)).json;
		let found = (entry.values ?? []).find((v) => v.value === value);
		found ??= (await this.here('POST', `tag-keys/${entry.id}/tag-values`, {value}, workspace)).json;
		return {key: entry.id, value: found.id};
	}

	/** Tags a resource through the dialect; one that has no tags has lost its only one. */
	async tag(type, id, tags, workspace = this.workspace) {
		const list = Object.entries(tags).flatMap(([key, values]) => [values].flat().map((value) => [key, value]));
		for (const [key, value] of list.length ? list : [['Passing', 'tag']]) {
			const {value: tag_value_id} = await this.tagValue(key, value, workspace);
			const r = await this.here('POST', 'taggings', {tag_value_id, resource_type: type, resource_id: id}, workspace);
			if (!list.length) {
				await this.here('DELETE', `taggings/${r.json.id}`, undefined, workspace);
			}
		}
	}

	async register(type, id, resource) {
		const r = await this.s.call('PUT', `/doorward/v1/resources/${type}/${id}`, resource);
		assert.ok([200, 201].includes(r.status), `PUT ${type}/${id}: ${r.status} ${r.text}`);
	}

	/**
	 * A resource with these tags in each way that there is: registered natively, tagged through the dialect, and
	 * described in the question. Made once for the same type, tags and workspace.
	 */
	async resources(type, tags = {}, workspace = this.workspace) {
		const name = JSON.stringify([type, tags, workspace]);
		if (!this.known.has(name)) {
			this.known.set(name, await (type === 'run' ? this.#runs(tags, workspace) : this.#things(type, tags, workspace)));
		}
		return this.known.get(name);
	}

	async #things(type, tags, workspace) {
		const [registered, tagged, described] = [randomUUID(), randomUUID(), randomUUID()];
		await this.register(type, registered, {tenant: workspace, tags});
		await this.tag(type, tagged, tags, workspace);
		return [
			{type, id: registered},
			{type, id: tagged},
			{type, id: described, properties: {tenant: workspace, tags}},
		];
	}

	/** Runs have the tags of their project. */
	async #runs(tags, workspace) {
		const [registered, tagged] = await this.#things('project', tags, workspace);
		const run = randomUUID();
		await this.register('run', run, {tenant: workspace, parent: registered});
		return [
			{type: 'run', id: run},
			{type: 'run', id: randomUUID(), properties: {tenant: workspace, parent: {type: 'project', id: tagged.id}}},
			{type: 'run', id: randomUUID(), properties: {tenant: workspace, parent: `project/${registered.id}`}},
			{type: 'run', id: randomUUID(), properties: {tenant: workspace, tags}},
		];
	}

	// ---- decisions -----------------------------------------------------------------------------------

	/** One question: {decision, reason, revision}. */
	async ask(user, permission, resource, {target, type = 'user'} = {}) {
		const body = {subject: {type, id: user}, action: {name: permission}, resource};
		if (target) {
			body.context = {target};
		}
		const r = await this.call(200, 'POST', '/access/v1/evaluation', body, {headers: {'Doorward-Explain': 'true'}});
		return {
			decision: r.json.decision,
			reason: r.json.context.reason,
			revision: Number(r.headers['doorward-revision']),
		};
	}

	/** May the user, asked in every way? They must agree. */
	async may(user, permission, type, tags, workspace) {
		const answers = [];
		for (const resource of await this.resources(type, tags, workspace)) {
			answers.push({resource, ...(await this.ask(user, permission, resource))});
		}
		for (const a of answers) {
			assert.equal(a.decision, answers[0].decision, `${permission}: the ways disagree: ${JSON.stringify(answers, null, 1)}`);
		}
		return answers[0].decision;
	}

	async expectAllowed(...question) {
		assert.equal(await this.may(...question), true, `allowed: ${JSON.stringify(question)}`);
	}

	async expectDenied(...question) {
		assert.equal(await this.may(...question), false, `denied: ${JSON.stringify(question)}`);
	}
}

/**
 * Everything that a client can see of the organization, as one text: to look for ids, and to prove that nothing changed. But for
 * when keys were last used, which looking changes.
 */
export async function everything(w, workspaces = [w.workspace]) {
	const paths = ['roles', 'members', 'service-keys'].map((p) => `/api/v1/orgs/current/${p}`);
	paths.push(policies, '/api/v1/workspaces');
	for (const kind of ['users', 'groups', 'tenants', 'roles', 'resources', 'keys']) {
		paths.push(`/doorward/v1/${kind}?limit=1000`);
	}
	const parts = [];
	for (const path of paths) {
		parts.push(path, (await w.call(200, 'GET', path)).text.replace(/"last_used_at":"[^"]*"/g, '"last_used_at":null'));
	}
	for (const role of (await w.call(200, 'GET', roles)).json) {
		parts.push(role.id, (await w.call(200, 'GET', `${platform}/roles/${role.id}/access-policies`)).text);
	}
	for (const group of (await w.call(200, 'GET', '/doorward/v1/groups?limit=1000')).json.items) {
		parts.push(group.id, (await w.call(200, 'GET', `${platform}/teams/${group.id}/access-policies`)).text);
	}
	for (const workspace of workspaces) {
		for (const path of ['members', 'tag-keys', 'tags']) {
			parts.push(path, (await w.here('GET', path, undefined, workspace)).text);
		}
	}
	return parts.join('\n');
}
