import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { byController, byRunner, isLastWord, layAmbush } from './ambush.ts';
import { auditedWrites } from './audit.ts';
import { endStateOf, type EndState } from './end-state.ts';
import { isDelete, proveKilled, proveOnce, type Rollout, type Victim } from './kill-proof.ts';
import { makeShop } from './kill-shop.ts';
import { CONTROLLER, find, kill, RUNNER } from './processes.ts';
import { pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook, type Write, type WriteHook } from './write-hook.ts';

const HOOKED = ['configmaps', 'secrets', 'services', 'deployments', 'statefulsets', 'cronjobs', 'jobs'];

interface Killing {
  moment: string;
  victim: Victim;
  /** Lies in wait from before the commit on; resolves when the victim is dead and the world may go on. */
  strike: (rollout: Rollout) => Promise<unknown>;
}

let world: World;
let site: Site;
let hook: WriteHook;
let undisturbed: EndState;

const killController = async (): Promise<void> => kill(await find(CONTROLLER));

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
  rollout.ambush.killRunnerAt(matches, isWritten);

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
  world = await openWorld();
  await pushApp(world, 'shop', '1');
  const shops = ['undisturbed', ...killings.map(nameOf)].map((name) => makeShop(world, name));
  site = await installSite({ world, name: 'kill', files: Object.assign({}, ...shops.map(({ first }) => first)) });
  hook = await startWriteHook(world, HOOKED);
});
after(async () => {
  await hook?.stop();
  await world?.close();
});

test('D12 a change that nobody disturbs is what the others are held against', async () => {
  const rollout = await prepare('undisturbed');
  const commit = await site.commit(rollout.shop.change);
  await proveOnce(rollout, commit);
  undisturbed = await settle(rollout, commit);
  const names = Object.keys(undisturbed.objects);
  for (const gone of ['Service/old', 'Deployment/idle', 'ConfigMap/old']) assert.ok(!names.includes(gone), gone);
  for (const made of ['ConfigMap/fresh', 'Deployment/worker']) assert.ok(names.includes(made), made);
  assert.deepEqual(undisturbed.pods, ['cache', 'db', 'web', 'worker']);
});

for (const killing of killings) {
  const { moment, victim, strike } = killing;
  const who = victim === 'pod' ? "the Job's pod" : 'the controller';
  test(`D12 O05 ${who} is killed ${moment}: the same end state, nothing is recreated twice`, async () => {
    if (victim === 'controller') await renewController();
    const rollout = await prepare(nameOf(killing));
    const [commit] = await Promise.all([site.commit(rollout.shop.change), strike(rollout)]);
    await proveOnce(rollout, commit);
    await proveKilled(rollout, victim);
    assert.deepEqual(await settle(rollout, commit), undisturbed);
  });
}

async function prepare(name: string): Promise<Rollout> {
  const shop = makeShop(world, name);
  const { rollout } = await site.inventory();
  return { site, shop, number: rollout + 1, since: Date.now() * 1000, ambush: layAmbush(hook) };
}

/** A pod that was never killed: the kubelet waits longer before each restart of the same one's container. */
async function renewController(): Promise<void> {
  await site.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', 'app=ordo');
}

/** The end state, and behind it a commit that changes nothing: were anything left to do, it would be a rollout. */
async function settle({ shop, number }: Rollout, commit: string): Promise<EndState> {
  await site.rollOut({ 'README.md': commit });
  assert.equal((await site.inventory()).rollout, number, 'there was nothing left to do');
  return endStateOf(site, shop.namespace, [shop.namespace, commit]);
}

async function killPodAsItStarts({ shop, since, ambush }: Rollout): Promise<void> {
  await ambush.mute(async () => {
    await kill(await until('the runner to start', async () => someOf(await find(RUNNER))));
  });
  const writes = (await auditedWrites(world.cluster.auditLog)).filter(({ received }) => received >= since);
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
      await isWritten(deletes()[0] as Write, since);
      await replaceController(rollout);
    },
  );
}

async function killControllerInGate(rollout: Rollout): Promise<void> {
  await untilInGate(rollout);
  await replaceController(rollout);
  world.probes.set(rollout.shop.probe, true);
}

async function killPodInGate(rollout: Rollout): Promise<void> {
  await untilInGate(rollout);
  await kill(await find(RUNNER));
  await until('the next runner to start', async () => someOf(await find(RUNNER)));
  world.probes.set(rollout.shop.probe, true);
}

/** The first group is applied, and its database says that it is not ready. */
async function untilInGate({ shop, since }: Rollout): Promise<void> {
  world.probes.set(shop.probe, false);
  await until('the first group to be applied', async () => {
    const writes = (await auditedWrites(world.cluster.auditLog)).filter(({ received }) => received >= since);
    const last = writes.find(({ namespace, name }) => namespace === shop.namespace && name === 'fresh');
    const asked = world.probes
      .requests()
      .filter(({ name, time }) => name === shop.probe && last && time * 1000 > last.answered);
    return asked.length > 0;
  });
}

/** The controller is killed, and the kubelet's next one has taken the rollout over. */
async function replaceController({ number }: Rollout): Promise<void> {
  await killController();
  await until('the rollout to be adopted', async () => {
    const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo').catch(String);
    return log.split('\n').some((line) => line.includes('"rollout adopted"') && line.includes(`"rollout":${number},`));
  });
}

async function isWritten({ resource, namespace, name }: Write, since: number): Promise<void> {
  await until(`the write of ${name} to be done`, async () =>
    (await auditedWrites(world.cluster.auditLog)).some(
      (write) =>
        write.answered >= since &&
        write.user.endsWith(':ordo-runner') &&
        write.resource === resource &&
        write.namespace === namespace &&
        write.name === name &&
        write.code < 300,
    ),
  );
}

const someOf = (pids: number[]): number[] | undefined => (pids.length > 0 ? pids : undefined);
