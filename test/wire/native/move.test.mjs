// SPDX-License-Identifier: Apache-2.0
// An organization out of one server and into another: the same documents, byte for byte, and the same decisions; and
// what is no archive changes nothing.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'node:test';

import {portrait, randomOrganization} from '../../harness/random-organization.mjs';
import {makeUser, run, startServer} from '../../harness/server.mjs';
import {native} from './support.mjs';

const EXPORT = '/doorward/v1/export';
const IMPORT = '/doorward/v1/import';
const GRANTS = '/v1/organizations/default/access/grants';

async function start(t, options) {
	const s = await startServer(options);
	t.after(() => s.dispose());
	return s;
}

async function exported(s, query = '') {
	const r = await s.call('GET', EXPORT + query);
	assert.equal(r.status, 200, r.text);
	return r.text;
}

/** The archive without the number of the revision, which is the server's own. */
const bodyOf = (text) => text.replace(/"revision":\d+,/, '');

/** Some of everything that the random changes do not make. */
async function furnish(s) {
	const call = native(s);
	await call(201, 'POST', 'users', {id: 'zoe', email: 'zoe@x.org', attributes: {deep: [{a: 1.5, b: 'ü"\\'}, null, -7]}});
	await call(201, 'POST', 'services', {id: 'ci'});
	await call(201, 'POST', 'groups', {id: 'dept', kind: 'department', display_name: 'Department'});
	await call(204, 'PUT', 'groups/dept/members/zoe');
	await call(201, 'PUT', 'resources/doc/d1', {tags: {Env: ['prod', 'eu']}, attributes: {n: 12345678901234567890n.toString()}});
	await call(201, 'POST', 'policies', {
		id: 'archived', effect: 'deny', subjects: ['*'], actions: ['write'], resources: ['doc/*'], condition: 'resource.properties.status == "archived"',
	});
	await call(201, 'POST', 'policies', {id: 'zoes', effect: 'allow', subjects: ['user:zoe'], actions: ['write'], resources: ['doc/*']});
	await call(201, 'POST', 'apps', {id: 'app', display_name: 'App'});
	const r = await s.call('POST', GRANTS, {entity_type: 'assistant', entity_id: 'a1', grantee_type: 'user', grantee_id: 'zoe', access_level: 'write'});
	assert.ok(r.status < 300, r.text);
}

/** What can be asked of what furnish() made. */
async function furniture(s) {
	const q = (name, type, id, properties) => ({subject: {type: 'user', id: 'zoe'}, action: {name}, resource: {type, id, properties}});
	const r = await s.call('POST', '/access/v1/evaluations', {
		evaluations: [q('write', 'doc', 'd1'), q('write', 'doc', 'd1', {status: 'archived'}), q('write', 'doc', 'd1', {status: 'open'}),
			q('write', 'assistant', 'a1'), q('admin', 'assistant', 'a1')],
	});
	assert.equal(r.status, 200, r.text);
	return r.json.evaluations.map((e) => e.decision);
}

async function build(s, seed) {
	const random = randomOrganization(seed);
	for (let i = 0; i < 120; i++) {
		await s.call(...random.change());
	}
	await furnish(s);
}

/** Who may, what, and what else: all that searches find. */
async function searches(s) {
	const ask = async (what, body) => (await s.call('POST', `/access/v1/search/${what}`, body)).json.results;
	const found = [];
	for (const id of ['n1', 'u1']) {
		const resource = {type: 'infra:nodes', id};
		for (const name of ['infra:nodes:get', 'infra:nodes:delete']) {
			found.push(await ask('subject', {subject: {type: 'user'}, action: {name}, resource}));
		}
		found.push(await ask('action', {subject: {type: 'user', id: 'zoe'}, resource}));
	}
	found.push(await ask('resource', {subject: {type: 'user', id: 'zoe'}, action: {name: 'write'}, resource: {type: 'assistant'}}));
	assert.ok(found.every(Array.isArray) && found.at(-1).length > 0);
	return found;
}

