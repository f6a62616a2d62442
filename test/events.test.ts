import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEvents } from '../src/cluster/events.ts';
import { noLog } from '../src/util/logger.ts';

const clock = { now: () => new Date('2026-01-01T12:00:00.000Z') };
const where = { namespace: 'admin', pod: 'ordo-1' };
const notice = { type: 'Warning', reason: 'StepFailed', message: 'Pod/a/b: no' } as const;

test('an Event stands at ordo-inventory in Ordo’s own namespace and names the object in its text', async () => {
  const made: [string, Record<string, unknown>][] = [];
  const client = {
    get: async () => ({ metadata: { uid: 'u' } }) as never,
    create: async (path: string, body: object) => void made.push([path, { ...body }]) as never,
  };
  await createEvents(client, where, clock).tell([notice], noLog);
  const [[path, event] = []] = made;
  assert.equal(path, '/api/v1/namespaces/admin/events');
  assert.deepEqual(event?.['involvedObject'], {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'admin', name: 'ordo-inventory', uid: 'u' },
  });
  assert.deepEqual([event?.['type'], event?.['reason'], event?.['message']], ['Warning', 'StepFailed', 'Pod/a/b: no']);
});

test('an API server that takes no Event fails nothing, and is said once per reason; without a notice nothing is asked', async () => {
  let asked = 0;
  const client = {
    async get(): Promise<never> {
      asked += 1;
      throw new Error('403 Forbidden');
    },
    create: async () => assert.fail(),
  };
  const lines: object[] = [];
  const log = { ...noLog, warn: (fields: object) => void lines.push(fields) };
  const events = createEvents(client, where, clock);
  await events.tell([], log);
  assert.equal(asked, 0);
  await events.tell([notice], log);
  await events.tell([notice], log);
  assert.deepEqual(lines, [{ reason: '403 Forbidden' }]);
});
