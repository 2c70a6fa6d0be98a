// SPDX-License-Identifier: Apache-2.0
//
// What a decision takes over HTTP as of a revision long ago, beside one in the present: the first, for which a state is
// built, after a start of the server each time; and those that follow, in turns with the present on one connection.
//
// usage: node bench/past/run.mjs [--bin out/doorward] [--make build-release/bench/past/bench-past] [--documents 50000]
//                                [--revisions 12000] [--back 10000] [--starts 5] [--calls 2000] [--json FILE]
import {spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {parseArgs} from 'node:util';

const {values: options} = parseArgs({
	options: {
		bin: {type: 'string', default: 'out/doorward'},
		make: {type: 'string', default: 'build-release/bench/past/bench-past'},
		documents: {type: 'string', default: '50000'},
		revisions: {type: 'string', default: '12000'},
		back: {type: 'string', default: '10000'},
		starts: {type: 'string', default: '5'},
		calls: {type: 'string', default: '2000'},
		json: {type: 'string'},
	},
});
const nDocuments = Number(options.documents);
const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];
const dir = mkdtempSync(join(tmpdir(), 'doorward-past-'));
const store = `sqlite:${join(dir, 'past.db')}`;
const keyFile = join(dir, 'key');

async function start() {
	const child = spawn(options.bin, ['serve', '--store', store, '--listen', '127.0.0.1:0', '--log-level', 'error'],
		{stdio: ['ignore', 'pipe', 'inherit']});
	const url = await new Promise((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
		createInterface({input: child.stdout}).on('line', (line) => resolve(/^listening on (\S+)/.exec(line)[1]));
	});
	return {child, url, agent: new http.Agent({keepAlive: true, maxSockets: 1})};
}

async function stop(server) {
	const ended = new Promise((resolve) => server.child.once('exit', resolve));
	server.agent.destroy();
	server.child.kill('SIGTERM');
	await ended;
}

/** The n-th decision; resolves with its time in microseconds and the revision that it was answered at. */
function decide(server, n, revision) {
	const number = (n * 7919) % nDocuments;
	const body = JSON.stringify({
		subject: {type: 'user', id: `u${number}`},
		action: {name: 'infra:nodes:get'},
		resource: {type: 'infra:nodes', id: `n${number}`},
	});
	const headers = {
		Authorization: `Bearer ${key}`,
		'Content-Type': 'application/json',
		'Content-Length': Buffer.byteLength(body),
		...(revision && {'Doorward-As-Of': String(revision)}),
	};
	return new Promise((resolve, reject) => {
		const began = process.hrtime.bigint();
		const req = http.request(`${server.url}/access/v1/evaluation`, {method: 'POST', headers, agent: server.agent}, (res) => {
			res.resume();
			res.on('end', () => {
				const us = Number(process.hrtime.bigint() - began) / 1000;
				const at = Number(res.headers['doorward-revision']);
				if (res.statusCode !== 200 || (revision && at !== revision))
					reject(new Error(`${res.statusCode} at revision ${at}`));
				else
					resolve({us, at});
			});
		});
		req.on('error', reject);
		req.end(body);
	});
}

const made = spawnSync(options.make, [store, options.documents, options.revisions, keyFile], {stdio: 'inherit'});
if (made.status !== 0)
	throw new Error(`${options.make} ended with ${made.status}`);
const key = readFileSync(keyFile, 'utf8').trim();
const first = [];
const following = [];
const present = [];
for (let i = 0; i < Number(options.starts); i++) {
	const server = await start();
	const {at} = await decide(server, 0);
	const revision = at - Number(options.back);
	first.push((await decide(server, 0, revision)).us / 1000);
	for (let n = 1; n <= Number(options.calls) / Number(options.starts); n++) {
		present.push((await decide(server, n)).us);
		following.push((await decide(server, n, revision)).us);
	}
	await stop(server);
}
rmSync(dir, {recursive: true});
const result = {
	documents: nDocuments, back: Number(options.back), first_ms: median(first), present_us: median(present),
	following_us: median(following), ratio: median(following) / median(present),
};
console.log(`${options.back} revisions back over HTTP: the first ${result.first_ms.toFixed(0)} ms (${first.map((ms) => ms.toFixed(0)).join(', ')}), ` +
	`then ${result.following_us.toFixed(0)} us, ${result.ratio.toFixed(2)} of ${result.present_us.toFixed(0)} us in the present`);
if (options.json)
	writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
