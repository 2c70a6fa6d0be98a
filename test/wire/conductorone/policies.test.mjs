// SPDX-License-Identifier: Apache-2.0
// Approval policies: made, read, changed, deleted, found. The numbers are those of the cases that the dialect was
// written to.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {ID, TIME, client} from './client.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
let s;
let c1;
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	c1 = client(s);
});
after(async () => assert.equal(await s.stop(), 0));

const users = (...userIds) => ({approval: {users: {userIds}}});
const grant = (more = {}) => ({displayName: 'p', policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: {steps: [users('owner')]}}, ...more});
const make = async (more) => (await c1.post('policies', grant(more))).policy;
const get = async (id) => (await c1.get(`policies/${id}`)).policy;
const update = async (id, policy, updateMask) => (await c1.post(`policies/${id}`, {policy, ...(updateMask && {updateMask})})).policy;
const refused = (message, more) => c1.fails(400, 3, message, 'POST', 'policies', grant(more));
const step = (one) => ({policySteps: {grant: {steps: [one]}}});
const count = async () => (await c1.searchAll('policies', {includeDeleted: true, scopeView: 'POLICY_SCOPE_VIEW_ALL'})).length;
const wellFormed = (n) => String(n).padStart(27, 'A');

/** What is refused has stored nothing. */
async function storesNothing(fn) {
	const n = await count();
	await fn();
	assert.equal(await count(), n);
}

/* ---- making ---------------------------------------------------------------------------------------------- */

test('P1: the canonical body', async () => {
	const {policy} = await c1.post('policies', {
		displayName: 'AWS infra', policyType: 'POLICY_TYPE_GRANT',
		policySteps: {
			grant: {steps: [{approval: {manager: {fallback: true, fallbackUserIds: [wellFormed(1)]}, requireApprovalReason: true}}, {approval: {appOwners: {}}}]},
			contractor: {steps: [{reject: {rejectMessage: 'contractors may not'}}]},
		},
		rules: [{condition: 'subject.employmentType == "contractor"', stepKey: 'contractor'}, {condition: 'true', stepKey: 'grant'}],
	});
	assert.match(policy.id, ID);
	assert.match(policy.createdAt, TIME);
	assert.equal(policy.createdAt, policy.updatedAt);
	assert.equal(policy.systemBuiltin, false);
	assert.equal(policy.deletedAt ?? null, null);
	assert.deepEqual(policy.policySteps.grant.steps.map((x) => Object.keys(x.approval)[0]), ['manager', 'appOwners']);
	assert.equal(policy.policySteps.grant.steps[0].approval.requireApprovalReason, true);
	assert.equal(policy.policySteps.contractor.steps[0].reject.rejectMessage, 'contractors may not');
	assert.deepEqual(policy.rules.map((r) => r.stepKey), ['contractor', 'grant']);
	assert.deepEqual(await get(policy.id), policy);
});

test("P1: what the vendor's SDK sends, to the byte", async () => {
	await makeUser(s, 'u1');
	const body = '{"displayName":"p","policySteps":{"grant":{"steps":[{"approval":{"escalation":{"expiration":"3600","skipStep":{}},"escalationEnabled":true,"users":{"userIds":["u1"]}}},{"wait":{"duration":{"duration":"3600s"},"name":"w"}}]}},"policyType":"POLICY_TYPE_GRANT","rules":[{"condition":"true","policyKey":"grant"}]}';
	const {policy} = await c1.post('policies', JSON.parse(body));
	const raw = await s.call('POST', '/api/v1/policies', body);
	assert.equal(raw.status, 200, raw.text);
	assert.deepEqual({...raw.json.policy, id: policy.id}, policy);
	const [approval, wait] = policy.policySteps.grant.steps;
	assert.equal(approval.approval.escalation.expiration, '3600');
	assert.deepEqual(approval.approval.escalation.skipStep, {});
	assert.equal(wait.wait.duration.duration, '3600s');
	assert.equal(policy.rules[0].policyKey, 'grant');
});

