import { connectWorld } from '../cluster/connect.ts';
import { cutPower, powerOn } from '../cluster/power.ts';
import { ordo } from '../e2e/ordo.ts';
import { pushOrdo } from '../e2e/own-image.ts';
import { pushApp } from '../e2e/samples.ts';
import { changeSettings } from '../e2e/settings.ts';
import { ACCOUNT, deploy, NAMESPACE, ownFiles, siteOf, type Site } from '../e2e/site.ts';
import { until } from '../e2e/until.ts';
import type { World } from '../e2e/world.ts';
import { buildImage } from '../standins/image.ts';
import { expect, say } from './say.ts';
import { brokenWeb, greeting, shop } from './shop.ts';

const TOKEN = 'the-first-token';
const NEXT_TOKEN = 'the-next-token';
const reading = (token: string) => ({ 'yaml-commit-checker-token': token, 'clone-yaml-token': token });

/** `npm run demo -- failures`: what goes wrong on a device, what Ordo says of it, and that the old version runs. */
export async function playFailures(world: World): Promise<void> {
  for (const app of ['database', 'web', 'agent']) await pushApp(world, app, '1');
  const repository = await world.github.createRepository(ACCOUNT, 'shop', { private: true });
  world.github.addToken(TOKEN);
  const site = siteOf(world, repository);
  const first = await site.commit({ ...(await ownFiles()), ...shop(world) }, 'a shop');
  await deploy(world, { 'repo-name': 'shop', ...reading(TOKEN), 'ready-timeout': '30s' });
  await site.deployed(first, 180);
  say('A shop runs: a database, an application, an agent. Now things go wrong.');

  await badCommit(world, site);
  await badImage(world, site);
  await badOrdo(world, site);
  await expiredToken(world, site);
  await powerCut(world, site);
}

async function badCommit(world: World, site: Site): Promise<void> {
  title('A bad commit: another greeting, and an application that never becomes ready');
  world.probes.set('web', false);
  const commit = await site.commit({ ...greeting('broken'), ...brokenWeb(world) }, 'the new application');
  say('It has 30 s to become ready (ready-timeout).');
  const { rollout } = await site.ended(commit, 120);
  say('The rollout has failed; its group goes back to its last good state.');
  await until('the group to go back', async () => (await site.history())[0]?.rollbackOf === rollout);
  await until('that to be done', async () => (await site.history())[0]?.state === 'done');
  await show(site, 'history', String(rollout));
  say('What the going back did:');
  await show(site, 'history', String((await site.history())[0]?.rollout));
  await show(site, 'plan');
  await runs(site, 'hello');
  say('A commit that mends it is rolled out as always:');
  await site.rollOut({ ...greeting('mended'), ...shop(world, 'mended') }, 'mended');
  await runs(site, 'mended');
}

async function badImage(world: World, site: Site): Promise<void> {
  title('A bad image: its program is not in it');
  const good = await imageOf(site, 'shop', 'web');
  const image = { name: `${ACCOUNT}/web:main`, version: 'bad', entrypoint: ['/no-such-program'], user: '1000' };
  const { digest } = await world.registry.push(await buildImage(image));
  say('It is pushed; Ordo sees the new digest and rolls it out.');
  await until('it to be rolled out', async () => (await imageOf(site, 'shop', 'web')).endsWith(digest));
  say('The new version is in the cluster and does not start; after five restarts, or 30 s, it goes back.');
  await until('it to be put back', async () => (await imageOf(site, 'shop', 'web')) === good, { seconds: 180 });
  await until('that to be recorded', async () => (await site.history())[0]?.state === 'done');
  await show(site, 'plan');
  await runs(site, 'mended');
}

