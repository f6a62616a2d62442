import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { byController, byRunner, isLastWord, layAmbush, type Ambush } from './ambush.ts';
import { auditedWrites, type AuditedWrite } from './audit.ts';
import { endStateOf, type EndState } from './end-state.ts';
import { CREATED, makeShop, RECREATED, REMOVED, type Shop } from './kill-shop.ts';
import { CONTROLLER, find, kill, RUNNER } from './processes.ts';
import { pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook, type Write, type WriteHook } from './write-hook.ts';

const HOOKED = ['configmaps', 'secrets', 'services', 'deployments', 'statefulsets', 'cronjobs', 'jobs'];

/** A rollout that is under way while the test strikes. */
interface Rollout {
  shop: Shop;
  /** The number that it gets. */
  number: number;
  /** Microseconds since 1970: nothing of it is older. */
  since: number;
  ambush: Ambush;
}

interface Killing {
  moment: string;
  victim: 'controller' | 'pod';
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
    async () => {
      await killController();
      await adopted(rollout);
    },
  );

/** The controller dies before this write of its own is done. */
const killControllerBefore = (name: string) => (rollout: Rollout) =>
  rollout.ambush.at(
    (write) => byController(write) && write.name === name,
    async () => {
      await killController();
      throw new Error('whoever sent this is dead');
    },
  );

const killPodAt = (matches: (write: Write) => boolean) => (rollout: Rollout) =>
  rollout.ambush.killRunnerAt(matches, (write) => isWritten(write, rollout));

const isDelete = ({ operation }: Write): boolean => operation === 'DELETE';
const isCache = ({ operation, name }: Write): boolean => operation === 'CREATE' && name === 'cache';

const killings: Killing[] = [
  // Before the controller has noted the begin, so that all that it knows of the rollout is the suspended Job.
  { moment: 'after the Secrets', victim: 'controller', strike: killControllerBefore('ordo-history') },
  { moment: 'after the Secrets', victim: 'pod', strike: killPodAsItStarts },
  { moment: 'after the first delete', victim: 'controller', strike: killControllerAt(isDelete) },
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
    const rollout = await prepare(nameOf(killing));
    const [commit] = await Promise.all([site.commit(rollout.shop.change), strike(rollout)]);
    await proveOnce(rollout, commit);
    await proveKilled(rollout, victim);
    if (victim === 'controller') await renewController();
    assert.deepEqual(await settle(rollout, commit), undisturbed);
  });
}

async function prepare(name: string): Promise<Rollout> {
  const shop = makeShop(world, name);
  const { rollout } = await site.inventory();
  return { shop, number: rollout + 1, since: Date.now() * 1000, ambush: layAmbush(hook) };
}

/** Waits for the end and proves from the audit log that each thing was done once, and that the SHA moved behind all of it. */
async function proveOnce({ shop, number, since, ambush }: Rollout, commit: string): Promise<void> {
  await site.deployed(commit, 90);
  await until('the end to be recorded', async () => (await site.inventory()).rollout === number);
  const entries = (await site.history()).filter((entry) => entry.rollout === number);
  assert.deepEqual(
    entries.map(({ commit: of, state, steps }) => [of, state, [...new Set(steps.map((step) => step.state))]]),
    [[commit, 'done', ['done']]],
  );

  const writes = (await auditedWrites(world.cluster.auditLog)).filter(({ received }) => received >= since);
  const own = writes.filter(({ user, namespace }) => user.endsWith(':ordo-runner') && namespace === shop.namespace);
  const made = own.filter(({ verb, code }) => verb === 'patch' && code === 201).map(nameIn);
  assert.deepEqual(made.sort(), [...RECREATED, ...CREATED].sort());
  const deleted = own.filter(({ verb, code }) => verb === 'delete' && code === 200).map(nameIn);
  assert.deepEqual([...new Set(deleted)].sort(), [...RECREATED, ...REMOVED].sort());
  const hits = ambush.writes().filter((write) => isDelete(write) && write.namespace === shop.namespace);
  const uids = new Set(hits.map(({ object }) => object.metadata?.uid));
  assert.equal(uids.size, RECREATED.length + REMOVED.length, 'no second object of a name was ever deleted');

  const jobs = writes.filter(
    ({ user, verb, resource }) => isController(user) && verb === 'create' && resource === 'jobs',
  );
  assert.deepEqual(
    jobs.map(({ name, code }) => [name, code]),
    [[`ordo-rollout-${number}`, 201]],
  );
  const shas = writes.filter(({ name, code }) => name === 'current-yaml-commit-sha' && code === 200);
  assert.equal(shas.length, 1, 'the SHA moves once');
  const last = Math.max(...own.map(({ answered }) => answered));
  assert.ok(last < (shas[0]?.received ?? 0), 'the SHA moves behind the last change of the cluster');
}

/** The kill has hit: the kubelet saw it. */
async function proveKilled({ number }: Rollout, victim: Killing['victim']): Promise<void> {
  const selector = victim === 'pod' ? `ordo.dev/rollout=${number}` : 'app=ordo';
  const state = victim === 'pod' ? 'state' : 'lastState';
  const codes = `jsonpath={.items[*].status.containerStatuses[*].${state}.terminated.exitCode}`;
  await until('the kubelet to say that it was killed', async () => {
    const said = await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', selector, '-o', codes);
    return said.split(' ').includes('137');
  });
}

/** The kubelet waits longer before each restart of the same pod's container. */
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

async function killControllerInGate(rollout: Rollout): Promise<void> {
  await untilInGate(rollout);
  await killController();
  await adopted(rollout);
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

async function adopted({ number }: Rollout): Promise<void> {
  await until('the rollout to be adopted', async () => {
    const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo').catch(String);
    return log.split('\n').some((line) => line.includes('"rollout adopted"') && line.includes(`"rollout":${number},`));
  });
}

async function isWritten({ namespace, name }: Write, { since }: Rollout): Promise<void> {
  await until(`the write of ${name} to be done`, async () =>
    (await auditedWrites(world.cluster.auditLog)).some(
      (write) =>
        write.received >= since &&
        write.user.endsWith(':ordo-runner') &&
        write.namespace === namespace &&
        write.name === name &&
        write.code < 300,
    ),
  );
}

const isController = (user: string): boolean => user.endsWith(':ordo');
const someOf = (pids: number[]): number[] | undefined => (pids.length > 0 ? pids : undefined);
const nameIn = ({ resource, name }: AuditedWrite): string => `${resource}/${name}`;
