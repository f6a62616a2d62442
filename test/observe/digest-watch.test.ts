import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDigestWatch } from '../../src/observe/digest-watch.ts';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import type { Sources } from '../../src/sources.ts';

test('O04 a digest that the registry does not say is told with its reason and since when, until it is said', async () => {
  let now = Date.UTC(2026, 0, 1);
  let answers: [string, Known<string>][] = [];
  const watch = createDigestWatch({ now: () => new Date(now), sleep: async () => undefined });
  const inner: Partial<Sources> = { digests: async () => new Map(answers) };
  const sources = watch.over(inner as Sources);
  const ask = async (...next: [string, Known<string>][]): Promise<string | undefined> => {
    answers = next;
    now += 60_000;
    assert.deepEqual(await sources.digests([]), new Map(next));
    return watch.said();
  };
  assert.equal(await ask(['a', known('1')]), undefined);
  assert.equal(
    await ask(['a', unknown('HTTP 503')], ['b', known('1')]),
    'the digest of a is not known since 2026-01-01T00:02:00.000Z: HTTP 503; what is deployed stays',
  );
  assert.equal(
    await ask(['b', unknown('no route')], ['a', unknown('no route')]),
    'the digest of a (and of 1 more) is not known since 2026-01-01T00:02:00.000Z: no route; what is deployed stays',
  );
  assert.equal(watch.count(), 2);
  assert.equal(await ask(['a', known('1')], ['b', known('1')]), undefined);
});
