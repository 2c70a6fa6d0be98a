// SPDX-License-Identifier: Apache-2.0
// The endpoints at work: shapes to the byte, order, spellings, protection of managed objects, introspection.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer} from '../../harness/server.mjs';
import {anyStatement, decide, expectError, makeMember, makeTenant, ok, start} from './support.mjs';

let s;
before(async () => {
	s = await startServer({store: 'memory'});
	await makeTenant(s, 't1');
	await makeTenant(s, 't2');
});
after(async () => assert.equal(await s.stop(), 0));

async function text(method, path, body, options) {
	const r = await s.call(method, path, body, options);
	assert.equal(r.status, 200, r.text);
	return r.text;
}

test('what is shipped', async (t) => {
	const types = (list) => Object.fromEntries(list.map((x) => [x.id, x.type]));
	const managed = 'COMPIUTA_MANAGED';
	assert.deepEqual(types((await ok(s, 'GET', '/iam/policies')).policies), {
		'administrator-access': managed, 'editor-access': managed, 'viewer-access': managed, 'ingest-access': managed,
		'compliance-viewer-access': 'CUSTOM', 'compliance-editor-access': 'CUSTOM',
	});
	assert.deepEqual(types((await ok(s, 'GET', '/iam/roles')).roles), {
		owner: managed, 'tenant-admin': managed, editor: managed, viewer: managed, ingest: managed,
		'compliance-viewer': 'CUSTOM', 'compliance-editor': 'CUSTOM',
	});
	assert.deepEqual((await ok(s, 'GET', '/iam/teams')).teams.map((x) => x.id), ['admins', 'editors', 'viewers']);
	const fresh = await start(t, {store: 'memory'});
	assert.deepEqual(await ok(fresh, 'GET', '/iam/tenants'), {tenants: []});
});

test('a policy, from its creation to its end', async () => {
	const body = {
		tenants: ['t2', 't1'], members: ['user:local:zoe', 'team:local:*', 'token:x'], name: 'Pö "1"', id: 'p1',
		statements: [
			{effect: 'DENY', actions: ['b:c:d', 'a:b:*'], role: 'viewer', resources: ['b:c', 'a:*'], tenants: ['*', 't1']},
			{actions: ['*'], tenants: ['(unassigned)']},
		],
	};
	const policy = (members) =>
		`{"policy":{"name":"Pö \\"1\\"","id":"p1","type":"CUSTOM","members":${members},"statements":[` +
		'{"effect":"DENY","actions":["b:c:d","a:b:*"],"role":"viewer","resources":["b:c","a:*"],"tenants":["*","t1"]},' +
		'{"effect":"ALLOW","actions":["*"],"role":"","resources":["*"],"tenants":["(unassigned)"]}],"tenants":["t2","t1"]}}';
	assert.equal(await text('POST', '/iam/policies', body), policy('["user:local:zoe","team:local:*","token:x"]'));
	assert.equal(await text('GET', '/iam/policies/p1'), policy('["team:local:*","token:x","user:local:zoe"]'));
	const update = {name: 'n', statements: [{actions: ['a:b:c'], tenants: ['t1']}]};
	assert.equal(
		await text('PUT', '/iam/policies/p1', update),
		'{"policy":{"name":"n","id":"p1","type":"CUSTOM","members":[],"statements":[{"effect":"ALLOW","actions":["a:b:c"],"role":"",' +
			'"resources":["*"],"tenants":["t1"]}],"tenants":[]}}',
	);
	assert.equal(await text('DELETE', '/iam/policies/p1'), '{}');
	expectError(await s.call('DELETE', '/iam/policies/p1'), 404, 5, 'no policy with ID "p1" found');
});

test('members: replaced in the order given, otherwise sorted', async () => {
	await ok(s, 'POST', '/iam/policies', {id: 'pm', name: 'n', members: ['user:*'], statements: [anyStatement]});
	const at = '/iam/policies/pm/members';
	assert.equal(await text('GET', at), '{"members":["user:*"]}');
	assert.equal(await text('PUT', at, {members: ['user:local:z', 'team:*']}), '{"members":["user:local:z","team:*"]}');
	assert.equal(await text('GET', at), '{"members":["team:*","user:local:z"]}');
	assert.equal(await text('POST', `${at}:add`, {members: ['token:a', 'team:*', '*']}), '{"members":["*","team:*","token:a","user:local:z"]}');
	assert.equal(await text('POST', `${at}:remove`, {members: ['user:local:nobody', '*']}), '{"members":["team:*","token:a","user:local:z"]}');
	assert.equal(await text('PUT', at, {}), '{"members":[]}');
	assert.equal((await ok(s, 'GET', '/iam/policies/pm')).policy.name, 'n');
});

