// SPDX-License-Identifier: Apache-2.0
//
// The feed of grants: who got what when, and lost it.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {TIME} from './client.mjs';
import {accept, makeWorld} from './world.mjs';

let w;
let one;
let two;
let asked;
let times;
before(async () => {
	w = await makeWorld();
	one = await w.entitlement([accept]);
	two = await w.entitlement([accept], {durationGrant: undefined, durationUnset: {}});
	const put = async (method, path, body, status) => {
		const r = await w.server.call(method, `/doorward/v1/apps/${w.app}/${path}`, body);
		assert.equal(r.status, status, r.text);
	};
	const now = () => new Date(w.now).toISOString();
	times = [now()];
	await put('PUT', 'accounts/alice-1', {user: 'alice'}, 201);
	await put('PUT', 'accounts/bob-1', {user: 'bob'}, 201);
	w.forward(60);
	asked = await w.ask(one);
	w.forward(60);
	await put('PUT', `entitlements/${two}/bindings/bob-1`, {}, 201);
	times.push(now());
	w.forward(60);
	// Its end is moved: no event.
	await put('PUT', `entitlements/${two}/bindings/bob-1`, {expires_at: '2099-01-01T00:00:00Z'}, 200);
	w.forward(2 * 86400);
	// What alice has is over by itself.
	assert.equal(await w.may('alice', one), false);
	await w.task(asked.id);
	w.forward(60);
	await put('DELETE', `entitlements/${two}/bindings/bob-1`, undefined, 204);
});
after(() => w.server.dispose());

const events = async (body = {}) => {
	const r = await w.owner.post('grants/feed', body);
	assert.deepEqual(Object.keys(r).sort(), ['expanded', 'list', 'nextPageToken']);
	assert.equal(r.nextPageToken, '');
	return r.list.map(({feed}) => {
		assert.match(feed.date, TIME);
		assert.equal(feed.appId, w.app);
		return `${feed.eventType.replace('GRANT_EVENT_TYPE_', '')} ${feed.appEntitlementId === one ? 1 : 2} ${feed.appUserId}`;
	});
};

test('oldest first, one event for each beginning and end', async () => {
	const all = ['ADDED 1 alice-1', 'ADDED 2 bob-1', 'REMOVED 1 alice-1', 'REMOVED 2 bob-1'];
	assert.deepEqual(await events(), all);
	assert.deepEqual(await events({pageSize: 10}), all);
	const dates = (await w.owner.post('grants/feed')).list.map((v) => Date.parse(v.feed.date));
	assert.deepEqual(dates, dates.toSorted((a, b) => a - b));
});

test('of whom, of what, when', async () => {
	assert.deepEqual(await events({userRefs: [{id: 'alice'}]}), ['ADDED 1 alice-1', 'REMOVED 1 alice-1']);
	assert.deepEqual(await events({appUserRefs: [{appId: w.app, id: 'bob-1'}]}), ['ADDED 2 bob-1', 'REMOVED 2 bob-1']);
	assert.deepEqual(await events({appEntitlementRefs: [{appId: w.app, id: one}]}), ['ADDED 1 alice-1', 'REMOVED 1 alice-1']);
	assert.deepEqual(await events({appRefs: [{id: 'x'.repeat(27)}]}), []);
	assert.deepEqual(await events({after: times[1]}), ['REMOVED 1 alice-1', 'REMOVED 2 bob-1']);
	assert.deepEqual(await events({before: times[1]}), ['ADDED 1 alice-1']);
	assert.deepEqual(await events({after: times[0], before: times[1]}), ['ADDED 1 alice-1']);
});

test('what the events refer to is expanded where the mask says so', async () => {
	const r = await w.owner.post('grants/feed', {userRefs: [{id: 'alice'}], expandMask: {paths: ['*']}});
	const at = (path) => r.expanded[Number(/^\$\.expanded\[(\d+)\]$/.exec(path)[1])];
	const [added, removed] = r.list;
	assert.equal(at(added.appPath)['@type'], 'type.googleapis.com/c1.api.app.v1.App');
	assert.equal(at(added.appUserPath).id, 'alice-1');
	assert.equal(at(added.entitlementPath).id, one);
	assert.equal(at(added.ticketPath)['@type'], 'type.googleapis.com/c1.api.task.v1.Task');
	assert.equal(at(added.ticketPath).id, asked.id);
	assert.deepEqual([added.feed.ticketId, removed.feed.ticketId], [asked.id, '']);
	assert.equal(removed.ticketPath, '');
	assert.equal(removed.appPath, added.appPath);
	const some = await w.owner.post('grants/feed', {expandMask: {paths: ['app_id']}});
	assert.equal(some.expanded.length, 1);
});

test('pages, also within one revision', async () => {
	const account = (i) => `many-${String(i).padStart(2, '0')}`;
	for (let i = 0; i < 25; i++) {
		await w.server.call('PUT', `/doorward/v1/apps/${w.app}/accounts/${account(i)}`, {user: 'carl'});
		await w.server.call('PUT', `/doorward/v1/apps/${w.app}/entitlements/${two}/bindings/${account(i)}`, {});
	}
	await w.owner.delete(`apps/${w.app}/entitlements/${two}`);
	const seen = [];
	let pageToken = '';
	let pages = 0;
	do {
		const r = await w.owner.post('grants/feed', {userRefs: [{id: 'carl'}], pageSize: 10, ...(pageToken && {pageToken})});
		assert.ok(r.list.length <= 10);
		seen.push(...r.list.map((v) => `${v.feed.eventType} ${v.feed.appUserId}`));
		pageToken = r.nextPageToken;
		pages++;
	} while (pageToken);
	const every = Array.from({length: 25}, (_, i) => account(i));
	assert.equal(pages, 5);
	assert.deepEqual(seen.slice(0, 25), every.map((a) => `GRANT_EVENT_TYPE_ADDED ${a}`));
	assert.deepEqual(seen.slice(25).sort(), every.map((a) => `GRANT_EVENT_TYPE_REMOVED ${a}`));
});

test('malformed', async () => {
	await w.owner.fails(400, 3, 'invalid page token', 'POST', 'grants/feed', {pageToken: 'x'});
	await w.owner.fails(400, 3, 'unknown field', 'POST', 'grants/feed', {user: 'alice'});
	await w.owner.fails(400, 3, 'Timestamp', 'POST', 'grants/feed', {after: 'yesterday'});
	await w.owner.fails(400, 3, 'page size', 'POST', 'grants/feed', {pageSize: -1});
});
