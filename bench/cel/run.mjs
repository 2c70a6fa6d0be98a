#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// This engine of CEL beside the two of npm, on four conditions of the kind that policies have: evaluation, and
// compilation with checks. Each engine is a process of its own; one measures at a time and they take turns, round after
// round, so that what else the machine does falls on all. Processor time, medians of the rounds.
//
//   (cd bench/cel && npm ci)
//   node bench/cel/run.mjs --program BUILD/bench/cel/bench-cel [--rounds 9] [--ms 100] [--json FILE]
//
// The exit status is 1 when a goal is missed: evaluation at most 200 ns, compilation at most 5 µs, and evaluation at
// least five times as fast as the faster of the others, on every condition.
import {spawn} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const GOALS = {evaluateNs: 200, compileNs: 5000, ratio: 5};
const {values: options} = parseArgs({
	options: {
		program: {type: 'string'},
		rounds: {type: 'string', default: '9'},
		ms: {type: 'string', default: '100'},
		json: {type: 'string'},
	},
});
if (!options.program) {
	console.error('bench/cel: --program BUILD/bench/cel/bench-cel');
	process.exit(2);
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const file = here('conditions.json');
const {conditions} = JSON.parse(readFileSync(file, 'utf8'));

function start(name, command, args) {
	const child = spawn(command, args, {stdio: ['pipe', 'pipe', 'inherit']});
	const answers = createInterface({input: child.stdout})[Symbol.asyncIterator]();
	return {
		name,
		end: () => child.stdin.end(),
		async measure(what, condition) {
			child.stdin.write(`${what} ${condition} ${options.ms}\n`);
			const {value, done} = await answers.next();
			if (done) throw new Error(`${name} ended`);
			return Number(value);
		},
	};
}

const engines = [
	start('doorward', options.program, [file]),
	start('@bufbuild/cel', process.execPath, [here('peer.mjs'), 'bufbuild', file]),
	start('@marcbachmann/cel-js', process.execPath, [here('peer.mjs'), 'marcbachmann', file]),
];

function median(numbers) {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)];
}

const samples = {};
// The first round warms up and is not counted.
for (let round = 0; round <= Number(options.rounds); round++) {
	for (const what of ['evaluate', 'compile']) {
		for (const {name} of conditions) {
			for (const engine of engines) {
				const ns = await engine.measure(what, name);
				if (round > 0) ((samples[what] ??= {})[name] ??= engines.map(() => []))[engines.indexOf(engine)].push(ns);
			}
		}
	}
}
engines.forEach((engine) => engine.end());

let missed = 0;
const results = {};
for (const what of ['evaluate', 'compile']) {
	console.log(`${what}, ns`.padEnd(16), engines.map(({name}) => name.padStart(22)).join(''), 'ratio'.padStart(8));
	for (const {name} of conditions) {
		const medians = samples[what][name].map(median);
		const ratio = Math.min(...medians.slice(1)) / medians[0];
		const isMet = what === 'evaluate' ? medians[0] <= GOALS.evaluateNs && ratio >= GOALS.ratio
			: medians[0] <= GOALS.compileNs;
		missed += !isMet;
		(results[what] ??= {})[name] = {...Object.fromEntries(engines.map((e, i) => [e.name, medians[i]])), ratio};
		console.log(name.padEnd(16), medians.map((ns) => ns.toFixed(0).padStart(22)).join(''),
			`${ratio.toFixed(1)}x`.padStart(8), isMet ? '' : ' goal missed');
	}
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, '\t')}\n`);
process.exit(missed > 0 ? 1 : 0);
