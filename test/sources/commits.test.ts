import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { aboutCommits } from '../../src/sources/about.ts';
import { commitsSince } from '../../src/sources/commits.ts';
import { createSite, texts } from './checkout-site.ts';
import type { Site } from './checkout-site.ts';
import { createWorld, forever } from './world.ts';
import type { World } from './world.ts';

let world: World;
let site: Site;

before(async () => {
  world = await createWorld();
});
after(() => world?.stop());
beforeEach(async () => {
  site = await createSite(world);
});

const file = (text: string) => ({ 'deploy/1-a/10-x.yml': text });

async function since(base: string, head: string): Promise<string[]> {
  const answer = await commitsSince(site.git, site.settings(), { base, head, signal: forever });
  assert.ok(answer.known, answer.known ? '' : answer.reason);
  return answer.value;
}

async function commits(count: number): Promise<string[]> {
  const made: string[] = [];
  for (let at = 0; at < count; at += 1) made.push(await site.shop.commit(file(`text ${at}`)));
  return made;
}

test('the commits since the last one, oldest first, and their files without another fetch of the commit', async () => {
  const [base = '', ...later] = await commits(4);
  await site.fetch(base);
  assert.deepEqual(await since(base, later[2] ?? ''), later);
  const before = world.github.requests().length;
  const tree = await site.fetch(later[0] ?? '');
  assert.deepEqual(texts(tree), file('text 1'));
  // Its contents alone are asked for.
  assert.equal(world.github.requests().length - before, 2);
  assert.deepEqual(await since(later[0] ?? '', later[2] ?? ''), later.slice(1));
});

test('a merge is one commit: what happened on its branch is not rolled out piece by piece', async () => {
  const base = await site.shop.commit(file('base'));
  const onMain = await site.shop.commit({ 'README.md': 'main' });
  await site.shop.reset(base, 'feature');
  await site.shop.commit(file('half'), 'half', { branch: 'feature' });
  const feature = await site.shop.commit(file('whole'), 'whole', { branch: 'feature' });
  const merge = await site.shop.commit(file('whole'), 'merge', { merge: feature });
  assert.deepEqual(await since(base, merge), [onMain, merge]);
});

test('ten commits are gone through, eleven are a gap', async () => {
  const all = await commits(12);
  assert.deepEqual(await since(all[1] ?? '', all[11] ?? ''), all.slice(2));
  assert.deepEqual(await since(all[0] ?? '', all[11] ?? ''), []);
});

test('after a forced push there is no line from the old commit to the new one', async () => {
  const [first = '', second = ''] = await commits(2);
  await site.shop.reset(first);
  const forced = await site.shop.commit(file('forced'));
  assert.deepEqual(await since(second, forced), []);
  assert.deepEqual(texts(await site.fetch(forced)), file('forced'));
});

test('what git cannot say is unknown, with the reason', async () => {
  const base = await site.shop.commit(file('base'));
  const gone = '0123456789012345678901234567890123456789';
  for (const [head, reason] of [
    [gone, /^the commit is not in acme\/shop-\d+ any more$/],
    ['main', /not a commit id: main/],
  ] as const) {
    const answer = await commitsSince(site.git, site.settings(), { base, head, signal: forever });
    assert.ok(!answer.known);
    assert.match(answer.reason, reason);
  }
});

test('commits say who made them, when and what for, and what their trailers ask', async () => {
  const message = 'Remove the shop\n\nIt moved.\n\nOrdo-Allow-Delete: Namespace/shop\nOrdo-Urgent: yes\n';
  const first = await site.shop.commit(file('one'), 'no body');
  const second = await site.shop.commit(file('two'), message);
  await since(first, second);
  const answer = await aboutCommits(site.git, [second, first], forever);
  assert.ok(answer.known, answer.known ? '' : answer.reason);
  const [newer, older] = answer.value;
  assert.deepEqual(
    [newer?.id, newer?.subject, older?.id, older?.subject],
    [second, 'Remove the shop', first, 'no body'],
  );
  assert.deepEqual(newer?.trailers, [
    { name: 'ordo-allow-delete', value: 'Namespace/shop' },
    { name: 'ordo-urgent', value: 'yes' },
  ]);
  assert.deepEqual(older?.trailers, []);
  assert.ok(Math.abs(Date.parse(newer?.committed ?? '') - Date.now()) < 3_600_000, newer?.committed);
  assert.ok(newer?.author !== '' && newer?.author === older?.author);
});

test('what a commit that is not here says is not known, and nobody is asked for it', async () => {
  await site.fetch(await site.shop.commit(file('base')));
  const before = world.github.requests().length;
  const answer = await aboutCommits(site.git, ['0123456789012345678901234567890123456789'], forever);
  assert.ok(!answer.known && answer.reason !== '');
  assert.equal(world.github.requests().length, before);
});