test('P2: a policy has a type and a name', async () => {
	await refused('CreatePolicyRequest.PolicyType', {policyType: undefined});
	await refused('CreatePolicyRequest.PolicyType', {policyType: 'POLICY_TYPE_UNSPECIFIED'});
	await refused('CreatePolicyRequest.DisplayName', {displayName: undefined});
	await refused('policy type', {policyType: 'POLICY_TYPE_PROVISION', policySteps: {}});
});

test('P3, P4: without steps for the baseline it rejects, and the answer warns', async () => {
	for (const [type, key, more] of [
		['POLICY_TYPE_GRANT', 'grant', {}],
		['POLICY_TYPE_REVOKE', 'revoke', {policySteps: {grant: {steps: [{accept: {}}]}}}],
		['POLICY_TYPE_CERTIFY', 'certify', {}],
	]) {
		const r = await c1.send('POST', 'policies', {displayName: 'p', policyType: type, ...more});
		assert.equal(r.status, 200, r.text);
		assert.match(r.headers['doorward-warning'], new RegExp(`"${key}"`));
		const {policySteps} = await get(r.json.policy.id);
		assert.deepEqual(policySteps[key].steps, [{reject: {rejectMessage: ''}}]);
		assert.deepEqual(Object.keys(policySteps).sort(), [...new Set([key, ...Object.keys(more.policySteps ?? {})])].sort());
	}
	const r = await c1.send('POST', 'policies', grant());
	assert.equal(r.headers['doorward-warning'], undefined);
});

test('P5, P6, P8: shapes that the message does not have', async () => {
	await storesNothing(async () => {
		const r = await refused('at least 1 item', {policySteps: {grant: {steps: []}}});
		assert.match(r.message, /PolicySteps\.Steps/);
		await refused('unknown field "colour"', {colour: 'red'});
		await refused('unknown field "aproval"', step({aproval: {}}));
		await refused('unknown field "fallback"', step({approval: {appOwners: {fallback: true}}}));
		await refused('unknown field "fallback"', step({approval: {users: {userIds: ['owner'], fallback: true}}}));
		await refused('already set', step({approval: {manager: {}, appOwners: {}}}));
		await refused('between 1 and 32', step(users()));
		const r33 = await refused('between 1 and 32', step(users(...Array.from({length: 33}, (_, i) => wellFormed(i)))));
		assert.match(r33.message, /Approval\.Users.*UserApproval\.UserIds/);
		await refused('enum', {policyType: 'GRANT'});
		await refused('google.protobuf.Duration value "1h"', step({wait: {duration: {duration: '1h'}}}));
	});
	assert.equal((await make(step(users(...Array.from({length: 32}, (_, i) => wellFormed(i)))))).policySteps.grant.steps.length, 1);
});

test('P7: snake_case is read', async () => {
	const {policy} = await c1.post('policies', {display_name: 'snake', policy_type: 'POLICY_TYPE_GRANT', policy_steps: {grant: {steps: [{approval: {app_owners: {allow_self_approval: true}}}]}}});
	assert.equal(policy.displayName, 'snake');
	assert.equal(policy.policySteps.grant.steps[0].approval.appOwners.allowSelfApproval, true);
});

