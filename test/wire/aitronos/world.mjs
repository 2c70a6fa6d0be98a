// SPDX-License-Identifier: Apache-2.0
// A random organization that is built over HTTP, and what its access grants amount to, told as plainly as possible
// (lists and loops): what the server's answers are compared with.
import assert from 'node:assert/strict';
import {GRANTS, ORG, grantOf, ok} from './support.mjs';

export const LEVELS = ['none', 'read', 'write', 'admin'];

/** Numbers in [0, n) of a generator that the seed alone decides (mulberry32). */
export function prng(seed) {
	let state = seed >>> 0;
	return (n) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
	};
}

export class World {
	constructor(s, seed) {
		this.s = s;
		this.below = prng(seed);
		this.users = [];
		this.departments = new Map(); // id -> {parent, members: Set}
		this.roles = new Map(); // id -> {users: Set, departments: Set}
		this.entities = []; // "knowledge_slice/s1"
		this.composites = new Map(); // entity -> Set of entities
		this.grants = new Map(); // id -> {entity, grantee, level}
		this.inherits = false;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	chance(percent) {
		return this.below(100) < percent;
	}

	/* ---- building ------------------------------------------------------------------------------------- */

	async build({users, departments, roles, slices, composites, others}) {
		for (let i = 0; i < users; i++) {
			const id = `u${i}`;
			await ok(this.s, 201, 'POST', '/doorward/v1/users', {id, email: `${id}@example.com`, display_name: id});
			this.users.push(id);
		}
		for (let i = 0; i < departments; i++) {
			const parent = i > 0 && this.chance(70) ? this.pick([...this.departments.keys()]) : null;
			const {id} = await ok(this.s, 201, 'POST', `${ORG}/departments`, {name: `Department ${i}`, parent_id: parent});
			this.departments.set(id, {parent, members: new Set()});
		}
		for (let i = 0; i < roles; i++) {
			const {id} = await ok(this.s, 201, 'POST', `${ORG}/roles`, {name: `Role ${i}`, capabilities: ['view_audit_log']});
			this.roles.set(id, {users: new Set(), departments: new Set()});
		}
		for (let i = 0; i < slices; i++) {
			// Half of them by the dialect, half natively: members of composites are registered in either way.
			const is_ours = i % 2 === 0;
			const id = is_ours ? (await ok(this.s, 201, 'POST', `${ORG}/knowledge/slices`, {name: `Slice ${i}`})).id : `kslice_free${i}`;
			this.entities.push(`knowledge_slice/${id}`);
			if (!is_ours) {
				await ok(this.s, 201, 'PUT', `/doorward/v1/resources/knowledge_slice/${id}`, {});
			}
		}
		const plain = [...this.entities];
		for (let i = 0; i < composites; i++) {
			const members = plain.filter(() => this.chance(40));
			if (members.length === 0) {
				members.push(this.pick(plain));
			}
			const ids = members.map((e) => e.split('/')[1]);
			const {id} = await ok(this.s, 201, 'POST', `${ORG}/knowledge/composites`, {name: `Composite ${i}`, member_slice_ids: ids});
			this.entities.push(`knowledge_slice/${id}`);
			this.composites.set(`knowledge_slice/${id}`, new Set(members));
		}
		for (let i = 0; i < others; i++) {
			this.entities.push(`${this.pick(['vector_store', 'assistant'])}/free${i}`);
		}
	}

	/* ---- what grants amount to --------------------------------------------------------------------------- */

	/** Grantees that the user is: "user/u1", "department/…", "role/…". */
	principals(user) {
		const own = [...this.departments].filter(([, d]) => d.members.has(user)).map(([id]) => id);
		const all = new Set(own);
		if (this.inherits) {
			for (const id of own) {
				for (let at = this.departments.get(id).parent; at; at = this.departments.get(at).parent) {
					all.add(at);
				}
			}
		}
		const roles = [...this.roles].filter(([, r]) => r.users.has(user) || own.some((d) => r.departments.has(d)));
		return new Set([`user/${user}`, ...[...all].map((d) => `department/${d}`), ...roles.map(([id]) => `role/${id}`)]);
	}

	/** [{level, path}] by which the user reaches the entity; a path is "<type> <grant> <via>". */
	paths(user, entity) {
		const principals = this.principals(user);
		const found = [];
		for (const [id, g] of this.grants) {
			if (!principals.has(g.grantee)) {
				continue;
			}
			const type = g.grantee.startsWith('user/') ? 'direct' : g.grantee.split('/')[0];
			if (g.entity === entity) {
				found.push({level: g.level, path: `${type} ${id} null`});
			} else if (this.composites.get(g.entity)?.has(entity)) {
				found.push({level: g.level, path: `composite_slice ${id} ${g.entity.split('/')[1]}`});
			}
		}
		return found;
	}

	/** {"u1 knowledge_slice/s1": {level: 2, paths: […]}} of all that is reached. */
	expected() {
		const all = {};
		for (const user of this.users) {
			for (const entity of this.entities) {
				const paths = this.paths(user, entity);
				if (paths.length > 0) {
					const level = Math.max(...paths.map((p) => LEVELS.indexOf(p.level)));
					all[`${user} ${entity}`] = {level, paths: paths.map((p) => p.path).sort()};
				}
			}
		}
		return all;
	}

	/* ---- changes: each returns "up", "down" or "any": what it may do to levels ------------------------------ */

	async addGrants() {
		const entity = this.pick(this.entities);
		const grants = [];
		for (let n = 1 + this.below(3); n > 0; n--) {
			const kind = this.pick(['user', 'department', 'role']);
			const ids = kind === 'user' ? this.users : [...(kind === 'role' ? this.roles : this.departments).keys()];
			const grantee = `${kind}/${this.pick(ids)}`;
			const taken = [...this.grants.values()].some((g) => g.entity === entity && g.grantee === grantee);
			if (!taken && !grants.some((g) => g.grantee === grantee)) {
				grants.push({entity, grantee, level: this.pick(LEVELS.slice(1))});
			}
		}
		const bodies = grants.map((g) => grantOf(g.entity, g.grantee, g.level));
		let made = [];
		if (bodies.length === 1) {
			made = [await ok(this.s, 201, 'POST', GRANTS, bodies[0])];
		} else if (bodies.length > 1) {
			const {entity_type, entity_id} = bodies[0];
			made = await ok(this.s, 201, 'POST', `${GRANTS}/bulk`, {entity_type, entity_id,
				grants: bodies.map((b) => ({grantee_type: b.grantee_type, grantee_id: b.grantee_id, access_level: b.access_level}))});
		}
		made.forEach((g, i) => this.grants.set(g.id, grants[i]));
		return 'up';
	}

	async changeGrant() {
		if (this.grants.size === 0) {
			return 'any';
		}
		const id = this.pick([...this.grants.keys()]);
		const g = this.grants.get(id);
		const level = this.pick(LEVELS.slice(1));
		const rises = LEVELS.indexOf(level) >= LEVELS.indexOf(g.level);
		await ok(this.s, 200, 'PATCH', `${GRANTS}/${id}`, {access_level: level});
		g.level = level;
		return rises ? 'up' : 'down';
	}

	async revokeGrant() {
		if (this.grants.size === 0) {
			return 'any';
		}
		const id = this.pick([...this.grants.keys()]);
		await ok(this.s, 204, 'DELETE', `${GRANTS}/${id}`);
		this.grants.delete(id);
		return 'down';
	}

	async toggleMember() {
		const [id, {members}] = this.pick([...this.departments]);
		return this.toggle(members, this.pick(this.users), `${ORG}/departments/${id}/members`);
	}

	async toggleRole() {
		const [id, {users}] = this.pick([...this.roles]);
		return this.toggle(users, this.pick(this.users), `${ORG}/roles/${id}/members`);
	}

	async toggle(set, user, path) {
		if (set.delete(user)) {
			await ok(this.s, 204, 'DELETE', `${path}/${user}`);
			return 'down';
		}
		await ok(this.s, 201, 'POST', path, {user_id: user});
		set.add(user);
		return 'up';
	}

	/** A department holds a role: only the native calls have that. */
	async toggleDepartmentRole() {
		const [role, {departments}] = this.pick([...this.roles]);
		const department = this.pick([...this.departments.keys()]);
		const gone = departments.delete(department);
		await ok(this.s, 204, gone ? 'DELETE' : 'PUT', `/doorward/v1/roles/${role}/members/group:${department}`);
		if (!gone) {
			departments.add(department);
		}
		return gone ? 'down' : 'up';
	}

	async reparent() {
		const [id, department] = this.pick([...this.departments]);
		const above = (at) => (at ? [at, ...above(this.departments.get(at).parent)] : []);
		const fit = [null, ...[...this.departments.keys()].filter((other) => !above(other).includes(id))];
		const parent = this.pick(fit);
		await ok(this.s, 200, 'POST', `${ORG}/departments/${id}/reparent`, {new_parent_id: parent});
		department.parent = parent;
		return this.inherits ? 'any' : 'none';
	}

	async toggleInheritance() {
		this.inherits = !this.inherits;
		await ok(this.s, 200, 'PATCH', '/doorward/v1/organization', {features: {aitronos_department_inheritance: this.inherits}});
		return this.inherits ? 'up' : 'down';
	}

	/** One random change; resolves to [its name, what it may do]. */
	async change() {
		const weights = {addGrants: 8, changeGrant: 4, revokeGrant: 4, toggleMember: 4, toggleRole: 3, toggleDepartmentRole: 1,
			reparent: 2, toggleInheritance: 1};
		const names = Object.entries(weights).flatMap(([name, n]) => Array(n).fill(name));
		const name = this.pick(names);
		return [name, await this[name]()];
	}
}

/* ---- what the server says, in the form of World.expected() ------------------------------------------------- */

const pathText = (p) => `${p.type} ${p.grant_id} ${p.via_entity_id}`;
const of = (item) => ({level: LEVELS.indexOf(item.access_level), paths: item.grant_paths.map(pathText).sort()});

/** By the resolved access of every user. */
export async function byUser(w) {
	const all = {};
	for (const user of w.users) {
		const {entities} = await ok(w.s, 200, 'GET', `${ORG}/users/${user}/resolved-access`);
		for (const e of entities) {
			all[`${user} ${e.entity_type}/${e.entity_id}`] = of(e);
		}
	}
	return all;
}

/** By the users with access to every entity; both spellings of the path say the same, byte for byte. */
export async function byEntity(w) {
	const all = {};
	for (const entity of w.entities) {
		const [type, id] = entity.split('/');
		const query = `users-with-access?entity_type=${type}&entity_id=${id}`;
		const r = await w.s.call('GET', `${ORG}/access/${query}`);
		const alias = await w.s.call('GET', `${ORG}/knowledge/${query}`);
		assert.equal(r.status, 200, r.text);
		assert.equal(alias.text, r.text);
		for (const u of r.json.users) {
			all[`${u.user_id} ${entity}`] = of(u);
		}
	}
	return all;
}

/** {"u1 knowledge_slice/s1": 2} by decisions about each level. */
export async function byDecision(w) {
	const all = {};
	for (const user of w.users) {
		const questions = w.entities.flatMap((entity) => LEVELS.slice(1).map((action) => ({entity, action})));
		const {evaluations} = await ok(w.s, 200, 'POST', '/access/v1/evaluations', {
			subject: {type: 'user', id: user},
			evaluations: questions.map(({entity, action}) => ({action: {name: action}, resource: {type: entity.split('/')[0], id: entity.split('/')[1]}})),
		});
		assert.equal(evaluations.length, questions.length);
		questions.forEach(({entity, action}, i) => {
			const key = `${user} ${entity}`;
			const level = LEVELS.indexOf(action);
			if (evaluations[i].decision) {
				// Whoever may do more may do less.
				assert.equal(all[key] ?? 0, level - 1, `${key}: ${action}`);
				all[key] = level;
			}
		});
	}
	return all;
}