test('enums as names or numbers, null as the default, unknown fields ignored', async () => {
	const effects = [undefined, null, 'ALLOW', 0, 'DENY', 1];
	const statements = effects.map((effect, i) => ({effect, actions: [`a:b:v${'x'.repeat(i)}`], role: null, resources: null, tenants: ['*']}));
	const body = {id: 'pe', name: 'n', members: null, statements, tenants: null, type: 'COMPIUTA_MANAGED', more: [{}]};
	const got = (await ok(s, 'POST', '/iam/policies', body)).policy;
	assert.deepEqual(got.statements.map((x) => x.effect), ['ALLOW', 'ALLOW', 'ALLOW', 'ALLOW', 'DENY', 'DENY']);
	assert.equal(got.type, 'CUSTOM');
	assert.deepEqual([got.members, got.tenants], [[], []]);
	const text = JSON.stringify({id: 'pf', name: 'n'}).replace('}', ',"statements":[{"effect":1.0,"actions":["*"],"tenants":["*"]},{"effect":0e0,"actions":["*"],"tenants":["*"]}]}');
	assert.deepEqual((await ok(s, 'POST', '/iam/policies', text)).policy.statements.map((x) => x.effect), ['DENY', 'ALLOW']);
});

test('a role', async () => {
	const role = (name, actions, tenants) => `{"role":{"name":"${name}","id":"r1","type":"CUSTOM","actions":${actions},"tenants":${tenants}}}`;
	assert.equal(await text('POST', '/iam/roles', {id: 'r1', name: 'R', actions: ['z:y:x', 'a:b:c'], tenants: ['t1']}), role('R', '["z:y:x","a:b:c"]', '["t1"]'));
	assert.equal(await text('GET', '/iam/roles/r1'), role('R', '["z:y:x","a:b:c"]', '["t1"]'));
	assert.equal(await text('PUT', '/iam/roles/r1', {id: 'other', name: 'S', actions: ['*']}), role('S', '["*"]', '[]'));
	assert.equal(await text('DELETE', '/iam/roles/r1'), '{}');
	assert.equal((await s.call('GET', '/iam/roles/r1')).status, 404);
});

test('a team and its users, in the order they were added', async () => {
	assert.equal(await text('POST', '/iam/teams', {id: 'crew', name: 'Crew', tenants: ['t2', 't1']}), '{"team":{"id":"crew","name":"Crew","tenants":["t2","t1"]}}');
	assert.equal(await text('PUT', '/iam/teams/crew', {name: 'C'}), '{"team":{"id":"crew","name":"C","tenants":[]}}');
	assert.equal(await text('GET', '/iam/teams/crew'), '{"team":{"id":"crew","name":"C","tenants":[]}}');
	const at = '/iam/teams/crew/users';
	assert.equal(await text('GET', at), '{"membership_ids":[]}');
	assert.equal(await text('POST', `${at}:add`, {membershipIds: ['zoe', 'al', 'zoe', 'x.y+z@w']}), '{"membership_ids":["zoe","al","x.y+z@w"]}');
	assert.equal(await text('POST', `${at}:add`, {membership_ids: ['bo', 'al']}), '{"membership_ids":["zoe","al","x.y+z@w","bo"]}');
	assert.equal(await text('GET', at), '{"membership_ids":["zoe","al","x.y+z@w","bo"]}');
	assert.equal(await text('POST', `${at}:remove`, {membership_ids: ['zoe', 'nobody']}), '{"membership_ids":["al","x.y+z@w","bo"]}');
	assert.equal(await text('POST', `${at}:remove`, {}), '{"membership_ids":["al","x.y+z@w","bo"]}');
	assert.equal(await text('POST', `${at}:add`, {membership_ids: ['zoe']}), '{"membership_ids":["al","x.y+z@w","bo","zoe"]}');
	await ok(s, 'POST', '/iam/teams/viewers/users:add', {membership_ids: ['zoe']});
	assert.equal(await text('GET', '/iam/users/zoe/teams'), '{"teams":[{"id":"crew","name":"C","tenants":[]},{"id":"viewers","name":"Viewers","tenants":[]}]}');
	assert.equal(await text('GET', '/iam/users/nobody/teams'), '{"teams":[]}');
	assert.equal(await text('DELETE', '/iam/teams/crew'), '{}');
	assert.equal(await text('GET', '/iam/users/zoe/teams'), '{"teams":[{"id":"viewers","name":"Viewers","tenants":[]}]}');
	/* Made anew, it is empty. */
	await ok(s, 'POST', '/iam/teams', {id: 'crew', name: 'Crew'});
	assert.equal(await text('GET', at), '{"membership_ids":[]}');
});

