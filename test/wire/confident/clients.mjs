// SPDX-License-Identifier: Apache-2.0
//
// Two small clients of Confident AI that send what the vendor's own send, header by header and byte by byte, and fail
// on what those fail on:
//
//   python      takes any status whose body says success; builds models with types, and refuses what does not fit
//   typescript  takes no status but 200
//
// Both put ids into paths as they are, send a JSON content type with every request, and leave out what is undefined.
import {exchange} from '../../harness/server.mjs';

/** What the server said when it refused. */
export class ClientError extends Error {
	constructor(message, status) {
		super(message);
		this.status = status;
	}
}

/* ---- models: a type is a function that throws ---------------------------------------------------------- */

const string = (v, at) => {
	if (typeof v !== 'string') {
		throw new TypeError(`${at}: ${JSON.stringify(v)} is not a string`);
	}
};
const truth = (v, at) => {
	if (typeof v !== 'boolean') {
		throw new TypeError(`${at}: ${JSON.stringify(v)} is not a boolean`);
	}
};
const nullable = (type) => (v, at) => v === null || type(v, at);
const list = (type) => (v, at) => {
	if (!Array.isArray(v)) {
		throw new TypeError(`${at}: not an array`);
	}
	v.forEach((item, i) => type(item, `${at}[${i}]`));
};
/** Every field must be there, with its type; others may be there too. */
const model = (fields) => (v, at) => {
	if (typeof v !== 'object' || v === null || Array.isArray(v)) {
		throw new TypeError(`${at}: not an object`);
	}
	for (const [name, type] of Object.entries(fields)) {
		if (!(name in v)) {
			throw new TypeError(`${at}.${name}: missing`);
		}
		type(v[name], `${at}.${name}`);
	}
};

const ref = model({id: string, name: string});
export const models = {
	permission: model({id: string, name: string, description: nullable(string)}),
	policy: model({id: string, name: string, description: nullable(string), permissions: list(ref)}),
	role: model({id: string, name: string, description: nullable(string), organizationId: nullable(string), policies: list(ref)}),
	projectRole: model({id: string, name: string, description: nullable(string), projectId: nullable(string), policies: list(ref)}),
	organization: model({id: string, name: string, plan: string, created_at: string}),
	envelope: model({success: truth, data: model({})}),
	failure: model({success: truth, error: string}),
};

/* ---- what is common -------------------------------------------------------------------------------------- */

/** The calls, made of request(method, path, body, type), which resolves to `data`. */
function calls(request) {
	const iam = (at, role) => ({
		permissions: {list: async () => (await request('GET', `${at}/permissions`, undefined, {permissions: list(models.permission)})).permissions},
		policies: {
			list: async () => (await request('GET', `${at}/policies`, undefined, {policies: list(models.policy)})).policies,
			create: async (body) => (await request('POST', `${at}/policies`, body, {policy: models.policy})).policy,
			update: async (id, body) => (await request('PUT', `${at}/policies/${id}`, body, {policy: models.policy})).policy,
			delete: (id) => request('DELETE', `${at}/policies/${id}`, undefined, {id: string, deleted: truth}),
		},
		roles: {
			list: async () => (await request('GET', `${at}/roles`, undefined, {roles: list(role)})).roles,
			create: async (body) => (await request('POST', `${at}/roles`, body, {role})).role,
			update: async (id, body) => (await request('PUT', `${at}/roles/${id}`, body, {role})).role,
			delete: (id) => request('DELETE', `${at}/roles/${id}`, undefined, {id: string, deleted: truth}),
		},
	});
	return {
		organization: {
			...iam('/v1/organization', models.role),
			get: async () => (await request('GET', '/v1/organization', undefined, {organization: models.organization})).organization,
			update: async (body) => (await request('PUT', '/v1/organization', body, {organization: models.organization})).organization,
		},
		project: (id) => iam(`/v1/projects/${id}`, models.projectRole),
	};
}

const without = (body, isLeftOut) => body && Object.fromEntries(Object.entries(body).filter(([, v]) => !isLeftOut(v)));

/* ---- Python ---------------------------------------------------------------------------------------------- */

/** As json.dumps() writes it: a space behind each comma and colon, nothing but ASCII. */
export function pythonJson(v) {
	if (Array.isArray(v)) {
		return `[${v.map(pythonJson).join(', ')}]`;
	}
	if (typeof v === 'object' && v !== null) {
		return `{${Object.entries(v).map(([k, item]) => `${pythonJson(k)}: ${pythonJson(item)}`).join(', ')}}`;
	}
	return JSON.stringify(v).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function pythonClient(url, apiKey) {
	return calls(async (method, path, body, type) => {
		const sent = without(body, (v) => v === undefined || v === null);
		const headers = {
			'User-Agent': 'python-requests/2.32.3',
			'Accept-Encoding': 'gzip, deflate',
			Accept: '*/*',
			Connection: 'keep-alive',
			'Content-Type': 'application/json',
			CONFIDENT_API_KEY: apiKey,
			'X-Confident-SDK-Version': 'confidentai-python/0.2.0',
		};
		if (method === 'DELETE') {
			headers['Content-Length'] = '0';
		}
		const r = await exchange(url, method, path, sent && pythonJson(sent), {headers});
		if (r.status !== 200 && r.json?.success !== true) {
			models.failure(r.json, 'failure');
			throw new ClientError(r.json.error, r.status);
		}
		models.envelope(r.json, 'envelope');
		model(type)(r.json.data, 'data');
		return r.json.data;
	});
}

/* ---- TypeScript ------------------------------------------------------------------------------------------ */

export function typescriptClient(url, apiKey) {
	return calls(async (method, path, body) => {
		const headers = {
			Accept: 'application/json, text/plain, */*',
			'Content-Type': 'application/json',
			CONFIDENT_API_KEY: apiKey,
			'X-Confident-SDK-Version': 'confidentai-ts/0.2.0',
			'User-Agent': 'axios/1.7.9',
			'Accept-Encoding': 'gzip, compress, deflate, br',
			Connection: 'keep-alive',
		};
		const sent = without(body, (v) => v === undefined);
		const r = await exchange(url, method, path, sent && JSON.stringify(sent), {headers});
		if (r.status !== 200) {
			throw new ClientError(r.json?.error ?? `Request failed with status code ${r.status}`, r.status);
		}
		if (r.json?.success !== true) {
			throw new ClientError(`no success in ${r.text}`, r.status);
		}
		return r.json.data;
	});
}