/** Answers without what may differ: the number of the revision. */
async function answers(s) {
	const {decisions, lists} = await portrait(s);
	return {decisions, lists, furniture: await furniture(s), searches: await searches(s)};
}

for (const seed of [1, 2, 3]) {
	test(`an organization comes out as it went in: ${seed}`, async (t) => {
		const [a, b, c] = await Promise.all([start(t), start(t), start(t)]);
		await build(a, seed);
		const text = await exported(a);
		const before = await answers(a);
		assert.ok(before.furniture.includes(true) && before.furniture.includes(false));

		const r = await b.call('POST', IMPORT, text);
		assert.equal(r.status, 200, r.text);
		assert.equal(r.json.unchanged, 0);
		assert.equal(bodyOf(await exported(b)), bodyOf(text));
		assert.deepEqual(await answers(b), before);

		// A store of its own, and a server on it.
		const file = join(c.dir, 'x.json');
		writeFileSync(file, text);
		const made = await run(['import', file, '--store', `sqlite:${c.dir}/new.db`, '--owner-key-file', `${c.dir}/new.key`]);
		assert.deepEqual([made.code, made.out], [0, `imported ${file} into sqlite:${c.dir}/new.db\n`], made.err);
		const again = await run(['export', '--store', `sqlite:${c.dir}/new.db`]);
		assert.equal(bodyOf(again.out), bodyOf(text));
		const d = await start(t, {store: `sqlite:${c.dir}/new.db`});
		d.key = readFileSync(`${c.dir}/new.key`, 'utf8').trim();
		assert.deepEqual(await answers(d), before);
		assert.equal(bodyOf(await exported(d)), bodyOf(text));
	});
}

test('an organization in use is left alone, and merging takes what is new', async (t) => {
	const [a, b] = await Promise.all([start(t, {store: 'memory'}), start(t, {store: 'memory'})]);
	await furnish(a);
	await native(b)(201, 'POST', 'users', {id: 'yan'});
	const text = await exported(a);
	const before = await exported(b);

	const refused = await b.call('POST', IMPORT, text);
	assert.equal(refused.status, 409);
	assert.match(refused.json.detail, /in use: it has the user "yan"/);
	assert.equal(await exported(b), before);

	// Whatever both were made with differs by its times.
	const conflict = await b.call('POST', `${IMPORT}?merge=true`, text);
	assert.equal(conflict.status, 409);
	assert.match(conflict.json.detail, /^\/documents\/user\/0: there is another "owner" already$/);
	assert.equal(await exported(b), before);

	const added = JSON.parse(text);
	const mine = JSON.parse(before).documents;
	for (const [kind, list] of Object.entries(added.documents)) {
		const known = new Set((mine[kind] ?? []).map((d) => d.id));
		added.documents[kind] = list.filter((d) => !known.has(d.id));
	}
	const merged = await b.call('POST', `${IMPORT}?merge=true`, added);
	assert.equal(merged.status, 200, merged.text);
	assert.deepEqual(await furniture(b), await furniture(a));
	const same = await b.call('POST', `${IMPORT}?merge=true`, added);
	assert.deepEqual(same.json, {imported: 0, unchanged: merged.json.imported, removed: 0});
});

test('what the archive does not have does not stay', async (t) => {
	const [a, b] = await Promise.all([start(t, {store: 'memory'}), start(t, {store: 'memory'})]);
	assert.equal((await a.call('DELETE', '/iam/policies/compliance-viewer-access')).status, 200);
	const text = await exported(a);
	// Beside the policy, the two approval policies that b was made with: those of a have ids of their own.
	assert.equal((await b.call('POST', IMPORT, text)).json.removed, 3);
	assert.equal((await b.call('GET', '/iam/policies/compliance-viewer-access')).status, 404);
});

