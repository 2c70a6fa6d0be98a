// SPDX-License-Identifier: Apache-2.0
//
// The decision log of a running server: what stands in it, that it lasts, that whoever changes it is seen, and that what it holds
// can be decided again.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {appendFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {makeKey, makeUser, run, startServer, testClock} from '../harness/server.mjs';

const alice = {type: 'user', id: 'alice'};
const read = {name: 'read'};
const question = (id = '1') => ({subject: alice, action: read, resource: {type: 'document', id}});
const evaluate = (s, body = question(), options) => s.call('POST', '/access/v1/evaluation', body, options);

const mapping = `proxy: nginx
identity: bearer
routes:
  - method: GET
    path: /documents/{id}
    action: read
    resource: {type: document, id: "{id}", tenant: t1}
`;

/** A server with a log in its folder, alice, and a role that lets her read. */
async function start(t, {args = [], ...options} = {}) {
	const folder = mkdtempSync(join(tmpdir(), 'doorward-log-'));
	const log = join(folder, 'log');
	const s = await startServer({...options, args: ['--decision-log', log, ...args]});
	t.after(async () => {
		await s.dispose();
		rmSync(folder, {recursive: true});
	});
	await makeUser(s, 'alice');
	assert.equal((await s.call('POST', '/doorward/v1/roles', {id: 'reader', actions: ['read']})).status, 201);
	return Object.assign(s, {log, folder});
}

const give = (s) => s.call('PUT', '/doorward/v1/roles/reader/members/alice');
const take = (s) => s.call('DELETE', '/doorward/v1/roles/reader/members/alice');
const entries = (file) => readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const ofType = (file, type) => entries(file).filter((e) => e.type === type);

function cli(s, command, files, ...more) {
	return run(['audit', command, ...files, ...more], {DOORWARD_URL: s.url, DOORWARD_KEY: s.key});
}

async function verifies(s, files = [s.log], ...more) {
	const r = await cli(s, 'verify', files, ...more);
	assert.equal(r.code, 0, r.out + r.err);
	return r.out;
}

/** Asks until the log holds what is waited for: the server writes when it is ready to. */
async function until(s, what) {
	while (!(await what())) {
		await s.call('GET', '/healthz');
	}
}

const metric = async (s, name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await s.call('GET', '/metrics')).text)[1]);

test('every kind of question is there, and is decided again alike', async (t) => {
	const rules = join(mkdtempSync(join(tmpdir(), 'doorward-rules-')), 'rules.yaml');
	t.after(() => rmSync(dirname(rules), {recursive: true}));
	writeFileSync(rules, mapping);
	const s = await start(t, {args: ['--forward-auth', rules]});
	const properties = {tenants: ['t1', 't2'], tags: {Env: ['prod']}};

	await evaluate(s);
	await give(s);
	await evaluate(s, {...question(), context: {ip: '10.0.0.1'}});
	await s.call('POST', '/access/v1/evaluations', {...question(), evaluations: [{}, {action: {name: 'write'}}]});
	await evaluate(s, {...question(), resource: {type: 'document', id: '1', properties}});
	const passed = await s.call('GET', '/doorward/v1/forward-auth', undefined,
		{headers: {'X-Original-Method': 'GET', 'X-Original-URI': '/documents/7'}});
	assert.equal(passed.status, 200);
	const described = {...question().resource, properties: {}};
	const first = await s.call('POST', '/access/v1/search/action', {subject: alice, resource: described, page: {limit: 2}});
	await s.call('POST', '/doorward/v1/users', {id: 'bob'}); // the next page looks back
	await s.call('POST', '/access/v1/search/action', {subject: alice, resource: described, page: {token: first.json.page.next_token}});
	await evaluate(s, question(), {headers: {'Doorward-As-Of': '2'}});
	const explained = await evaluate(s, question('9'), {headers: {'Doorward-Explain': 'true', 'X-Request-Id': 'mine-1'}});
	await s.restart();

	const decisions = ofType(s.log, 'decision');
	const searches = ofType(s.log, 'search');
	assert.deepEqual(decisions.map((e) => e.decision), [false, true, true, false, ...decisions.slice(4).map((e) => e.decision)]);
	assert.equal(decisions.length, 8);
	const [forwarded] = decisions.filter((e) => e.via === 'forward-auth');
	assert.deepEqual([forwarded.subject.id, forwarded.resource.id, forwarded.context.path], ['owner', '7', '/documents/7']);
	assert.deepEqual(decisions[1].context, {ip: '10.0.0.1'});
	assert.deepEqual([decisions[1].kind, decisions[1].document, decisions[1].statement], ['role', 'reader', 0]);
	assert.deepEqual(decisions[4].resource.properties, properties);
	assert.ok(Array.isArray(decisions[4].tenants));
	assert.equal(decisions.filter((e) => e.asked_at).length, 1);
	const last = decisions.at(-1);
	assert.equal(last.id, explained.json.context.evaluation_id);
	assert.equal(last.request_id, 'mine-1');
	assert.equal(last.asker, 'user:owner');
	assert.equal(last.organization, 'default');
	assert.equal(new Set(decisions.map((e) => e.id)).size, decisions.length);
	assert.equal(searches.length, 2);
	assert.deepEqual([searches[0].search, searches[0].limit, searches[0].results.length], ['action', 2, 2]);
	assert.equal(searches[1].token, first.json.page.next_token);
	assert.equal(searches[1].revision, searches[0].revision);

	const replayed = await cli(s, 'replay', [s.log]);
	assert.equal(replayed.code, 0, replayed.out + replayed.err);
	assert.match(replayed.out, new RegExp(`^asked again: ${decisions.length + 2}, with another answer: 0$`, 'm'));
	const one = await cli(s, 'replay', [s.log], '--id', last.id);
	assert.match(one.out, /^asked again: 1, /m);
	assert.equal((await cli(s, 'replay', [s.log], '--id', 'none')).code, 2);
	assert.match((await cli(s, 'replay', [s.log], '--until', last.at, '--since', last.at)).out, /^asked again: 0, /m);
	assert.match((await cli(s, 'replay', [s.log], '--organization', 'other')).out, /of other organizations: \d+/);
	await verifies(s);
});

