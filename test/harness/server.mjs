// SPDX-License-Identifier: Apache-2.0
//
// Starts a real server for the system and wire tests: a fresh folder, a free port, its own
// owner key. Nothing here sleeps: the server says when it is ready, and exits are events.
//
//   const s = await startServer();             // SQLite in a temporary folder
//   const r = await s.call('POST', '/doorward/v1/users', {id: 'alice'});
//   await s.stop();                            // SIGTERM; resolves to the exit code
//
// The binary is $DOORWARD_BIN, by default build-test/src/main/doorward of this tree.
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const binary =
	process.env.DOORWARD_BIN || fileURLToPath(new URL('../../build-test/src/main/doorward', import.meta.url));

// Whatever a failing test leaves behind ends with the test process.
const running = new Set();
process.on('exit', () => {
	for (const s of running) {
		s.kill();
	}
});

/** `sqlite` and `memory` name a fresh store; anything else is a store URL. */
function storeUrl(store, dir) {
	if (store === 'sqlite') {
		return `sqlite:${join(dir, 'doorward.db')}`;
	}
	return store === 'memory' ? 'memory:' : store;
}

/** One process: its output, when it is ready, and how it ended. */
class Process {
	constructor(args, env) {
		this.out = '';
		this.err = '';
		this.child = spawn(binary, args, {env, stdio: ['ignore', 'pipe', 'pipe']});
		this.exited = new Promise((resolve) => {
			this.child.once('error', (e) => {
				this.err += `${binary}: ${e.message}\n`;
				resolve(-1);
			});
			this.child.once('close', (code, signal) => resolve(code ?? signal));
		});
		this.ready = new Promise((resolve) => {
			this.child.stdout.on('data', (text) => {
				this.out += text;
				const line = /^listening on (https?:\/\/\S+)$/m.exec(this.out);
				if (line && this.out.includes('\n', line.index)) {
					resolve(line[1]);
				}
			});
		});
		this.child.stderr.on('data', (text) => {
			this.err += text;
		});
	}

	kill(signal = 'SIGKILL') {
		this.child.kill(signal);
	}
}

/** Runs the binary to its end: {code, out, err}. For command lines that are not `serve`, and for starts that must fail. */
export async function run(args, env = {}) {
	const p = new Process(args, {...process.env, ...env});
	running.add(p);
	const code = await p.exited;
	running.delete(p);
	return {code, out: p.out, err: p.err};
}

/**
 * One HTTP exchange on its own connection (so that a restart never meets a stale one). `body`: absent, a string or Buffer sent as is, or
 * a value sent as JSON; a header that is null is not sent. A body that the server refuses by its Content-Length resets the connection
 * under whoever still sends: send that with {'Transfer-Encoding': 'chunked'}. Resolves to {status, headers, text, json}; json is undefined when the text is not JSON.
 */
export function exchange(url, method, path, body, {key, headers = {}, agent = false} = {}) {
	const raw = typeof body === 'string' || Buffer.isBuffer(body);
	const payload = body === undefined || raw ? body : JSON.stringify(body);
	const sent = {...headers};
	const has = (name) => Object.keys(sent).some((k) => k.toLowerCase() === name);
	if (key && !has('authorization')) {
		sent.Authorization = `Bearer ${key}`;
	}
	if (payload !== undefined && !has('content-type')) {
		sent['Content-Type'] = 'application/json';
	}
	for (const name of Object.keys(sent)) {
		if (sent[name] === null) {
			delete sent[name];
		}
	}
	if (payload !== undefined && !has('content-length') && !has('transfer-encoding')) {
		sent['Content-Length'] = Buffer.byteLength(payload);
	}
	// Not through `new URL`: paths go out exactly as the test wrote them.
	const {hostname, port} = new URL(url);
	return new Promise((resolve, reject) => {
		const req = http.request({hostname: hostname.replace(/^\[|\]$/g, ''), port, method, path, headers: sent, agent});
		req.once('error', reject);
		req.once('response', (res) => {
			const chunks = [];
			res.on('data', (chunk) => chunks.push(chunk));
			res.once('error', reject);
			res.once('end', () => {
				const text = Buffer.concat(chunks).toString('utf8');
				let json;
				try {
					json = JSON.parse(text);
				} catch {
					json = undefined;
				}
				resolve({status: res.statusCode, headers: res.headers, text, json});
			});
		});
		req.end(payload);
	});
}

