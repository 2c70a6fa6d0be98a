// SPDX-License-Identifier: Apache-2.0
// A server over https, with a certificate made for the test, and a client that trusts that one alone.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import https from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import tls from 'node:tls';
import {startServer} from '../../harness/server.mjs';

function makeCertificate() {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-cert-'));
	process.once('exit', () => rmSync(dir, {recursive: true, force: true}));
	const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
	execFileSync(
		'openssl',
		['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=pdp',
			'-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
		{stdio: 'pipe'},
	);
	return {cert, key, ca: readFileSync(cert)};
}

/**
 * One exchange over TLS, with whom the certificate names whatever the Host header says: {status, headers, text, json}. A string or Buffer is sent as it is; headers that are
 * null are not sent.
 */
function exchange(url, ca, method, body, headers) {
	const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
	const all = payload === undefined ? {} : {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload)};
	Object.assign(all, headers);
	const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
	return new Promise((resolve, reject) => {
		const request = https.request(url, {method, ca, headers: sent, agent: false, checkServerIdentity: (_, cert) => tls.checkServerIdentity('127.0.0.1', cert)}, (answer) => {
			const chunks = [];
			answer.on('data', (chunk) => chunks.push(chunk));
			answer.once('error', reject);
			answer.once('end', () => {
				const text = Buffer.concat(chunks).toString('utf8');
				let json;
				try {
					json = JSON.parse(text);
				} catch {
					json = undefined;
				}
				resolve({status: answer.statusCode, headers: answer.headers, text, json});
			});
		});
		request.once('error', reject);
		request.end(payload);
	});
}

/** Starts it with the calls of a JSON file of cases made; `post` asks with the owner's key. */
export async function startPdp(fixture, options = {}) {
	const certificate = makeCertificate();
	const files = ['--tls-cert', certificate.cert, '--tls-key', certificate.key];
	const s = await startServer({store: 'memory', ...options, args: [...files, ...(options.args ?? [])]});
	const call = (method, path, body, headers = {}) =>
		exchange(s.url + path, certificate.ca, method, body, {Authorization: `Bearer ${s.key}`, ...headers});
	for (const {method, path, status, body} of JSON.parse(readFileSync(fixture, 'utf8'))) {
		const r = await call(method, path, body);
		assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
	}
	return {
		url: s.url,
		server: s,
		call,
		get: (path, headers) => call('GET', path, undefined, headers),
		post: (path, body, headers) => call('POST', path, body, headers),
		stop: () => s.stop(),
	};
}

export const fixture = new URL('../../cases/authzen-fixture.json', import.meta.url);