test('a user known here is one member under all her names', async () => {
	await makeUser(s, 'carol', {email: 'Carol@x.org'});
	await ok(s, 'POST', '/iam/teams', {id: 'named', name: 'Named'});
	assert.equal(await text('POST', '/iam/teams/named/users:add', {membership_ids: ['carol@x.org', 'carol']}), '{"membership_ids":["carol"]}');
	assert.equal((await ok(s, 'GET', '/iam/users/carol@x.org/teams')).teams[0].id, 'named');
	assert.equal(await text('POST', '/iam/teams/named/users:remove', {membership_ids: ['carol@x.org']}), '{"membership_ids":[]}');
	/* Added before she was known here. */
	assert.equal(await text('POST', '/iam/teams/named/users:add', {membership_ids: ['dora@x.org']}), '{"membership_ids":["dora@x.org"]}');
	await makeUser(s, 'dora', {email: 'dora@x.org'});
	assert.equal((await ok(s, 'GET', '/iam/users/dora/teams')).teams[0].id, 'named');
	await ok(s, 'POST', '/iam/policies', {id: 'of-named', name: 'n', members: ['team:local:named'], statements: [{actions: ['n:a:m'], tenants: ['*']}]});
	assert.equal(await decide(s, 'dora', 'n:a:m', 'n'), true);
	assert.ok((await s.call('DELETE', '/doorward/v1/users/dora')).status < 300);
	assert.equal(await text('GET', '/iam/teams/named/users'), '{"membership_ids":[]}');
});

test('managed objects are protected by what the engine decides', async () => {
	const admin = await makeUser(s, 'chief');
	await ok(s, 'POST', '/iam/teams/admins/users:add', {membership_ids: ['chief']});
	const body = {name: 'n', statements: [anyStatement], actions: ['a:b:c']};
	const paths = [
		...['administrator-access', 'editor-access', 'viewer-access', 'ingest-access'].map((id) => `/iam/policies/${id}`),
		...['owner', 'tenant-admin', 'editor', 'viewer', 'ingest', 'pdp-client'].map((id) => `/iam/roles/${id}`),
	];
	for (const key of [s.key, admin]) {
		for (const path of paths) {
			expectError(await s.call('PUT', path, body, {key}), 403, 7, 'Permission Denied');
			expectError(await s.call('DELETE', path, undefined, {key}), 403, 7, 'Permission Denied');
		}
	}
	/* Their members are free, but for the one guard. */
	const at = '/iam/policies/administrator-access/members';
	await ok(s, 'POST', `${at}:add`, {members: ['user:local:zoe']}, {key: admin});
	expectError(await s.call('POST', `${at}:remove`, {members: ['team:local:admins']}, {key: admin}), 403, 7,
		'cannot remove local team: admins from Chef-managed policy: Admin');
	assert.deepEqual(await ok(s, 'POST', `${at}:remove`, {members: ['user:local:zoe']}, {key: admin}), {members: ['team:local:admins']});
	assert.deepEqual(await ok(s, 'PUT', `${at}`, {members: ['user:local:chief']}, {key: admin}), {members: ['user:local:chief']});
	await ok(s, 'PUT', `${at}`, {members: ['team:local:admins']}, {key: admin});
	/* Custom ones of the shipped policies and roles are like any other. */
	assert.deepEqual(await ok(s, 'DELETE', '/iam/policies/compliance-viewer-access', undefined, {key: admin}), {});
	assert.deepEqual(await ok(s, 'DELETE', '/iam/roles/compliance-viewer', undefined, {key: admin}), {});
});

