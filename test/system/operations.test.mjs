// SPDX-License-Identifier: Apache-2.0
//
// What those see who run the server: health, figures, log lines, start, stop, and starts that are refused.
import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {makeUser, run, startServer, testClock} from '../harness/server.mjs';

async function started(t, options) {
	const s = await startServer(options);
	t.after(() => s.dispose());
	return s;
}

async function ok(promise, status) {
	const r = await promise;
	assert.equal(r.status, status, r.text);
	return r;
}

function scratch(t) {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-operations-'));
	t.after(() => rmSync(dir, {recursive: true, force: true}));
	return dir;
}

test('/healthz and /readyz need no key', async (t) => {
	const s = await started(t, {store: 'memory'});
	for (const path of ['/healthz', '/readyz']) {
		await ok(s.call('GET', path, undefined, {key: null}), 200);
	}
	assert.equal((await s.call('POST', '/healthz', undefined, {key: null})).status, 405);
});

/** Prometheus text exposition, strictly: {name{labels}: value}. Throws on anything that is not of the format. */
function parseMetrics(text) {
	const samples = new Map();
	const types = new Map();
	assert.ok(text.endsWith('\n'));
	for (const line of text.split('\n').slice(0, -1)) {
		const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary)$/.exec(line);
		if (type) {
			assert.ok(!types.has(type[1]), `two families ${type[1]}`);
			types.set(type[1], type[2]);
			continue;
		}
		if (/^# HELP [a-zA-Z_:][\w:]* \S/.test(line)) {
			continue;
		}
		const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[\d.e+-]+|\+Inf|NaN)$/.exec(line);
		assert.ok(sample, `not a sample: ${line}`);
		const family = sample[1].replace(/_(?:bucket|sum|count)$/, '');
		assert.ok(types.has(sample[1]) || types.has(family), `no TYPE for ${sample[1]}`);
		const name = sample[1] + (sample[2] ?? '');
		assert.ok(!samples.has(name), `twice: ${name}`);
		samples.set(name, Number(sample[3]));
	}
	return samples;
}

test('/metrics parses, and its counters move with what is done', async (t) => {
	const s = await started(t);
	const scrape = async () => {
		const r = await ok(s.call('GET', '/metrics', undefined, {key: null}), 200);
		assert.match(r.headers['content-type'], /^text\/plain; version=0\.0\.4/);
		return parseMetrics(r.text);
	};
	const before = await scrape();
	const value = (samples, name) => samples.get(name) ?? 0;

	await ok(s.call('POST', '/doorward/v1/users', {id: 'u'}), 201);
	await ok(s.call('POST', '/doorward/v1/users', {id: 'u'}), 409);
	const ask = (id) => ({subject: {type: 'user', id}, action: {name: 'a:b'}, resource: {type: 'x', id: 'y'}});
	await ok(s.call('POST', '/access/v1/evaluation', ask('owner')), 200);
	await ok(s.call('POST', '/access/v1/evaluations', {evaluations: [ask('owner'), ask('u'), ask('u')]}), 200);
	const after = await scrape();

	for (const [name, by] of [
		['doorward_decisions_total{effect="allow"}', 2],
		['doorward_decisions_total{effect="deny"}', 2],
		['doorward_http_requests_total{dialect="native",method="POST",route="/doorward/v1/users",status="201"}', 1],
		['doorward_http_requests_total{dialect="native",method="POST",route="/doorward/v1/users",status="409"}', 1],
		['doorward_http_request_duration_seconds_count{dialect="authzen",method="POST",route="/access/v1/evaluation"}', 1],
		['doorward_snapshot_revision', 1],
		['doorward_snapshot_documents', 1],
		['doorward_store_change_sets_total', 1],
	]) {
		assert.equal(value(after, name) - value(before, name), by, name);
	}
	assert.equal(value(after, 'doorward_store_writable'), 1);
	assert.equal(value(after, 'doorward_organizations'), 1);
});

