import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHealth } from '../../src/report/health.ts';

test('the probes say yes, or no and why, and end with the signal', async (t) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  let state: true | string = 'settings are not read yet';
  let trouble: string | undefined;
  const port = await startHealth({
    port: 0,
    live: () => true,
    ready: () => state,
    trouble: () => trouble,
    metrics: () => 'ordo_passes_total 3\n',
    signal: stop.signal,
  });
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask('/livez'), [200, 'ok\n']);
  assert.deepEqual(await ask('/readyz'), [503, 'settings are not read yet\n']);
  state = true;
  assert.deepEqual(await ask('/readyz?verbose'), [200, 'ok\n']);
  trouble = 'head commit is not known since 10:31';
  assert.deepEqual(await ask('/readyz'), [200, 'ok, but head commit is not known since 10:31\n']);
  assert.deepEqual(await ask('/readyz', 'HEAD'), [200, '']);
  assert.deepEqual(await ask('/readyz', 'POST'), [405, 'only GET\n']);
  assert.deepEqual(await ask('/metrics'), [200, 'ordo_passes_total 3\n']);
  assert.deepEqual(await ask('/metrics', 'POST'), [404, 'not found\n']);
  assert.deepEqual(await ask('/'), [404, 'not found\n']);

  const taken = startHealth({ port, live: () => true, ready: () => true, signal: stop.signal });
  await assert.rejects(taken, /EADDRINUSE/);
  stop.abort();
  await assert.rejects(ask('/livez'));
});
