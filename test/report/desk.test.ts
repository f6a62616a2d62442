import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { askDesk, openDesk } from '../../src/report/desk.ts';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'desk-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('who is in the pod asks the running controller; without one there is no answer', async (t) => {
  const folder = await folderFor(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  assert.equal(await askDesk(folder, 'plan', stop.signal), undefined);
  await openDesk(folder, { plan: async () => ({ text: 'nothing to do', code: 0 }) }, stop.signal);
  assert.deepEqual(await askDesk(folder, 'plan', stop.signal), { text: 'nothing to do', code: 0 });

  await openDesk(folder, { plan: async () => Promise.reject(new Error('no')) }, stop.signal);
  await assert.rejects(askDesk(folder, 'plan', stop.signal), /the controller answered: Error: no/);
});

test('each question has an answer of its own, and what is no question is refused', async (t) => {
  const folder = await folderFor(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await openDesk(folder, { plan: async () => 'a plan', check: async () => 'a check' }, stop.signal);
  assert.equal(await askDesk(folder, 'plan', stop.signal), 'a plan');
  assert.equal(await askDesk(folder, 'check', stop.signal), 'a check');
  await openDesk(folder, { plan: async () => 'a plan' }, stop.signal);
  await assert.rejects(askDesk(folder, 'check', stop.signal), {
    message: '"ordo check" is not for the controller that runs here; it answers ordo plan',
  });
});

test('O10 a question may have details, which come as they were sent', async (t) => {
  const folder = await folderFor(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await openDesk(folder, { release: async (details) => ({ details }) }, stop.signal);
  const details = { objects: ['Namespace/ü'], all: false };
  assert.deepEqual(await askDesk(folder, 'release', stop.signal, details), { details });
  assert.deepEqual(await askDesk(folder, 'release', stop.signal), {});
});

test('what a killed controller left at the socket is no obstacle', async (t) => {
  const folder = await folderFor(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await writeFile(join(folder, 'ordo.sock'), '');
  await openDesk(folder, { plan: async () => 'here' }, stop.signal);
  assert.equal(await askDesk(folder, 'plan', stop.signal), 'here');
});