test('log lines are JSON, name the request, and never hold a key', async (t) => {
	const s = await started(t, {logLevel: 'debug'});
	const key = await makeUser(s, 'logged');
	const headers = {'X-Request-ID': 'find-me-in-the-log'};
	await ok(s.call('GET', '/doorward/v1/whoami?x=y', undefined, {key, headers}), 200);
	await ok(s.call('GET', '/doorward/v1/whoami', undefined, {key: null, headers: {'X-API-Key': `${key}x`}}), 401);
	await ok(s.call('POST', '/doorward/v1/keys', `{"principal":"${key}"}`), 400);
	await ok(s.call('GET', '/doorward/v1/users/a%22b%0ac'), 404);
	assert.equal(await s.end('SIGTERM'), 0);

	const lines = s.logs().trim().split('\n').map((line) => JSON.parse(line));
	for (const line of lines) {
		assert.match(line.at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		assert.ok(['debug', 'info', 'warn', 'error'].includes(line.level));
		assert.ok(line.msg);
	}
	const request = lines.find((line) => line.request_id === 'find-me-in-the-log');
	assert.deepEqual(
		[request.method, request.path, request.route, request.status, request.actor, request.dialect, request.remote],
		['GET', '/doorward/v1/whoami', '/doorward/v1/whoami', 200, 'user:logged', 'native', '127.0.0.1'],
	);
	assert.ok(lines.filter((line) => line.msg === 'request').every((line) => line.request_id));
	for (const secret of [key.split('_')[2], s.key.split('_')[2]]) {
		assert.equal(s.logs().includes(secret), false);
	}
});

test('--log-level keeps quieter lines out', async (t) => {
	const s = await started(t, {store: 'memory', logLevel: 'error'});
	await ok(s.call('GET', '/doorward/v1/whoami'), 200);
	assert.equal(await s.end('SIGTERM'), 0);
	assert.equal(s.logs(), '');
});

test('the owner key file is for its owner only and is not written again', async (t) => {
	const s = await started(t);
	assert.equal(statSync(s.keyFile).mode & 0o777, 0o600);
	const text = readFileSync(s.keyFile, 'utf8');
	assert.match(text, /^dw_[A-Za-z0-9]{12}_[A-Za-z0-9]{40}\n$/);
	assert.equal(s.logs().includes(text.trim()), false);
	await s.restart();
	assert.equal(readFileSync(s.keyFile, 'utf8'), text);
	await ok(s.call('GET', '/doorward/v1/whoami'), 200);
});

test('stdout holds exactly the one line', async (t) => {
	const s = await started(t, {store: 'memory'});
	await ok(s.call('GET', '/healthz'), 200);
	assert.equal(await s.end('SIGINT'), 0);
	assert.equal(s.process.out, `listening on ${s.url}\n`);
});

test('options come from the environment as well', async (t) => {
	const s = await started(t, {store: 'memory', env: {DOORWARD_PUBLIC_URL: 'https://pdp.example.com'}});
	const r = await ok(s.call('GET', '/.well-known/authzen-configuration'), 200);
	assert.equal(r.json.policy_decision_point, 'https://pdp.example.com');
});

test('starts that cannot succeed say why and leave nothing behind', async (t) => {
	const dir = scratch(t);
	const key = join(dir, 'key');
	writeFileSync(join(dir, 'text.db'), 'this is no database, but long enough to be looked at. '.repeat(50));
	const base = ['serve', '--listen', '127.0.0.1:0', '--owner-key-file', key];
	for (const [args, message] of [
		// The organization is made before it is known that nobody can connect: its key is not thrown away.
		[['serve', '--store', 'memory:', '--listen', '256.0.0.1:0', '--owner-key-file', join(dir, 'kept')], /256\.0\.0\.1/],
		[[...base, '--store', 'memory:', '--listen', '127.0.0.1:99999'], /99999|port/],
		[[...base, '--store', 'nonsense:'], /must start with "sqlite:"/],
		[[...base, '--store', `sqlite:${join(dir, 'missing', 'x.db')}`], /missing/],
		[[...base, '--store', `sqlite:${join(dir, 'text.db')}`], /text\.db|database/],
		[[...base, '--store', 'memory:', '--tls-cert', join(dir, 'no-cert')], /tls|no-cert/],
		[[...base, '--store', 'memory:', '--log-level', 'loud'], /loud/],
		[[...base, '--store', 'memory:', '--no-such-option'], /no-such-option/],
		[['serve', '--listen', '127.0.0.1:0', '--store', 'memory:', '--owner-key-file', join(dir, 'missing', 'key')], /key/],
	]) {
		const r = await run(args);
		assert.notEqual(r.code, 0, args.join(' '));
		assert.equal(r.out, '', args.join(' '));
		assert.match(r.err, message, args.join(' '));
	}
	assert.throws(() => statSync(key), /ENOENT/);
});

test('a port that is taken is refused clearly', async (t) => {
	const s = await started(t, {store: 'memory'});
	const second = await run(['serve', '--store', 'memory:', '--listen', `127.0.0.1:${s.port}`]);
	assert.notEqual(second.code, 0);
	assert.match(second.err, /in use/i);
});

test('the test clock sets every time the server tells', async (t) => {
	const clock = testClock('2026-05-06T07:08:09.010Z');
	const s = await started(t, {store: 'memory', env: clock.env});
	const made = await ok(s.call('POST', '/doorward/v1/users', {id: 'timed'}), 201);
	assert.equal(made.json.created_at, '2026-05-06T07:08:09.010Z');
	clock.set('2026-05-06T07:08:10Z');
	const changed = await ok(s.call('PATCH', '/doorward/v1/users/timed', {display_name: 'T'}), 200);
	assert.equal(changed.json.created_at, '2026-05-06T07:08:09.010Z');
	assert.equal(changed.json.updated_at, '2026-05-06T07:08:10Z');
});
