import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  cleared,
  mark,
  newest,
  ordosWrites,
  passes,
  planText,
  stepsOf,
  uids,
  valueOf,
  writesSince,
} from './footprints.ts';
import { configMap, cronJob, deployment, namespace, pushApp, service } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { startWriteHook } from './write-hook.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'commits',
    files: {
      'deploy/10-eight/10-eightnamespace.yml': namespace('eight'),
      'deploy/10-eight/100-changedconfigmap.yml': configMap('changed', 'eight', { value: 'old' }),
      'deploy/10-eight/110-removedconfigmap.yml': configMap('removed', 'eight', { value: 'old' }),
      'deploy/10-eight/120-removedservice.yml': service('removed', 'eight'),
      'deploy/10-eight/170-removeddeployment.yml': deployment(world, {
        name: 'removed',
        namespace: 'eight',
        app: 'web',
      }),
      'deploy/10-eight/180-removedcronjob.yml': cronJob(world, { name: 'removed', namespace: 'eight', app: 'web' }),
      'deploy/20-four/10-fournamespace.yml': namespace('four'),
    },
  });
});
after(() => world?.close());

test('D07 the SHA is the head; an unchanged head costs polls that are answered 304, and no write', async () => {
  assert.equal(await site.sha(), await site.repository.resolve('main'));
  await cleared(site);
  const from = await mark(world);
  const since = Date.now();
  await passes(site, 3);
  const asked = world.github.requests().filter(({ time }) => time > since);
  assert.ok(asked.length >= 3);
  for (const { path, status, authorised, counted } of asked) {
    assert.deepEqual(
      { path, status, authorised, counted },
      { path: '/api/v3/repos/acme/commits/commits/HEAD', status: 304, authorised: true, counted: false },
    );
  }
  assert.deepEqual(await ordosWrites(world, from), []);
});

test('#4 while a group is not ready the SHA is still the old one; after the last group it is the new one', async () => {
  const old = await site.sha();
  const from = await mark(world);
  world.probes.set('slow', false);
  const commit = await site.commit({
    'deploy/20-four/170-slowdeployment.yml': deployment(world, {
      name: 'slow',
      namespace: 'four',
      app: 'web',
      probe: 'slow',
    }),
    'deploy/21-last/100-lastconfigmap.yml': configMap('last', 'four', { value: 'new' }),
  });
  await until('the pod to be asked for its readiness', async () =>
    world.probes.requests().some(({ name, status }) => name === 'slow' && status === 503),
  );
  assert.equal(await site.sha(), old);
  assert.equal(await valueOf(site, 'four', 'last'), undefined);
  world.probes.set('slow', true);
  await site.deployed(commit);
  const writes = (await ordosWrites(world, from)).map(({ resource, name }) => `${resource}/${name}`);
  const last = writes.indexOf('configmaps/last');
  const moved = writes.indexOf('configmaps/current-yaml-commit-sha');
  assert.ok(last >= 0 && moved > last, `the SHA moved before the last object was there: ${writes.join(' ')}`);
});

test('D08 D09 #14 one commit adds, changes and removes; what is removed is deleted by the uid it had', async () => {
  const removed = ['configmap/removed', 'service/removed', 'deployment/removed', 'cronjob/removed'];
  const before = await uids(site, 'eight', [...removed, 'configmap/changed']);
  const asked = new Map<string, string | undefined>();
  const hook = await startWriteHook(world, ['configmaps', 'services', 'deployments', 'cronjobs']);
  try {
    let listening = false;
    hook.onWrite(async ({ operation, resource, namespace: where, name, options }) => {
      listening ||= name === 'hello';
      if (operation !== 'DELETE' || where !== 'eight') return;
      asked.set(`${resource.replace(/s$/, '')}/${name}`, options?.preconditions?.uid);
    });
    await until('the API server to ask the hook', async () => {
      await site.kubectl('-n', 'eight', 'create', 'configmap', 'hello', '--dry-run=server');
      return listening;
    });
    await site.rollOut({
      'deploy/10-eight/100-changedconfigmap.yml': configMap('changed', 'eight', { value: 'new' }),
      'deploy/10-eight/105-addedconfigmap.yml': configMap('added', 'eight', { value: 'new' }),
      'deploy/10-eight/110-removedconfigmap.yml': null,
      'deploy/10-eight/120-removedservice.yml': null,
      'deploy/10-eight/170-removeddeployment.yml': null,
      'deploy/10-eight/180-removedcronjob.yml': null,
    });
  } finally {
    await hook.stop();
  }
  assert.equal(await valueOf(site, 'eight', 'added'), 'new');
  assert.equal(await valueOf(site, 'eight', 'changed'), 'new');
  const now = await uids(site, 'eight', Object.keys(before));
  assert.equal(now['configmap/changed'], before['configmap/changed']);
  for (const name of removed) {
    assert.equal(now[name], '', `${name} is still there`);
    assert.equal(asked.get(name), before[name], `${name} was not deleted by its uid`);
  }
  assert.equal(await site.kubectl('-n', 'eight', 'get', 'pods', '-o', 'name'), '');
});

