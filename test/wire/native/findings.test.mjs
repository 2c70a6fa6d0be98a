// SPDX-License-Identifier: Apache-2.0
// Findings over HTTP and by doorward lint; separations of duties.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {makeUser, run, startServer, testClock} from '../../harness/server.mjs';
import {native} from './support.mjs';

const clock = testClock('2026-11-22T10:00:00Z');
let s;
let call;
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	call = native(s);
	await makeUser(s, 'alice');
	await makeUser(s, 'bob');
	await call(201, 'POST', 'tenants', {id: 't1'});
	for (const id of ['buyer', 'payer', 'auditor']) {
		await call(201, 'POST', 'roles', {id, actions: ['infra:nodes:get']});
	}
});
after(async () => assert.equal(await s.stop(), 0));
afterEach(async () => {
	for (const noun of ['policies', 'separations']) {
		for (const {id} of (await call(200, 'GET', noun)).items) {
			await call(204, 'DELETE', `${noun}/${id}`);
		}
	}
});

const policy = (id, rest) => call(201, 'PUT', `policies/${id}`, {effect: 'allow', subjects: ['user:alice'], actions: ['write'], resources: ['record/*'], ...rest});
const findings = async (query = '') => (await call(200, 'GET', `findings${query}`)).items;
/** Of the kinds that are asked for, and which documents they are about. */
const found = async (query) => (await findings(query)).map((f) => [f.kind, f.documents[0].id]);
const lint = (...args) => run(['lint', '--url', s.url, '--key', s.key, ...args]);

test('a new organization has none', async () => {
	assert.deepEqual(await found('?severity=warning'), []);
	const r = await lint('--severity', 'warning');
	assert.deepEqual([r.code, r.out], [0, 'No findings.\n'], r.err);
});

test('each kind that one policy can show', async () => {
	const bad = {
		no_subject: {subjects: []},
		expired: {valid_until: '2026-01-01T00:00:00Z'},
		impossible_condition: {condition: 'resource.properties.a == 1 && resource.properties.a == 2'},
	};
	for (const [kind, rest] of Object.entries(bad)) {
		await policy(kind.replaceAll('_', '-'), rest);
	}
	assert.deepEqual((await found('?document=access_policy')).sort(), Object.keys(bad).map((k) => [k, k.replaceAll('_', '-')]).sort());
	const [f] = await findings('?kind=impossible_condition');
	assert.deepEqual(f.documents, [{kind: 'access_policy', id: 'impossible-condition'}]);
	assert.equal(f.statement, 0);
	assert.equal(f.severity, 'warning');
	assert.match(f.text, /cannot be true: resource\.properties\.a is not 1 and 2 at once\.$/);
	assert.equal(typeof f.advice, 'string');
});

test('false whatever is asked, and what only looks like it', async () => {
	await policy('never', {condition: 'false && subject.properties.x == 1'});
	await policy('maybe', {condition: 'resource.properties.a == 1 || resource.properties.a == 2'});
	await policy('same', {condition: 'resource.properties.a == 1 && resource.properties.a == 1.0'});
	assert.deepEqual(await found('?kind=impossible_condition'), [['impossible_condition', 'never']]);
});

test('shadowed by a deny, and said twice', async () => {
	await policy('narrow', {resources: ['record/r1']});
	await policy('wide', {actions: ['*']});
	await policy('twin', {resources: ['record/r1']});
	assert.deepEqual(await found('?kind=redundant'), [['redundant', 'narrow'], ['redundant', 'twin']]);
	const [narrow] = await findings('?kind=redundant');
	assert.equal(narrow.text, 'Statement 0 of the access policy narrow says nothing beyond statement 0 of the access policy wide.');
	await policy('deny', {effect: 'deny', subjects: ['*']});
	assert.deepEqual(await found('?kind=shadowed'), [['shadowed', 'narrow'], ['shadowed', 'twin']]);
	await call(200, 'PATCH', 'policies/deny', {condition: 'context.frozen'});
	assert.deepEqual(await found('?kind=shadowed'), [], 'a condition may be false');
});

test('filters, pages, and what is refused', async () => {
	for (let i = 0; i < 7; i++) {
		await policy(`p${i}`, {subjects: []});
	}
	const all = await found('?kind=no_subject');
	assert.equal(all.length, 7);
	const paged = [];
	for (let cursor = ''; cursor !== null;) {
		const page = await call(200, 'GET', `findings?kind=no_subject&limit=2${cursor && `&cursor=${cursor}`}`);
		assert.ok(page.items.length <= 2);
		paged.push(...page.items.map((f) => [f.kind, f.documents[0].id]));
		cursor = page.next_cursor;
	}
	assert.deepEqual(paged, all);
	assert.deepEqual(await found('?document=access_policy/p3'), [['no_subject', 'p3']]);
	assert.deepEqual(await found('?severity=error&document=access_policy'), []);
	for (const bad of ['kind=nothing', 'severity=bad', 'document=nothing/x', 'delete=role', 'delete=role/nobody', 'limit=0', 'cursor=x']) {
		await call(400, 'GET', `findings?${bad}`);
	}
	await call(400, 'GET', 'findings?severity=error&kind=no_subject');
});