// What is done to an archive that would be taken, and what is said then.
const refusals = {
	'an unknown member': [(d) => (d.user[1].emial = 'x'), '/documents/user/1/emial: there is no such member'],
	'an unknown kind': [(d) => (d.planet = []), '/documents/planet: there is no such kind of document'],
	'a wrong type': [(d) => (d.group_member[0].group = 1), '/documents/group_member/0/group: must be a string'],
	'an id twice': [(d) => d.user.push(d.user[1]), '/documents/user/2: "zoe" stands there twice'],
	'an e-mail address twice': [(d) => d.user.push({...d.user[1], id: 'y'}), '/documents/user/2: email: "zoe@x.org" is another user\'s'],
	'an address that is none': [(d) => (d.user[1].email = 'zoe'), '/documents/user/1: email is not an e-mail address'],
	'an address in capitals': [(d) => (d.user[1].email = 'Zoe@x.org'), /^\/documents\/user\/1: is not spelled as it is stored/],
	'a manager who is not there': [(d) => (d.user[1].manager = 'x'), '/documents/user/1: manager: there is no user "x"'],
	'a member of no group': [
		(d) => d.group_member.push({id: 'x/zoe', group: 'x', member: 'zoe'}), /^\/documents\/group_member\/\d: group: there is no group "x"$/,
	],
	'a holder who is not there': [
		(d) => d.role_member.push({id: 'owner/user/x/', role: 'owner', principal_type: 'user', principal_id: 'x'}),
		/^\/documents\/role_member\/\d: principal_id: there is no user "x"$/,
	],
	'an id that is not that of its parts': [
		(d) => d.role_member.push({id: 'viewer/user/zoe/', role: 'owner', principal_type: 'user', principal_id: 'zoe'}),
		/^\/documents\/role_member\/\d: id: must be "owner\/user\/zoe\/", as its parts are called$/,
	],
	'a condition that does not compile': [(d) => (d.access_policy[0].condition = '1 +'), /^\/documents\/access_policy\/0: condition: line 1/],
	'an action that is none': [(d) => (d.access_policy[0].actions = ['a*']), '/documents/access_policy/0: actions: "a*" is none'],
	'a subject who is not there': [
		(d) => (d.access_policy[1].subjects = ['user:x']), '/documents/access_policy/1: subjects: "user:x" is not in the directory',
	],
	'a statement about nothing': [
		(d) => (d.statement_policy[0].statements = []), /^\/documents\/statement_policy\/0: invalid Policy.Statements/,
	],
	'a policy of the system': [(d) => (d.statement_policy[0].type = 'system'), /^\/documents\/statement_policy\/0: type: must be/],
	'a grant for nobody': [(d) => (d.access_grant[0].grantee_id = 'x'), '/documents/access_grant/0: grantee_id: there is no user "x"'],
	'a grant twice': [
		(d) => d.access_grant.push({...d.access_grant[0], id: 'other'}), /^\/documents\/access_grant\/1: ".*" is for the same entity and grantee$/,
	],
	'a grant of no level': [(d) => (d.access_grant[0].level = 'root'), '/documents/access_grant/0/level: is none of the words known here'],
	'a tag policy without conditions': [
		(d) => (d.tag_policy = [{id: 'p', name: 'n', groups: [{permission: 'projects:read', resource_type: 'project'}]}]),
		'/documents/tag_policy/0: condition_groups[0].conditions must not be empty',
	],
	'nobody who may go on': [(d) => (d.role_member = [], d.statement_policy = []), /may do nothing$/],
	'another version': [(d, all) => (all.version = 2), '/version: this program knows version 1 only'],
	'a part': [(d, all) => (all.next_cursor = '3.user.1'), '/next_cursor: this is a part of an archive only'],
};

