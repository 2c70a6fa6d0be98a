// SPDX-License-Identifier: Apache-2.0
// What the tests of resource tags share: one workspace, and its catalog by the calls of the dialect.
import assert from 'node:assert/strict';
import {makeUser} from '../../harness/server.mjs';

export const current = '/api/v1/workspaces/current';
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const nobody = '00000000-0000-4000-8000-000000000000';

/** Calls in one workspace, as the owner unless another key is given. Each expects a status, 200 where none is said. */
export class Workspace {
	constructor(s, id, key = s.key) {
		Object.assign(this, {s, id, key});
	}

	static async make(s, id) {
		assert.equal((await s.call('POST', '/doorward/v1/tenants', {id})).status, 201);
		return new Workspace(s, id);
	}

	/** The same workspace, seen by somebody else. */
	as(key) {
		return new Workspace(this.s, this.id, key);
	}

	async call(method, path, body, status = 200) {
		const r = await this.s.call(method, `${current}/${path}`, body, {key: this.key, headers: {'X-Tenant-Id': this.id}});
		assert.equal(r.status, status, `${method} ${path} ${JSON.stringify(body)?.slice(0, 200)}: ${r.status} ${r.text}`);
		return r;
	}

	async json(...args) {
		return (await this.call(...args)).json;
	}

	makeKey(key, more = {}) {
		return this.json('POST', 'tag-keys', {key, ...more});
	}

	makeValue(key, value, more = {}) {
		return this.json('POST', `tag-keys/${key.id}/tag-values`, {value, ...more});
	}

	async keyNamed(name) {
		return (await this.json('GET', 'tags')).find((k) => k.key === name);
	}

	tag(value, type, id, status) {
		return this.json('POST', 'taggings', {tag_value_id: value.id, resource_type: type, resource_id: id}, status);
	}

	tagsOf(type, id) {
		return this.json('GET', `tags/resource?resource_type=${type}&resource_id=${encodeURIComponent(id)}`);
	}

	/** The catalog as {key: [values]}. */
	async catalog() {
		const keys = await this.json('GET', 'tags');
		return Object.fromEntries(keys.map((k) => [k.key, k.values.map((v) => v.value)]));
	}

	/** The tags of a resource as {key: [values]}. */
	async texts(type, id) {
		const keys = await this.tagsOf(type, id);
		return Object.fromEntries(keys.map((k) => [k.key, k.values.map((v) => v.value)]));
	}

	/** Somebody who holds a role of her own with these actions in this workspace: the workspace as she sees it. */
	async member(id, ...actions) {
		const key = await makeUser(this.s, id);
		assert.equal((await this.s.call('POST', '/doorward/v1/roles', {id: `role-of-${id}`, actions})).status, 201);
		const path = `/doorward/v1/roles/role-of-${id}/members/${id}?tenant=${this.id}`;
		assert.equal((await this.s.call('PUT', path)).status, 204);
		return this.as(key);
	}

	native(method, type, id, body) {
		return this.s.call(method, `/doorward/v1/resources/${type}/${encodeURIComponent(id)}`, body);
	}

	async revision() {
		return Number((await this.call('GET', 'tag-keys')).headers['doorward-revision']);
	}
}
