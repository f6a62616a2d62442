import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { byController, byRunner } from './ambush.ts';
import type { EndState } from './end-state.ts';
import { proveKilled, proveOnce, type Rollout, type Victim } from './kill-proof.ts';
import { killController, openKillSite, type KillSite } from './kill-site.ts';
import type { Write } from './write-hook.ts';

/** The same places again: `ORDOTEST_SEED=N`, with N from the titles. */
const seed = Number(process.env['ORDOTEST_SEED'] ?? randomInt(2 ** 31));
/** `place`: at which of the writes, in percent of the way. */
const kills = fc.sample(
  fc.record({
    victim: fc.constantFrom<Victim[]>('controller', 'pod'),
    place: fc.noBias(fc.integer({ min: 0, max: 99 })),
  }),
  {
    numRuns: 10,
    seed,
  },
);

let shops: KillSite;
let undisturbed: EndState;
/** How many writes there are that somebody can be killed at. */
let writes: Record<Victim, number>;

before(async () => {
  shops = await openKillSite('random', ['undisturbed', ...kills.map((_, index) => `random-${index}`)]);
});
after(() => shops?.close());

test('D12 a change that nobody disturbs says how many places there are to be killed at', async () => {
  const rollout = await shops.prepare('undisturbed');
  const commit = await shops.site.commit(rollout.shop.change);
  await proveOnce(rollout, commit);
  const seen = rollout.ambush.writes();
  const own = (write: Write): boolean => byRunner(write) || byController(write);
  writes = { controller: seen.filter(own).length, pod: seen.filter(byRunner).length };
  assert.ok(writes.pod > 10 && writes.controller > writes.pod, JSON.stringify(writes));
  undisturbed = await shops.settle(rollout, commit);
});

for (const [index, { victim, place }] of kills.entries()) {
  const who = victim === 'pod' ? "the Job's pod" : 'the controller';
  test(`D12 O05 ${who} is killed ${place} % on the way (seed ${seed}, kill ${index}): the same end state`, async (t) => {
    const rollout = await shops.prepare(`random-${index}`);
    const nth = Math.floor((place / 100) * writes[victim]);
    const strike = victim === 'pod' ? killPodAt(rollout, nth) : killControllerAt(rollout, nth);
    const [commit, { operation, resource, name }] = await Promise.all([shops.site.commit(rollout.shop.change), strike]);
    t.diagnostic(`write ${nth + 1} of ${writes[victim]}: ${operation} ${resource}/${name}`);
    await proveOnce(rollout, commit);
    await proveKilled(rollout, victim);
    assert.deepEqual(await shops.settle(rollout, commit), undisturbed);
  });
}

/** The runner's write is done, and the runner is dead before it learns of that. */
async function killPodAt({ ambush }: Rollout, nth: number): Promise<Write> {
  let last: Write | undefined;
  let count = 0;
  const matches = (write: Write): boolean => {
    last = write;
    return count++ === nth;
  };
  await ambush.killRunnerAt(matches, shops.isWritten);
  return last as Write;
}

/** The controller is dead while one of the two writes; its own write is not done. */
function killControllerAt({ ambush }: Rollout, nth: number): Promise<Write> {
  let count = 0;
  return ambush.at(
    (write) => (byRunner(write) || byController(write)) && count++ === nth,
    async (write) => {
      await killController();
      return byController(write) ? 'refused' : undefined;
    },
  );
}
