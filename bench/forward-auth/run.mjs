#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// What forward auth costs: one nginx serves the same small file three times, without asking, asking a fixed answer (another
// nginx that returns 204), and asking Doorward; in turns, round after round. Prints the medians and their ratios.
//
//   node bench/forward-auth/run.mjs [--server out/doorward] [--nginx nginx] [--rounds 7] [--seconds 2]
//        [--connections 32] [--routes 100] [--json FILE]
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';

const {values: options} = parseArgs({
	options: {
		server: {type: 'string', default: 'out/doorward'},
		nginx: {type: 'string', default: '/usr/sbin/nginx'},
		rounds: {type: 'string', default: '7'},
		seconds: {type: 'string', default: '2'},
		connections: {type: 'string', default: '32'},
		routes: {type: 'string', default: '100'},
		json: {type: 'string'},
	},
});
const dir = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
const children = [];

function start(command, args, stream, pattern) {
	const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe']});
	children.push(child);
	return new Promise((resolve, reject) => {
		let text = '';
		child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${text}`)));
		child[stream].on('data', (part) => {
			text += part;
			const found = pattern.exec(text);
			if (found) {
				resolve(found);
			}
		});
		child[stream === 'stdout' ? 'stderr' : 'stdout'].resume();
	});
}

async function freePorts(n) {
	const probes = [];
	for (let i = 0; i < n; i++) {
		probes.push(net.createServer().listen(0, '127.0.0.1'));
		await once(probes[i], 'listening');
	}
	return Promise.all(
		probes.map(async (probe) => {
			const {port} = probe.address();
			probe.close();
			await once(probe, 'close');
			return port;
		}),
	);
}

/** A mapping in which the route asked about is one of many. */
function mapping() {
	const routes = Array.from({length: Number(options.routes)}, (_, i) =>
		`- {method: [GET, PUT], path: '/service${i}/records/{id}', action: read, resource: {type: record, id: '{id}'}}\n`);
	return `proxy: nginx\nidentity: bearer\nroutes:\n${routes.join('')}`;
}

const call = (url, key, method, path, body) =>
	fetch(url + path, {method, headers: {Authorization: `Bearer ${key}`, 'Content-Type': 'application/json'}, body: body && JSON.stringify(body)})
		.then(async (r) => {
			if (!r.ok) {
				throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
			}
			return r.status === 204 ? undefined : r.json();
		});

/** Doorward with a user who may read. */
async function startDoorward() {
	const file = join(dir, 'mapping.yaml');
	writeFileSync(file, mapping());
	const [, url] = await start(options.server, ['serve', '--store', 'memory:', '--listen', '127.0.0.1:0', '--log-level', 'warn',
		'--owner-key-file', join(dir, 'key'), '--forward-auth', file], 'stdout', /^listening on (\S+)\n/m);
	const key = readFileSync(join(dir, 'key'), 'utf8').trim();
	await call(url, key, 'POST', '/doorward/v1/users', {id: 'alice'});
	await call(url, key, 'POST', '/doorward/v1/roles', {id: 'reader', actions: ['read']});
	await call(url, key, 'PUT', '/doorward/v1/roles/reader/members/alice');
	const made = await call(url, key, 'POST', '/doorward/v1/keys', {principal: {type: 'user', id: 'alice'}, name: 'bench'});
	return {port: new URL(url).port, key: made.key};
}

function site(port, name, auth) {
	return `server { listen 127.0.0.1:${port}; root ${dir}/files; location / { ${auth ? 'auth_request /_auth;' : ''} try_files /file =404; }
location = /_auth { internal; proxy_pass http://${name}/doorward/v1/forward-auth; proxy_http_version 1.1; proxy_set_header Connection "";
proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Original-Method $request_method;
proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Host $host; } }\n`;
}

/** One process of its own with these servers. */
async function startNginx(name, servers) {
	const home = join(dir, name);
	mkdirSync(home);
	const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${home}/${kind};`).join(' ');
	writeFileSync(join(home, 'nginx.conf'), `daemon off; worker_processes 1; pid ${home}/pid; error_log stderr notice;
${process.getuid() === 0 ? 'user root;' : ''} events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${temp}
${servers} }\n`);
	await start(options.nginx, ['-p', home, '-e', 'stderr', '-c', join(home, 'nginx.conf')], 'stderr', /start worker process /);
}

async function startSites(doorward) {
	const [alone, fixed, asking, answer] = await freePorts(4);
	mkdirSync(join(dir, 'files'));
	writeFileSync(join(dir, 'files/file'), 'hello\n');
	await startNginx('answer', `server { listen 127.0.0.1:${answer}; location / { return 204; } }`);
	await startNginx('site', `upstream fixed { server 127.0.0.1:${answer}; keepalive 64; keepalive_requests 1000000000; }
upstream doorward { server 127.0.0.1:${doorward}; keepalive 64; keepalive_requests 1000000000; }
${site(alone, 'fixed', false)}${site(fixed, 'fixed', true)}${site(asking, 'doorward', true)}`);
	return [['nginx alone', alone], ['asking a fixed 204', fixed], ['asking Doorward', asking]].map(([name, port]) => ({name, port, rates: []}));
}

/** Requests a second; one failed request makes the run worthless. */
function drive(target, key, seconds) {
	const out = execFileSync('wrk', ['-t', '1', '-c', options.connections, '-d', `${seconds}s`, '-s', join(dir, 'report.lua'),
		'-H', `Authorization: Bearer ${key}`, `http://127.0.0.1:${target.port}/service7/records/r1`], {encoding: 'utf8'});
	const [requests, micros, errors] = /^RESULT (\d+) (\d+) (\d+)$/m.exec(out).slice(1).map(Number);
	if (errors > 0) {
		throw new Error(`${target.name}: ${errors} requests failed`);
	}
	return (requests / micros) * 1e6;
}

const REPORT = `done = function(summary)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

function median(numbers) {
	const sorted = [...numbers].sort((a, b) => a - b);
	return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

try {
	writeFileSync(join(dir, 'report.lua'), REPORT);
	const {port, key} = await startDoorward();
	const targets = await startSites(port);
	for (const target of targets) {
		drive(target, key, 1); // warm
	}
	for (let round = 0; round < Number(options.rounds); round++) {
		// Who goes first changes, so that nobody profits from the order.
		for (let i = 0; i < targets.length; i++) {
			const target = targets[(i + round) % targets.length];
			target.rates.push(drive(target, key, Number(options.seconds)));
		}
	}
	const [alone, fixed, asking] = targets.map(({rates}) => median(rates));
	const result = {alone, fixed, asking, fixed_to_alone: fixed / alone, asking_to_alone: asking / alone, asking_to_fixed: asking / fixed};
	for (const {name, rates} of targets) {
		console.log(`${name.padEnd(20)} ${median(rates).toFixed(0).padStart(8)} requests/s`);
	}
	console.log(`Doorward / fixed 204: ${result.asking_to_fixed.toFixed(3)}; / nginx alone: ${result.asking_to_alone.toFixed(3)}`);
	if (options.json) {
		writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
	}
} finally {
	for (const child of children) {
		child.removeAllListeners('exit');
		child.kill('SIGTERM');
	}
	rmSync(dir, {recursive: true, force: true});
}