test('revisions of one millisecond are told apart', async (t) => {
	const clock = testClock('2026-11-22T10:00:00Z');
	const s = await start(t, {env: clock.env});
	for (let i = 0; i < 5; i++) {
		await evaluate(s);
		await (i % 2 ? take : give)(s);
	}
	await evaluate(s);
	await s.restart();
	const decisions = ofType(s.log, 'decision');
	assert.deepEqual(decisions.map((e) => e.decision), [false, true, false, true, false, true]);
	assert.equal(new Set(decisions.map((e) => e.at)).size, 1);
	const r = await cli(s, 'replay', [s.log]);
	assert.equal(r.code, 0, r.out + r.err);
	assert.match(r.out, /^asked again: 6, with another answer: 0$/m);
});

test('a key that may ask about some tenants only is asked for again as such', async (t) => {
	const s = await start(t);
	for (const id of ['t1', 't2']) {
		await s.call('POST', '/doorward/v1/tenants', {id});
	}
	await s.call('POST', '/doorward/v1/users', {id: 'pdp'});
	await s.call('PUT', '/doorward/v1/roles/pdp-client/members/pdp');
	const key = await makeKey(s, {type: 'user', id: 'pdp'}, {tenants: ['t1']});
	const body = {...question(), resource: {type: 'document', id: '1', properties: {tenants: ['t1', 't2']}}};
	await give(s);
	const bound = await evaluate(s, body, {key});
	const all = await evaluate(s, body);
	assert.deepEqual([bound.json.context.tenants, all.json.context.tenants], [['t1'], ['t1', 't2']]);
	const wider = await evaluate(s, body, {key, headers: {'Doorward-Bound-Tenants': '["t1","t2"]'}});
	assert.equal(wider.status, 400);
	assert.equal((await evaluate(s, body, {headers: {'Doorward-Bound-Tenants': 't1'}})).status, 400);
	await s.restart();
	assert.deepEqual(ofType(s.log, 'decision')[0].bound_tenants, ['t1']);
	const r = await cli(s, 'replay', [s.log]);
	assert.equal(r.code, 0, r.out + r.err);
	assert.match(r.out, /^asked again: 2, with another answer: 0$/m);
});

test('kill -9 and a torn line: the chain goes on and says so', async (t) => {
	const s = await start(t);
	await give(s);
	await evaluate(s);
	await until(s, () => ofType(s.log, 'decision').length === 1);
	await s.kill9();
	appendFileSync(s.log, '{"prev":"abc","n":3,"ty');
	await s.start();
	await evaluate(s);
	await s.restart();
	const lines = entries(s.log);
	assert.deepEqual(lines.map((e) => e.n), lines.map((_, i) => i + 1));
	assert.equal(lines.find((e) => e.type === 'recovered').bytes, 23);
	assert.equal(ofType(s.log, 'start').length, 3);
	assert.equal(ofType(s.log, 'decision').length, 2);
	assert.match(await verifies(s), /^signed for up to line \d+; lines behind it, which prove nothing yet: 1$/m);
});