test('P9: steps that make no sense', async () => {
	const agent = {agentMode: 'APPROVAL_AGENT_MODE_FULL_CONTROL', agentFailureAction: 'APPROVAL_AGENT_FAILURE_ACTION_SKIP_POLICY_STEP'};
	const withAgent = (more, type = 'GRANT') => ({
		policyType: `POLICY_TYPE_${type}`, policySteps: {[type.toLowerCase()]: {steps: [{approval: {agent: {...agent, ...more}}}]}},
	});
	await storesNothing(async () => {
		await refused('policy step is nil', step({}));
		await refused('provision steps are not allowed in policies', step({provision: {}}));
		await refused('unsupported workflow step type', step({action: {automation: {}}}));
		await refused('assigned is a read-only field', step({approval: {assigned: true, appOwners: {}}}));
		await refused('Approval.Typ', step({approval: {}}));
		for (const arm of ['manager', 'self', 'entitlementOwners', 'resourceOwners']) {
			await refused('fallback', step({approval: {[arm]: {fallback: true}}}));
			await refused('fallback', step({approval: {[arm]: {fallback: true, isGroupFallbackEnabled: true, fallbackUserIds: ['owner']}}}));
		}
		await refused('assigned user IDs', step({approval: {manager: {assignedUserIds: ['owner']}}}));
		await refused('invalid UserApproval.UserIds', step(users('nobody')));
		await refused('group approval', step({approval: {group: {appId: wellFormed(1)}}}));
		await refused('WebhookId', step({approval: {webhook: {}}}));
		await refused('Expressions', step({approval: {expression: {}}}));
		await refused("expected type 'list(User)' but found 'bool'", step({approval: {expression: {expressions: ['true']}}}));
		await refused("undeclared reference to 'account'", step({approval: {expression: {expressions: ['[account]']}}}));
		await refused('agent approval steps are only allowed in grant and certify policies', withAgent({}, 'REVOKE'));
		await refused('agent mode is required', withAgent({agentMode: undefined}));
		await refused('comment only', withAgent({}, 'CERTIFY'));
		await refused('policy ids', withAgent({agentMode: 'APPROVAL_AGENT_MODE_CHANGE_POLICY_ONLY'}));
		await refused('agent failure action is required', withAgent({agentFailureAction: undefined}));
		await refused('reassign to user', withAgent({agentFailureAction: 'APPROVAL_AGENT_FAILURE_ACTION_REASSIGN_TO_USERS'}));
		await refused('agent user id', withAgent({agentUserId: 'owner'}));
	});
});

test('waits and escalations that make no sense', async () => {
	const escalated = (escalation) => step({approval: {appOwners: {}, escalationEnabled: true, escalation}});
	await storesNothing(async () => {
		await refused('Wait.Until', step({wait: {name: 'w'}}));
		await refused('WaitDuration.Duration', step({wait: {duration: {}}}));
		await refused('WaitDuration.Duration', step({wait: {duration: {duration: '-1s'}}}));
		await refused('Wait.TimeoutDuration', step({wait: {condition: {condition: 'true'}, timeoutDuration: '-1s'}}));
		await refused('invalid condition', step({wait: {condition: {}}}));
		await refused('Syntax error', step({wait: {condition: {condition: '1 +'}}}));
		await refused('WaitUntilTime.Hours', step({wait: {untilTime: {hours: 24}}}));
		await refused('WaitUntilTime.Minutes', step({wait: {untilTime: {minutes: 60}}}));
		await refused('unknown time zone', step({wait: {untilTime: {hours: 9, timezone: 'Mars/Olympus'}}}));
		await refused('Form.Form', step({form: {}}));
		await refused('escalation', escalated(undefined));
		await refused('Escalation.Expiration', escalated({skipStep: {}}));
		await refused('Escalation.Expiration', escalated({expiration: '9223372036854775807', skipStep: {}}));
		await refused('Escalation.EscalationPolicy', escalated({expiration: '60'}));
		await refused('ApproverIds', escalated({expiration: '60', reassignToApprovers: {}}));
		await refused('PolicyId', escalated({expiration: '60', replacePolicy: {policyId: 'x'}}));
	});
});

test('P10, P11: rules', async () => {
	const rule = (more) => ({rules: [{condition: 'true', ...more}]});
	await storesNothing(async () => {
		await refused('ambiguous', rule({stepKey: 'grant', policyKey: 'grant'}));
		await refused('ambiguous', rule({policyKey: 'grant', policyId: wellFormed(1)}));
		await refused('empty', rule({}));
		await refused('no steps for rule', rule({stepKey: 'other'}));
		await refused('no steps for rule', rule({policyKey: 'other'}));
		await refused('already set', rule({stepKey: 'grant', policyId: wellFormed(1)}));
		await refused('Rule.Condition', {rules: [{condition: '', stepKey: 'grant'}]});
		await refused("undeclared reference to 'subjct'", {rules: [{condition: 'subjct.department=="x"', stepKey: 'grant'}]});
		await refused("expected type 'bool' but found 'string'", {rules: [{condition: 'subject.email', stepKey: 'grant'}]});
		await refused('no more than 16', {rules: Array.from({length: 17}, () => ({condition: 'true', stepKey: 'grant'}))});
	});
	assert.equal((await make({rules: Array.from({length: 16}, () => ({condition: 'true', stepKey: 'grant'}))})).rules.length, 16);
});

