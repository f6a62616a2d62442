import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settings } from '../../src/config/settings.ts';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import type { Step } from '../../src/domain/plan.ts';
import { isComplete, isSettled, settledUntil, type Settled } from '../../src/observe/settled.ts';
import { nextInventory } from '../../src/plan/next.ts';
import type { Sources } from '../../src/sources.ts';
import { configMap, EMPTY, outcomeOf, planFor } from '../plan/fixtures.ts';

const WEB = 'ghcr.io/acme/web:main';
const digests = (digest: Known<string>): Settled['digests'] => new Map([[WEB, digest]]);

for (const [what, steps, digest, expected] of [
  ['nothing is left', [], known('1'), true],
  ['a digest is not known, what is deployed stays', [], unknown('no route'), true],
  ['an object waits for that digest', [held(`the digest of ${WEB} is not known: no route`)], unknown('no route'), true],
  [
    'others changed it, and it is left so',
    [{ ...held('changed by kubectl-edit'), drift: true as const }],
    known('1'),
    true,
  ],
  ['an object waits for another reason', [held('allow it by ordo.dev/allow-delete')], unknown('no route'), false],
  [
    'a digest was not known for another reason',
    [held(`the digest of ${WEB} is not known: 401`)],
    unknown('no route'),
    false,
  ],
] as const) {
  test(`D12 a plan is complete for now: ${what}: ${expected ? 'yes' : 'no'}`, () => {
    assert.equal(isComplete({ steps: [...steps] as Step[] }, digests(digest)), expected);
  });
}

for (const [before, now, expected] of [
  [known('1'), known('1'), true],
  [known('1'), known('2'), false],
  [known('1'), unknown('no route'), true],
  [unknown('no route'), unknown('no route'), true],
  [unknown('no route'), unknown('HTTP 401'), false],
  [unknown('no route'), known('1'), false],
] as const) {
  const text = (digest: Known<string>): string => (digest.known ? digest.value : digest.reason);
  test(`D12 no new plan while the registry says the same: ${text(before)}, then ${text(now)}: ${expected}`, async () => {
    const settings = {} as Settings;
    const settled = { state: '', commit: '', settings: '{}', until: new Date(), digests: digests(before) };
    const sources: Partial<Sources> = { digests: async () => new Map(digests(now)) };
    assert.equal(await isSettled(settled, settings, sources as Sources), expected);
  });
}

const at = (minutes: number): Date => new Date(Date.UTC(2026, 0, 1, 12) + minutes * 60_000);

test('J04 J05 everything is compared again after an hour, or when the first override ends', () => {
  const until = (...ends: number[]): Date => {
    const overrides = ends.map((end) => ({ object: 'o', by: 'b', at: '', until: at(end).toISOString() }));
    return settledUntil(at(0), { ...EMPTY, overrides });
  };
  assert.deepEqual([until(), until(90), until(90, 20)], [at(60), at(60), at(20)]);
});

test('J04 ten quiet minutes after a repair a plan is made, for which it is no part of a fight any more', () => {
  const files = { '1-shop/20-web.yml': configMap('web', { value: '1' }) };
  const { plan, input } = planFor(files);
  const inventory = nextInventory(EMPTY, plan, input.keyId, outcomeOf(plan));
  const repairedAt = (...minutes: number[]): Inventory => {
    const repaired = minutes.map((minute) => at(minute).toISOString());
    return { ...inventory, objects: inventory.objects.map((one) => ({ ...one, repaired })) };
  };
  const until = settledUntil(at(0), repairedAt(-9, -5, -1));
  assert.deepEqual(until, new Date(at(9).getTime() + 1));
  assert.deepEqual(settledUntil(at(0), repairedAt(-30, -25, -21)), at(60), 'a fight that is given up makes no plan');
  const repairs = (now: Date) =>
    planFor(files, { inventory: repairedAt(-9, -5, -1), more: { now: now.toISOString() } }).plan.moved;
  assert.deepEqual([repairs(at(9)).length, repairs(until)[0]?.repaired, repairs(until).length], [0, undefined, 1]);
});

function held(reason: string): { kind: 'hold'; reason: string } {
  return { kind: 'hold', reason };
}