async function badOrdo(world: World, site: Site): Promise<void> {
  title('A bad Ordo: the new image ends as soon as it starts');
  const good = await imageOf(site, NAMESPACE, 'ordo');
  const digest = await pushOrdo(world, 'bad', { entrypoint: ['/bin/sh', '-c', 'exit 7'] });
  say('It is pushed, and Ordo updates itself.');
  await until('it to be rolled out', async () => (await imageOf(site, NAMESPACE, 'ordo')).endsWith(digest));
  say(
    'The new Ordo does not run. The Job of the old one waits up to 30 s for its sign of life, and puts the old one back.',
  );
  await until('the Ordo before it to be back', async () => (await imageOf(site, NAMESPACE, 'ordo')) === good, {
    seconds: 180,
  });
  await until('that to be recorded', async () => (await answerOf(site, 'plan')).includes(digest), { seconds: 120 });
  await until('it to be done', async () => (await site.history())[0]?.state === 'done');
  await show(site, 'plan');
  await runs(site, 'mended');
}

async function expiredToken(world: World, site: Site): Promise<void> {
  title('An expired token');
  world.github.removeToken(TOKEN);
  say('GitHub refuses it from now on.');
  await until('Ordo to say so', async () => (await answerOf(site, 'plan')).includes('head commit is not known'));
  await show(site, 'plan');
  await runs(site, 'mended');
  say('A new one in the Secret, which reaches the pod within a minute or so, and it goes on:');
  world.github.addToken(NEXT_TOKEN);
  await changeSettings(site, reading(NEXT_TOKEN));
  await site.rollOut(greeting('with a new token'), 'another greeting');
  await runs(site, 'with a new token');
}

async function powerCut(world: World, site: Site): Promise<void> {
  title('A power cut in the middle of a rollout');
  const commit = await site.commit(greeting('after the power cut'), 'one more greeting');
  await until('the rollout to begin', async () => (await site.history())[0]?.state === 'running');
  await cutPower();
  say('Every process of the node is gone. It is switched on again.');
  await powerOn(await connectWorld());
  const said = await until('the application to run again', () => greetingOf(site), { seconds: 240 });
  say(`The application runs again, in the version that the cut has left, and says: ${said}`);
  say('Ordo comes up too, finds its Job, and the rollout goes on where it was.');
  await site.deployed(commit, 240);
  await show(site, 'history', String((await site.history())[0]?.rollout));
  await runs(site, 'after the power cut');
  expect(world.github.requests().length > 0, 'nobody asked GitHub');
}

const title = (text: string): void => say(`\n== ${text}\n`);

/** What `ordo` says in its pod; the pod may be on its way. */
async function answerOf(site: Site, ...args: string[]): Promise<string> {
  return until(`ordo ${args.join(' ')} to answer`, async () => {
    const { code, stdout } = await ordo(site, ...args);
    return code <= 2 && stdout;
  });
}

async function show(site: Site, ...args: string[]): Promise<void> {
  const text = await answerOf(site, ...args);
  say(`$ kubectl -n ${NAMESPACE} exec deploy/ordo -- ordo ${args.join(' ')}`);
  say(text.trim().replaceAll(/^/gm, '  '));
}

/** What the application says; undefined while it does not run. */
async function greetingOf(site: Site): Promise<string | undefined> {
  const args = ['-n', 'shop', 'exec', 'deploy/web', '--', 'sh', '-c', 'echo $greeting'];
  const { code, stdout } = await site.world.cluster.kubectl(args);
  return code === 0 ? stdout.trim() : undefined;
}

/** The application runs, with this greeting. */
async function runs(site: Site, text: string): Promise<void> {
  await until(`the application to say ${text}`, async () => (await greetingOf(site)) === text);
  say(`\nThe application runs, and says: ${text}`);
}

const imageOf = (site: Site, namespace: string, name: string): Promise<string> =>
  site.kubectl(
    ...['-n', namespace, 'get', 'deployment', name, '--ignore-not-found'],
    ...['-o', 'jsonpath={.spec.template.spec.containers[0].image}'],
  );
