// SPDX-License-Identifier: Apache-2.0
//
// A receiver of webhooks: a server that keeps what comes until somebody asks for it, and answers as it is told. It
// verifies what every receiver is to verify: digest, token, times.
import assert from 'node:assert/strict';
import {createHash, createPublicKey, verify} from 'node:crypto';
import {createServer} from 'node:http';

const json = (text) => JSON.parse(Buffer.from(text, 'base64url'));

class Receiver {
	constructor(server) {
		this.server = server;
		this.url = `http://127.0.0.1:${server.address().port}/hook?secret=1`;
		this.arrived = [];
		this.waiting = [];
		this.n = 0;
	}

	take(message) {
		this.n++;
		const next = this.waiting.shift();
		if (next) {
			next(message);
		} else {
			this.arrived.push(message);
		}
	}

	/** The next message that comes; its answer() must be called, or drop(). */
	next() {
		const message = this.arrived.shift();
		return message ? Promise.resolve(message) : new Promise((resolve) => this.waiting.push(resolve));
	}

	/** Answers the next message so; resolves to the message. */
	async answer(status, body) {
		const message = await this.next();
		message.answer(status, body);
		return message;
	}

	close() {
		this.server.closeAllConnections();
		return new Promise((resolve) => this.server.close(resolve));
	}
}

export async function startReceiver() {
	let receiver;
	const server = createServer((req, res) => {
		const parts = [];
		req.on('data', (part) => parts.push(part));
		req.on('end', () => {
			const text = Buffer.concat(parts);
			receiver.take({
				method: req.method,
				path: req.url,
				headers: req.headers,
				text,
				json: JSON.parse(text),
				answer(status, body) {
					res.writeHead(status, {'content-type': 'application/json'});
					res.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
				},
				drop: () => res.destroy(),
			});
		});
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	receiver = new Receiver(server);
	return receiver;
}

/** Asserts that the message is from the server and untouched, at `now` ms; resolves to the claims. */
export async function verifyMessage(server, message, now) {
	const keys = (await server.call('GET', '/auth/v1/jwks', undefined, {key: null})).json.keys;
	const [scheme, token] = message.headers.authorization.split(' ');
	const [head, claims, signature] = token.split('.');
	const key = keys.find((k) => k.kid === json(head).kid);
	assert.equal(scheme, 'bearer');
	assert.equal(json(head).alg, 'EdDSA');
	assert.ok(verify(null, Buffer.from(`${head}.${claims}`), createPublicKey({key, format: 'jwk'}), Buffer.from(signature, 'base64url')));
	const hash = createHash('sha256').update(message.text).digest();
	assert.equal(message.headers['content-digest'], `sha-256=${hash.toString('base64')}`);
	const c = json(claims);
	assert.equal(c.htb_s256, hash.toString('base64url'));
	assert.equal(c.htm, message.method);
	assert.equal(c.htu, `http://${message.headers.host}${message.path.split('?')[0]}`);
	assert.equal(c.aud, '127.0.0.1');
	assert.equal(c.iss, new URL(server.url).hostname);
	assert.equal(c.c1typ, 'wh');
	assert.equal(c.iat, Math.floor(now / 1000));
	assert.equal(c.exp, c.iat + 120);
	assert.equal(c.nbf, c.iat - 60);
	return c;
}
