// SPDX-License-Identifier: Apache-2.0
//
// How long the server takes to start on a SQLite store with many access grants, what memory it then holds, and what a
// create, a check and lists take at each size: a median of one call after the other on one connection.
//
// usage: node bench/load/run.mjs [--bin out/doorward] [--make build-release/bench/load/make-store]
//                                [--sizes 10000,1000000] [--rounds 3] [--calls 300] [--dir DIR] [--json FILE]
//
// A store that is in DIR already is used as it is; without --dir all are made in a temporary folder and removed. Ten
// million grants take some minutes to make and 6 GB of disk. The log of each server goes to stderr.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const options = {bin: 'out/doorward', make: 'build-release/bench/load/make-store', sizes: '10000,1000000', rounds: '3',
	calls: '300', dir: '', json: ''};
for (let i = 2; i < process.argv.length; i += 2) {
	const name = process.argv[i].replace(/^--/, '');
	if (!(name in options) || i + 1 >= process.argv.length) {
		console.error(`run.mjs: unknown option ${process.argv[i]}`);
		process.exit(2);
	}
	options[name] = process.argv[i + 1];
}

const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];
const dir = options.dir || mkdtempSync(join(tmpdir(), 'doorward-load-'));
mkdirSync(dir, {recursive: true});

async function start(store, keyFile) {
	const began = process.hrtime.bigint();
	const child = spawn(options.bin, ['serve', '--store', `sqlite:${store}`, '--listen', '127.0.0.1:0', '--owner-key-file', keyFile,
		'--log-level', 'warn'], {stdio: ['ignore', 'pipe', 'inherit']});
	const url = await new Promise((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
		child.stdout.on('data', (text) => resolve(/listening on (\S+)/.exec(String(text))[1]));
	});
	const seconds = Number(process.hrtime.bigint() - began) / 1e9;
	return {child, url, seconds, key: readFileSync(keyFile, 'utf8').trim()};
}

async function stop({child}) {
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	await ended;
}

/** VmRSS and VmHWM in bytes, and the processor time of all threads so far in seconds. */
function used({child}) {
	const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
	const value = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024;
	// Behind the name in parentheses: state, …, utime and stime as the 12th and 13th, in hundredths.
	const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return {rss: value('VmRSS'), peak: value('VmHWM'), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100};
}

/** A store with so many grants, made unless it is there. */
async function makeStore(size) {
	const store = join(dir, `${size}.db`);
	const keyFile = join(dir, `${size}.key`);
	if (!existsSync(store)) {
		await stop(await start(store, keyFile));
		const r = spawnSync(options.make, [`sqlite:${store}?checkpoint_pages=50000`, String(size)], {stdio: 'inherit'});
		if (r.status !== 0)
			throw new Error(`make-store ended with ${r.status}`);
	}
	return {store, keyFile};
}

/** One call on the connection of `agent`; ended when it is answered. */
function call({url, key}, agent, method, path, body) {
	const payload = body && JSON.stringify(body);
	const headers = {Authorization: `Bearer ${key}`, ...(payload && {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload)})};
	return new Promise((resolve, reject) => {
		const req = http.request(url + path, {method, headers, agent}, (res) => {
			const chunks = [];
			res.on('data', (c) => chunks.push(c));
			res.on('end', () => (res.statusCode < 300 ? resolve() :
				reject(new Error(`${method} ${path}: ${res.statusCode} ${Buffer.concat(chunks)}`))));
		});
		req.once('error', reject);
		req.end(payload);
	});
}

const GRANTS = '/v1/organizations/default/access/grants';
const numbered = (prefix, n) => `${prefix}_${String(n).padStart(12, '0')}`;
const TYPES = ['knowledge_slice', 'vector_store', 'assistant'];
// As make-store spreads them: ten grants an entity.
const entity = (n) => ({type: TYPES[n % 3], id: numbered('kslice', n)});
const random = (n) => Math.floor(Math.random() * n);

const calls = {
	create: (size, i) => ['POST', GRANTS, {entity_type: 'assistant', entity_id: `new_${process.pid}_${Date.now()}_${i}`, grantee_type: 'user',
		grantee_id: numbered('usr', random(20000)), access_level: 'read'}],
	check: (size) => ['POST', '/access/v1/evaluation', {subject: {type: 'user', id: numbered('usr', random(20000))}, action: {name: 'read'},
		resource: entity(random(size / 10))}],
	'list, first page': () => ['GET', GRANTS],
	'list, a page in the middle': (size) => ['GET', `${GRANTS}?skip=${Math.floor(size / 2)}`],
	'list of an entity': (size) => {
		const {type, id} = entity(random(size / 10));
		return ['GET', `${GRANTS}?entity_type=${type}&entity_id=${id}`];
	},
	'users with access': (size) => {
		const {type, id} = entity(random(size / 10));
		return ['GET', `/v1/organizations/default/access/users-with-access?entity_type=${type}&entity_id=${id}`];
	},
	// The least that a call takes here.
	'healthz': () => ['GET', '/healthz'],
};

async function timeCalls(server, size) {
	const agent = new http.Agent({keepAlive: true, maxSockets: 1});
	const figures = {};
	for (const [name, make] of Object.entries(calls)) {
		const times = [];
		for (let i = 0; i < Number(options.calls); i++) {
			const began = process.hrtime.bigint();
			await call(server, agent, ...make(size, i));
			times.push(Number(process.hrtime.bigint() - began) / 1e3);
		}
		figures[name] = median(times);
	}
	agent.destroy();
	return figures;
}

async function measure(size) {
	const {store, keyFile} = await makeStore(size);
	const starts = [];
	let server;
	for (let i = 0; i < Number(options.rounds); i++) {
		if (server)
			await stop(server);
		server = await start(store, keyFile);
		starts.push(server.seconds);
	}
	const {rss, peak, cpuSeconds} = used(server);
	const micros = await timeCalls(server, size);
	await stop(server);
	const seconds = median(starts);
	return {size, seconds, starts, cpuSeconds, grantsPerSecond: size / seconds, rss, peak, bytesPerGrant: rss / size, storeBytes: statSync(store).size, micros};
}

const results = [];
for (const size of options.sizes.split(',').map(Number)) {
	const r = await measure(size);
	results.push(r);
	console.log(`${r.size} grants: start ${r.seconds.toFixed(2)} s (${Math.round(r.grantsPerSecond / 1e3)} k/s), processor time ${r.cpuSeconds.toFixed(1)} s, ` +
		`RSS ${Math.round(r.rss / 1e6)} MB (${Math.round(r.bytesPerGrant)} bytes a grant), peak ${Math.round(r.peak / 1e6)} MB, ` +
		`store ${Math.round(r.storeBytes / 1e6)} MB`);
	for (const [name, us] of Object.entries(r.micros))
		console.log(`  ${name.padEnd(28)} ${us.toFixed(0).padStart(7)} µs`);
}
if (options.json)
	writeFileSync(options.json, `${JSON.stringify(results, null, '\t')}\n`);
if (!options.dir)
	rmSync(dir, {recursive: true, force: true});
