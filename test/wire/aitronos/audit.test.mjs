// SPDX-License-Identifier: Apache-2.0
// The audit log: what calls of this dialect leave behind, its filters, its pages.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer, testClock} from '../../harness/server.mjs';
import {GRANTS, ORG, expectError, expectInvalid, grantOf, makePerson, ok} from './support.mjs';

const LOG = `${ORG}/audit-log`;
const clock = testClock('2026-03-01T10:00:00Z');
let s;
let ann; // a key without rights
let auditor; // one that may read the log
const id = {}; // of what was made
before(async () => {
	s = await startServer({env: clock.env});
	ann = await makePerson(s, 'ann');
	auditor = await makePerson(s, 'eve');
	id.role = (await ok(s, 201, 'POST', `${ORG}/roles`, {name: 'Auditor', capabilities: ['view_audit_log']})).id;
	await ok(s, 201, 'POST', `${ORG}/roles/${id.role}/members`, {user_id: 'eve'});
	clock.set('2026-03-02T10:00:00Z');
	id.department = (await ok(s, 201, 'POST', `${ORG}/departments`, {name: 'Research'})).id;
	await ok(s, 201, 'POST', `${ORG}/departments/${id.department}/members`, {user_id: 'ann'});
	await ok(s, 204, 'DELETE', `${ORG}/departments/${id.department}/members/ann`);
	clock.set('2026-03-03T10:00:00Z');
	id.grant = (await ok(s, 201, 'POST', GRANTS, grantOf('assistant/a1', 'user/ann', 'read'))).id;
	await ok(s, 200, 'PATCH', `${GRANTS}/${id.grant}`, {access_level: 'write'});
	const refused = await s.call('DELETE', `${GRANTS}/${id.grant}`, undefined, {key: ann});
	expectError(refused, 403, 'INSUFFICIENT_PERMISSIONS');
	await ok(s, 204, 'DELETE', `${GRANTS}/${id.grant}`);
});
after(async () => assert.equal(await s.stop(), 0));

const list = (query = '', options) => ok(s, 200, 'GET', `${LOG}?${query}`, undefined, options);
const brief = ({items}) => items.map((i) => `${i.entity_type}.${i.action_type} ${i.outcome}`);

/** All that was done, newest first. */
const EVENTS = [
	'knowledge_grant.deleted success', 'knowledge_grant.deleted failure', 'knowledge_grant.updated success',
	'knowledge_grant.created success', 'department_membership.unassigned success', 'department_membership.assigned success',
	'department.created success', 'role_assignment.assigned success', 'role.created success',
];

test('everything that was done is there, newest first', async () => {
	const all = await list();
	assert.deepEqual(brief(all), EVENTS);
	assert.deepEqual({...all, items: null}, {items: null, total: 9, skip: 0, limit: 50, has_more: false});
	const keys = ['id', 'entity_type', 'action_type', 'actor_id', 'target_id', 'department_id', 'organization_id', 'description',
		'details', 'created_at', 'outcome', 'request_id', 'revision'];
	for (const item of all.items) {
		assert.deepEqual(Object.keys(item), keys);
		assert.match(item.id, /^audit_\d+$/);
		assert.equal(item.organization_id, 'default');
	}
	assert.equal(new Set(all.items.map((i) => i.id)).size, 9);
	// Neither reading nor what other dialects do is an event of this one.
	await ok(s, 200, 'GET', GRANTS);
	await ok(s, 201, 'POST', '/doorward/v1/users', {id: 'late'});
	assert.equal((await list()).total, 9);
});

test('an item says who did what to what, and when', async () => {
	const {items} = await list(`target_id=${id.grant}`);
	const made = items.at(-1);
	assert.equal(made.actor_id, 'owner');
	assert.equal(made.target_id, id.grant);
	assert.equal(made.department_id, null);
	assert.equal(made.description, 'Knowledge grant created');
	assert.equal(made.created_at, '2026-03-03T10:00:00Z');
	assert.equal(made.details.method, 'POST');
	assert.equal(made.details.path, GRANTS);
	assert.equal(made.details.status, 201);
	assert.ok(made.revision > 0);
	const refused = items.find((i) => i.outcome === 'failure');
	assert.equal(refused.actor_id, 'ann');
	assert.equal(refused.description, 'Knowledge grant not deleted (403)');
	assert.equal(refused.revision, null);
	const [member] = (await list('entity_type=department_membership&action_type=assigned')).items;
	assert.equal(member.target_id, 'ann');
	assert.equal(member.department_id, id.department);
	assert.equal(member.details.user_id, 'ann');
	const [held] = (await list('entity_type=role_assignment')).items;
	assert.equal(held.target_id, 'eve');
	assert.equal(held.details.role_id, id.role);
	assert.equal(held.department_id, null);
	// The id of the call that did it is that of its answer.
	clock.set('2026-03-10T10:00:00Z');
	const r = await s.call('DELETE', `${GRANTS}/${id.grant}`);
	assert.equal((await list('limit=1')).items[0].request_id, r.headers['x-request-id']);
});