test('an answer that was changed behind the last head is found by asking again', async (t) => {
	const s = await start(t);
	await give(s);
	await evaluate(s);
	await until(s, () => ofType(s.log, 'decision').length === 1);
	await s.kill9();
	const log = readFileSync(s.log, 'utf8');
	const copy = join(s.folder, 'copy');
	writeFileSync(copy, log.replace('"decision":true', '"decision":false'));
	await s.start();
	const r = await cli(s, 'replay', [copy]);
	assert.equal(r.code, 1, r.err);
	assert.match(r.out, /another answer\n {2}then: false\n {2}now: true\n/);
	// Nothing in it is signed for.
	const v = await cli(s, 'verify', [copy]);
	assert.deepEqual([v.code, v.out.includes('nothing of it is signed for')], [1, true]);
});

test('whoever changes the log is seen', async (t) => {
	const s = await start(t);
	for (let i = 0; i < 6; i++) {
		await evaluate(s, question(String(i)));
	}
	await s.restart();
	const lines = readFileSync(s.log, 'utf8').trimEnd().split('\n');
	const file = join(s.folder, 'changed');
	const keys = join(s.folder, 'keys.json');
	writeFileSync(keys, (await s.call('GET', '/auth/v1/jwks', undefined, {key: null})).text);
	const verify = async (changed) => {
		writeFileSync(file, changed.map((line) => `${line}\n`).join(''));
		return cli(s, 'verify', [file], '--jwks', keys);
	};
	assert.equal((await verify(lines)).code, 0);
	const swapped = [...lines];
	[swapped[2], swapped[3]] = [swapped[3], swapped[2]];
	for (const changed of [
		lines.with(3, lines[3].replace('"decision":false', '"decision":true')),
		lines.toSpliced(3, 1),
		lines.toSpliced(3, 0, lines[3]),
		swapped,
		lines.with(7, lines[7].replace('"jws":"ey', '"jws":"eY')),
		lines.slice(0, 5), // its head is gone with the rest
		[],
	]) {
		const r = await verify(changed);
		assert.equal(r.code, 1, r.out + r.err);
	}
	assert.match((await verify(lines.toSpliced(3, 1))).out, /changed, line 4: line 5 of the log stands where 4 should/);
	// Of what is cut off at its end, it says up to where it is whole.
	assert.match((await verify(lines.slice(0, 8))).out, /^8 lines, 1 to 8, .*\nsigned for up to line 8;/);
	// Other keys, no keys, no file, no such command line.
	writeFileSync(keys, JSON.stringify({keys: [{kty: 'OKP', crv: 'Ed25519', kid: 'x', x: 'A'.repeat(43)}]}));
	assert.equal((await verify(lines)).code, 1);
	writeFileSync(keys, '{}');
	assert.equal((await verify(lines)).code, 2);
	assert.equal((await cli(s, 'verify', ['/nowhere'])).code, 2);
	assert.equal((await cli(s, 'verify', [])).code, 2);
});

test('files of any number, in any order, are one log', async (t) => {
	const s = await start(t, {args: ['--decision-log-max-bytes', '3000']});
	for (let i = 0; i < 40; i++) {
		await evaluate(s, question(String(i)));
		if (i % 10 === 9) {
			await until(s, () => readFileSync(s.log, 'utf8').length < 3000);
		}
	}
	const moved = `${s.log}.moved`;
	await until(s, () => ofType(s.log, 'start').length > 0);
	renameSync(s.log, moved);
	s.process.kill('SIGHUP');
	await until(s, () => readdirSync(s.folder).includes('log') && readFileSync(s.log, 'utf8').length > 0);
	s.process.kill('SIGHUP'); // nothing was moved: nothing happens
	await evaluate(s);
	await s.restart();
	const files = readdirSync(s.folder).map((name) => join(s.folder, name));
	assert.ok(files.length >= 4, String(files));
	assert.match(await verifies(s, files), /^\d+ lines, 1 to \d+, /);
	assert.match(await verifies(s, [...files].reverse()), /^\d+ lines, 1 to \d+, /);
	assert.equal(files.flatMap((f) => ofType(f, 'decision')).length, 41);
	// Without one in the middle.
	files.sort((a, b) => entries(a)[0].n - entries(b)[0].n);
	assert.equal((await cli(s, 'verify', files.toSpliced(1, 1))).code, 1);
	// Without the oldest: a log that begins later.
	assert.match(await verifies(s, files.slice(1)), /^what came before them is not here$/m);
});

