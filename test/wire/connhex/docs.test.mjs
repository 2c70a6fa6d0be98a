// SPDX-License-Identifier: Apache-2.0
// The examples of docs/connhex.md, typed into a shell: each prints what the page says.
import test from 'node:test';
import {checkExamples, readPage} from '../../harness/docs.mjs';
import {start} from './support.mjs';

const page = readPage('connhex.md');

test('every example does what it says', async (t) => checkExamples(await start(t, {store: 'memory'}), page, 8));
