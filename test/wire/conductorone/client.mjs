// SPDX-License-Identifier: Apache-2.0
//
// A client as strict as the vendor's SDK: it sends the same bytes (members in alphabetical order, int64 as strings,
// "{}" with DELETE, what it accepts), takes exactly 200 with application/json for success, and refuses answers that its
// types would: numbers where an int64 is due, null where a time is due, and the like.
//
//   const c1 = client(s, key);
//   const policy = (await c1.post('policies', {…})).policy;
//   await c1.fails(400, 3, /at least 1 item/, 'POST', 'policies', {…});
import assert from 'node:assert/strict';

export const ID = /^[A-Za-z0-9]{27}$/;
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const DURATION = /^-?\d+(\.\d+)?s$/;
// Enumerators, and the free texts of states that no enum has ("ENABLED" of users is one all the same).
const ENUMERATOR = /^[A-Z][A-Z0-9_]*$/;

// Members by what the vendor's OpenAPI document says of all that are called so.
const INT64 = new Set([
	'count', 'errorCount', 'expiration', 'from', 'grantCount', 'maxFileSize', 'maxValue', 'minValue', 'newTaskNumericId', 'numericId',
	'originalTaskNumericId', 'scopingVersion', 'step', 'to', 'userCount', 'workflowExecutionId',
]);
const INT32 = new Set([
	'attempts', 'chainDepth', 'commentCount', 'endColumn', 'endLineNumber', 'expectedTicketCount', 'expires_in', 'interval', 'monthlyCostUsd',
	'startColumn', 'startLineNumber', 'workflowStep',
]);
const TIMES = new Set(['completionDate', 'created', 'date', 'endDate', 'lastLogin', 'scheduledStartDate', 'startDate', 'timeout']);
const DURATIONS = new Set(['callbackTimeout', 'durationGrant', 'durationIfExists', 'grantDuration', 'timeoutDuration']);
const ENUMS = new Set(['currentState', 'eventType', 'origin', 'outcome', 'policyType', 'processing', 'recommendation', 'severity', 'state']);
// The SDK takes null for most members that are not set. Not for these: a time, or nothing at all.
const NEVER_NULL = new Set(['assignedAt']);
const NEVER_NULL_IN = {
	accessReview: (name) => isTime(name),
	action: (name) => name === 'outcomeTime',
	finding: (name) => name === 'outcomeTime',
	success: (name) => name === 'outcomeTime',
	error: (name) => name === 'outcomeTime',
	cancelled: (name) => name === 'outcomeTime',
};

function isTime(name) {
	return /(At|Time)$/.test(name) || TIMES.has(name);
}

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

/** One member of a message that stands in the member `parent`. */
function checkMember(name, v, parent, at) {
	assert.match(name, /^[@a-zA-Z0-9._/: -]*$/, `${at}: not a name`);
	if (NEVER_NULL.has(name) || (Object.hasOwn(NEVER_NULL_IN, parent) && NEVER_NULL_IN[parent](name))) {
		assert.equal(typeof v, 'string', `${at}: a time or nothing`);
	}
	if (v === null) {
		return;
	}
	if (INT64.has(name)) {
		assert.equal(typeof v, 'string', `${at}: an int64 is a string`);
		assert.match(v, /^-?\d+$/, at);
	}
	if (INT32.has(name)) {
		assert.ok(Number.isInteger(v), `${at}: an int32 is a number`);
	}
	if (isTime(name) && typeof v === 'string') {
		assert.match(v, TIME, at);
	}
	if (DURATIONS.has(name)) {
		assert.match(v, DURATION, at);
	}
	if (ENUMS.has(name) && typeof v === 'string') {
		assert.match(v, ENUMERATOR, `${at}: an enumerator is in capitals`);
	}
	if (name === 'nextPageToken') {
		assert.equal(typeof v, 'string', at);
	}
	if (name === 'expanded') {
		assert.ok(v.every((e) => /^type\.googleapis\.com\/c1\.api\./.test(e['@type'])), `${at}: each says what it is`);
	}
}

// What clients put there themselves has names and values of their own.
const FREE = new Set(['annotations', 'data', 'formValues', 'policySteps', 'profile', 'requestData']);

/** Walks through an answer and asserts what the SDK's types say of its members. */
export function checkTypes(value, where = '$', parent = '') {
	if (Array.isArray(value)) {
		value.forEach((v, i) => checkTypes(v, `${where}[${i}]`, parent));
		return;
	}
	if (value === null || typeof value !== 'object') {
		return;
	}
	for (const [name, v] of Object.entries(value)) {
		const at = `${where}.${name}`;
		if (!FREE.has(parent)) {
			checkMember(name, v, parent, at);
		}
		if (!FREE.has(name) || name === 'policySteps') {
			checkTypes(v, at, name);
		}
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
			headers: {Accept: 'application/json', ...options.headers},
		});
	const ok = async (method, path, body) => {
		const r = await send(method, path, body);
		assert.equal(r.status, 200, `${method} ${path}: ${r.status} ${r.text}`);
		assert.match(r.headers['content-type'] ?? '', /^application\/json/);
		assert.ok(r.json && typeof r.json === 'object' && !Array.isArray(r.json), `${method} ${path}: ${r.text}`);
		checkTypes(r.json);
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
