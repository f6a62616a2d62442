import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tokenFacts } from '../../src/sources/token-facts.ts';
import { createWorld, forever } from './world.ts';
import type { World } from './world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world?.stop());

const ask = (token: string) => tokenFacts(world.http, token, world.settings(), forever);

test('O12 what GitHub says of a token, without a counted request', async () => {
  const expires = new Date('2026-12-04T10:31:00Z');
  world.github.addToken('ghp_classic', { scopes: ['repo', 'read:packages'], expires });
  world.github.addToken('github_pat_fine');
  const good = { isGood: true, scopes: undefined, expires: undefined };
  assert.deepEqual(await ask('ghp_classic'), {
    ...{ known: true, value: { isGood: true, scopes: ['repo', 'read:packages'], expires } },
  });
  assert.deepEqual(await ask('github_pat_fine'), { known: true, value: good });
  assert.ok(world.github.requests().every(({ counted, authorised }) => !counted && authorised));
  assert.deepEqual(await ask('ghp_gone'), { known: true, value: { ...good, isGood: false } });
});

test('O12 the time of expiry in the forms that are seen; what is none is not told', async () => {
  const cases: [string, string | undefined][] = [
    ['2026-12-04 10:31:00 UTC', '2026-12-04T10:31:00.000Z'],
    ['2026-12-04 11:31:00 +0100', '2026-12-04T10:31:00.000Z'],
    ['2026-12-04T10:31:00Z', '2026-12-04T10:31:00.000Z'],
    ['soon', undefined],
    ['2026-99-04 10:31:00 UTC', undefined],
  ];
  for (const [text, wanted] of cases) {
    const headers = { 'github-authentication-token-expiration': text, 'x-oauth-scopes': '' };
    world.github.fail({ status: 404, headers, times: 1 });
    const answer = await ask('x');
    assert.ok(answer.known);
    assert.deepEqual([answer.value.expires?.toISOString(), answer.value.scopes], [wanted, []], text);
  }
});

test('O12 a host that fails says nothing about a token', async () => {
  world.github.fail({ status: 502, times: 1 });
  assert.match(JSON.stringify(await ask('x')), /"known":false,"reason":"127\.0\.0\.1:\d+ answered 502"/);
  world.github.fail({ reset: true, times: 1 });
  assert.match(JSON.stringify(await ask('x')), /"known":false,.*connection broken/);
});