test('post actions are for certify policies', async () => {
	await refused('only valid on certify policies', {postActions: [{certifyRemediateImmediately: true}]});
	const {policy} = await c1.post('policies', {displayName: 'c', policyType: 'POLICY_TYPE_CERTIFY', policySteps: {certify: {steps: [{approval: {manager: {}}}]}}, postActions: [{certifyRemediateImmediately: true}]});
	assert.deepEqual(policy.postActions, [{certifyRemediateImmediately: true}]);
});

/* ---- changing -------------------------------------------------------------------------------------------- */

test('P12, P14: with a mask and without', async () => {
	const p = await make({description: 'd'});
	clock.set('2026-11-22T10:00:05Z');
	const renamed = await update(p.id, {id: p.id, displayName: 'new', description: 'not this'}, 'displayName');
	assert.equal(renamed.displayName, 'new');
	assert.equal(renamed.description, 'd');
	assert.equal(renamed.createdAt, p.createdAt);
	assert.ok(renamed.updatedAt > p.updatedAt);
	// What the answer says is what stays.
	assert.deepEqual(await get(p.id), renamed);
	const all = await update(p.id, {...renamed, description: '', systemBuiltin: true, rules: [{condition: 'true', stepKey: 'grant'}]});
	assert.deepEqual(all, {...renamed, description: '', updatedAt: all.updatedAt, rules: [{condition: 'true', policyKey: '', stepKey: 'grant'}]});
	// A member that is not there stays as it is.
	assert.deepEqual((await update(p.id, {display_name: 'once more'})).rules, all.rules);
	await c1.fails(400, 3, 'policy_steps', 'POST', `policies/${p.id}`, {policy: {}, updateMask: 'policy_steps'});
	await c1.fails(400, 3, 'colour', 'POST', `policies/${p.id}`, {policy: {}, updateMask: 'colour'});
	await c1.fails(400, 3, 'DisplayName', 'POST', `policies/${p.id}`, {policy: {}, updateMask: 'displayName'});
});

test('P13: steps and rules are replaced whole', async () => {
	const accept = {steps: [{accept: {acceptMessage: ''}}]};
	const p = await make({policySteps: {grant: accept, a: accept, b: accept}, rules: [{condition: 'true', stepKey: 'a'}]});
	await c1.fails(400, 3, 'no steps for rule', 'POST', `policies/${p.id}`, {policy: {policySteps: {grant: accept}}, updateMask: 'policySteps'});
	assert.deepEqual(await get(p.id), p);
	const q = await update(p.id, {policySteps: {grant: accept}}, 'policySteps,rules');
	assert.deepEqual(q.policySteps, {grant: accept});
	assert.deepEqual(q.rules, []);
	// The baseline cannot go: it rejects then.
	const r = await c1.send('POST', `policies/${p.id}`, {policy: {policySteps: {}}, updateMask: 'policySteps'});
	assert.match(r.headers['doorward-warning'], /grant/);
	assert.deepEqual(r.json.policy.policySteps, {grant: {steps: [{reject: {rejectMessage: ''}}]}});
});

test('P15: an update has its policy in "policy"', async () => {
	const p = await make();
	await c1.fails(400, 3, 'unknown field', 'POST', `policies/${p.id}`, {displayName: 'flat'});
	await c1.fails(400, 3, 'UpdatePolicyRequest.Policy', 'POST', `policies/${p.id}`, {});
	await c1.fails(400, 3, 'type', 'POST', `policies/${p.id}`, {policy: {policyType: 'POLICY_TYPE_REVOKE'}});
	assert.deepEqual(await get(p.id), p);
});

test('P16: annotations are merged', async () => {
	const p = await make();
	assert.deepEqual((await update(p.id, {annotations: {a: '1'}}, 'annotations')).annotations, {a: '1'});
	assert.deepEqual((await update(p.id, {annotations: {b: '2', a: ''}}, 'annotations')).annotations, {b: '2'});
	assert.deepEqual((await update(p.id, {displayName: 'q'}, 'displayName')).annotations, {b: '2'});
	assert.deepEqual((await update(p.id, {annotations: {b: ''}}, 'annotations')).annotations, {});
});

