// SPDX-License-Identifier: Apache-2.0
// A server with a mapping; and the people it knows.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeUser, startServer} from '../../harness/server.mjs';

export const PREFIX = '/doorward/v1/forward-auth';

export function scratch(t) {
	const dir = mkdtempSync(join(tmpdir(), 'doorward-forward-auth-'));
	t.after(() => rmSync(dir, {recursive: true, force: true}));
	return dir;
}

/** A server with this mapping; alice reads records (and files of team t1), bob nothing. */
export async function start(t, mapping, options = {}) {
	const file = join(scratch(t), 'mapping.yaml');
	writeFileSync(file, mapping);
	const s = await startServer({store: 'memory', ...options, args: [...(options.args ?? []), '--forward-auth', file]});
	t.after(() => s.dispose());
	await created(s.call('POST', '/doorward/v1/roles', {id: 'reader', actions: ['read']}));
	s.alice = await makeUser(s, 'alice', {email: 'alice@example.com'});
	s.bob = await makeUser(s, 'bob');
	await done(s.call('PUT', '/doorward/v1/roles/reader/members/alice'));
	return s;
}

export async function created(promise) {
	const r = await promise;
	assert.equal(r.status, 201, r.text);
	return r.json;
}

export async function done(promise) {
	const r = await promise;
	assert.equal(r.status, 204, r.text);
}
