#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// What the decision log costs a decision over HTTP: two servers alike, one of which logs, are asked in turn, round after round, so
// that what else the machine does falls on both.
//
//   node bench/decision-log/run.mjs --server out/doorward [--rounds 7] [--seconds 2] [--connections 32] [--json FILE]
//
// wrk must be installed.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: 'out/doorward' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    json: { type: 'string' },
  },
});
const question = { subject: { type: 'user', id: 'alice' }, action: { name: 'read' }, resource: { type: 'document', id: '1' } };
const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

// On a connection of its own: one that is kept may be closed by now.
function call(target, method, path, body) {
  const headers = { Authorization: `Bearer ${target.key}`, 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(target.url + path, { method, headers, agent: false }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () =>
        answer.statusCode < 300 ? resolve(Buffer.concat(chunks).toString()) : reject(new Error(`${method} ${path}: ${answer.statusCode}`)),
      );
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

async function start(name, args) {
  const keyFile = join(folder, `${name}.key`);
  const common = ['serve', '--store', 'memory:', '--listen', '127.0.0.1:0', '--log-level', 'error', '--owner-key-file', keyFile];
  const child = spawn(options.server, [...common, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${options.server} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => resolve(line.replace('listening on ', '')));
  });
  const target = { name, child, url, key: readFileSync(keyFile, 'utf8').trim(), rounds: [] };
  await call(target, 'POST', '/doorward/v1/users', { id: 'alice' });
  await call(target, 'POST', '/doorward/v1/roles', { id: 'reader', actions: ['read'] });
  await call(target, 'PUT', '/doorward/v1/roles/reader/members/alice');
  target.script = join(folder, `${name}.lua`);
  writeFileSync(target.script, `wrk.method = "POST"
wrk.body = '${JSON.stringify(question)}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer ${target.key}"
done = function(summary)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
`);
  return target;
}

// Fields 14 and 15 of a process's stat, behind the name in brackets.
function cpuTicks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function drive(target) {
  const before = cpuTicks(target.child.pid);
  const args = ['-t', '1', '-c', options.connections, '-d', `${options.seconds}s`, '-s', target.script, `${target.url}/access/v1/evaluation`];
  const [requests, micros, errors] = /^RESULT (\d+) (\d+) (\d+)$/m.exec(execFileSync('wrk', args, { encoding: 'utf8' })).slice(1).map(Number);
  if (errors > 0) throw new Error(`${target.name}: ${errors} requests failed`);
  const seconds = (cpuTicks(target.child.pid) - before) / ticksPerSecond;
  return { rate: (requests / micros) * 1e6, cpu_us: (seconds * 1e6) / requests };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const summarize = ({ rounds }) => ({ rate: median(rounds.map((r) => r.rate)), cpu_us: median(rounds.map((r) => r.cpu_us)), rounds });

const targets = [];
try {
  targets.push(await start('without', []), await start('with', ['--decision-log', join(folder, 'log')]));
  for (const target of targets) drive(target); // warm
  for (let round = 0; round < Number(options.rounds); round++)
    for (const target of round % 2 ? [...targets].reverse() : targets) target.rounds.push(drive(target));
  const [without, logged] = targets.map(summarize);
  const metrics = await call(targets[1], 'GET', '/metrics');
  const count = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)[1]);
  const result = { without, with: logged, rate_ratio: logged.rate / without.rate, cpu_ratio: logged.cpu_us / without.cpu_us,
    lines: count('doorward_decision_log_lines_total'), dropped: count('doorward_decision_log_dropped_total') };
  for (const [name, r] of [['without', without], ['with', logged]])
    console.log(`${name.padEnd(8)} ${r.rate.toFixed(0).padStart(8)} decisions/s ${r.cpu_us.toFixed(2).padStart(8)} µs CPU a decision`);
  console.log(`ratio of medians: ${result.rate_ratio.toFixed(3)} (CPU: ${result.cpu_ratio.toFixed(3)}); ${result.lines} lines, ${result.dropped} dropped`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  for (const { child } of targets) {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  rmSync(folder, { recursive: true });
}
