// SPDX-License-Identifier: Apache-2.0
// Native policies over HTTP: calls that must end as they should, and questions.
import assert from 'node:assert/strict';

export function native(s, key) {
	return async (status, method, path, body) => {
		const r = await s.call(method, `/doorward/v1/${path}`, body, key ? {key} : undefined);
		assert.equal(r.status, status, `${method} ${path}: ${r.text}`);
		return r.json;
	};
}

/** "alice", "user:alice" or an object; "record/record-1" or an object. */
function entity(text, separator, type) {
	if (typeof text !== 'string') {
		return text;
	}
	const at = text.indexOf(separator);
	return at < 0 ? {type, id: text} : {type: text.slice(0, at), id: text.slice(at + 1)};
}

export async function decide(s, subject, action, resource, context) {
	const r = await s.call('POST', '/access/v1/evaluation', {
		subject: entity(subject, ':', 'user'),
		action: typeof action === 'string' ? {name: action} : action,
		resource: entity(resource, '/'),
		context,
	});
	assert.equal(r.status, 200, r.text);
	return r.json.decision;
}
