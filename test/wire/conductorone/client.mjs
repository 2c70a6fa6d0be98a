// SPDX-License-Identifier: Apache-2.0
//
// A client as strict as the vendor's SDK: it sends the same bytes (members in alphabetical order, int64 as strings,
// "{}" with DELETE), takes exactly 200 with application/json for success, and refuses answers that its types would:
// numbers where an int64 is due, null where a time is due.
//
//   const c1 = client(s, key);
//   const policy = (await c1.post('policies', {…})).policy;
//   await c1.fails(400, 3, /at least 1 item/, 'POST', 'policies', {…});
import assert from 'node:assert/strict';

export const ID = /^[A-Za-z0-9]{27}$/;
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

// Members of messages that are int64, and those that must never be null.
const INT64 = new Set(['numericId', 'expiration', 'grantCount', 'userCount', 'defaultValue', 'maxFileSize']);
const NEVER_NULL = new Set(['assignedAt']);

/** The value with the members of all objects in alphabetical order, as the SDK serializes it. */
function sorted(value) {
	if (Array.isArray(value)) {
		return value.map(sorted);
	}
	if (value === null || typeof value !== 'object') {
		return value;
	}
	return Object.fromEntries(Object.keys(value).sort().map((k) => [k, sorted(value[k])]));
}

/** Walks through an answer and asserts what the SDK's types say of its members. */
function checkTypes(value, where) {
	if (Array.isArray(value)) {
		value.forEach((v, i) => checkTypes(v, `${where}[${i}]`));
		return;
	}
	if (value === null || typeof value !== 'object') {
		return;
	}
	for (const [name, v] of Object.entries(value)) {
		const at = `${where}.${name}`;
		assert.match(name, /^[@a-zA-Z0-9._/: -]*$/, `${at}: not a name`);
		if (INT64.has(name)) {
			assert.notEqual(typeof v, 'number', `${at}: an int64 is a string`);
		}
		if (NEVER_NULL.has(name)) {
			assert.equal(typeof v, 'string', `${at}: a time or nothing`);
		}
		if (/(At|Time)$/.test(name) && typeof v === 'string') {
			assert.match(v, TIME, at);
		}
		checkTypes(v, at);
	}
}

function checkStatus(r, what) {
	assert.match(r.headers['content-type'] ?? '', /^application\/json/, what);
	assert.equal(typeof r.json?.code, 'number', `${what}: a Status: ${r.text}`);
	assert.equal(typeof r.json.message, 'string', `${what}: a Status: ${r.text}`);
	for (const name of Object.keys(r.json)) {
		assert.ok(['code', 'message', 'details'].includes(name), `${what}: a Status has no ${name}`);
	}
}

/** A client of the server `s` with a key or access token; absent: the owner key; null: none. */
export function client(s, key = s.key) {
	const send = (method, path, body, options = {}) =>
		s.call(method, path.startsWith('/') ? path : `/api/v1/${path}`, body === undefined ? undefined : JSON.stringify(sorted(body)), {
			key,
			...options,
		});
	const ok = async (method, path, body) => {
		const r = await send(method, path, body);
		assert.equal(r.status, 200, `${method} ${path}: ${r.status} ${r.text}`);
		assert.match(r.headers['content-type'] ?? '', /^application\/json/);
		assert.ok(r.json && typeof r.json === 'object' && !Array.isArray(r.json), `${method} ${path}: ${r.text}`);
		checkTypes(r.json, '$');
		return r.json;
	};
	return {
		send,
		get: (path) => ok('GET', path),
		post: (path, body = {}) => ok('POST', path, body),
		put: (path, body = {}) => ok('PUT', path, body),
		delete: (path) => ok('DELETE', path, {}),
		/** The call must fail so; resolves to the answer. `message`: a string that it holds, or a pattern. */
		async fails(status, code, message, method, path, body) {
			const r = await send(method, path, body);
			assert.equal(r.status, status, `${method} ${path}: ${r.status} ${r.text}`);
			checkStatus(r, `${method} ${path}`);
			assert.equal(r.json.code, code, r.text);
			if (message instanceof RegExp) {
				assert.match(r.json.message, message);
			} else {
				assert.ok(r.json.message.includes(message), `"${message}" is not in "${r.json.message}"`);
			}
			return r.json;
		},
		/** All pages of a list: what is on them, and how many there were. */
		async all(path, size) {
			const list = [];
			let pages = 0;
			let token = '';
			do {
				const r = await ok('GET', `${path}?page_size=${size}${token && `&page_token=${encodeURIComponent(token)}`}`);
				assert.equal(typeof r.nextPageToken, 'string');
				list.push(...r.list);
				token = r.nextPageToken;
				pages++;
			} while (token);
			return {list, pages};
		},
		/** The same of a search. */
		async searchAll(path, body) {
			const list = [];
			let token = '';
			do {
				const r = await ok('POST', `search/${path}`, {...body, ...(token && {pageToken: token})});
				list.push(...r.list);
				token = r.nextPageToken;
			} while (token);
			return list;
		},
	};
}
