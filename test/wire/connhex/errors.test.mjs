// SPDX-License-Identifier: Apache-2.0
// Every way a use case refuses: status, code and text, exactly; and that nothing is stored then.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeKey, startServer} from '../../harness/server.mjs';
import {anyStatement, everything, expectError, makeMember, makeTenant, ok} from './support.mjs';

const capitals = '^[A-Za-z0-9-_]{1,64}$';
const members =
	'^(?:team|user):(?:local|ldap|saml):(?:[^:*]+|[*])$|^(?:(?:team|user|token|tls):)?[*]$|^token:[^:*]+$|' +
	'^tls:service:(?:[^:*]+:)?(?:[^:*]+|[*])$';
const actions =
	'^[*]$|^[*]:[a-z][-a-zA-Z]*$|^[a-z][a-zA-Z]*:[a-z][a-zA-Z]*:[a-z][a-zA-Z]*$|^[a-z][a-zA-Z]*:[*]$|' +
	'^[a-z][a-zA-Z]*:[*]:[a-z][a-zA-Z]*$|^[a-z][a-zA-Z]*:[a-z][a-zA-Z]*:[*]$';
const resources = '^[a-z][^:*]*(?::[^:*]+)*(?::[*])?$|^[*]$';
const pattern = (field, re) => `invalid ${field}: value does not match regex pattern "${re}"`;
const required = (what, part = 'name') =>
	`a ${what} ${part} is required and must contain at least one non-whitespace character`;
const variant = 'unsupported statement variant: you must pass a role, a non-empty array of actions, or both';

const policy = (change) => ({id: 'new', name: 'n', statements: [anyStatement], ...change});
const statement = (change) => policy({statements: [{...anyStatement, ...change}]});
const role = (change) => ({id: 'new', name: 'n', actions: ['a:b:c'], ...change});
const team = (change) => ({id: 'new', name: 'n', ...change});

