import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { byRunner } from './ambush.ts';
import { mark, newest, passes, planSays, stepsOf, uids, writesSince } from './footprints.ts';
import { ordoSays } from './ordo.ts';
import { configMap, deployment, job, namespace, pushApp } from './samples.ts';
import { ACCOUNT, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook, type Write } from './write-hook.ts';

const IN = 'endings';
const FOLDER = `deploy/2-${IN}`;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'endings',
    // What failed is looked at as it was left.
    settings: { 'on-failure': 'stop' },
    files: {
      [`${FOLDER}/10-endingsnamespace.yml`]: namespace(IN),
      [`${FOLDER}/20-oncejob.yml`]: once('1'),
      ...pair('1'),
    },
  });
});
after(() => world?.close());

/** It is gone as soon as it is complete. */
const once = (version: string): string => {
  const container = `command: ['/bin/sh', '-c', 'true # ${version}']`;
  const text = job(world, { name: 'once', namespace: IN, app: 'web', container });
  return text.replace('\nspec:', '\nspec:\n  ttlSecondsAfterFinished: 0');
};

/** Two workloads, and what comes after them. */
function pair(version: string): Record<string, string> {
  const container = `env: [{ name: VERSION, value: "${version}" }]`;
  const one = (name: string): string => deployment(world, { name, namespace: IN, app: 'web', container });
  return {
    [`${FOLDER}/30-firstdeployment.yml`]: one('first'),
    [`${FOLDER}/40-seconddeployment.yml`]: one('second'),
    'deploy/3-next/10-nextconfigmap.yml': configMap('next', IN, { value: version }),
  };
}

test('#35 a completed Job that its TTL has removed is not run again: not by the next commit, nor after a restart', async () => {
  assert.equal(await site.get('job', 'once', IN), undefined);
  const from = await mark(world);
  await site.rollOut({ [`${FOLDER}/50-besideconfigmap.yml`]: configMap('beside', IN, {}) });
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/endings/beside']);
  await restart();
  await planSays(site, /^nothing to do/m);
  const runs = (await writesSince(world, from)).filter(
    ({ resource, namespace: where }) => resource === 'jobs' && where === IN,
  );
  assert.deepEqual(runs, []);
  await site.rollOut({ [`${FOLDER}/20-oncejob.yml`]: once('2') });
  assert.equal((await newest(site)).state, 'done');
  const again = (await writesSince(world, from)).filter(({ resource, name }) => resource === 'jobs' && name === 'once');
  assert.ok(again.length > 0, 'a changed Job runs again');
});

test('#32 a rollout’s Job runs Ordo’s own image by digest, which is on the node: nothing is pulled for a change', async () => {
  const count = world.registry.requests().length;
  await site.rollOut({ [`${FOLDER}/60-pulledconfigmap.yml`]: configMap('pulled', IN, {}) });
  const path = '-o=jsonpath={.items[*].spec.containers[*].image}';
  const images = await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo-runner', path);
  const own = await site.kubectl(
    '-n',
    NAMESPACE,
    'get',
    'pods',
    '-l',
    'app=ordo',
    '-o=jsonpath={.items[0].status.containerStatuses[0].imageID}',
  );
  assert.match(own, new RegExp(`^ghcr.io/${ACCOUNT}/ordo@sha256:[0-9a-f]{64}$`));
  assert.deepEqual(new Set(images.split(' ')), new Set([own]));
  const pulls = world.registry
    .requests()
    .slice(count)
    .filter(({ agent }) => agent.startsWith('containerd'));
  assert.deepEqual(pulls, []);
});

test('#13 nothing is applied after a delete that failed; a failed apply fails the rollout, and the next one does not delete again', async () => {
  const names = ['deployment/first', 'deployment/second'];
  const old = await uids(site, IN, names);
  const refuse = await refusals();
  try {
    let from = await mark(world);
    const notDeleted = await refuse('DELETE', () => site.commit(pair('2')));
    assert.deepEqual(statesOf(notDeleted), {
      ...{ 'Deployment/endings/first': 'failed', 'Deployment/endings/second': 'done' },
      'ConfigMap/endings/next': 'not-reached',
    });
    assert.equal((await uids(site, IN, names))['deployment/first'], old['deployment/first']);
    assert.deepEqual(await writesOn('first', from), ['delete 400']);
    assert.match(await conditionOf(notDeleted.rollout), /Failed/);

    from = await mark(world);
    const notMade = await refuse('CREATE', () => site.commit(pair('3')));
    assert.equal(statesOf(notMade)['Deployment/endings/first'], 'failed');
    assert.equal(statesOf(notMade)['ConfigMap/endings/next'], 'not-reached');
    assert.equal((await uids(site, IN, names))['deployment/first'], '');
    assert.match(await conditionOf(notMade.rollout), /Failed/);
    assert.doesNotMatch(await conditionOf(notMade.rollout), /Complete/);
  } finally {
    await refuse.end();
  }
  const second = (await uids(site, IN, names))['deployment/second'];
  const from = await mark(world);
  // What was refused for good is not tried again unasked.
  await ordoSays(site, 'retry');
  await until('it to be made', async () => (await newest(site)).state === 'done');
  await site.rollOut({ 'README.md': 'again', [`${FOLDER}/70-againconfigmap.yml`]: configMap('again', IN, {}) });
  assert.deepEqual(await writesOn('first', from), ['patch 201']);
  const now = await uids(site, IN, names);
  assert.notEqual(now['deployment/first'], '');
  assert.equal(now['deployment/second'], second, 'what was done was done again');
});

