// SPDX-License-Identifier: Apache-2.0
//
// Templates of access reviews: what they are made of, reviews by hand and by their rule, who may.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {ID, client} from './client.mjs';
import {accept, makeWorld, owners} from './world.mjs';

let w;
let policyId;
let entitlement;
before(async () => {
	w = await makeWorld();
	policyId = (await w.owner.post('policies', {
		displayName: 'review', policyType: 'POLICY_TYPE_CERTIFY', policySteps: {certify: {steps: [owners]}},
	})).policy.id;
	entitlement = await w.entitlement([accept]);
	await w.ask(entitlement, 'alice');
});
after(() => w.server.dispose());

const DAY = 86400;
const iso = (seconds) => new Date(w.now + seconds * 1000).toISOString().replace('.000', '');
const make = async (more = {}) =>
	(await w.owner.post('access_review_template', {displayName: 'Quarter', ownerIds: ['frank'], policyId, ...more})).accessReviewTemplate;
const read = async (template, as = w.owner) => (await as.get(`access_review_template/${template.id}`)).accessReviewTemplate;
const refs = [{get appEntitlementId() { return entitlement; }, get appId() { return w.app; }}];
const scope = (template) =>
	w.owner.post(`access_review_template/${template.id}/scope_and_entitlements`, {entitlements: refs, scope: {allUsers: {}}});
async function launch(template, status = 201, key = w.keys.erin) {
	const r = await w.server.call('POST', `/doorward/v1/access-review-templates/${template.id}/launch`, undefined, {key});
	assert.equal(r.status, status, r.text);
	return r.json;
}
const review = async (id) => (await w.owner.get(`access_review/${id}`)).accessReview.accessReview;
const madeFrom = async (template) =>
	(await w.owner.all('access_reviews', 100)).list.map((v) => v.accessReview).filter((r) => r.accessReviewTemplateId === template.id);
const tasks = async (r) => (await w.owner.searchAll('tasks', {accessReviewIds: [r.id]})).map((v) => v.task);

test('a template is made, read, changed, listed, deleted', async () => {
	const made = await make({description: 'why', annotations: {team: 'x'}, accessReviewDuration: '1209600s', reviewInstructions: 'look'});
	assert.match(made.id, ID);
	assert.deepEqual(
		[made.displayName, made.accessReviewDuration, made.annotations, made.occurrences, made.isCampaignScheduleEnabled, made.nextScheduledCampaignAt ?? null],
		['Quarter', '1209600s', {team: 'x'}, 0, false, null],
	);
	assert.deepEqual(await read(made), made);
	const update = async (accessReviewTemplate, updateMask) =>
		(await w.owner.post(`access_review_template/${made.id}`, {accessReviewTemplate, ...(updateMask && {updateMask})})).accessReviewTemplate;
	const changed = await update({displayName: 'Half', description: 'not taken', autoCloseCampaign: true}, 'displayName,autoCloseCampaign');
	assert.deepEqual([changed.displayName, changed.description, changed.autoCloseCampaign, changed.reviewInstructions], ['Half', 'why', true, 'look']);
	const s = await scope(made);
	assert.deepEqual(s.list.map((v) => v.accessReviewTemplateEntitlement.appEntitlementId), [entitlement]);
	assert.deepEqual(s.list[0].accessReviewTemplateEntitlement.accessReviewTemplateId, made.id);
	assert.deepEqual((await w.owner.get(`access_review_template/${made.id}/scope_and_entitlements`)).list, s.list);
	assert.deepEqual((await read(made)).scope.allUsers, {});
	assert.deepEqual(await w.owner.post(`access_review_template/${made.id}/scope_by_resource_type`, {resourceTypeSelections: []}), {});
	assert.deepEqual((await w.owner.get(`access_review_template/${made.id}/scope_and_entitlements`)).list, []);
	assert.ok((await w.owner.all('access_review_templates', 10)).list.some((t) => t.id === made.id));
	assert.deepEqual(await w.owner.delete(`access_review_template/${made.id}`), {});
	await w.owner.fails(404, 5, 'access review template not found', 'GET', `access_review_template/${made.id}`);
	await launch(made, 404);
});

test('what a template must be', async () => {
	const bad = (text, more) => w.owner.fails(400, 3, text, 'POST', 'access_review_template', {displayName: 'x', ownerIds: ['frank'], ...more});
	await bad('DisplayName', {displayName: ''});
	await bad('OwnerIds', {ownerIds: []});
	await bad('nobody', {ownerIds: ['nobody']});
	await bad('no policy', {policyId: 'x'.repeat(27)});
	await bad('appSelectionCriteria is not supported', {scope: {appSelectionCriteria: {}}});
	await bad('access_review_duration', {autoCloseCampaign: true});
	await bad('access_review_duration', {accessReviewDuration: '-1s'});
	await bad('start_date', {isCampaignScheduleEnabled: true});
	await bad('start_date', {isCampaignScheduleEnabled: true, recurrenceRule: {frequency: 'FREQUENCY_DAILY'}});
	await bad('interval', {recurrenceRule: {frequency: 'FREQUENCY_DAILY', interval: -1}});
	await bad(/oneof/, {recurrenceRule: {occurrences: 1, endDate: iso(1)}});
	await bad('google.protobuf.Duration', {accessReviewDuration: '2w'});
});

