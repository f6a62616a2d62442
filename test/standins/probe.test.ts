import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startProbes } from './probe.ts';

const probes = await startProbes({ address: '127.0.0.1', port: 0 });

after(() => probes.stop());

test('a test says what a probe is told, and sees who asked', async () => {
  const ask = async (name: string) => (await fetch(`${probes.url}/${name}`)).status;
  assert.equal(await ask('web'), 200);
  probes.set('web', false);
  assert.deepEqual([await ask('web'), await ask('other')], [503, 200]);
  probes.set('web', true);
  assert.equal(await ask('web'), 200);
  assert.deepEqual(
    probes.requests().map(({ name, status, address }) => [name, status, address]),
    [
      ['web', 200, '127.0.0.1'],
      ['web', 503, '127.0.0.1'],
      ['other', 200, '127.0.0.1'],
      ['web', 200, '127.0.0.1'],
    ],
  );
});

test('names that were not set answer the default', async () => {
  const closed = await startProbes({ address: '127.0.0.1', port: 0, ready: false });
  assert.equal((await fetch(`${closed.url}/web`)).status, 503);
  await closed.stop();
});

test('pods leave messages', async () => {
  const start = Date.now();
  await fetch(`${probes.url}/job-1`, { method: 'POST', body: 'began\n' });
  const [message] = probes.messages();
  assert.deepEqual([message?.name, message?.text], ['job-1', 'began\n']);
  assert.ok((message?.time ?? 0) >= start);
});