test('D40 why a rollout failed is still said after a restart: in the history, and by ordo plan', async () => {
  const image = `ghcr.io/${ACCOUNT}/web:never-pushed`;
  const bad = deployment(world, { name: 'bad', namespace: IN, image });
  const entry = await site.ended(await site.commit({ [`${FOLDER}/80-baddeployment.yml`]: bad }));
  assert.equal(entry.state, 'failed');
  const says =
    /^behind: group 2 and later ones .*Deployment\/endings\/bad failed in rollout \d+ .*pod bad-\S+, container main: .*never-pushed/m;
  await planSays(site, says);
  await restart();
  await planSays(site, says);
  assert.deepEqual(
    (await site.history()).find(({ rollout }) => rollout === entry.rollout),
    entry,
  );
});

test('a rollout that was done and each step that failed are Events, which kubectl describe shows at ordo-inventory', async () => {
  const shown = await site.kubectl('-n', NAMESPACE, 'describe', 'configmap', 'ordo-inventory');
  assert.match(shown, /Normal +RolloutDone .* ordo +rollout \d+ to [0-9a-f]{10}: \d+ done/);
  assert.match(shown, /Warning +RolloutFailed .* ordo +rollout \d+ failed: /);
  assert.match(shown, /Warning +StepFailed .* ordo +Deployment\/endings\/bad: .*never-pushed/);
  const from = await mark(world);
  await site.rollOut({ [`${FOLDER}/80-baddeployment.yml`]: null, [`${FOLDER}/10-endingsnamespace.yml`]: null });
  const held = /Warning +Held .* ordo +Namespace\/endings: a Namespace is never deleted/;
  await until('what is held to be told', async () =>
    held.test(await site.kubectl('-n', NAMESPACE, 'describe', 'configmap', 'ordo-inventory')),
  );
  await passes(site, 2);
  const told = (await writesSince(world, from)).filter(
    ({ resource, user }) => resource === 'events' && user === 'ordo',
  );
  // What is held, and the rollout.
  const one = ['create', 201, NAMESPACE];
  assert.deepEqual(
    told.map(({ verb, code, namespace: where }) => [verb, code, where]),
    [one, one],
  );
});

/** Another pod takes the controller's place. */
async function restart(): Promise<void> {
  await site.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', 'app=ordo');
  await site.kubectl('-n', NAMESPACE, 'rollout', 'status', 'deployment/ordo', '--timeout=60s');
}

/** Has the API server refuse one kind of write to the first workload, while a commit is rolled out. */
async function refusals() {
  const hook = await startWriteHook(world, ['configmaps', 'deployments']);
  let listening = false;
  let refused: Write['operation'] | undefined;
  hook.onWrite(async (write) => {
    listening ||= write.name === 'hello';
    const isMeant = byRunner(write) && write.resource === 'deployments' && write.name === 'first';
    if (isMeant && write.operation === refused) throw new Error('not now');
  });
  await until('the API server to ask the hook', async () => {
    await site.kubectl('-n', IN, 'create', 'configmap', 'hello', '--dry-run=server');
    return listening;
  });
  const refuse = async (operation: Write['operation'], commit: () => Promise<string>) => {
    refused = operation;
    const entry = await site.ended(await commit());
    refused = undefined;
    return entry;
  };
  return Object.assign(refuse, { end: () => hook.stop() });
}

/** What the runner wrote to a Deployment, with the answers. */
async function writesOn(deploymentName: string, from: number): Promise<string[]> {
  const all = await writesSince(world, from);
  return all
    .filter(
      ({ user, resource, name }) => user === 'ordo-runner' && resource === 'deployments' && name === deploymentName,
    )
    .map(({ verb, code }) => `${verb} ${code}`);
}

/** The Job controller says it a moment after the runner has said its own outcome. */
const conditionOf = (rollout: number): Promise<string> => {
  const path = '-o=jsonpath={.status.conditions[?(@.status=="True")].type}';
  const ask = (): Promise<string> => site.kubectl('-n', NAMESPACE, 'get', 'job', `ordo-rollout-${rollout}`, path);
  return until('the Job to have ended', async () => {
    const said = await ask();
    return /Failed|Complete/.test(said) && said;
  });
};