test('a review by hand, which starts and closes by itself', async () => {
	const template = await make({
		accessReviewDuration: '3600s', autoStartCampaign: true, autoCloseCampaign: true, autoCloseDecision: 'CLOSE_DECISION_SKIP', reviewInstructions: 'look',
	});
	await scope(template);
	const {id, state, template: from} = await launch(template);
	assert.deepEqual([state, from], ['DRAFT', template.id]);
	let made = await review(id);
	assert.deepEqual(
		[made.state, made.displayName, made.createdById, made.accessReviewTemplateId, made.reviewInstructions, made.completionDate, made.policyId],
		['ACCESS_REVIEW_STATE_OPEN', 'Quarter', 'erin', template.id, 'look', iso(3600), policyId],
	);
	const [task] = await tasks(made);
	assert.equal(task.userId, 'alice');
	w.forward(3600);
	made = await review(id);
	assert.equal(made.state, 'ACCESS_REVIEW_STATE_CLOSED');
	assert.equal((await w.task(task.id)).type.certify.outcome, 'CERTIFY_OUTCOME_CANCELLED');
	assert.equal((await read(template)).occurrences, 1);
	// What is made is a review of its own: the template can go.
	await w.owner.delete(`access_review_template/${template.id}`);
	assert.equal((await review(id)).displayName, 'Quarter');
});

test('reviews by the rule, one for all times that passed while the server was down, and to its end', async () => {
	const template = await make({
		isCampaignScheduleEnabled: true, recurrenceRule: {frequency: 'FREQUENCY_DAILY', interval: 2, startDate: iso(DAY), occurrences: 4},
	});
	await scope(template);
	assert.equal((await read(template)).nextScheduledCampaignAt, iso(DAY));
	w.forward(DAY - 1);
	assert.equal((await madeFrom(template)).length, 0);
	w.forward(1);
	assert.equal((await madeFrom(template)).length, 1);
	const [first] = await madeFrom(template);
	assert.deepEqual([first.state, first.createdById, first.autoStartCampaign], ['ACCESS_REVIEW_STATE_DRAFT', '', false]);
	let now = await read(template);
	assert.deepEqual([now.occurrences, now.nextScheduledCampaignAt], [1, iso(2 * DAY)]);
	// A change of something else does not make this time's review again.
	await w.owner.post(`access_review_template/${template.id}`, {accessReviewTemplate: {description: 'y'}});
	assert.equal((await madeFrom(template)).length, 1);
	await w.server.kill9();
	w.forward(5 * DAY);
	await w.server.restart();
	assert.equal((await madeFrom(template)).length, 2);
	await w.server.kill9();
	await w.server.restart();
	assert.equal((await madeFrom(template)).length, 2);
	now = await read(template);
	assert.deepEqual([now.occurrences, now.nextScheduledCampaignAt], [2, iso(DAY)]);
	w.forward(DAY);
	assert.equal((await madeFrom(template)).length, 3);
	assert.equal((await read(template)).nextScheduledCampaignAt ?? null, null);
	w.forward(100 * DAY);
	assert.equal((await madeFrom(template)).length, 3);
});

test('who may: administrators, and the owners of a template', async () => {
	const template = await make({ownerIds: ['carl']});
	const path = `access_review_template/${template.id}`;
	for (const [method, to, body] of [
		['POST', 'access_review_template', {displayName: 'x', ownerIds: ['alice']}], ['GET', path], ['POST', path, {accessReviewTemplate: {displayName: 'x'}}],
		['DELETE', path, {}], ['GET', `${path}/scope_and_entitlements`], ['POST', `${path}/scope_and_entitlements`, {}], ['POST', `${path}/scope_by_resource_type`, {}],
	]) {
		await w.alice.fails(403, 7, 'permission denied', method, to, body);
	}
	await w.alice.fails(403, 7, 'permission denied', 'GET', 'access_review_templates');
	await launch(template, 403, w.keys.alice);
	assert.deepEqual((await w.carl.all('access_review_templates', 10)).list.map((t) => t.id), [template.id]);
	const {id} = await launch(template, 201, w.keys.carl);
	assert.equal((await review(id)).createdById, 'carl');
	// A user who goes owns nothing any more, and what is left works without.
	const r = await w.server.call('DELETE', '/doorward/v1/users/carl');
	assert.equal(r.status, 204, r.text);
	await launch(template);
	const home = w.server.key;
	await w.server.restart({org: 'elsewhere'});
	const stranger = client(w.server, w.server.key);
	await stranger.fails(404, 5, 'not found', 'GET', path);
	await stranger.fails(404, 5, 'not found', 'DELETE', path, {});
	await launch(template, 404, w.server.key);
	await w.server.restart({org: undefined});
	w.server.key = home;
});
