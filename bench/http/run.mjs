#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// How much of the HTTP layer's rate a server keeps: drives the fixed answer of bench/http/fixed.c and a given server
// in turn, round after round, so that what else the machine does falls on both; prints the ratio of the medians.
//
//   node bench/http/run.mjs --fixed 'BUILD/bench/http/bench-http-fixed' --server 'doorward serve --store memory: …'
//        [--path /access/v1/evaluation] [--body FILE] [--header 'Authorization: Bearer KEY']... [--rounds 7]
//        [--seconds 2] [--connections 32] [--json FILE]
//
// A server command is run by /bin/sh and must print "listening on http://ADDR:PORT"; it gets the signal TERM at the end.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const DEFAULT_BODY = JSON.stringify({
  subject: { type: 'user', id: 'alice' },
  action: { name: 'read' },
  resource: { type: 'document', id: '1' },
});

const { values: options } = parseArgs({
  options: {
    fixed: { type: 'string' },
    server: { type: 'string' },
    path: { type: 'string', default: '/access/v1/evaluation' },
    body: { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    json: { type: 'string' },
  },
});

function fail(text) {
  console.error(`bench/http: ${text}`);
  process.exit(2);
}

// Starts a command line; resolves with its process and base URL when it says where it listens.
function start(command) {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command}: ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^listening on (https?:\/\/\S+)/.exec(line);
      if (found) resolve({ child, url: found[1] });
    });
  });
}

// Ticks of processor time that a process has used: fields 14 and 15 of its stat, behind the name in brackets.
function cpuTicks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function writeScript(folder, body) {
  const lua = (text) => `"${[...Buffer.from(text)].map((b) => `\\${String(b).padStart(3, '0')}`).join('')}"`;
  const headers = ['Content-Type: application/json', ...options.header].map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1) fail(`not a header: ${line}`);
    return `wrk.headers[${lua(line.slice(0, colon))}] = ${lua(line.slice(colon + 1).trim())}`;
  });
  const script = join(folder, 'post.lua');
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = ${lua(body)}\n${headers.join('\n')}\n${REPORT}`);
  return script;
}

// wrk counts other answers than 2xx apart; one of them makes the run worthless.
const REPORT = `done = function(summary)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function drive(target, script, seconds) {
  const before = cpuTicks(target.child.pid);
  const out = execFileSync(
    'wrk',
    ['-t', '1', '-c', options.connections, '-d', `${seconds}s`, '-s', script, target.url + options.path],
    { encoding: 'utf8' },
  );
  const ticks = cpuTicks(target.child.pid) - before;
  const found = /^RESULT (\d+) (\d+) (\d+)$/m.exec(out);
  if (!found) fail(`wrk said nothing:\n${out}`);
  const [requests, micros, errors] = found.slice(1).map(Number);
  if (errors > 0) fail(`${target.name}: ${errors} requests failed`);
  return { rate: (requests / micros) * 1e6, cpu_us: ((ticks / ticksPerSecond) * 1e6) / requests };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function summarize(rounds) {
  return { rate: median(rounds.map((r) => r.rate)), cpu_us: median(rounds.map((r) => r.cpu_us)), rounds };
}

function print(name, { rate, cpu_us: cpu }) {
  console.log(`${name.padEnd(8)} ${rate.toFixed(0).padStart(8)} requests/s ${cpu.toFixed(2).padStart(8)} µs CPU a request`);
}

if (!options.fixed || !options.server) fail('needs --fixed COMMAND and --server COMMAND');
const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
const targets = [];
try {
  const script = writeScript(folder, options.body ? readFileSync(options.body) : DEFAULT_BODY);
  for (const name of ['fixed', 'server']) targets.push({ name, rounds: [], ...(await start(options[name])) });
  for (const target of targets) drive(target, script, 1); // warm
  for (let round = 0; round < Number(options.rounds); round++)
    // Who goes first changes, so that neither profits from the order.
    for (const target of round % 2 ? [...targets].reverse() : targets)
      target.rounds.push(drive(target, script, options.seconds));
  const [fixed, server] = targets.map((target) => summarize(target.rounds));
  const result = { fixed, server, rate_ratio: server.rate / fixed.rate, cpu_ratio: server.cpu_us / fixed.cpu_us };
  print('fixed', fixed);
  print('server', server);
  console.log(`ratio of medians: ${result.rate_ratio.toFixed(3)} (CPU a request: ${result.cpu_ratio.toFixed(3)})`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  for (const { child } of targets) {
    child.removeAllListeners('exit');
    child.kill('SIGTERM');
  }
  rmSync(folder, { recursive: true });
}