test('the system policies are hidden', async () => {
	for (const id of ['system:everybody', 'system%3Amanaged-objects']) {
		expectError(await s.call('GET', `/iam/policies/${id}`), 403, 7, 'Permission Denied');
	}
	assert.ok(!(await text('GET', '/iam/policies')).includes('system:'));
	await makeUser(s, 'plain');
	assert.equal(await decide(s, 'plain', 'iam:users:get', 'iam:users', 'plain'), true);
	assert.equal(await decide(s, 'plain', 'iam:users:get', 'iam:users', 'chief'), false);
	assert.equal(await decide(s, 'chief', 'iam:users:delete', 'iam:users', 'plain'), true);
	assert.equal(await decide(s, 'chief', 'iam:users:delete', 'iam:users', 'chief'), false);
});

test('introspect_pairs: for everybody, in order, each once, whatever the tenant', async () => {
	const key = await makeMember(s, 'curious', [
		{actions: ['a:b:c', 'a:b:d'], tenants: ['t1']},
		{effect: 'DENY', actions: ['a:b:d'], tenants: ['t2']},
	]);
	const pair = (resource, action) => ({resource, action});
	const ask = (pairs) => ok(s, 'POST', '/iam/introspect_pairs', {pairs}, {key});
	const asked = [pair('x:y', 'a:b:c'), pair('x', 'a:b:d'), pair('iam:introspect', 'iam:introspect:getAll'), pair('x', 'a:b:c'), pair('x:y', 'a:b:c'), pair('iam:users', 'iam:users:list')];
	assert.deepEqual(await ask(asked), {pairs: [asked[0], asked[2], asked[3]]});
	assert.deepEqual(await ask([]), {pairs: []});
	assert.deepEqual(await ok(s, 'POST', '/iam/introspect_pairs', {}, {key}), {pairs: []});
	const many = Array.from({length: 2000}, (_, i) => pair(`x:r${i}`, 'a:b:c'));
	assert.deepEqual(await ask(many), {pairs: many});
});

test('?pretty is laid out as the ancestor has it', async () => {
	await ok(s, 'POST', '/iam/policies', {id: 'pp', name: 'Name', members: ['user:local:member'], statements: [{effect: 'DENY', role: 'viewer', tenants: ['*']}]});
	const lines = [
		'{', '  "policy": {', '    "name": "Name",', '    "id": "pp",', '    "type": "CUSTOM",', '    "members": [', '      "user:local:member"', '    ],',
		'    "statements": [', '      {', '        "effect": "DENY",', '        "actions": [', '        ],', '        "role": "viewer",',
		'        "resources": [', '          "*"', '        ],', '        "tenants": [', '          "*"', '        ]', '      }', '    ],',
		'    "tenants": [', '    ]', '  }', '}',
	];
	assert.equal(await text('GET', '/iam/policies/pp?pretty'), lines.join('\n'));
	const missing = await s.call('GET', '/iam/policies/nowhere?pretty');
	assert.equal(missing.text, JSON.stringify(missing.json, null, 2).replace('[]', '[\n  ]'));
	assert.equal(await text('DELETE', '/iam/policies/pp?pretty'), '{\n}');
});

