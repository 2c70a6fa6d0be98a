// SPDX-License-Identifier: Apache-2.0
//
// Durable creates from 64 connections (POST /iam/policies on SQLite, each answered after its commit is on disk) beside a bare
// SQLite loop that commits the same rows in groups of the same size, in turns, in one run. wrk is the client. A third
// turn makes the same creations from 64 writers inside the process: what HTTP and its client cost is the difference.
//
// usage: node bench/writes/run.mjs [--bin out/doorward] [--bare build-release/bench/writes/bare-loop]
//                                  [--connections 64] [--rounds 5] [--seconds 2] [--json FILE]
import {spawn, spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const options = {bin: 'out/doorward', bare: 'build-release/bench/writes/bare-loop',
	service: 'build-release/bench/writes/service-loop', connections: '64', rounds: '5', seconds: '2', json: ''};
for (let i = 2; i < process.argv.length; i += 2) {
	const name = process.argv[i].replace(/^--/, '');
	if (!(name in options) || i + 1 >= process.argv.length) {
		console.error(`run.mjs: unknown option ${process.argv[i]}`);
		process.exit(2);
	}
	options[name] = process.argv[i + 1];
}

const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

const script = (key, run) => `
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer ${key}"
function request()
  n = n + 1
  return wrk.format(nil, "/iam/policies", nil, string.format('{"id":"p-%d-%d","name":"Policy %d",' ..
    '"members":["user:local:u%d"],"statements":[{"effect":"ALLOW","actions":["infra:nodes:get","infra:nodes:list"],' ..
    '"resources":["infra:nodes:*"],"tenants":["*"]}],"tenants":[]}', ${run}, n, n, n))
end
function done(summary) print(string.format("RATE %f %d", summary.requests / (summary.duration / 1e6), summary.errors.status)) end
`;

async function start(dir) {
	const child = spawn(options.bin, ['serve', '--store', `sqlite:${join(dir, 'server.db')}`, '--listen', '127.0.0.1:0',
		'--owner-key-file', join(dir, 'key'), '--log-level', 'warn'], {stdio: ['ignore', 'pipe', 'inherit']});
	const url = await new Promise((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
		child.stdout.on('data', (text) => resolve(/listening on (\S+)/.exec(String(text))[1]));
	});
	return {child, url, key: readFileSync(join(dir, 'key'), 'utf8').trim()};
}

async function counters(url) {
	const text = await (await fetch(`${url}/metrics`)).text();
	const value = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1]);
	return {sets: value('doorward_store_change_sets_total'), commits: value('doorward_store_commit_duration_seconds_count'),
		commitSeconds: value('doorward_store_commit_duration_seconds_sum'), publishSeconds: value('doorward_snapshot_publish_seconds_total')};
}

async function serverTurn(dir, server, round) {
	const lua = join(dir, 'writes.lua');
	writeFileSync(lua, script(server.key, round));
	const before = await counters(server.url);
	const out = spawnSync('wrk', ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '-s', lua, server.url], {encoding: 'utf8'});
	const after = await counters(server.url);
	const rate = /RATE (\S+) (\d+)/.exec(out.stdout);
	if (!rate || rate[2] !== '0')
		throw new Error(`wrk: ${out.stdout}${out.stderr}`);
	const commits = after.commits - before.commits;
	return {rate: Number(rate[1]), group: (after.sets - before.sets) / commits,
		publishMicros: (after.publishSeconds - before.publishSeconds) / commits * 1e6};
}

function bareTurn(dir, group) {
	const copy = join(dir, 'bare.db'); // grows from turn to turn, as the server's does
	const out = spawnSync(options.bare, [copy, String(Math.max(1, Math.round(group))), String(Number(options.seconds) * 1000)], {encoding: 'utf8'});
	if (out.status !== 0)
		throw new Error(out.stderr);
	return Number(out.stdout);
}

function serviceTurn(dir) {
	const out = spawnSync(options.service, [join(dir, 'service.db'), options.connections, String(Number(options.seconds) * 1000)], {encoding: 'utf8'});
	if (out.status !== 0)
		throw new Error(out.stderr);
	const [rate, group] = out.stdout.trim().split(' ').map(Number);
	return {rate, group};
}

const dir = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
let server;
try {
	for (const file of [options.bin, options.bare, options.service])
		if (!existsSync(file))
			throw new Error(`${file} is missing`);
	server = await start(dir);
	await serverTurn(dir, server, 0); // warm-up, and rows for the bare loop to copy
	// A snapshot of the server's own database, so that both sides have the same tables, indexes and a like amount of rows.
	spawnSync('sqlite3', [join(dir, 'server.db'), `VACUUM INTO '${join(dir, 'bare.db')}'`]);
	if (!existsSync(join(dir, 'bare.db')))
		copyFileSync(join(dir, 'server.db'), join(dir, 'bare.db'));
	const rounds = [];
	for (let i = 1; i <= Number(options.rounds); i++) {
		const ours = await serverTurn(dir, server, i);
		const bare = bareTurn(dir, ours.group);
		const inside = serviceTurn(dir);
		inside.bare = bareTurn(dir, inside.group);
		inside.ratio = inside.rate / inside.bare;
		rounds.push({...ours, bare, ratio: ours.rate / bare, inside});
		console.log(`round ${i}: ${ours.rate.toFixed(0)} creates/s in groups of ${ours.group.toFixed(1)}, bare ${bare}/s, ` +
			`ratio ${(ours.rate / bare).toFixed(2)}, publish ${ours.publishMicros.toFixed(0)} us a commit; ` +
			`inside ${inside.rate}/s in groups of ${inside.group}, bare ${inside.bare}/s, ratio ${inside.ratio.toFixed(2)}`);
	}
	const summary = {connections: Number(options.connections), rate: median(rounds.map((r) => r.rate)), bare: median(rounds.map((r) => r.bare)),
		ratio: median(rounds.map((r) => r.ratio)), group: median(rounds.map((r) => r.group)),
		publish_us: median(rounds.map((r) => r.publishMicros)), inside_ratio: median(rounds.map((r) => r.inside.ratio)), rounds};
	console.log(`median: ${summary.rate.toFixed(0)} creates/s, ratio to the bare loop ${summary.ratio.toFixed(2)}; inside the process ${summary.inside_ratio.toFixed(2)}`);
	if (options.json)
		writeFileSync(options.json, JSON.stringify(summary, null, 1) + '\n');
} finally {
	server?.child.kill('SIGTERM');
	rmSync(dir, {recursive: true, force: true});
}