test('P17: annotations have bounds', async () => {
	const keys = (n) => Object.fromEntries(Array.from({length: n}, (_, i) => [`k${i}`, 'v']));
	await refused('reserved', {annotations: {'c1/x': '1'}});
	await refused('16', {annotations: keys(17)});
	await refused('256', {annotations: {a: 'v'.repeat(257)}});
	await refused('value does not match', {annotations: {'1a': 'x'}});
	await refused('value does not match', {annotations: {['a'.repeat(129)]: 'x'}});
	await refused('URL-safe', {annotations: {a: 'ü'}});
	await refused('4096', {annotations: Object.fromEntries(Array.from({length: 16}, (_, i) => [`k${i}`, 'v'.repeat(256)]))});
	const full = {...keys(15), ['K'.repeat(128)]: 'v'.repeat(256)};
	assert.deepEqual((await make({annotations: full})).annotations, full);
});

/* ---- deleting -------------------------------------------------------------------------------------------- */

test('P18, P27: a deleted policy can still be looked at', async () => {
	clock.set('2026-11-22T11:00:00Z');
	const p = await make();
	assert.deepEqual(await c1.delete(`policies/${p.id}`), {});
	const deleted = await get(p.id);
	assert.equal(deleted.deletedAt, '2026-11-22T11:00:00Z');
	assert.ok(!(await c1.all('policies', 100)).list.some((x) => x.id === p.id));
	assert.deepEqual((await c1.post('search/policies', {refs: [{id: p.id}]})).list, []);
	assert.deepEqual((await c1.post('search/policies', {refs: [{id: p.id}], includeDeleted: true})).list, [deleted]);
	assert.ok((await c1.searchAll('policies', {includeDeleted: true})).some((x) => x.id === p.id));
	// Again, and without a body.
	const again = await c1.send('DELETE', `policies/${p.id}`, undefined);
	assert.equal(again.status, 200);
	assert.equal(again.text, '{}');
	assert.deepEqual(await get(p.id), deleted);
	await c1.fails(400, 9, 'deleted', 'POST', `policies/${p.id}`, {policy: {displayName: 'x'}});
	await c1.fails(400, 3, 'unknown field', 'DELETE', `policies/${p.id}`, {force: true});
});

test('built-in policies can be changed, not renamed or deleted', async () => {
	const builtin = (await c1.all('policies', 100)).list.filter((p) => p.systemBuiltin);
	assert.deepEqual(builtin.map((p) => [p.displayName, p.policyType]), [
		['App Owner Approval', 'POLICY_TYPE_GRANT'],
		['App owner certification', 'POLICY_TYPE_CERTIFY'],
	]);
	const [p] = builtin;
	const steps = {grant: {steps: [{approval: {manager: {}}}, {approval: {appOwners: {}}}]}};
	assert.equal((await update(p.id, {policySteps: steps}, 'policySteps')).policySteps.grant.steps.length, 2);
	assert.equal((await update(p.id, {displayName: p.displayName})).systemBuiltin, true);
	await c1.fails(400, 3, 'renamed', 'POST', `policies/${p.id}`, {policy: {displayName: 'x'}});
	await c1.fails(400, 9, 'cannot delete policy because', 'DELETE', `policies/${p.id}`, {});
});

/* ---- reading --------------------------------------------------------------------------------------------- */

test('P22: ids that there are not', async () => {
	for (const [method, body] of [['GET'], ['POST', {policy: {displayName: 'x'}}], ['DELETE', {}]]) {
		await c1.fails(400, 3, 'value does not match regex pattern "^[a-zA-Z0-9]{27}$"', method, 'policies/abc', body);
		await c1.fails(404, 5, 'not found', method, `policies/${wellFormed('x')}`, body);
	}
	await c1.fails(404, 5, 'Not Found', 'GET', 'policies/a/b');
	await c1.fails(405, 12, 'Method', 'PUT', 'policies', {});
});