/** [method, path, body, status, code, message] */
const rows = [
	['POST', '/iam/policies', policy({id: undefined}), 400, 3, pattern('CreatePolicyReq.Id', capitals)],
	['POST', '/iam/policies', policy({id: 'a b'}), 400, 3, pattern('CreatePolicyReq.Id', capitals)],
	['POST', '/iam/policies', policy({id: 'a'.repeat(65)}), 400, 3, pattern('CreatePolicyReq.Id', capitals)],
	['POST', '/iam/policies', policy({name: undefined}), 400, 3, required('policy')],
	['POST', '/iam/policies', policy({name: ' \t\n'}), 400, 3, required('policy')],
	['POST', '/iam/policies', policy({members: ['user:x']}), 400, 3, pattern('CreatePolicyReq.Members[0]', members)],
	['POST', '/iam/policies', policy({members: ['user:*', 'user:*']}), 400, 3, 'invalid CreatePolicyReq.Members[1]: repeated value must contain unique items'],
	['POST', '/iam/policies', policy({statements: []}), 400, 3, 'invalid CreatePolicyReq.Statements: value must contain at least 1 item(s)'],
	['POST', '/iam/policies', policy({statements: undefined}), 400, 3, 'invalid CreatePolicyReq.Statements: value must contain at least 1 item(s)'],
	['POST', '/iam/policies', statement({actions: ['iam:users:']}), 400, 3, pattern('CreatePolicyReq.Statements[0].Actions[0]', actions)],
	['POST', '/iam/policies', statement({role: 'a:b'}), 400, 3, pattern('CreatePolicyReq.Statements[0].Role', capitals)],
	['POST', '/iam/policies', statement({resources: ['*', 'a:*:b']}), 400, 3, pattern('CreatePolicyReq.Statements[0].Resources[1]', resources)],
	['POST', '/iam/policies', statement({tenants: ['*', '*']}), 400, 3, 'invalid CreatePolicyReq.Statements[0].Projects[1]: repeated value must contain unique items'],
	['POST', '/iam/policies', statement({tenants: []}), 400, 3, 'error parsing policy "new": policy statements must include projects'],
	['POST', '/iam/policies', statement({tenants: undefined}), 400, 3, 'error parsing policy "new": policy statements must include projects'],
	['POST', '/iam/policies', statement({actions: []}), 400, 3, `error parsing policy "new": ${variant}`],
	['POST', '/iam/policies', statement({role: 'nobody'}), 400, 3, 'role not found: nobody'],
	['POST', '/iam/policies', statement({tenants: ['nowhere']}), 400, 3, 'project not found: nowhere'],
	['POST', '/iam/policies', policy({tenants: ['nowhere']}), 404, 5, 'Projects cannot be modified because project ["nowhere"] does not exist'],
	['POST', '/iam/policies', policy({tenants: ['nowhere', 'here', 'no']}), 404, 5, 'Projects cannot be modified because these projects do not exist: ["nowhere" "no"]'],
	['POST', '/iam/policies', policy({tenants: ['*']}), 404, 5, 'Projects cannot be modified because project ["*"] does not exist'],
	['POST', '/iam/policies', policy({tenants: ['(unassigned)']}), 400, 3, '"(unassigned)" cannot explicitly be set; pass an empty projects array instead.'],
	['POST', '/iam/policies', policy({tenants: [' ']}), 400, 3, 'invalid CreatePolicyReq.Projects[0]: a project id must contain at least one non-whitespace character'],
	['POST', '/iam/policies', policy({tenants: ['here', 'here']}), 400, 3, 'invalid CreatePolicyReq.Projects[1]: repeated value must contain unique items'],
	['POST', '/iam/policies', policy({id: 'old'}), 409, 6, 'policy with id "old" already exists'],
	['POST', '/iam/policies', policy({id: 'administrator-access'}), 409, 6, 'policy with id "administrator-access" already exists'],
	['GET', '/iam/policies/none', undefined, 404, 5, 'no policy with ID "none" found'],
	['GET', '/iam/policies/%20', undefined, 400, 3, 'cannot get policy'],
	['PUT', '/iam/policies/none', policy(), 404, 5, 'no policy with ID "none" found'],
	['PUT', '/iam/policies/%20', policy(), 400, 3, required('policy', 'id')],
	['PUT', '/iam/policies/old', policy({name: ''}), 400, 3, required('policy')],
	['PUT', '/iam/policies/old', policy({statements: []}), 400, 3, 'invalid UpdatePolicyReq.Statements: value must contain at least 1 item(s)'],
	['PUT', '/iam/policies/old', statement({tenants: []}), 400, 3, 'parse statement: policy statements must include projects'],
	['PUT', '/iam/policies/old', statement({actions: []}), 400, 3, `parse statement: ${variant}`],
	['PUT', '/iam/policies/old', statement({role: 'nobody'}), 400, 3, 'role not found: nobody'],
	['PUT', '/iam/policies/old', policy({tenants: ['nowhere']}), 404, 5, 'Projects cannot be modified because project ["nowhere"] does not exist'],
	['PUT', '/iam/policies/administrator-access', policy(), 403, 7, 'Permission Denied'],
	['DELETE', '/iam/policies/none', undefined, 404, 5, 'no policy with ID "none" found'],
	['DELETE', '/iam/policies/editor-access', undefined, 403, 7, 'Permission Denied'],
	['GET', '/iam/policies/a:b', undefined, 403, 7, 'Permission Denied'],
	['GET', '/iam/policies/a%3Ab', undefined, 403, 7, 'Permission Denied'],
	['GET', '/iam/policies/*', undefined, 403, 7, 'Permission Denied'],
	['DELETE', '/iam/policies/system:everybody', undefined, 403, 7, 'Permission Denied'],

	['GET', '/iam/policies/none/members', undefined, 404, 5, 'no policy with ID "none" found'],
	['PUT', '/iam/policies/old/members', {members: ['x']}, 400, 3, pattern('ReplacePolicyMembersReq.Members[0]', members)],
	['POST', '/iam/policies/old/members:add', {members: []}, 400, 3, 'invalid AddPolicyMembersReq.Members: value must contain at least 1 item(s)'],
	['POST', '/iam/policies/old/members:add', {members: ['role:owner']}, 400, 3, pattern('AddPolicyMembersReq.Members[0]', members)],
	['POST', '/iam/policies/old/members:remove', {}, 400, 3, 'invalid RemovePolicyMembersReq.Members: value must contain at least 1 item(s)'],
	['POST', '/iam/policies/administrator-access/members:remove', {members: ['user:*', 'team:local:admins']}, 403, 7, 'cannot remove local team: admins from Chef-managed policy: Admin'],

	['POST', '/iam/roles', role({id: ''}), 400, 3, pattern('CreateRoleReq.Id', capitals)],
	['POST', '/iam/roles', role({name: ' '}), 400, 3, required('role')],
	['POST', '/iam/roles', role({actions: []}), 400, 3, 'invalid CreateRoleReq.Actions: value must contain at least 1 item(s)'],
	['POST', '/iam/roles', role({actions: ['read']}), 400, 3, pattern('CreateRoleReq.Actions[0]', actions)],
	['POST', '/iam/roles', role({tenants: ['(unassigned)']}), 400, 3, '"(unassigned)" cannot explicitly be set; pass an empty projects array instead.'],
	['POST', '/iam/roles', role({id: 'viewer'}), 409, 6, 'role with id "viewer" already exists'],
	['POST', '/iam/roles', role({id: 'pdp-client'}), 409, 6, 'role with id "pdp-client" already exists'],
	['GET', '/iam/roles/none', undefined, 404, 5, 'no role with ID "none" found'],
	['GET', '/iam/roles/pdp-client', undefined, 404, 5, 'no role with ID "pdp-client" found'],
	['PUT', '/iam/roles/NONE', role(), 404, 5, 'no role with ID "NONE" found'],
	['PUT', '/iam/roles/custom', role({actions: undefined}), 400, 3, 'invalid UpdateRoleReq.Actions: value must contain at least 1 item(s)'],
	['PUT', '/iam/roles/viewer', role(), 403, 7, 'Permission Denied'],
	['PUT', '/iam/roles/pdp-client', role(), 403, 7, 'Permission Denied'],
	['DELETE', '/iam/roles/none', undefined, 404, 5, 'no role with ID "none" found'],
	['DELETE', '/iam/roles/owner', undefined, 403, 7, 'Permission Denied'],

	['POST', '/iam/tenants', {id: 'x y', name: 'n'}, 400, 3, pattern('CreateProjectReq.Id', capitals)],
	['POST', '/iam/tenants', {id: 'new'}, 400, 3, required('project')],
	['POST', '/iam/tenants', {id: 'here', name: 'n'}, 409, 6, 'project with ID "here" already exists'],
	['POST', '/iam/tenants', {id: 'taken', name: 'n'}, 409, 6, 'policy with id "taken-tenant-viewers" already exists'],
	['GET', '/iam/tenants/none', undefined, 404, 5, 'could not find project with ID "none"'],
	['GET', '/iam/tenants/(unassigned)', undefined, 404, 5, 'could not find project with ID "(unassigned)"'],
	['PUT', '/iam/tenants/none', {name: 'n'}, 404, 5, 'project with ID "none" not found'],
	['PUT', '/iam/tenants/here', {}, 400, 3, required('project')],
	['PUT', '/iam/tenants/%20', {name: 'n'}, 400, 3, required('project', 'id')],
	['DELETE', '/iam/tenants/none', undefined, 404, 5, 'could not find project with ID "none"'],

	['POST', '/iam/teams', team({id: 'x.y'}), 400, 3, pattern('CreateTeamReq.Id', capitals)],
	['POST', '/iam/teams', team({name: undefined}), 400, 3, required('team')],
	['POST', '/iam/teams', team({id: 'admins'}), 409, 6, 'team with ID "admins" already exists'],
	['POST', '/iam/teams', team({tenants: ['nowhere']}), 404, 5, 'Projects cannot be modified because project ["nowhere"] does not exist'],
	['GET', '/iam/teams/none', undefined, 404, 5, 'no team with ID "none" found'],
	['PUT', '/iam/teams/none', team(), 404, 5, 'no team with ID "none" found'],
	['PUT', '/iam/teams/admins', team({name: ''}), 400, 3, required('team')],
	['DELETE', '/iam/teams/none', undefined, 404, 5, 'no team with ID "none" found'],
	['GET', '/iam/teams/none/users', undefined, 404, 5, 'no team with ID "none" found'],
	['POST', '/iam/teams/admins/users:add', {membership_ids: []}, 400, 3, 'missing user IDs'],
	['POST', '/iam/teams/admins/users:add', {membership_ids: ['ok', 'a b']}, 400, 3, pattern('AddTeamMembersReq.UserIds[1]', '^[[:alnum:]_.+@-]+$')],
	['POST', '/iam/teams/admins/users:add', {membership_ids: ['a'.repeat(257)]}, 400, 3, 'invalid AddTeamMembersReq.UserIds[0]: value length must be at most 256 bytes'],
	['POST', '/iam/teams/none/users:add', {membership_ids: ['a']}, 404, 5, 'no team with ID "none" found'],
	['POST', '/iam/teams/admins/users:remove', {membership_ids: ['a/b']}, 400, 3, pattern('RemoveTeamMembersReq.UserIds[0]', '^[[:alnum:]_.+@-]+$')],

	['POST', '/iam/introspect_pairs', {pairs: [{resource: 'iam:users', action: 'iam:users:list'}, {resource: '*', action: 'a:b:c'}]}, 400, 3,
		'invalid FilterAuthorizedPairsReq.Pairs[1]: embedded message failed validation | caused by: invalid Pair.Resource: value does not match regex pattern "^[a-z][^:*]*(?::[^:*]+)*$"'],
	['POST', '/iam/introspect_pairs', {pairs: [{resource: 'a', action: 'a:b'}]}, 400, 3,
		'invalid FilterAuthorizedPairsReq.Pairs[0]: embedded message failed validation | caused by: invalid Pair.Action: value does not match regex pattern "^[a-z][a-zA-Z]*(?::[a-z][a-zA-Z]*){2}$"'],
];

