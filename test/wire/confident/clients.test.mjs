// SPDX-License-Identifier: Apache-2.0
// CA-45: the vendor's clients, pointed at this server.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {startServer} from '../../harness/server.mjs';
import {ClientError, pythonClient, pythonJson, typescriptClient} from './clients.mjs';
import {builtin, makeProject, makeServiceKey} from './support.mjs';

let s;
let key;
before(async () => {
	s = await startServer({store: 'memory'});
	await makeProject(s, 'p');
	key = await makeServiceKey(s, 'client', builtin.admin);
});
after(async () => assert.equal(await s.stop(), 0));

test('the Python client writes JSON as Python does', () => {
	assert.equal(pythonJson({name: 'ä"😀', permissionIds: ['a', 'b'], description: null}),
		'{"name": "\\u00e4\\"\\ud83d\\ude00", "permissionIds": ["a", "b"], "description": null}');
});

for (const [language, make] of [['Python', pythonClient], ['TypeScript', typescriptClient]]) {
	for (const place of ['organization', 'project']) {
		test(`CA-45: ${language}, ${place}`, async () => {
			const client = make(s.url, key);
			const at = place === 'project' ? client.project('p') : client.organization;
			const [a, b] = (await at.permissions.list()).map((p) => p.id);
			const p = await at.policies.create({name: `Über ${language}`, permissionIds: [b, a], description: 'D'});
			assert.deepEqual(p.permissions.map((x) => x.id), [b, a]);
			assert.equal(p.name, `Über ${language}`);
			assert.equal((await at.policies.create({name: `plain ${language}`, permissionIds: [], description: undefined})).description, null);
			// What is undefined is not sent: the description stays.
			assert.equal((await at.policies.update(p.id, {name: p.name, permissionIds: [a], description: undefined})).description, 'D');
			const role = await at.roles.create({name: `Über ${language}`, policyIds: [p.id]});
			assert.deepEqual(role.policies, [{id: p.id, name: p.name}]);
			assert.deepEqual((await at.roles.list()).find((r) => r.id === role.id), role);
			assert.deepEqual((await at.roles.update(role.id, {name: role.name, policyIds: []})).policies, []);
			assert.deepEqual(await at.roles.delete(role.id), {id: role.id, deleted: true});
			assert.deepEqual(await at.policies.delete(p.id), {id: p.id, deleted: true});
			assert.ok(!(await at.policies.list()).some((x) => x.id === p.id));
		});
	}

	test(`CA-45: ${language}, what is refused`, async () => {
		const client = make(s.url, key).organization;
		const says = (status, text) => (e) => e instanceof ClientError && e.status === status && text.test(e.message);
		await assert.rejects(client.policies.delete('none'), says(404, /Policy not found/));
		await assert.rejects(client.policies.update('p/1 x'.replace('/', '%2F').replace(' ', '%20'), {name: 'x', permissionIds: []}), says(404, /not found/));
		await assert.rejects(client.policies.create({name: 'x', permissionIds: ['none']}), says(400, /none/));
		await assert.rejects(client.roles.create({name: 'admin', policyIds: []}), says(409, /Admin/));
		await assert.rejects(client.roles.delete(builtin.owner), says(404, /Role not found/));
		await assert.rejects(make(s.url, 'confident_us_org_x').organization.roles.list(), says(401, /key/));
	});

	test(`CA-45: ${language}, the organization`, async () => {
		const client = make(s.url, key).organization;
		const {name} = await client.get();
		assert.equal((await client.update({name: `${language} GmbH`})).name, `${language} GmbH`);
		await client.update({name});
	});
}