test('P23: pages', async (t) => {
	const own = await startServer({store: 'memory', env: clock.env});
	t.after(() => own.dispose());
	const c = client(own);
	const ids = (await c.all('policies', 100)).list.map((p) => p.id);
	while (ids.length < 60) {
		ids.push((await c.post('policies', grant({displayName: `p${ids.length}`}))).policy.id);
	}
	const {list, pages} = await c.all('policies', 25);
	assert.deepEqual(list.map((p) => p.id), ids);
	assert.equal(pages, 3);
	assert.equal((await c.get('policies')).list.length, 25);
	assert.equal((await c.get('policies?page_size=0')).list.length, 25);
	assert.equal((await c.get('policies?page_size=1')).list.length, 10);
	assert.equal((await c.get('policies?page_size=1000')).list.length, 60);
	assert.equal((await c.post('search/policies', {pageSize: 5})).list.length, 10);
	assert.equal((await c.searchAll('policies', {pageSize: 20})).length, 60);
	// A page that is exactly full is the last one.
	assert.equal((await c.get('policies?page_size=60')).nextPageToken, '');
	for (const token of ['garbage', 'not-a-token', '%20', 'cGFnZTow', 'cGFnZToxeA']) {
		await c.fails(400, 3, 'page token', 'GET', `policies?page_token=${token}`);
	}
	await c.fails(400, 3, 'page size', 'GET', 'policies?page_size=-1');
	await c.fails(400, 3, 'page size', 'GET', 'policies?page_size=many');
	await c.fails(400, 3, 'page size', 'POST', 'search/policies', {pageSize: -1});
	// What is deleted meanwhile is left out, what comes is at the end: nothing is seen twice.
	const first = await c.get('policies?page_size=25');
	await c.delete(`policies/${ids[30]}`);
	await c.delete(`policies/${first.list[24].id}`);
	const second = await c.get(`policies?page_size=25&page_token=${first.nextPageToken}`);
	assert.deepEqual(second.list.map((p) => p.id), ids.slice(25, 51).filter((id) => id !== ids[30]));
});

test('P24: search', async () => {
	const a = await make({displayName: 'Zebra Crossing', description: 'stripes'});
	const b = await c1.post('policies', {displayName: 'zebra revoke', policyType: 'POLICY_TYPE_REVOKE', policySteps: {revoke: {steps: [{accept: {}}]}}});
	const ids = async (body) => (await c1.searchAll('policies', body)).map((p) => p.id);
	assert.deepEqual(await ids({displayName: 'ZEBRA CROSSING'}), [a.id]);
	assert.deepEqual(await ids({displayName: 'zebra'}), [a.id, b.policy.id]);
	assert.deepEqual(await ids({query: 'crossing  STRIPES'}), [a.id]);
	assert.deepEqual(await ids({query: 'zebra giraffe'}), []);
	assert.deepEqual(await ids({displayName: 'zebra', policyTypes: ['POLICY_TYPE_REVOKE']}), [b.policy.id]);
	assert.deepEqual(await ids({displayName: 'zebra', policyTypes: ['POLICY_TYPE_REVOKE', 'POLICY_TYPE_GRANT']}), [a.id, b.policy.id]);
	assert.deepEqual(await ids({displayName: 'zebra', policyTypes: ['POLICY_TYPE_PROVISION']}), []);
	assert.deepEqual(await ids({displayName: 'zebra', excludePolicyIds: [a.id]}), [b.policy.id]);
	assert.deepEqual(await ids({refs: [{id: b.policy.id}, {id: wellFormed('no')}]}), [b.policy.id]);
	await c1.fails(400, 3, 'unknown field', 'POST', 'search/policies', {name: 'x'});
});