let s;
before(async () => {
	s = await startServer({store: 'memory'});
	await makeTenant(s, 'here');
	await ok(s, 'POST', '/iam/policies', policy({id: 'old'}));
	await ok(s, 'POST', '/iam/policies', policy({id: 'taken-tenant-viewers'}));
	await ok(s, 'POST', '/iam/roles', role({id: 'custom'}));
});
after(async () => assert.equal(await s.stop(), 0));

test('every refusal says what and stores nothing', async (t) => {
	const untouched = await everything(s);
	for (const [method, path, body, status, code, message] of rows) {
		await t.test(`${method} ${path} ${JSON.stringify(body ?? '').slice(0, 90)}`, async () => {
			expectError(await s.call(method, path, body), status, code, message);
		});
	}
	assert.equal(await everything(s), untouched);
});

test('who may not assign is told for whom and what', async () => {
	const one = await makeMember(s, 'one', [{actions: ['iam:roles:*'], tenants: ['*']}]);
	const create = (tenants, key) => s.call('POST', '/iam/roles', role({tenants}), {key});
	const text = (subjects, are, projects) =>
		`Projects cannot be modified because the ${subjects} missing iam:projects:assign on ${are}: ${projects}`;

	expectError(await create(['here'], one), 403, 7, text('["user:local:one"] subject is', 'this project', '["here"]'));
	expectError(await create([], one), 403, 7, text('["user:local:one"] subject is', 'this project', '["(unassigned)"]'));
	await ok(s, 'POST', '/iam/teams', team({id: 'g1'}));
	await ok(s, 'POST', '/iam/teams/g1/users:add', {membership_ids: ['one']});
	await makeTenant(s, 'there');
	expectError(await create(['here', 'there'], one), 403, 7,
		text('["user:local:one" "team:local:g1"] subjects are', 'these projects', '["here" "there"]'));
	for (const id of ['g2', 'g3', 'g4', 'g5']) {
		await ok(s, 'POST', '/iam/teams', team({id}));
		await ok(s, 'POST', `/iam/teams/${id}/users:add`, {membership_ids: ['one']});
	}
	expectError(await create(['here'], one), 403, 7,
		text('["user:local:one" "team:local:g1" "team:local:g2" "team:local:g3" "team:local:g4"] (truncated) subjects are', 'this project', '["here"]'));
});

