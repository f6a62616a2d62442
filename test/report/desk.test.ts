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
  assert.equal(await askDesk(folder, stop.signal), undefined);
  await openDesk(folder, async () => ({ text: 'nothing to do', code: 0 }), stop.signal);
  assert.deepEqual(await askDesk(folder, stop.signal), { text: 'nothing to do', code: 0 });

  await openDesk(folder, async () => Promise.reject(new Error('no')), stop.signal);
  await assert.rejects(askDesk(folder, stop.signal), /the controller answered: Error: no/);
});

test('what a killed controller left at the socket is no obstacle', async (t) => {
  const folder = await folderFor(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await writeFile(join(folder, 'ordo.sock'), '');
  await openDesk(folder, async () => 'here', stop.signal);
  assert.equal(await askDesk(folder, stop.signal), 'here');
});