test('what a delete would open', async () => {
	await policy('freeze', {effect: 'deny', subjects: ['role:auditor'], tenants: ['t1']});
	await policy('both', {effect: 'deny', subjects: ['role:auditor', 'user:bob']});
	assert.deepEqual(await found('?kind=deny_lost&delete=role/auditor'), [['deny_lost', 'freeze']]);
	assert.deepEqual(await found('?kind=deny_lost&delete=tenant/t1'), [['deny_lost', 'freeze']]);
	assert.deepEqual(await found('?kind=deny_lost&delete=user/bob'), []);
});

test('separations of duties: made, broken with a warning, found, and gone with a role', async () => {
	await call(400, 'POST', 'separations', {id: 'one', roles: ['buyer'], max: 1});
	await call(400, 'POST', 'separations', {id: 'many', roles: ['buyer', 'payer'], max: 2});
	await call(400, 'POST', 'separations', {id: 'none', roles: ['buyer', 'payer'], max: 0});
	await call(400, 'POST', 'separations', {id: 'gone', roles: ['buyer', 'nobody'], max: 1});
	const made = await call(201, 'POST', 'separations', {id: 'purchasing', roles: ['buyer', 'payer'], max: 1});
	assert.deepEqual([made.roles, made.max], [['buyer', 'payer'], 1]);
	const give = (role, to) => s.call('PUT', `/doorward/v1/roles/${role}/members/${to}`);
	assert.equal((await give('buyer', 'user:alice')).headers['doorward-warning'], undefined);
	assert.match((await give('payer', 'user:alice')).headers['doorward-warning'], /alice holds 2 of purchasing/);
	const [f] = await findings('?kind=separation_broken');
	assert.deepEqual(f.documents, [{kind: 'separation', id: 'purchasing'}, {kind: 'user', id: 'alice'}]);
	assert.equal(f.text, 'The user alice holds buyer, payer, of which the separation purchasing allows 1.');
	// By a group, too.
	await call(201, 'POST', 'groups', {id: 'crew', kind: 'team'});
	await call(204, 'PUT', 'groups/crew/members/bob');
	await give('buyer', 'user:bob');
	assert.match((await give('payer', 'group:crew')).headers['doorward-warning'], /bob holds 2 of purchasing/);
	assert.equal((await findings('?kind=separation_broken')).length, 2);
	await call(204, 'DELETE', 'roles/payer');
	assert.deepEqual((await call(200, 'GET', 'separations')).items, [], 'one role is not more than one');
});

test('unused grants, by a decision log', async (t) => {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-lint-'));
	t.after(() => rmSync(dir, {recursive: true}));
	await policy('used', {resources: ['record/r1']});
	await policy('idle', {resources: ['record/r2']});
	const body = {since: '2026-11-23T00:00:00Z', used: [{kind: 'access_policy', document: 'used'}]};
	const r = await call(200, 'POST', 'findings?kind=unused_grant&document=access_policy', body);
	assert.deepEqual(r.items.map((f) => f.documents[0].id), ['idle']);
	assert.deepEqual((await call(200, 'POST', 'findings?kind=unused_grant', {...body, since: '2026-11-22T10:00:00Z'})).items.filter((f) => f.documents[0].kind === 'access_policy'), [], 'too young');
	await call(400, 'POST', 'findings', {used: []});
	await call(400, 'POST', 'findings', {since: body.since, used: [{}]});
	const log = join(dir, 'log');
	const line = (at, rest) => `${JSON.stringify({prev: null, n: 1, type: 'decision', at, ...rest})}\n`;
	const year = (n) => new Date(Date.now() - n * 365 * 86400000).toISOString();
	writeFileSync(log, line(year(3), {decision: true, kind: 'access_policy', document: 'idle'}) + line(year(1), {decision: true, kind: 'access_policy', document: 'used'}));
	const bad = async (days, pattern) => {
		const out = await lint('--decisions', log, '--days', days);
		assert.equal(out.code, 2);
		assert.match(out.err, pattern);
	};
	await bad('3000', /does not reach back/);
	writeFileSync(log, `${line(year(3), {decision: false})}${JSON.stringify({type: 'dropped', count: 2})}\n`);
	await bad('700', /has lost answers/);
	writeFileSync(log, 'hello\n');
	await bad('700', /no decision log/);
});

test('doorward lint, readable and as JSON', async () => {
	await policy('p', {subjects: []});
	const r = await lint('--kind', 'no_subject');
	assert.equal(r.code, 1, r.err);
	assert.equal(r.out, 'warning  no_subject  access_policy p\n  The access policy p is about nobody.\n  Say whom it is about, or remove it.\n1 finding.\n');
	const json = await lint('--kind', 'no_subject', '--json');
	assert.equal(JSON.parse(json.out).kind, 'no_subject');
	assert.equal((await lint('--kind', 'nonsense')).code, 2);
});

test('reading them needs the permission', async () => {
	const key = await makeUser(s, 'eve');
	await native(s, key)(403, 'GET', 'findings');
});