test('long and foreign names in messages are cut between characters', async () => {
	const r = await s.call('POST', '/iam/policies', policy({tenants: ['é'.repeat(400), 'x'.repeat(2000), 'y']}));
	assert.equal(r.status, 404);
	assert.match(r.json.message, /^Projects cannot be modified because these projects do not exist: \["é{50}" "x{100}"/);
	assert.ok(!r.text.includes('\ufffd'));
});

test('no key, a wrong key, a key without rights', async () => {
	const nobody = await makeMember(s, 'nobody');
	for (const [method, path, body] of [['GET', '/iam/policies'], ['POST', '/iam/policies', policy()], ['POST', '/iam/introspect_pairs', {pairs: []}]]) {
		const none = await s.call(method, path, body, {key: null});
		assert.equal(none.status, 401);
		assert.match(none.headers['www-authenticate'], /^Bearer/);
		assert.deepEqual({...none.json, error: none.json.message}, none.json);
		assert.equal(none.json.code, 16);
		const wrong = await s.call(method, path, body, {key: 'dw_no_such_key'});
		assert.equal(wrong.status, 401);
		assert.match(wrong.headers['www-authenticate'], /^Bearer/);
		assert.equal(wrong.json.code, 16);
	}
	expectError(await s.call('GET', '/iam/policies', undefined, {key: nobody}), 403, 7, 'Permission Denied');
	expectError(await s.call('POST', '/iam/policies', policy(), {key: nobody}), 403, 7, 'Permission Denied');
	/* The body of somebody without the permission is not even looked at. */
	expectError(await s.call('POST', '/iam/policies', '{', {key: nobody}), 403, 7, 'Permission Denied');
	const sent = await s.call('GET', '/iam/policies', undefined, {key: null, headers: {'X-API-Key': s.key}});
	assert.equal(sent.status, 200);
});

test('the key of another organization opens nothing here', async () => {
	const other = await startServer({store: 'memory', org: 'other'});
	assert.equal((await s.call('GET', '/iam/policies', undefined, {key: other.key})).status, 401);
	assert.equal((await other.call('GET', '/iam/policies', undefined, {key: s.key})).status, 401);
	assert.equal(await other.stop(), 0);
});

test('strict mode keeps the rules of the ancestor', async () => {
	const strict = await startServer({store: 'memory', args: ['--connhex-strict']});
	const lower = '^[a-z0-9-_]{1,64}$';
	expectError(await strict.call('POST', '/iam/policies', policy({id: 'A'})), 400, 3, pattern('CreatePolicyReq.Id', lower));
	expectError(await strict.call('POST', '/iam/roles', role({id: 'A'})), 400, 3, pattern('CreateRoleReq.Id', lower));
	expectError(await strict.call('POST', '/iam/tenants', {id: 'a'.repeat(49), name: 'n'}), 400, 3, pattern('CreateProjectReq.Id', '^[a-z0-9-_]{1,48}$'));
	expectError(await strict.call('POST', '/iam/policies', policy({type: 'CUSTOM'})), 400, 3, 'unknown field "type"');
	expectError(await strict.call('POST', '/iam/policies', statement({x: 1})), 400, 3, 'unknown field "x"');
	for (let i = 0; i < 300; i++) {
		await makeTenant(strict, `t${i}`);
	}
	expectError(await strict.call('POST', '/iam/tenants', {id: 'more', name: 'n'}), 400, 9, 'cannot create project: limit of 300 projects already reached');
	assert.equal(await strict.stop(), 0);
	await makeTenant(s, 'a'.repeat(64));
	await ok(s, 'POST', '/iam/policies', policy({type: 'COMPIUTA_MANAGED', id: 'Unknown-fields', x: {}}));
	assert.equal((await ok(s, 'GET', '/iam/policies/Unknown-fields')).policy.type, 'CUSTOM');
});

test('a key bound to tenants is good there only', async () => {
	await ok(s, 'POST', '/iam/teams', team({id: 'in-here', tenants: ['here']}));
	await makeMember(s, 'bound', [{actions: ['iam:teams:*'], tenants: ['*']}]);
	const key = await makeKey(s, {type: 'user', id: 'bound'}, {tenants: ['here']});
	const listed = await ok(s, 'GET', '/iam/teams', undefined, {key});
	assert.deepEqual(listed.teams.map((x) => x.id), ['in-here']);
	expectError(await s.call('GET', '/iam/teams', undefined, {key, headers: {tenants: 'there'}}), 403, 7, 'Permission Denied');
	assert.equal((await s.call('GET', '/iam/teams/g1', undefined, {key})).status, 404);
});