test('a policy of an application is seen by who asks for it', async () => {
	const appId = wellFormed('app');
	const scope = {appId, appEntitlementId: '', slot: 'POLICY_SCOPE_SLOT_UNSPECIFIED'};
	const app = await make({displayName: 'scoped', scope: {appId}});
	const entitlement = await make({displayName: 'scoped', scope: {appId, appEntitlementId: wellFormed('ent'), slot: 'POLICY_SCOPE_SLOT_EMERGENCY'}});
	assert.deepEqual(app.scope, scope);
	const global = await make({displayName: 'scoped'});
	assert.equal(global.scope, undefined);
	const ids = async (body) => (await c1.searchAll('policies', {displayName: 'scoped', ...body})).map((p) => p.id);
	const view = (name) => ({scopeView: `POLICY_SCOPE_VIEW_${name}`});
	assert.deepEqual(await ids({}), [global.id]);
	assert.deepEqual(await ids(view('ALL')), [app.id, entitlement.id, global.id]);
	assert.deepEqual(await ids(view('SCOPED')), [app.id, entitlement.id]);
	assert.deepEqual(await ids({...view('SCOPED'), scopeObjectType: 'POLICY_SCOPE_OBJECT_TYPE_APP'}), [app.id]);
	assert.deepEqual(await ids({...view('SCOPED'), scopeSlot: 'POLICY_SCOPE_SLOT_EMERGENCY', scopeAppId: appId}), [entitlement.id]);
	assert.deepEqual(await ids({...view('GLOBAL_AND_OBJECT'), scopeAppId: appId, scopeAppEntitlementId: wellFormed('ent')}), [entitlement.id, global.id]);
	assert.deepEqual(await ids({...view('SCOPED'), scopeAppId: wellFormed('none')}), []);
	await c1.fails(400, 3, 'scope cannot be changed', 'POST', `policies/${app.id}`, {policy: {scope: {appId: wellFormed('b')}}, updateMask: 'scope'});
	await c1.fails(400, 3, 'scope cannot be changed', 'POST', `policies/${app.id}`, {policy: {}, updateMask: 'scope'});
	assert.equal((await update(app.id, {scope, displayName: 'x'})).displayName, 'x');
	await refused('PolicyScope.AppId', {scope: {}});
});

/* ---- round trips --------------------------------------------------------------------------------------------- */

test('P25: an escalation that is not enabled is not kept', async () => {
	const escalation = {expiration: '60', skipStep: {}};
	const p = await make(step({approval: {appOwners: {}, escalationEnabled: false, escalation}}));
	assert.equal(p.policySteps.grant.steps[0].approval.escalation ?? null, null);
	const q = await update(p.id, step({approval: {appOwners: {}, escalationEnabled: true, escalation}}), 'policySteps');
	assert.equal(q.policySteps.grant.steps[0].approval.escalation.expiration, '60');
	assert.equal((await update(p.id, step({approval: {appOwners: {}, escalation}}), 'policySteps')).policySteps.grant.steps[0].approval.escalation ?? null, null);
});

/** Is all that `sent` says said by `got`, and nothing set beside it? */
function checkSame(got, sent, where) {
	if (Array.isArray(sent)) {
		assert.equal(got?.length, sent.length, where);
		sent.forEach((v, i) => checkSame(got[i], v, `${where}[${i}]`));
	} else if (sent && typeof sent === 'object') {
		for (const [k, v] of Object.entries(sent)) {
			checkSame(got?.[k], v, `${where}.${k}`);
		}
		for (const [k, v] of Object.entries(got ?? {})) {
			const isDefault = v === null || v === false || v === '' || v === 0 || v === '0' || /_UNSPECIFIED$/.test(v) || (typeof v === 'object' && Object.keys(v).length === 0);
			assert.ok(k in sent || isDefault, `${where}.${k}: ${JSON.stringify(v)} came from nowhere`);
		}
	} else {
		assert.equal(got, sent, where);
	}
}

