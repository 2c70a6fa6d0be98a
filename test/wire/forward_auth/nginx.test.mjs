// SPDX-License-Identifier: Apache-2.0
// The real nginx in front of an application that says what it was asked, configured as docs/forward-auth.md says; and that
// page's examples. nginx runs in a folder of its own, on free ports, and ends with the test.
import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import {join} from 'node:path';
import test from 'node:test';
import {promisify} from 'node:util';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {exchange, makeKey} from '../../harness/server.mjs';
import {created, done, scratch, start} from './support.mjs';

const page = readPage('forward-auth.md');
const block = (language, which) => [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))][which][1];
const mapping = block('yaml', 0);
const site = block('nginx', 0);
const byHeader = block('nginx', 1);

/** Says method, path and user as they came; counts what came. */
async function startApplication(t) {
	const app = http.createServer((req, res) => {
		app.n_requests++;
		res.end(`${req.method} ${req.url} for ${req.headers['x-doorward-user'] ?? 'nobody'}`);
	});
	app.n_requests = 0;
	app.listen(0, '127.0.0.1');
	await once(app, 'listening');
	t.after(() => app.close());
	return app;
}

async function freePort() {
	const probe = net.createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const {port} = probe.address();
	probe.close();
	await once(probe, 'close');
	return port;
}

function config(dir, text) {
	const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join('\n');
	// Workers of a root's nginx would be somebody else, who may not look into the folder.
	const user = process.getuid() === 0 ? 'user root;' : '';
	return `daemon off; ${user} worker_processes 1; pid ${dir}/nginx.pid; error_log stderr notice;
events { worker_connections 128; }
http { access_log off;
${temp}
${text}}\n`;
}

