// SPDX-License-Identifier: Apache-2.0
//
// An organization that changes at random through two dialects, and all that can be asked of it.
//
//   const random = randomOrganization(seed);
//   const [method, path, body] = random.change();
//   const answers = await portrait(s, {headers: {'Doorward-As-Of': '17'}});

const users = ['u1', 'u2', 'u3', 'u4'];
const teams = ['g1', 'g2', 'g3'];
const tenants = ['t1', 't2', 't3'];

/** Changes in an order that the seed decides. Some of them are refused: what they are about is there already, or not at all. */
export function randomOrganization(seed) {
	let state = seed >>> 0;
	function below(n) {
		// mulberry32: small, repeatable, good enough to choose among a few things
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % n;
	}
	const pick = (list) => list[below(list.length)];
	const some = (list, max) => [...new Set(Array.from({length: 1 + below(max)}, () => pick(list)))];

	const roles = ['r1', 'r2', 'r3'];
	const policies = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
	// None of iam:… or of everything: a deny of that for everybody would lock the owner out, too.
	const actions = ['infra:nodes:get', 'infra:nodes:*', 'infra:*:list', 'infra:*', 'infra:nodes:delete'];
	const resources = ['infra:nodes:n1', 'infra:nodes:*', '*', 'infra:nodes:${a2:username}'];
	const members = [...users.map((u) => `user:local:${u}`), ...teams.map((g) => `team:local:${g}`), 'user:local:*', 'team:local:*', '*'];

	const statement = () => ({
		effect: pick(['ALLOW', 'ALLOW', 'DENY']), role: below(2) ? pick(roles) : '', actions: some(actions, 2), resources: some(resources, 2),
		tenants: below(3) ? some([...tenants, '(unassigned)'], 2) : ['*'],
	});
	const policy = () => ({name: 'x', members: some(members, 3), statements: Array.from({length: 1 + below(3)}, statement), tenants: []});

	const changes = [
		() => ['POST', '/iam/policies', {id: pick(policies), ...policy()}],
		() => ['POST', '/iam/policies', {id: pick(policies), ...policy()}],
		() => ['PUT', `/iam/policies/${pick(policies)}`, policy()],
		() => ['DELETE', `/iam/policies/${pick(policies)}`],
		() => ['POST', `/iam/policies/${pick(policies)}/members:add`, {members: some(members, 2)}],
		() => ['POST', `/iam/policies/${pick(policies)}/members:remove`, {members: some(members, 2)}],
		() => ['POST', '/iam/roles', {id: pick(roles), name: 'x', actions: some(actions, 3), tenants: []}],
		() => ['PUT', `/iam/roles/${pick(roles)}`, {name: 'x', actions: some(actions, 3), tenants: []}],
		() => ['DELETE', `/iam/roles/${pick(roles)}`],
		() => ['POST', '/iam/tenants', {id: pick(tenants), name: 'x', skip_policies: below(2) === 0}],
		() => ['DELETE', `/iam/tenants/${pick(tenants)}`],
		() => ['POST', '/iam/teams', {id: pick(teams), name: 'x', tenants: []}],
		() => ['DELETE', `/iam/teams/${pick(teams)}`],
		() => ['POST', `/iam/teams/${pick(teams)}/users:add`, {membership_ids: some(users, 2)}],
		() => ['POST', `/iam/teams/${pick(teams)}/users:remove`, {membership_ids: some(users, 2)}],
		() => ['POST', '/doorward/v1/users', {id: pick(users), email: `${pick(users)}@x.org`}],
		() => ['DELETE', `/doorward/v1/users/${pick(users)}`],
		() => ['PUT', `/doorward/v1/roles/${pick(roles)}/members/${pick(['user', 'group'])}:${pick([...users, ...teams])}${below(2) ? `?tenant=${pick(tenants)}` : ''}`],
		() => ['PUT', `/doorward/v1/resources/infra:nodes/${pick(['n1', 'u1'])}`, {tenant: below(2) ? pick(tenants) : null}],
	];
	return {below, pick, change: () => pick(changes)()};
}

/** Everything that can be asked: decisions of all users and teams, and the lists. `options` go to every call. */
export async function portrait(s, options = {}) {
	const evaluations = [];
	for (const id of users)
		for (const name of ['infra:nodes:get', 'infra:nodes:delete', 'infra:nodes:list', 'iam:policies:get'])
			for (const node of ['n1', 'u1', 'other'])
				for (const properties of [{tenants: [...tenants, '(unassigned)', 'unknown']}, {}])
					evaluations.push({
						subject: {type: 'user', id}, action: {name}, resource: {type: 'infra:nodes', id: node, properties},
					});
	const r = await s.call('POST', '/access/v1/evaluations', {evaluations}, options);
	if (r.status !== 200) {
		throw new Error(`${r.status} ${r.text}`);
	}
	const lists = {};
	for (const path of ['/iam/policies', '/iam/roles', '/iam/tenants', '/iam/teams', '/doorward/v1/users', '/doorward/v1/groups',
		'/doorward/v1/roles', '/doorward/v1/resources', ...teams.map((g) => `/iam/teams/${g}/users`)])
		lists[path] = (await s.call('GET', path, undefined, options)).json;
	return {decisions: r.json.evaluations, lists, revision: r.headers['doorward-revision']};
}
