// SPDX-License-Identifier: Apache-2.0
//
// What bench-cel.c does, for an engine of npm's: orders on standard input, nanoseconds on standard output.
//   node peer.mjs bufbuild|marcbachmann CONDITIONS
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';

const BATCH = 64;
const [which, file] = process.argv.slice(2);
const {conditions, variables} = JSON.parse(readFileSync(file, 'utf8'));

// Each engine: how it has a timestamp, and how it makes a function of the source.
const engines = {
	async bufbuild() {
		const {celEnv, parse, plan} = await import('@bufbuild/cel');
		const {timestampFromDate} = await import('@bufbuild/protobuf/wkt');
		const env = celEnv();
		return {time: (text) => timestampFromDate(new Date(text)), compile: (source) => plan(env, parse(source))};
	},
	async marcbachmann() {
		const {Environment} = await import('@marcbachmann/cel-js');
		const env = new Environment({unlistedVariablesAreDyn: true});
		return {
			time: (text) => new Date(text),
			compile(source) {
				const program = env.parse(source);
				const checked = program.check();
				if (!checked.valid) throw checked.error;
				return program;
			},
		};
	},
};
const engine = await engines[which]();

// {"timestamp": "…"} is what JSON does not have.
function bound(value) {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
	if (typeof value.timestamp === 'string') return engine.time(value.timestamp);
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bound(member)]));
}

const bindings = bound(variables);
const programs = new Map(conditions.map(({name, expr}) => [name, {expr, run: engine.compile(expr)}]));

const processorNs = () => {
	const {user, system} = process.cpuUsage();
	return (user + system) * 1000;
};

function batch(what, {expr, run}) {
	for (let i = 0; i < BATCH; i++) {
		if (what === 'compile') engine.compile(expr);
		else if (run(bindings) !== true) throw new Error(`${expr}: does not hold`);
	}
}

for await (const line of createInterface({input: process.stdin})) {
	const [what, name, ms] = line.split(' ');
	const begin = processorNs();
	let n = 0, now = begin;
	for (; now - begin < Number(ms) * 1e6; now = processorNs(), n += BATCH) batch(what, programs.get(name));
	console.log(((now - begin) / n).toFixed(1));
}
