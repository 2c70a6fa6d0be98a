// SPDX-License-Identifier: Apache-2.0
//
// The client that the other tests go through: it sends what the vendor's SDK was seen to send, to the byte, and refuses
// what that would.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';

import {exchange} from '../../harness/server.mjs';
import {checkTypes, client} from './client.mjs';

let http;
let c1;
let seen;
let answer;
before(async () => {
	http = createServer(async (request, response) => {
		let body = '';
		for await (const chunk of request) {
			body += chunk;
		}
		seen = {line: `${request.method} ${request.url} ${body}`.trim(), headers: request.headers};
		response.writeHead(answer?.status ?? 200, {'Content-Type': answer?.type ?? 'application/json'});
		response.end(answer?.body ?? '{}');
	});
	http.listen(0, '127.0.0.1');
	await once(http, 'listening');
	const url = `http://127.0.0.1:${http.address().port}`;
	c1 = client({key: 'secret', call: (method, path, body, options) => exchange(url, method, path, body, options)});
});
after(() => http.close());

test('what it sends is what the SDK was seen to send', async () => {
	const policy = {
		policyType: 'POLICY_TYPE_GRANT',
		displayName: 'p',
		rules: [{policyKey: 'grant', condition: 'true'}],
		policySteps: {
			grant: {
				steps: [
					{approval: {users: {userIds: ['u1']}, escalationEnabled: true, escalation: {skipStep: {}, expiration: '3600'}}},
					{wait: {name: 'w', duration: {duration: '3600s'}}},
				],
			},
		},
	};
	const calls = [
		[
			() => c1.post('policies', policy),
			'POST /api/v1/policies {"displayName":"p","policySteps":{"grant":{"steps":[{"approval":{"escalation":{"expiration":"3600","skipStep":{}},' +
				'"escalationEnabled":true,"users":{"userIds":["u1"]}}},{"wait":{"duration":{"duration":"3600s"},"name":"w"}}]}},' +
				'"policyType":"POLICY_TYPE_GRANT","rules":[{"condition":"true","policyKey":"grant"}]}',
		],
		[() => c1.get('policies?page_size=5'), 'GET /api/v1/policies?page_size=5'],
		[
			() => c1.post('policies/x', {updateMask: 'displayName', policy: {displayName: 'z'}}),
			'POST /api/v1/policies/x {"policy":{"displayName":"z"},"updateMask":"displayName"}',
		],
		[() => c1.delete('policies/x'), 'DELETE /api/v1/policies/x {}'],
		[
			() => c1.post('search/policies', {policyTypes: ['POLICY_TYPE_GRANT'], pageSize: 5}),
			'POST /api/v1/search/policies {"pageSize":5,"policyTypes":["POLICY_TYPE_GRANT"]}',
		],
		[
			() => c1.post('task/grant', {appId: 'a', appEntitlementId: 'e', identityUserId: 'u', grantDuration: '3600s'}),
			'POST /api/v1/task/grant {"appEntitlementId":"e","appId":"a","grantDuration":"3600s","identityUserId":"u"}',
		],
		[
			() => c1.post('tasks/1/action/approve', {policyStepId: 's', comment: 'ok'}),
			'POST /api/v1/tasks/1/action/approve {"comment":"ok","policyStepId":"s"}',
		],
	];
	for (const [call, line] of calls) {
		await call();
		assert.equal(seen.line, line);
		assert.equal(seen.headers.authorization, 'Bearer secret');
		assert.equal(seen.headers.accept, 'application/json');
		assert.equal(seen.headers['content-type'], line.startsWith('GET') ? undefined : 'application/json');
	}
});

test('nothing but 200 with JSON is a success', async (t) => {
	t.after(() => {
		answer = undefined;
	});
	for (const bad of [{status: 201}, {status: 204, body: ''}, {type: 'text/plain'}, {body: '[]'}, {body: 'no'}, {status: 301}]) {
		answer = bad;
		await assert.rejects(c1.get('policies'), {code: 'ERR_ASSERTION'}, JSON.stringify(bad));
	}
	answer = {type: 'application/json; charset=utf-8'};
	assert.deepEqual(await c1.get('policies'), {});
});

test('what the types of the SDK refuse', () => {
	for (const bad of [
		{numericId: 42},
		{escalation: {expiration: 3600}},
		{numericId: '4.2'},
		{commentCount: '0'},
		{assignedAt: null},
		{accessReview: {createdAt: null}},
		{type: {action: {outcomeTime: null}}},
		{createdAt: '2026-11-22'},
		{created: '2026-11-22T10:00:00'},
		{durationGrant: '1h'},
		{state: 'open'},
		{nextPageToken: 1},
		{expanded: [{id: 'x'}]},
		{list: [{deep: [{numericId: 1}]}]},
		{policySteps: {grant: {steps: [{approval: {escalation: {expiration: 1}}}]}}},
	]) {
		assert.throws(() => checkTypes(bad), {code: 'ERR_ASSERTION'}, JSON.stringify(bad));
	}
	for (const good of [
		{numericId: '42', commentCount: 0, createdAt: '2026-11-22T10:00:00.5Z', deletedAt: null, durationGrant: '0.5s'},
		{type: {grant: {outcomeTime: null, outcome: 'GRANT_OUTCOME_GRANTED'}}},
		{annotations: {numericId: 42, state: 'open'}, profile: {createdAt: 'long ago'}},
	]) {
		checkTypes(good);
	}
});