/** Resolves once its worker runs; the text is that of the page, with the ports of this test. */
async function startNginx(t, text) {
	const dir = scratch(t);
	mkdirSync(join(dir, 'logs'));
	writeFileSync(join(dir, 'nginx.conf'), config(dir, text));
	const child = spawn(process.env.NGINX_BIN || 'nginx', ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	const exited = once(child, 'exit');
	process.once('exit', () => child.kill('SIGKILL'));
	t.after(async () => {
		child.kill('SIGQUIT');
		await exited;
	});
	let log = '';
	const ready = new Promise((resolve) => {
		child.stderr.on('data', (part) => {
			log += part;
			if (log.includes('start worker process ')) {
				resolve('ready');
			}
		});
	});
	const first = await Promise.race([ready, exited]);
	assert.equal(first, 'ready', log);
}

/** Doorward, the application, and nginx between them. */
async function startAll(t, options = {}) {
	const s = await start(t, options.mapping ?? mapping);
	const app = await startApplication(t);
	const port = await freePort();
	const ask = options.ask ? options.ask(s) : '';
	const auth = options.users ? `auth_basic x; auth_basic_user_file ${options.users(scratch(t))};` : '';
	const text = site
		.replace('127.0.0.1:8080', `127.0.0.1:${s.port}`)
		.replace('127.0.0.1:8000', `127.0.0.1:${port}`)
		.replace('127.0.0.1:9000', `127.0.0.1:${app.address().port}`)
		.replace('auth_request /_doorward;', `${auth} auth_request /_doorward;`)
		.replace('proxy_set_header X-Original-Method', `${ask} proxy_set_header X-Original-Method`);
	await startNginx(t, text);
	return {s, app, url: `http://127.0.0.1:${port}`};
}

test('allowed, denied, unknown, and the application sees only what was allowed', async (t) => {
	const {s, app, url} = await startAll(t);
	const get = (path, options) => exchange(url, 'GET', path, undefined, options);
	const ok = await get('/records/r1?a=b', {key: s.alice, headers: {'X-Doorward-User': 'owner'}});
	assert.equal(ok.status, 200, ok.text);
	assert.equal(ok.text, 'GET /records/r1?a=b for alice');
	const before = app.n_requests;
	const unknown = await get('/records/r1');
	assert.equal(unknown.status, 401);
	assert.match(unknown.headers['www-authenticate'], /^Bearer/);
	assert.equal((await get('/records/r1', {key: s.bob})).status, 403);
	assert.equal((await get('/records/archive', {key: s.alice})).status, 403);
	assert.equal((await exchange(url, 'DELETE', '/records/r1', undefined, {key: s.alice})).status, 403);
	assert.equal((await exchange(url, 'PUT', '/records/r1', {much: 'x'.repeat(20000)}, {key: s.alice})).status, 403);
	assert.equal(app.n_requests, before);
});

/** As bytes: no client library would send some of these. */
async function raw(url, text) {
	const {hostname, port} = new URL(url);
	const socket = net.connect(Number(port), hostname);
	let answer = '';
	socket.setEncoding('latin1');
	socket.on('data', (part) => {
		answer += part;
	});
	socket.write(text);
	await once(socket, 'close');
	return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

test('attack paths and headers do not reach the application', async (t) => {
	const {s, app, url} = await startAll(t);
	const paths = [
		'/records/../records/archive', '/records/x/../archive', '/records/./archive', '/records//archive', '//records/archive',
		'/records/%61rchive', '/records/%2e%2e/records/archive', '/records/x%2f..%2farchive', '/records/x%5c..%5carchive',
		'/records/%252e%252e/archive', '/records/archive;x', '/records/..;/archive', '/records/archive%00', '/records/archive%20/..',
		'/records\\archive', '/records/archive/', '/RECORDS/archive', '/records/archive#', 'http://other.example.com/records/archive',
		'/_doorward', '/doorward/v1/forward-auth', `/records/${'a'.repeat(4100)}`,
	];
	for (const path of paths) {
		const status = await raw(url, `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${s.alice}\r\nConnection: close\r\n\r\n`);
		assert.ok([400, 403, 404].includes(status), `${path}: ${status}`);
	}
	const headers = [
		'X-Original-URI: /records/r1', 'X-Original-Method: GET\r\nX-Original-URI: /records/r1\r\nX-Original-URI: /records/r1',
		'X-Forwarded-Uri: /records/r1', 'X-Original-Host: files.example.com', 'X-Forwarded-Method: GET', 'x_original_uri: /records/r1',
	];
	for (const header of headers) {
		const text = `GET /records/archive HTTP/1.1\r\nHost: a\r\n${header}\r\nAuthorization: Bearer ${s.alice}\r\nConnection: close\r\n\r\n`;
		assert.equal(await raw(url, text), 403, header);
	}
	for (const header of ['X-HTTP-Method-Override: DELETE', 'X-Original-URL: /records/archive', 'X-Rewrite-URL: /records/archive']) {
		const text = `GET /records/r1 HTTP/1.1\r\nHost: a\r\n${header}\r\nAuthorization: Bearer ${s.alice}\r\nConnection: close\r\n\r\n`;
		assert.equal(await raw(url, text), 403, header);
	}
	assert.equal(app.n_requests, 0);
	const text = `GET /records/r1 HTTP/1.1\r\nHost: a\r\nX-Original-URI: /other\r\nAuthorization: Bearer ${s.alice}\r\nConnection: close\r\n\r\n`;
	assert.equal(await raw(url, text), 200, 'what nginx overwrites does no harm');
});

test('with Doorward down everything is denied', async (t) => {
	const {s, app, url} = await startAll(t);
	assert.equal((await exchange(url, 'GET', '/records/r1', undefined, {key: s.alice})).status, 200);
	await s.kill9();
	const r = await exchange(url, 'GET', '/records/r1', undefined, {key: s.alice});
	assert.equal(r.status, 500);
	assert.equal(app.n_requests, 1);
});

test('nginx vouches for users it knows by password', async (t) => {
	const hashed = (await promisify(execFile)('openssl', ['passwd', '-apr1', 'secret'])).stdout.trim();
	const {s, url} = await startAll(t, {
		mapping: mapping.replace('identity: bearer', 'identity: header\nidentity_header: X-Forwarded-User'),
		users: (dir) => {
			writeFileSync(join(dir, 'users'), ['alice', 'bob', 'nobody'].map((name) => `${name}:${hashed}\n`).join(''));
			return join(dir, 'users');
		},
		ask: (server) => byHeader.replace('dw_…', server.key),
	});
	const basic = (name) => ({Authorization: `Basic ${Buffer.from(`${name}:secret`).toString('base64')}`});
	const get = (headers) => exchange(url, 'GET', '/records/r1', undefined, {headers});
	assert.equal((await get(basic('alice'))).text, 'GET /records/r1 for alice');
	assert.equal((await get({...basic('bob'), 'X-Forwarded-User': 'alice'})).status, 403);
	assert.equal((await get(basic('nobody'))).status, 401);
	assert.equal((await get({'X-Forwarded-User': 'alice'})).status, 401);
	assert.equal((await get({Authorization: `Bearer ${s.key}`, 'X-Forwarded-User': 'alice'})).status, 401);
});

test('a host of its own', async (t) => {
	const {s, url} = await startAll(t);
	await created(s.call('POST', '/doorward/v1/tenants', {id: 't1'}));
	await created(s.call('POST', '/doorward/v1/roles', {id: 'filer', actions: ['use']}));
	await done(s.call('PUT', '/doorward/v1/roles/filer/members/bob?tenant=t1'));
	const key = await makeKey(s, {type: 'user', id: 'bob'});
	const get = (path, host) => exchange(url, 'GET', path, undefined, {key, headers: {Host: host}});
	assert.equal((await get('/t1/plan.txt', 'Files.Example.com:80')).status, 200);
	assert.equal((await get('/t2/plan.txt', 'files.example.com')).status, 403);
	assert.equal((await get('/t1/plan.txt', 'records.example.com')).status, 403);
});

test('the examples of the page do what it says', async (t) => {
	const {s, url} = await startAll(t);
	process.env.SITE = url;
	process.env.ALICE = s.alice;
	await checkExamples(s, page, 4);
});