const limit = (s, bytes) => execFileSync('prlimit', ['--pid', String(s.pid), `--fsize=${bytes}:unlimited`]);

test('a full disk costs entries, not decisions; the log says how many', async (t) => {
	const s = await start(t, {store: 'memory'});
	await evaluate(s);
	await until(s, () => ofType(s.log, 'decision').length === 1);
	limit(s, readFileSync(s.log).length);
	let asked = 1;
	await until(s, async () => {
		assert.equal((await evaluate(s)).status, 200);
		asked++;
		return (await metric(s, 'doorward_decision_log_dropped_total')) > 0;
	});
	assert.equal(await metric(s, 'doorward_decision_log_writable'), 0);
	limit(s, 'unlimited');
	await until(s, async () => (await metric(s, 'doorward_decision_log_writable')) === 1);
	await evaluate(s);
	await s.end('SIGTERM');
	const dropped = ofType(s.log, 'dropped').reduce((n, e) => n + e.count, 0);
	assert.ok(dropped > 0);
	assert.equal(ofType(s.log, 'decision').length + dropped, asked + 1);
	await s.start(); // another installation, in memory: its key is not the log's
	assert.equal((await cli(s, 'verify', [s.log])).code, 1);
});

test('where the log is required, nothing is answered that it cannot hold', async (t) => {
	const s = await start(t, {store: 'memory', args: ['--decision-log-required']});
	assert.equal((await evaluate(s)).status, 200);
	await until(s, () => ofType(s.log, 'decision').length === 1);
	limit(s, readFileSync(s.log).length);
	await until(s, async () => (await evaluate(s)).status === 503);
	assert.equal((await s.call('POST', '/access/v1/evaluations', {...question(), evaluations: [{}]})).status, 503);
	const open = {subject: alice, resource: {type: 'document', id: '1', properties: {}}};
	const r = await s.call('POST', '/access/v1/search/action', open);
	assert.deepEqual([r.status, r.text.trim()], [503, 'decisions cannot be logged at present, and must be']);
	limit(s, 'unlimited');
	await until(s, async () => (await evaluate(s)).status === 200);
});

test('without properties', async (t) => {
	const s = await start(t, {args: ['--decision-log-without-properties']});
	await evaluate(s, {...question(), context: {secret: 'x'}});
	await evaluate(s);
	await s.restart();
	assert.ok(!readFileSync(s.log, 'utf8').includes('secret'));
	const r = await cli(s, 'replay', [s.log]);
	assert.equal(r.code, 0);
	assert.equal(r.out, 'asked again: 1, with another answer: 0\nnot asked again, because properties were not logged: 1\n');
});

test('when documents last decided', async (t) => {
	const clock = testClock('2026-11-22T10:00:00Z');
	const s = await start(t, {env: clock.env});
	await give(s);
	await evaluate(s);
	clock.set('2026-11-23T10:00:00Z');
	await evaluate(s);
	clock.set('2026-11-24T10:00:00Z');
	await evaluate(s, question(), {headers: {'Doorward-As-Of': '4'}}); // no use
	await evaluate(s, {...question(), action: {name: 'write'}}); // nothing decides
	await s.restart();
	const r = await cli(s, 'last-use', [s.log]);
	assert.equal(r.out, '{"kind":"role","id":"reader","last_used":"2026-11-23T10:00:00Z"}\n');
});

test('on standard output, and where it cannot be', async (t) => {
	const s = await startServer({args: ['--decision-log', '-']});
	t.after(() => s.dispose());
	await evaluate(s);
	await s.end('SIGTERM');
	const types = s.process.out.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).type);
	assert.deepEqual(types, ['start', 'decision', 'head']);
	for (const path of [s.dir, join(s.dir, 'none/log'), '/dev/null']) {
		await assert.rejects(startServer({args: ['--decision-log', path]}), /decision log/);
	}
});

test('one file has one server', async (t) => {
	const s = await start(t);
	await assert.rejects(startServer({args: ['--decision-log', s.log]}), /another server writes to the decision log/);
});
