// SPDX-License-Identifier: Apache-2.0
//
// What all calls of the dialect have in common: paths, methods, failures.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {startServer} from '../../harness/server.mjs';
import {client} from './client.mjs';

let s;
let c1;
before(async () => {
	s = await startServer({store: 'memory'});
	c1 = client(s);
});
after(async () => assert.equal(await s.stop(), 0));

test('a slash behind a path that is read is moved away', async () => {
	const id = (await c1.get('policies')).list[0].id;
	for (const [from, to] of [
		['policies/', '/api/v1/policies'],
		['policies/?page_size=5&page_token=', '/api/v1/policies?page_size=5&page_token='],
		[`policies/${id}/`, `/api/v1/policies/${id}`],
		['apps/', '/api/v1/apps'],
		['users/', '/api/v1/users'],
	]) {
		const r = await c1.send('GET', from);
		assert.equal(r.status, 301, r.text);
		assert.equal(r.headers.location, to);
		assert.equal(r.text, '');
		assert.equal((await c1.send('GET', to)).status, 200);
	}
	// Nothing is there with or without, or it is not read.
	await c1.fails(404, 5, 'Not Found', 'GET', 'policies/x/nothing/');
	await c1.fails(404, 5, 'Not Found', 'GET', 'policies//');
	await c1.fails(404, 5, 'Not Found', 'POST', 'policies/', {displayName: 'p', policyType: 'POLICY_TYPE_GRANT'});
	await c1.fails(404, 5, 'Not Found', 'GET', 'search/policies/');
});
