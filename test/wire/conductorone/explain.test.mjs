// SPDX-License-Identifier: Apache-2.0
// A denial that can be requested: of which entitlement, by which policy, and from whom.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {accept, makeWorld, manager, owners} from './world.mjs';

let w;
before(async () => {
	w = await makeWorld();
});
after(() => w.server.dispose());

async function request(user, entitlement) {
	const body = {subject: {type: 'user', id: user}, action: {name: 'use'}, resource: {type: 'app_entitlement', id: entitlement, properties: {app_id: w.app}}};
	const r = await w.server.call('POST', '/access/v1/evaluation', body, {headers: {'Doorward-Explain': 'true'}});
	assert.equal(r.status, 200, r.text);
	return r.json.context.explanation?.access_request;
}

test('the manager, by the policy of the entitlement', async () => {
	const entitlement = await w.entitlement([manager, owners]);
	const {policy, ...r} = await request('alice', entitlement);
	assert.equal(typeof policy, 'string');
	assert.deepEqual(r, {requestable: true, app_id: w.app, entitlement_id: entitlement, immediate: false, approved_by: 'manager', approvers: ['bob']});
});

test('the owners of the application', async () => {
	const r = await request('alice', await w.entitlement([owners]));
	assert.deepEqual([r.approved_by, r.approvers], ['appOwners', ['dave']]);
});

test('nobody, when it is granted at once; and one that is open is told', async () => {
	const r = await request('alice', await w.entitlement([accept]));
	assert.deepEqual([r.requestable, r.immediate, r.approvers], [true, true, []]);
	const entitlement = await w.entitlement([owners]);
	const task = await w.ask(entitlement);
	const open = await request('alice', entitlement);
	assert.deepEqual([open.requestable, open.open_request], [false, task.id]);
	await w.act(w.dave, task, 'approve');
	assert.equal(await request('alice', entitlement), undefined, 'it is allowed now');
});

test('the explanation changes nothing: no request is made by it', async () => {
	const entitlement = await w.entitlement([owners]);
	const revision = async () => (await w.server.call('GET', '/doorward/v1/organization')).headers['doorward-revision'];
	const before = await revision();
	assert.equal((await request('alice', entitlement)).requestable, true);
	assert.equal(await revision(), before);
	assert.equal((await request('alice', entitlement)).open_request, undefined);
});