class Server {
	constructor(options) {
		this.options = options;
		this.dir = mkdtempSync(join(tmpdir(), 'doorward-test-'));
		this.keyFile = join(this.dir, 'owner.key');
		this.earlier = ''; // logs of processes before a restart
	}

	async start() {
		const {store = 'sqlite', args = [], env = {}, org, logLevel = 'info', listen = '127.0.0.1:0'} = this.options;
		const command = ['serve', '--store', storeUrl(store, this.dir), '--listen', listen];
		command.push('--owner-key-file', this.keyFile, '--log-level', logLevel);
		if (org) {
			command.push('--org', org);
		}
		this.process = new Process([...command, ...args], {...process.env, ...env});
		running.add(this.process);
		const first = await Promise.race([this.process.ready, this.process.exited.then((code) => ({code}))]);
		if (typeof first === 'object') {
			const log = this.logs();
			running.delete(this.process);
			this.remove();
			throw new Error(`the server ended with ${first.code} before it was ready:\n${log}`);
		}
		this.url = first;
		this.port = Number(new URL(first).port);
		this.pid = this.process.child.pid;
		if (existsSync(this.keyFile)) {
			this.key = readFileSync(this.keyFile, 'utf8').trim();
		}
		return this;
	}

	/** Everything written on stderr so far, earlier processes of this store included. */
	logs() {
		return this.earlier + this.process.err;
	}

	/** As exchange(), with the owner key unless `key` is given (null: none); says the server's log when the connection fails. */
	async call(method, path, body, options = {}) {
		const {key = this.key, ...rest} = options;
		try {
			return await exchange(this.url, method, path, body, {key, ...rest});
		} catch (e) {
			throw new Error(`${method} ${path}: ${e.message}\n${this.logs()}`, {cause: e});
		}
	}

	/** Ends the process and resolves to its exit code (or signal name); the folder stays. */
	async end(signal) {
		this.process.kill(signal);
		const code = await this.process.exited;
		running.delete(this.process);
		return code;
	}

	/** SIGTERM, wait, remove the folder; resolves to the exit code. */
	async stop() {
		const code = await this.end('SIGTERM');
		this.remove();
		return code;
	}

	/** kill -9, as a power cut would; the folder stays for restart(). */
	kill9() {
		return this.end('SIGKILL');
	}

	/** Ends the process if it still runs (SIGTERM) and starts a new one on the same folder, with other args or env where given. */
	async restart(changes = {}) {
		await this.end('SIGTERM');
		this.earlier += this.process.err;
		this.options = {...this.options, ...changes};
		return this.start();
	}

	/** For t.after(): whatever happened in between, nothing is left running and no folder behind. */
	async dispose() {
		if (running.has(this.process)) {
			await this.end('SIGKILL');
		}
		this.remove();
	}

	remove() {
		rmSync(this.dir, {recursive: true, force: true});
	}
}

export async function startServer(options = {}) {
	return new Server(options).start();
}

/**
 * A clock for DOORWARD_TEST_CLOCK: `env` goes to startServer(), set() moves the time of every server that has it. Only
 * builds with test hooks take it.
 */
export function testClock(time) {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-clock-'));
	const file = join(dir, 'now');
	const set = (text) => writeFileSync(file, `${text}\n`);
	process.once('exit', () => rmSync(dir, {recursive: true, force: true}));
	set(time);
	return {env: {DOORWARD_TEST_CLOCK: file}, set};
}

function expectStatus(r, status, what) {
	if (r.status !== status) {
		throw new Error(`${what}: ${r.status} ${r.text}`);
	}
	return r;
}

/** A user and a key that acts as it. */
export async function makeUser(s, id, user = {}) {
	expectStatus(await s.call('POST', '/doorward/v1/users', {id, ...user}), 201, `user ${id}`);
	return makeKey(s, {type: 'user', id});
}

/** The text of a new key of a principal that exists. */
export async function makeKey(s, principal, key = {}) {
	const r = await s.call('POST', '/doorward/v1/keys', {principal, name: `test of ${principal.id}`, ...key});
	return expectStatus(r, 201, `key of ${principal.id}`).json.key;
}