test('what is wrong is refused, with its place, and nothing of it is there', async (t) => {
	const [a, b] = await Promise.all([start(t, {store: 'memory'}), start(t, {store: 'memory'})]);
	await furnish(a);
	const text = await exported(a);
	const before = await exported(b);
	for (const [name, [change, message]] of Object.entries(refusals)) {
		const archive = JSON.parse(text);
		change(archive.documents, archive);
		const r = await b.call('POST', IMPORT, archive);
		assert.ok(r.status === 400 || r.status === 409, `${name}: ${r.status} ${r.text}`);
		if (typeof message === 'string') {
			assert.equal(r.json.detail, message, name);
		} else {
			assert.match(r.json.detail, message, name);
		}
	}
	assert.equal(await exported(b), before);
	assert.equal((await b.call('POST', IMPORT, text)).status, 200); // without the change it is taken
});

test('no key leaves, unless hashes are asked for, and nobody without the permission exports or imports', async (t) => {
	const s = await start(t, {store: 'memory'});
	const alice = await makeUser(s, 'alice');
	const text = await exported(s);
	assert.ok(!text.includes('"key"') && !text.includes('hash'));
	const keys = JSON.parse(await exported(s, '?keys=true')).documents.key;
	assert.equal(keys.length, 2);
	for (const k of keys) {
		assert.ok(k.hash && !alice.includes(k.hash) && !s.key.includes(k.hash));
	}
	assert.equal((await s.call('GET', EXPORT, undefined, {key: alice})).status, 403);
	assert.equal((await s.call('POST', IMPORT, text, {key: alice})).status, 403);
	assert.equal((await s.call('GET', EXPORT, undefined, {key: null})).status, 401);
	for (const bad of ['x', '1.user', '0.user.1', '1.planet.0', '1.user.-1', '9999.user.0', '1.user.0.0']) {
		assert.equal((await s.call('GET', `${EXPORT}?cursor=${bad}`)).status, 400, bad);
	}
	assert.equal((await s.call('GET', `${EXPORT}?keys=maybe`)).status, 400);
	assert.equal((await s.call('POST', IMPORT, '[]')).status, 400);
	assert.equal((await s.call('POST', IMPORT, '{')).status, 400);
});

test('a large one comes in pages of one revision, which the command joins', async (t) => {
	const s = await start(t);
	const long = 'x'.repeat(4000);
	for (let i = 0; i < 2200; i += 20) {
		const some = Array.from({length: 20}, (_, k) => s.call('POST', '/doorward/v1/users', {id: `u${i + k}`, display_name: long}));
		assert.ok((await Promise.all(some)).every((r) => r.status === 201));
	}
	const first = await s.call('GET', EXPORT);
	assert.ok(first.json.next_cursor);
	assert.equal((await s.call('DELETE', '/doorward/v1/users/u0')).status, 204);
	const ids = first.json.documents.user.map((u) => u.id);
	const rest = await s.call('GET', `${EXPORT}?cursor=${first.json.next_cursor}`);
	assert.equal(rest.status, 200, rest.text);
	assert.equal(rest.json.next_cursor, undefined);
	assert.equal(rest.json.revision, first.json.revision);
	ids.push(...rest.json.documents.user.map((u) => u.id));
	assert.equal(new Set(ids).size, 2201);
	assert.ok(ids.includes('u0'));

	const file = join(s.dir, 'x.json');
	const env = {DOORWARD_KEY: s.key, DOORWARD_URL: s.url};
	const r = await run(['export', '--out', file], env);
	assert.equal(r.code, 0, r.err);
	assert.ok(!existsSync(`${file}.part`));
	const text = readFileSync(file, 'utf8');
	assert.equal(JSON.parse(text).documents.user.length, 2200);
	const then = await run(['export', '--as-of', String(first.json.revision)], env);
	assert.equal(JSON.parse(then.out).documents.user.length, 2201);
	await s.end('SIGTERM');
	assert.equal((await run(['export', '--store', `sqlite:${s.dir}/doorward.db`])).out, text);
	const bad = await run(['export', '--out', file], env);
	assert.equal(bad.code, 2);
	assert.equal(readFileSync(file, 'utf8'), text); // the whole one stays
});