test('D10 the changes of a commit are carried out by kubectl in a Job, and by nobody else', async () => {
  const from = await mark(world);
  await site.rollOut({
    'deploy/10-eight/100-changedconfigmap.yml': configMap('changed', 'eight', { value: 'by a Job' }),
    'deploy/10-eight/105-addedconfigmap.yml': null,
  });
  const { rollout } = await newest(site);
  const writes = await writesSince(world, from);
  // The garbage collector takes a finalizer off what is being deleted.
  const outside = writes.filter(({ namespace: where, user }) => where === 'eight' && !user.includes(':kube-system:'));
  assert.deepEqual(
    outside.map(({ verb, user, agent, name }) => [verb, user, agent.replace(/\/.*/, ''), name]),
    [
      ['patch', 'ordo-runner', 'kubectl', 'changed'],
      ['delete', 'ordo-runner', 'kubectl', 'added'],
    ],
  );
  const controller = writes.filter(({ user }) => user === 'ordo');
  assert.ok(
    controller.some(
      ({ verb, resource, name }) => `${verb} ${resource}/${name}` === `create jobs/ordo-rollout-${rollout}`,
    ),
  );
  assert.deepEqual([...new Set(controller.map(({ namespace: where }) => where))], [NAMESPACE]);
  const [job, ordo] = await Promise.all([
    own(`get job ordo-rollout-${rollout} -o jsonpath={.spec.template.spec.containers[*].image}`),
    own('get pods -l app=ordo -o jsonpath={.items[0].status.containerStatuses[0].imageID}'),
  ]);
  assert.match(job, /@sha256:[0-9a-f]{64}$/);
  assert.equal(job, ordo);
});

test('D14 the working copy is at the commit in work, follows to the next, and is made anew with its pod', async () => {
  world.probes.set('slow', false);
  const slow = (value: string): string =>
    deployment(world, {
      name: 'slow',
      namespace: 'four',
      app: 'web',
      probe: 'slow',
      container: `env: [{ name: V, value: "${value}" }]`,
    });
  const asked = Date.now();
  const first = await site.commit({ 'deploy/20-four/170-slowdeployment.yml': slow('first') });
  await until('the rollout to wait for the new pod', async () => {
    const [entry] = await site.history();
    const isAsked = world.probes.requests().some(({ name, time }) => name === 'slow' && time > asked);
    return entry?.commit === first && isAsked;
  });
  const second = await site.commit({
    'deploy/21-last/100-lastconfigmap.yml': configMap('last', 'four', { value: 'second' }),
  });
  assert.equal(await workingCopy(), first);
  assert.equal((await site.ended(first)).state, 'stopped');
  world.probes.set('slow', true);
  await site.deployed(second);
  assert.equal(await workingCopy(), second);
  const [later, earlier] = await site.history();
  assert.deepEqual([later?.commit, later?.state, earlier?.commit], [second, 'done', first]);
  assert.ok((later?.begin ?? '') > (earlier?.end ?? ''));

  await site.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', 'app=ordo');
  const third = await site.rollOut({
    'deploy/21-last/100-lastconfigmap.yml': configMap('last', 'four', { value: 'third' }),
  });
  assert.equal(await workingCopy(), third);
  assert.equal(await valueOf(site, 'four', 'last'), 'third');
});

test('#17 finished Jobs do not pile up: three stay, with their Secrets and pods', async () => {
  await passes(site, 1);
  const { rollout } = await newest(site);
  assert.ok(rollout > 6);
  const kept = [rollout - 2, rollout - 1, rollout].map(String);
  for (const kind of ['jobs', 'secrets', 'pods']) {
    const path = '{.items[*].metadata.labels.ordo\\.dev/rollout}';
    const list = (): Promise<string> => own(`get ${kind} -l ordo.dev/rollout -o jsonpath=${path}`);
    await until(`no more than three rollouts' ${kind}`, async () => {
      const numbers = new Set((await list()).split(' '));
      return kept.every((number) => numbers.has(number)) && numbers.size === 3;
    });
  }
  await cleared(site);
});

test('D07 an idle Ordo writes nothing, even while steps are held', async () => {
  await site.rollOut({ 'deploy/20-four/10-fournamespace.yml': null });
  assert.match(await planText(site), /^ +hold +Namespace\/four /m);
  const { rollout } = await newest(site);
  await cleared(site);
  const from = await mark(world);
  await passes(site, 5);
  assert.deepEqual(await ordosWrites(world, from), []);
  // Awake all the same.
  await site.rollOut({ 'deploy/21-last/100-lastconfigmap.yml': configMap('last', 'four', { value: 'awake' }) });
  const next = await newest(site);
  assert.deepEqual(stepsOf(next), ['apply ConfigMap/four/last']);
  assert.equal(next.rollout, rollout + 1);
});

/** kubectl in Ordo's namespace, with words that hold no space. */
const own = (words: string): Promise<string> => site.kubectl('-n', NAMESPACE, ...words.split(' '));

async function workingCopy(): Promise<string> {
  const text = await own('exec deploy/ordo -- git --git-dir=/var/lib/ordo/repository.git rev-parse refs/ordo/head');
  return text.trim();
}
