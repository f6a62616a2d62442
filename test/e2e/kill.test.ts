import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { byController, byRunner, isLastWord } from './ambush.ts';
import { auditedWrites } from './audit.ts';
import type { EndState } from './end-state.ts';
import { isDelete, proveKilled, proveOnce, type Rollout, type Victim } from './kill-proof.ts';
import { killController, openKillSite, type KillSite } from './kill-site.ts';
import { find, kill, RUNNER } from './processes.ts';
import { NAMESPACE } from './site.ts';
import { until } from './until.ts';
import type { Write } from './write-hook.ts';

interface Killing {
  moment: string;
  victim: Victim;
  /** Lies in wait from before the commit on; resolves when the victim is dead and the world may go on. */
  strike: (rollout: Rollout) => Promise<unknown>;
}

let shops: KillSite;
let undisturbed: EndState;

/** The runner is held at its write until the controller is back and has taken the rollout over. */
const killControllerAt = (matches: (write: Write) => boolean) => (rollout: Rollout) =>
  rollout.ambush.at(
    (write) => byRunner(write) && matches(write),
    () => replaceController(rollout),
  );

/** The controller dies before this write of its own is done. */
const killControllerBefore = (name: string) => (rollout: Rollout) =>
  rollout.ambush.at(
    (write) => byController(write) && write.name === name,
    async () => {
      await killController();
      return 'refused';
    },
  );

const killPodAt = (matches: (write: Write) => boolean) => (rollout: Rollout) =>
  rollout.ambush.killRunnerAt(matches, shops.isWritten);

const isCache = ({ operation, name }: Write): boolean => operation === 'CREATE' && name === 'cache';

const killings: Killing[] = [
  // Before the controller has noted the begin, so that all that it knows of the rollout is the suspended Job.
  { moment: 'after the Secrets', victim: 'controller', strike: killControllerBefore('ordo-history') },
  { moment: 'after the Secrets', victim: 'pod', strike: killPodAsItStarts },
  { moment: 'after the first delete', victim: 'controller', strike: killControllerAfterDelete },
  { moment: 'after the first delete', victim: 'pod', strike: killPodAt(isDelete) },
  { moment: 'between two applies', victim: 'controller', strike: killControllerAt(isCache) },
  { moment: 'between two applies', victim: 'pod', strike: killPodAt(isCache) },
  { moment: 'in a gate', victim: 'controller', strike: killControllerInGate },
  { moment: 'in a gate', victim: 'pod', strike: killPodInGate },
  // The SHA and the history have moved, the inventory has not.
  { moment: 'after the outcome', victim: 'controller', strike: killControllerBefore('ordo-inventory') },
  { moment: 'after the outcome', victim: 'pod', strike: killPodAt(isLastWord) },
];
const nameOf = ({ moment, victim }: Killing): string => `${moment.toLowerCase().replaceAll(' ', '-')}-${victim}`;

before(async () => {
  shops = await openKillSite('kill', ['undisturbed', ...killings.map(nameOf)]);
});
after(() => shops?.close());

test('D12 a change that nobody disturbs is what the others are held against', async () => {
  const rollout = await shops.prepare('undisturbed');
  const commit = await shops.site.commit(rollout.shop.change);
  await proveOnce(rollout, commit);
  undisturbed = await shops.settle(rollout, commit);
  const names = Object.keys(undisturbed.objects);
  for (const gone of ['Service/old', 'Deployment/idle', 'ConfigMap/old']) assert.ok(!names.includes(gone), gone);
  for (const made of ['ConfigMap/fresh', 'Deployment/worker']) assert.ok(names.includes(made), made);
  assert.deepEqual(undisturbed.pods, ['db', 'web']);
});

for (const killing of killings) {
  const { moment, victim, strike } = killing;
  const who = victim === 'pod' ? "the Job's pod" : 'the controller';
  test(`D12 O05 ${who} is killed ${moment}: the same end state, nothing is recreated twice`, async () => {
    const rollout = await shops.prepare(nameOf(killing));
    const [commit] = await Promise.all([shops.site.commit(rollout.shop.change), strike(rollout)]);
    await proveOnce(rollout, commit);
    await proveKilled(rollout, victim);
    assert.deepEqual(await shops.settle(rollout, commit), undisturbed);
  });
}

async function killPodAsItStarts({ shop, since, from, ambush }: Rollout): Promise<void> {
  await ambush.mute(async () => {
    await kill(await until('the runner to start', async () => someOf(await find(RUNNER))));
  });
  const writes = (await auditedWrites(shops.world.cluster.auditLog, from)).filter(({ received }) => received >= since);
  assert.deepEqual(
    writes.filter(
      (write) => write.namespace === shop.namespace && write.code < 300 && write.user.endsWith(':ordo-runner'),
    ),
    [],
  );
}

/** A group's removals are sent together: the second one is held while the first one is done. */
async function killControllerAfterDelete(rollout: Rollout): Promise<void> {
  const { ambush, since } = rollout;
  const deletes = (): Write[] => ambush.writes().filter((write) => byRunner(write) && isDelete(write));
  await ambush.at(
    () => deletes().length === 2,
    async () => {
      await shops.isWritten(deletes()[0] as Write, since);
      await replaceController(rollout);
    },
  );
}

async function killControllerInGate(rollout: Rollout): Promise<void> {
  await untilInGate(rollout);
  await replaceController(rollout);
  shops.world.probes.set(rollout.shop.probe, true);
}

async function killPodInGate(rollout: Rollout): Promise<void> {
  await untilInGate(rollout);
  await kill(await find(RUNNER));
  await until('the next runner to start', async () => someOf(await find(RUNNER)));
  shops.world.probes.set(rollout.shop.probe, true);
}

/** The first group is applied, and its database says that it is not ready. */
async function untilInGate({ shop, since, from }: Rollout): Promise<void> {
  shops.world.probes.set(shop.probe, false);
  await until('the first group to be applied', async () => {
    const writes = (await auditedWrites(shops.world.cluster.auditLog, from)).filter(
      ({ received }) => received >= since,
    );
    const last = writes.find(({ namespace, name }) => namespace === shop.namespace && name === 'fresh');
    const asked = shops.world.probes
      .requests()
      .filter(({ name, time }) => name === shop.probe && last && time * 1000 > last.answered);
    return asked.length > 0;
  });
}

/** The controller is killed, and the kubelet's next one has taken the rollout over. */
async function replaceController({ number }: Rollout): Promise<void> {
  await killController();
  await until('the rollout to be adopted', async () => {
    const log = await shops.site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo').catch(String);
    return log.split('\n').some((line) => line.includes('"rollout adopted"') && line.includes(`"rollout":${number},`));
  });
}

const someOf = (pids: number[]): number[] | undefined => (pids.length > 0 ? pids : undefined);
