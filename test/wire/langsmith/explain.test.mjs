// SPDX-License-Identifier: Apache-2.0
// Doorward-Explain with access policies: the reason names the policy that people know, however it reaches the asker.
import assert from 'node:assert/strict';
import test from 'node:test';
import {World, group, platform, policies, where} from './support.mjs';

const read = 'projects:read';
const equals = (value) => group(read, 'project', where('Env', 'equals', value));

async function named(w, id) {
	return (await w.call(200, 'GET', `${policies}/${id}`)).json.name;
}

/** The reason in every way of asking is this document, and its text says the policy's name. */
async function expectReason(w, user, tags, wanted) {
	for (const resource of await w.resources('project', tags)) {
		const {decision, reason} = await w.ask(user, read, resource);
		const {text, ...rest} = reason;
		assert.equal(decision, wanted.effect === 'allow', JSON.stringify(reason));
		assert.deepEqual(rest, wanted);
		if (wanted.kind === 'tag_policy') {
			assert.ok(text.includes(await named(w, wanted.document)), text);
			assert.match(text, wanted.effect === 'allow' ? /^Allowed/ : /^Denied/);
		}
	}
}

test('an allow and a deny name the policy and its group', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	const allow = await w.allow(role, equals('dev'), equals('prod'));
	const deny = await w.deny(role, equals('secret'), equals('frozen'));
	await expectReason(w, user, {Env: 'prod'}, {document: allow, kind: 'tag_policy', statement: 1, effect: 'allow'});
	await expectReason(w, user, {Env: 'dev'}, {document: allow, kind: 'tag_policy', statement: 0, effect: 'allow'});
	await expectReason(w, user, {Env: 'frozen'}, {document: deny, kind: 'tag_policy', statement: 1, effect: 'deny'});
	await expectReason(w, user, {Env: ['prod', 'secret']}, {document: deny, kind: 'tag_policy', statement: 0, effect: 'deny'});
});

test('where no policy decides, the role is named, or nothing', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder(read);
	const {user: guest} = await w.holder();
	await w.allow(role, equals('dev'));
	await expectReason(w, user, {Env: 'prod'}, {document: role, kind: 'role', statement: 0, effect: 'allow'});
	await expectReason(w, guest, {Env: 'prod'}, {document: null, kind: null, statement: null, effect: 'none'});
});

test('the name in the text is the one that the policy has now', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	const allow = await w.allow(role, equals('prod'));
	await w.call(200, 'PATCH', `${policies}/${allow}`, {name: 'Production, "quoted" and é'});
	await expectReason(w, user, {Env: 'prod'}, {document: allow, kind: 'tag_policy', statement: 0, effect: 'allow'});
});

for (const kind of ['teams', 'user-groups']) {
	test(`a policy attached to one of ${kind} is named, not its attachment`, async (t) => {
		const w = await World.of(t);
		const {user} = await w.holder(read);
		const {user: guest} = await w.holder();
		const outsider = (await w.holder(read)).user;
		await w.call(201, 'POST', '/doorward/v1/groups', {id: 'crew', kind: 'team', display_name: 'Crew'});
		for (const member of [user, guest]) {
			await w.call(204, 'PUT', `/doorward/v1/groups/crew/members/${member}`);
		}
		const deny = await w.policy('deny', [], equals('frozen'));
		const allow = await w.policy('allow', [], equals('prod'));
		for (const access_policy_id of [deny, allow]) {
			await w.call(201, 'POST', `${platform}/${kind}/crew/access-policies`, {access_policy_id});
		}
		await expectReason(w, user, {Env: 'frozen'}, {document: deny, kind: 'tag_policy', statement: 0, effect: 'deny'});
		await expectReason(w, guest, {Env: 'prod'}, {document: allow, kind: 'tag_policy', statement: 0, effect: 'allow'});
		await w.expectAllowed(outsider, read, 'project', {Env: 'frozen'});
	});
}

test('a policy attached to a team in one workspace says nothing in another', async (t) => {
	const w = await World.of(t);
	const second = await w.makeWorkspace('Second');
	const role = await w.role(read);
	const user = await w.member(role, {workspaces: [w.workspace, second]});
	await w.call(201, 'POST', '/doorward/v1/groups', {id: 'crew', kind: 'team', display_name: 'Crew'});
	await w.call(204, 'PUT', `/doorward/v1/groups/crew/members/${user}`);
	const deny = await w.policy('deny', [], equals('prod'));
	const body = {access_policy_id: deny, workspace_id: second};
	await w.call(201, 'POST', `${platform}/teams/crew/access-policies`, body);
	await w.call(200, 'POST', `${platform}/teams/crew/access-policies`, body);
	await w.expectAllowed(user, read, 'project', {Env: 'prod'});
	await w.expectDenied(user, read, 'project', {Env: 'prod'}, second);
	const [resource] = await w.resources('project', {Env: 'prod'}, second);
	assert.equal((await w.ask(user, read, resource)).reason.document, deny);
	await w.call(204, 'DELETE', `${platform}/teams/crew/access-policies/${deny}`);
	await w.expectAllowed(user, read, 'project', {Env: 'prod'}, second);
});

test('of a cloned dataset the reason is that of the one that is denied', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder('datasets:clone');
	const deny = await w.deny(role, group('datasets:clone', 'dataset', where('Client', 'equals', 'Acme')));
	const [free] = await w.resources('dataset', {});
	for (const acme of await w.resources('dataset', {Client: 'Acme'})) {
		for (const [source, target] of [
			[free, acme],
			[acme, free],
		]) {
			const {decision, reason} = await w.ask(user, 'datasets:clone', source, {target});
			assert.equal(decision, false);
			assert.equal(reason.document, deny);
		}
	}
});

test('a denial tells the condition that failed: key, operator, and both values', async (t) => {
	const w = await World.of(t);
	const {role, user} = await w.holder();
	const [resource] = await w.resources('project', {Env: ['dev', 'eu']});
	const [bare] = await w.resources('project', {});
	const allow = await w.allow(role, equals('prod'));
	const nearest = async (of) => (await w.call(200, 'POST', '/access/v1/evaluation',
		{subject: {type: 'user', id: user}, action: {name: read}, resource: of}, {headers: {'Doorward-Explain': 'true'}})).json.context.explanation.nearest[0];
	const near = await nearest(resource);
	assert.deepEqual([near.document, near.kind, near.failed], [allow, 'tag_policy', ['condition']]);
	assert.deepEqual(near.condition, {value: 'false', key: 'Env', operator: 'equals', wanted: 'prod', actual: ['dev', 'eu']});
	assert.match(near.text, /but the tag Env of the resource is dev, eu \(Env equals prod is wanted\)\.$/);
	assert.deepEqual((await nearest(bare)).condition.actual, []);
	// So many that they are found by what they want alone.
	for (let i = 0; i < 40; i++) {
		await w.allow(role, equals(`other${i}`));
	}
	assert.deepEqual((await nearest(resource)).failed, ['condition']);
});
