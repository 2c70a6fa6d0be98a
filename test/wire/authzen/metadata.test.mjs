// SPDX-License-Identifier: Apache-2.0
// AuthZEN's metadata where the scenario says nothing: configured URLs, with a path or without, and the Host header.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {run} from '../../harness/server.mjs';
import {fixture, startPdp} from './support.mjs';

const wellKnown = '/.well-known/authzen-configuration';
const started = [];
async function start(url) {
	const pdp = await startPdp(fixture, {args: ['--public-url', url]});
	started.push(pdp);
	return pdp;
}
after(async () => {
	for (const pdp of started) {
		assert.equal(await pdp.stop(), 0);
	}
});

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

test('URLs are those of the configuration, whatever Host says', async () => {
	const pdp = await start('https://pdp.example.com/');
	for (const headers of [{}, {Host: 'evil.example.com'}, {'X-Forwarded-Host': 'evil.example.com'}]) {
		const r = await pdp.get(wellKnown, headers);
		assert.equal(r.status, 200, r.text);
		assert.ok(!r.text.includes('evil'));
		assert.equal(r.json.policy_decision_point, 'https://pdp.example.com');
		assert.equal(r.json.search_subject_endpoint, 'https://pdp.example.com/access/v1/search/subject');
		assert.equal(claims(r.json.signed_metadata).iss, 'https://pdp.example.com');
	}
	assert.equal((await pdp.get(`${wellKnown}/tenant1`)).status, 404);
	assert.equal((await pdp.get(`${wellKnown}/`)).status, 404);
});

test('a URL with a path has its metadata under the well-known path followed by it', async () => {
	const pdp = await start('https://pdp.example.com/tenants/t1');
	const r = await pdp.get(`${wellKnown}/tenants/t1`, {Authorization: null});
	assert.equal(r.status, 200, r.text);
	assert.equal(r.json.policy_decision_point, 'https://pdp.example.com/tenants/t1');
	assert.equal(r.json.access_evaluation_endpoint, 'https://pdp.example.com/tenants/t1/access/v1/evaluation');
	for (const path of ['/tenants', '/tenants/t2', '/tenants/t1/x', '/t1', '/tenants%2Ft1', '/tenants/t1/']) {
		const other = await pdp.get(wellKnown + path);
		assert.equal(other.status, 404, path);
		assert.match(other.headers['content-type'], /^text\/plain/);
	}
});

test('an identifier has neither a query nor a fragment', async () => {
	for (const url of ['https://pdp.example.com/?a=b', 'https://pdp.example.com/#x', 'ftp://pdp.example.com']) {
		const r = await run(['serve', '--store', 'memory:', '--listen', '127.0.0.1:0', '--public-url', url]);
		assert.equal(r.code, 2, r.err);
		assert.match(r.err, /--public-url/);
	}
});
