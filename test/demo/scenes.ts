import type { HistoryEntry } from '../../src/domain/history.ts';
import { ordo } from '../e2e/ordo.ts';
import { pushApp } from '../e2e/samples.ts';
import { ACCOUNT, deploy, ownFiles, siteOf, type Site } from '../e2e/site.ts';
import { until } from '../e2e/until.ts';
import type { World } from '../e2e/world.ts';
import { expect, say } from './say.ts';
import { AGENT_FILE, greeting, shop } from './shop.ts';

/** The scenes; each ends when the cluster was seen to be as the repository says. */
export async function play(world: World): Promise<void> {
  const { github, registry } = world;
  say('A one-node Kubernetes, a registry and a GitHub stand-in are up on this machine.');
  for (const app of ['database', 'web', 'agent']) await pushApp(world, app, '1');
  const repository = await github.createRepository(ACCOUNT, 'shop');
  const site = siteOf(world, repository);
  const first = await site.commit({ ...(await ownFiles()), ...shop(world) }, 'a shop');
  await deploy(world, { 'repo-name': 'shop' });
  say('deploy.sh has put Ordo into the cluster. From here on only Git and the registry are touched.');

  await scene('First deployment: three groups, in the order of their numbers', site, () => site.deployed(first, 120));
  await expectReady(site, ['statefulset/database', 'deployment/web', 'daemonset/agent']);

  const before = await uidOf(site, 'deployment', 'web');
  await scene('A ConfigMap is edited: its user is deleted and recreated', site, async () => {
    await site.rollOut(greeting('good morning'), 'another greeting');
  });
  const value = await site.kubectl('-n', 'shop', 'exec', 'deploy/web', '--', 'sh', '-c', 'echo $greeting');
  expect(value.trim() === 'good morning', `the application says ${value}`);
  expect((await uidOf(site, 'deployment', 'web')) !== before, 'the Deployment was not recreated');

  await scene('An image is pushed: its workload is deleted and recreated with the new digest', site, async () => {
    const digest = await pushApp(world, 'web', '2');
    await until('the new digest to be deployed', async () => (await imageOf(site)).endsWith(digest));
    await until('the rollout to be recorded', async () => (await site.history())[0]?.state === 'done');
  });
  const version = await site.kubectl('-n', 'shop', 'exec', 'deploy/web', '--', 'cat', '/version');
  expect(version.trim() === '2', `version ${version} runs`);

  await scene('A file is removed: its object is deleted', site, async () => {
    await site.rollOut({ [AGENT_FILE]: null }, 'no agent any more');
  });
  expect((await site.get('daemonset', 'agent', 'shop')) === undefined, 'the DaemonSet is still there');

  say();
  say(`Requests to GitHub's API: ${github.requests().length}, to the registry: ${registry.requests().length}.`);
  const log = await ordo(site, 'plan');
  say(`$ ordo plan\n${log.stdout.trim()}`);
  expect(log.code === 0, `ordo plan ended with ${log.code}: ${log.stderr}`);
}

let printed = 0;

/** Runs a scene and prints what Ordo's own history says of it. */
async function scene(title: string, site: Site, act: () => Promise<void>): Promise<void> {
  say(`\n${title}`);
  await act();
  const entries = (await site.history()).filter(({ rollout }) => rollout > printed);
  for (const entry of entries.reverse()) {
    print(entry);
    printed = entry.rollout;
  }
}

function print({ rollout, commit, state, seen, begin, end = '', steps }: HistoryEntry): void {
  say(`  rollout ${rollout} to ${commit.slice(0, 8)}: ${state}, ${seconds(seen, end)} from seen to recorded`);
  for (const step of steps) {
    const times = step.begin && step.end ? `+${seconds(begin, step.begin)}, ${seconds(step.begin, step.end)}` : '';
    say(`    ${(step.state ?? '').padEnd(7)} ${step.kind.padEnd(8)} ${step.object.padEnd(38)} ${times}`);
  }
}

const seconds = (from: string, to: string): string =>
  `${((new Date(to).getTime() - new Date(from).getTime()) / 1000).toFixed(1)} s`;

async function expectReady(site: Site, workloads: readonly string[]): Promise<void> {
  for (const workload of workloads) await site.kubectl('-n', 'shop', 'rollout', 'status', workload, '--timeout=1s');
}

const uidOf = (site: Site, kind: string, name: string): Promise<string> =>
  site.kubectl('-n', 'shop', 'get', kind, name, '-o', 'jsonpath={.metadata.uid}');

const imageOf = (site: Site): Promise<string> =>
  site.kubectl(
    '-n',
    'shop',
    'get',
    'deployment',
    'web',
    '-o',
    'jsonpath={..containers[0].image}',
    '--ignore-not-found',
  );