test('filters, alone and together', async (t) => {
	const cases = {
		'entity_type=knowledge_grant': [0, 1, 2, 3],
		'entity_type=department': [6],
		'action_type=created': [3, 6, 8],
		'entity_type=role&action_type=created': [8],
		'entity_type=role&action_type=deleted': [],
		'entity_type=chat': [],
		'actor_id=ann': [1],
		'actor_id=ann@example.com': [1],
		'actor_id=nobody': [],
		[`department_id=${id.department}`]: [4, 5, 6],
		[`department_id=${id.department}&target_id=ann`]: [4, 5],
		[`department_id=${id.role}`]: [],
		[`target_id=${id.role}`]: [7, 8],
		'target_id=eve': [7],
		'target_id=ev': [],
		'from_date=2026-03-02&to_date=2026-03-02': [4, 5, 6],
		'from_date=2026-03-02T10:00:00Z&to_date=2026-03-02T10:00:00Z': [4, 5, 6],
		'from_date=2026-03-02T10:00:00%2B01:00&to_date=2026-03-02': [4, 5, 6],
		'from_date=2026-03-02T12:00:00+01:00&to_date=2026-03-02': [],
		'to_date=2026-03-01': [7, 8],
		'from_date=2026-03-05': [],
		'search_term=ASSIGN&to_date=2026-03-02': [4, 5, 7],
		'search_term=%25': [],
		'search_term=&entity_type=department': [6],
	};
	for (const [query, want] of Object.entries(cases)) {
		await t.test(query, async () => {
			// What other tests do is later.
			const got = await list(query.includes('to_date') ? query : `${query}&to_date=2026-03-03`);
			assert.deepEqual(brief(got), want.map((i) => EVENTS[i]));
			assert.equal(got.total, want.length);
		});
	}
});

test('pages are disjoint and cover all', async () => {
	const {items, total} = await list('limit=100');
	const seen = [];
	for (let skip = 0; ; skip += 4) {
		const page = await list(`limit=4&skip=${skip}`);
		seen.push(...page.items.map((i) => i.id));
		assert.equal(page.total, total);
		assert.equal(page.has_more, skip + page.items.length < total);
		if (!page.has_more) {
			break;
		}
	}
	assert.deepEqual(seen, items.map((i) => i.id));
	assert.deepEqual((await list('skip=1000')).items, []);
});

test('what cannot be understood is refused', async () => {
	const long = 'x'.repeat(257);
	for (const [query, field] of [
		['limit=0', 'limit'], ['limit=101', 'limit'], ['limit=x', 'limit'], ['skip=-1', 'skip'], ['from_date=yesterday', 'from_date'],
		['to_date=2026-13-01', 'to_date'], ['to_date=2026-03-01T', 'to_date'], [`search_term=${long}`, 'search_term'], ['target_id=a%00b', 'target_id'],
		['actor_id=%0a', 'actor_id'], ['entity_type=%7f', 'entity_type'], ['action_type=%ff', 'action_type'],
	]) {
		expectInvalid(await s.call('GET', `${LOG}?${query}`), field);
	}
	expectError(await s.call('POST', LOG, {}), 405, 'METHOD_NOT_ALLOWED');
});

test('who may read it', async () => {
	assert.equal((await list('', {key: auditor})).total, (await list()).total);
	expectError(await s.call('GET', LOG, undefined, {key: ann}), 403, 'INSUFFICIENT_PERMISSIONS');
	expectError(await s.call('GET', LOG, undefined, {key: null}), 401, 'AUTHENTICATION_REQUIRED');
	expectError(await s.call('GET', '/v1/organizations/other/audit-log'), 403, 'ORGANIZATION_ACCESS_DENIED');
});

test('it is there after a restart', async () => {
	const before = await list('limit=100');
	await s.restart();
	assert.deepEqual(await list('limit=100'), before);
});

test('what an item says it was made at finds it', async () => {
	clock.set('2026-03-04T10:00:00.750Z');
	const {headers} = await s.call('DELETE', `${GRANTS}/agrant_nope`);
	const [item] = (await list('limit=1')).items;
	assert.equal(item.request_id, headers['x-request-id']);
	assert.equal(item.created_at, '2026-03-04T10:00:00Z');
	const between = async (from, to) => (await list(`from_date=${from}&to_date=${to}`)).items.map((i) => i.id);
	assert.deepEqual(await between(item.created_at, item.created_at), [item.id]);
	assert.deepEqual(await between('2026-03-04T10:00:00.750Z', '2026-03-04T10:00:00.750Z'), [item.id]);
	assert.deepEqual(await between('2026-03-04T10:00:00.750Z', '2026-03-04T10:00:00.749Z'), []);
	assert.deepEqual(await between('2026-03-04T09:59:59Z', '2026-03-04T09:59:59Z'), []);
});
