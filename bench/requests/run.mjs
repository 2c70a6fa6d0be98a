// SPDX-License-Identifier: Apache-2.0
//
// Access requests over HTTP, on SQLite stores in which 1,000, 10,000 and 100,000 others are open: what it takes to make
// one, to approve it, and to search. The servers run beside one another and are asked in turns, one call after the other
// on one connection each: medians.
//
// usage: node bench/requests/run.mjs [--bin out/doorward] [--make build-release/bench/requests/make-requests]
//                                    [--sizes 1000,10000,100000] [--rounds 300] [--json FILE]
import {spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const options = {bin: 'out/doorward', make: 'build-release/bench/requests/make-requests', sizes: '1000,10000,100000', rounds: '300', json: ''};
for (let i = 2; i < process.argv.length; i += 2) {
	const name = process.argv[i].replace(/^--/, '');
	if (!(name in options) || i + 1 >= process.argv.length) {
		console.error(`run.mjs: unknown option ${process.argv[i]}`);
		process.exit(2);
	}
	options[name] = process.argv[i + 1];
}

const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];
const dir = mkdtempSync(join(tmpdir(), 'doorward-requests-'));
const SPARE_USERS = 64;

async function start(size) {
	const store = join(dir, `${size}.db`);
	const made = spawnSync(options.make, [`sqlite:${store}`, String(size)], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']});
	if (made.status !== 0)
		throw new Error(`make-requests ended with ${made.status}`);
	const child = spawn(options.bin, ['serve', '--store', `sqlite:${store}`, '--listen', '127.0.0.1:0', '--log-level', 'warn'],
		{stdio: ['ignore', 'pipe', 'inherit']});
	const url = await new Promise((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
		child.stdout.on('data', (text) => resolve(/listening on (\S+)/.exec(String(text))[1]));
	});
	return {child, url, size, key: made.stdout.trim(), agent: new http.Agent({keepAlive: true, maxSockets: 1}), times: {}};
}

async function stop({child}) {
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	await ended;
}

/** The answer of a POST; its time is kept under `name`. */
function post(server, name, path, body, key = server.key) {
	const payload = JSON.stringify(body);
	const headers = {Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload)};
	const began = process.hrtime.bigint();
	return new Promise((resolve, reject) => {
		const req = http.request(server.url + path, {method: 'POST', headers, agent: server.agent}, (res) => {
			const chunks = [];
			res.on('data', (c) => chunks.push(c));
			res.on('end', () => {
				(server.times[name] ??= []).push(Number(process.hrtime.bigint() - began) / 1e6);
				const text = Buffer.concat(chunks).toString();
				res.statusCode < 300 ? resolve(JSON.parse(text)) : reject(new Error(`${path}: ${res.statusCode} ${text}`));
			});
		});
		req.once('error', reject);
		req.end(payload);
	});
}

async function approver(server) {
	const made = await post(server, 'key', '/doorward/v1/keys', {name: 'dave', principal: {type: 'user', id: 'dave'}});
	return made.key;
}

const searches = {
	'search, no filter': () => ({}),
	'search, no filter, newest first': () => ({sortBy: 'TASK_SEARCH_SORT_BY_REVERSE_CREATED_AT'}),
	'search, open ones': () => ({taskStates: ['TASK_STATE_OPEN']}),
	'search, of one subject': (i) => ({subjectIds: [`u${i % 100}`]}),
	'search, of one approver': () => ({myWorkUserIds: ['dave']}),
	'search, of one entitlement': () => ({appEntitlementIds: ['e3']}),
};

async function round(server, i) {
	const body = {appId: 'app', appEntitlementId: 'e0', identityUserId: `spare${i % SPARE_USERS}`};
	const {task} = (await post(server, 'create', '/api/v1/task/grant', body)).taskView;
	const done = await post(server, 'approve', `/api/v1/tasks/${task.id}/action/approve`, {policyStepId: task.policy.current.id}, server.dave);
	if (done.taskView.task.type.grant.outcome !== 'GRANT_OUTCOME_GRANTED')
		throw new Error('it was not granted');
	for (const [name, make] of Object.entries(searches)) {
		const found = await post(server, name, '/api/v1/search/tasks', {pageSize: 25, ...make(i)});
		if (found.list.length < 10)
			throw new Error(`${name}: ${found.list.length} found`);
	}
}

const servers = [];
try {
	for (const size of options.sizes.split(','))
		servers.push(await start(Number(size)));
	for (const server of servers)
		server.dave = await approver(server);
	for (let i = 0; i < Number(options.rounds); i++)
		for (const server of servers)
			await round(server, i);
	const figures = ['create', 'approve', ...Object.keys(searches)].map((name) => {
		const ms = servers.map((s) => median(s.times[name]));
		return {name, ms, ratios: ms.map((t) => t / ms[0])};
	});
	console.log(['', ...servers.map((s) => s.size)].join('\t'));
	for (const {name, ms, ratios} of figures)
		console.log([name.padEnd(32), ...ms.map((t, i) => `${t.toFixed(2)} ms (${ratios[i].toFixed(2)})`)].join('\t'));
	if (options.json)
		writeFileSync(options.json, JSON.stringify({sizes: servers.map((s) => s.size), figures}, null, '\t'));
} finally {
	await Promise.all(servers.map(stop));
	rmSync(dir, {recursive: true});
}