test('P26: every kind of step and approver comes back as it was sent', async () => {
	const id = wellFormed;
	const replacement = await make();
	const F = {fallback: true, fallbackUserIds: [id(1)], fallbackGroupIds: [{appId: id(2), appEntitlementId: id(3)}], isGroupFallbackEnabled: true};
	const distinct = {allowSelfApproval: true, requireDistinctApprovers: true};
	const flags = {
		allowReassignment: true, allowedReassignees: [id(4)], requireApprovalReason: true, requireDenialReason: true,
		requireReassignmentReason: true, allowDelegation: true, requiresStepUpProviderId: id(5),
	};
	const escalated = (arm) => ({approval: {appOwners: {}, escalationEnabled: true, escalation: {expiration: '3600', escalationComment: 'late', ...arm}}});
	const steps = [
		{approval: {...flags, users: {userIds: [id(1), 'owner'], ...distinct}}},
		{approval: {appOwners: distinct}},
		{approval: {manager: {...F, ...distinct}}},
		{approval: {group: {appGroupId: id(6), appId: id(7), ...F, ...distinct}}},
		{approval: {self: F}},
		{approval: {entitlementOwners: {...F, ...distinct}}},
		{approval: {resourceOwners: {...F, ...distinct}}},
		{approval: {expression: {expressions: ['appOwners', '[]', 'c1.directory.users.v1.FindByEmail("a@x.org")'], ...F, ...distinct}}},
		{approval: {webhook: {webhookId: id(8)}}},
		{approval: {agent: {agentMode: 'APPROVAL_AGENT_MODE_CHANGE_POLICY_ONLY', agentFailureAction: 'APPROVAL_AGENT_FAILURE_ACTION_REASSIGN_TO_USERS', instructions: 'be kind', policyIds: [id(9)], reassignToUserIds: [id(1)]}}},
		escalated({replacePolicy: {policyId: replacement.id}}),
		escalated({reassignToApprovers: {approverIds: [id(1)]}}),
		escalated({cancelTicket: {}}),
		escalated({skipStep: {}}),
		{accept: {acceptMessage: 'fine'}},
		{reject: {rejectMessage: 'no'}},
		{wait: {name: 'w', commentOnFirstWait: 'a', commentOnTimeout: 'b', timeoutDuration: '60s', condition: {condition: 'subject.department == "IT"'}}},
		{wait: {name: 'w', duration: {duration: '3600.500s'}}},
		{wait: {name: 'w', untilTime: {hours: 9, minutes: 30, timezone: 'Europe/Berlin'}}},
		{form: {form: {
			id: 'f', displayName: 'F', description: 'about',
			fields: [
				{name: 'why', displayName: 'Why', required: true, stringField: {defaultValue: 'x', placeholder: 'p', rules: {minLen: '1', maxLen: '20'}, textField: {multiline: true}}},
				{name: 'ok', boolField: {defaultValue: true, checkboxField: {}}},
				{name: 'n', int64Field: {defaultValue: '7', numberField: {}}},
				{name: 'l', stringSliceField: {defaultValues: ['a'], chipsField: {}}},
				{name: 's', stringField: {selectField: {options: [{displayName: 'A', value: 'a'}]}}},
			],
			fieldGroups: [{name: 'g', displayName: 'G', fields: ['why', 'ok']}],
			fieldRelationships: [{fieldNames: ['why', 'ok'], requiredTogether: {}}],
		}}},
	];
	const p = await make({policySteps: {grant: {steps}}});
	checkSame(p.policySteps.grant.steps, steps, 'steps');
	checkSame((await get(p.id)).policySteps.grant.steps, steps, 'steps');
	// What was read can be sent back.
	const again = await update(p.id, p);
	assert.deepEqual({...again, updatedAt: p.updatedAt}, p);
});

/* ---- permission -------------------------------------------------------------------------------------------- */

test('P28: without a key, with a wrong one, and without the right', async () => {
	const nobody = client(s, null);
	const stranger = client(s, 'dw_nonsense');
	for (const c of [nobody, stranger]) {
		await c.fails(401, 16, '', 'GET', 'policies');
		await c.fails(401, 16, '', 'POST', 'policies', grant());
	}
	const basic = client(s, await makeUser(s, 'basic'));
	await storesNothing(async () => {
		await basic.fails(403, 7, 'conductorone:policies:create', 'POST', 'policies', grant());
		await basic.fails(403, 7, 'conductorone:policies:list', 'GET', 'policies');
		await basic.fails(403, 7, '', 'POST', 'search/policies', {});
	});
});

test('the audit trail names what was done', async () => {
	const p = await make();
	await c1.delete(`policies/${p.id}`);
	const rows = (await s.call('GET', '/doorward/v1/audit?limit=5')).json.items.filter((r) => r.target === `approval_policy:${p.id}`);
	assert.deepEqual(rows.map((r) => r.operation).sort(), ['conductorone:policies:create', 'conductorone:policies:delete']);
});
