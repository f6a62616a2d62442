import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '../../src/cluster/client.ts';
import { createAsked, type Request } from '../../src/holds/asked.ts';
import { keptRequests } from '../../src/holds/kept.ts';
import { noLog } from '../../src/util/logger.ts';

const RELEASE: Request = { kind: 'release', objects: ['Namespace/shop'], all: false, by: 'on-call' };
const RETRY: Request = { kind: 'retry', by: 'day-shift' };

/** A cluster with room for one ConfigMap, and what was asked of it. */
function cluster() {
  let there: object | undefined;
  const asked: string[] = [];
  const put = (verb: string) => async (_path: string, body: object) => {
    asked.push(verb);
    there = body;
    return body as never;
  };
  const client = {
    get: async () => there as never,
    create: put('create'),
    replace: put('replace'),
    remove: async () => {
      asked.push('remove');
      there = undefined;
    },
  };
  return { client: client as unknown as Client, asked };
}

function controller({ client }: ReturnType<typeof cluster>) {
  const asked = createAsked();
  return { asked, kept: keptRequests(asked, client, 'admin', noLog) };
}

test('O10 what waits is written once, taken up by the next controller, and gone when that has carried it out', async () => {
  const place = cluster();
  const first = controller(place);
  await first.kept.keep();
  assert.deepEqual(place.asked, [], 'nobody has asked for anything');
  void first.asked.ask(RELEASE);
  void first.asked.ask(RETRY);
  await first.kept.keep();
  await first.kept.keep();
  assert.deepEqual(place.asked, ['create']);

  const second = controller(place);
  await second.kept.takeUp();
  await second.kept.takeUp();
  assert.deepEqual(second.asked.requests(), [RELEASE, RETRY]);
  second.asked.releases()[0]?.answer({ text: '', code: 0 });
  await second.kept.keep();
  second.asked.retries()[0]?.answer({ text: '', code: 0 });
  await second.kept.keep();
  assert.deepEqual(place.asked, ['create', 'replace', 'remove']);
});

test('O10 what was asked before the earlier requests could be read does not write over them', async () => {
  const place = cluster();
  const first = controller(place);
  void first.asked.ask(RELEASE);
  await first.kept.keep();
  const second = controller(place);
  void second.asked.ask(RETRY);
  await second.kept.keep();
  assert.deepEqual(second.asked.requests(), [RETRY, RELEASE]);
});

test('O10 requests that cannot be read are nobody’s word', async () => {
  const place = cluster();
  await place.client.create('', { metadata: {}, data: { requests: '[{"kind":"release","all":"maybe"}]' } });
  const { asked, kept } = controller(place);
  await kept.keep();
  assert.deepEqual([asked.requests(), place.asked], [[], ['create', 'remove']]);
});