test('permissions are those of the table: action and resource of each endpoint', async () => {
	const endpoints = [
		['GET', '/iam/policies/pm/members', 'iam:policyMembers:get', 'iam:policies:pm:members'],
		['PUT', '/iam/policies/pm/members', 'iam:policyMembers:update', 'iam:policies:pm:members', {members: []}],
		['POST', '/iam/policies/pm/members:add', 'iam:policyMembers:create', 'iam:policies:pm:members', {members: ['user:*']}],
		['POST', '/iam/policies/pm/members:remove', 'iam:policyMembers:delete', 'iam:policies:pm:members', {members: ['user:*']}],
		['GET', '/iam/policies', 'iam:policies:list', 'iam:policies'],
		['GET', '/iam/policies/pm', 'iam:policies:get', 'iam:policies:pm'],
		['PUT', '/iam/policies/pm', 'iam:policies:update', 'iam:policies:pm', {name: 'n', statements: [anyStatement]}],
		['GET', '/iam/roles', 'iam:roles:list', 'iam:roles'],
		['GET', '/iam/roles/viewer', 'iam:roles:get', 'iam:roles:viewer'],
		['GET', '/iam/tenants', 'iam:tenants:list', 'iam:tenants'],
		['GET', '/iam/tenants/t1', 'iam:tenants:get', 'iam:tenants:t1'],
		['PUT', '/iam/tenants/t1', 'iam:tenants:update', 'iam:tenants:t1', {name: 'n'}],
		['POST', '/iam/tenants', 'iam:tenants:create', 'iam:tenants', {id: 'made', name: 'n', skip_policies: true}],
		['DELETE', '/iam/tenants/made', 'iam:tenants:delete', 'iam:tenants:made'],
		['GET', '/iam/teams', 'iam:teams:list', 'iam:teams'],
		['GET', '/iam/teams/pretty', 'iam:teams:get', 'iam:teams:pretty'],
		['PUT', '/iam/teams/pretty', 'iam:teams:update', 'iam:teams:pretty', {name: 'n'}],
		['GET', '/iam/teams/pretty/users', 'iam:teamUsers:list', 'iam:teams:pretty:users'],
		['POST', '/iam/teams/pretty/users:add', 'iam:teamUsers:create', 'iam:teams:pretty', {membership_ids: ['a']}],
		['POST', '/iam/teams/pretty/users:remove', 'iam:teamUsers:delete', 'iam:teams:pretty', {membership_ids: ['a']}],
		['DELETE', '/iam/teams/pretty', 'iam:teams:delete', 'iam:teams:pretty'],
		['GET', '/iam/users/zoe/teams', 'iam:userTeams:get', 'iam:users:zoe'],
		['DELETE', '/iam/policies/pm', 'iam:policies:delete', 'iam:policies:pm'],
	];
	const key = await makeUser(s, 'exact');
	await ok(s, 'POST', '/iam/teams', {id: 'pretty', name: 'P'});
	for (const [method, path, action, resource, body] of endpoints) {
		const policy = {name: 'exact', members: ['user:local:exact'], statements: [{actions: [action], resources: [resource], tenants: ['*']}]};
		await ok(s, 'POST', '/iam/policies', {id: 'exact', ...policy, members: []});
		assert.equal((await s.call(method, path, body, {key})).status, 403, `${method} ${path}`);
		await ok(s, 'PUT', '/iam/policies/exact', policy);
		assert.equal((await s.call(method, path, body, {key})).status, 200, `${method} ${path}`);
		await ok(s, 'DELETE', '/iam/policies/exact');
	}
});

test('statements without tenants, where they are accepted, apply nowhere', async (t) => {
	const open = await start(t, {store: 'memory', args: ['--connhex-inert-statements']});
	const key = await makeMember(open, 'ina', [{effect: 'ALLOW', actions: ['infra:nodes:get'], tenants: ['*']}]);
	const pairs = [{resource: 'infra:nodes', action: 'infra:nodes:get'}];
	const introspect = async () => (await ok(open, 'POST', '/iam/introspect_pairs', {pairs}, {key})).pairs;
	const query = {subject: {type: 'user', id: 'ina'}, action: {name: 'infra:nodes:get'}, resource: {type: 'infra:nodes', id: 'n1'}};
	assert.deepEqual(await introspect(), pairs);
	for (const effect of ['ALLOW', 'DENY']) {
		const made = await ok(open, 'POST', '/iam/policies', {
			id: `inert-${effect.toLowerCase()}`, name: 'x', members: ['user:local:ina'],
			statements: [{effect, actions: ['infra:nodes:get', 'infra:nodes:delete'], tenants: []}],
		});
		assert.deepEqual(made.policy.statements[0].tenants, []);
	}
	assert.equal((await ok(open, 'POST', '/access/v1/evaluation', query)).decision, true);
	query.action.name = 'infra:nodes:delete';
	assert.equal((await ok(open, 'POST', '/access/v1/evaluation', query)).decision, false);
	assert.deepEqual(await introspect(), []);
});
