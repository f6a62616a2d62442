import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { command } from '../cluster/command.ts';
import { deployScript } from './deploy-script.ts';
import { byHand, config, patch } from './drift-shop.ts';
import { mark, newest, ordosWrites, stepsOf, valueOf } from './footprints.ts';
import { applyByHand, configuration, restartedAt, running } from './restart-samples.ts';
import { configMap, deployment, namespace, pushApp, service } from './samples.ts';
import { ACCOUNT, NAMESPACE, ownFiles, SETTINGS, siteOf, workingCopy, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const DEPLOYMENT = 'deploy/1-ordo/170-ordodeployment.yml';
const CRONJOB = 'deploy/1-ordo/170-ordocronjob.yml';
const EXAMPLE = 'examples/cronjob.yml';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = siteOf(world, await world.github.createRepository(ACCOUNT, 'once'));
  // The example as a user takes it over; only its hour never comes.
  const { [DEPLOYMENT]: _, [EXAMPLE]: example = '', ...files } = await ownFiles();
  const cronJob = example.replace("'*/5 * * * *'", "'0 0 30 2 *'");
  await site.commit({ ...files, [CRONJOB]: cronJob }, 'Ordo by the clock');
  const folder = await workingCopy(world, { 'repo-name': 'once' });
  await rm(join(folder, DEPLOYMENT));
  await writeFile(join(folder, CRONJOB), cronJob);
  const args = ['--settings', join(folder, 'bootstrap/settings.yml'), '--yes'];
  const { code, stdout, stderr } = await deployScript(world, folder, { args });
  assert.equal(code, 0, stdout + stderr);
});
after(() => world?.close());

test('D42 a run rolls out a commit and its Job is Complete; the next one finds nothing to do', async () => {
  const commit = await site.commit({
    'deploy/2-shop/10-shopnamespace.yml': namespace('shop'),
    'deploy/2-shop/100-webconfigmap.yml': configMap('web', 'shop', { value: '1' }),
    'deploy/2-shop/170-webdeployment.yml': deployment(world, { name: 'web', namespace: 'shop' }),
  });
  assert.deepEqual(await run('first'), { end: 'Complete', code: 0 });
  assert.equal(await site.sha(), commit);
  const [entry] = await site.history();
  assert.equal(entry?.state, 'done');
  assert.ok(entry && stepsOf(entry).includes('apply Deployment/shop/web'));
  const image = '{.spec.jobTemplate.spec.template.spec.containers[0].image}';
  assert.match(await own(`get cronjob ordo -o jsonpath=${image}`), /^ghcr\.io\/acme\/ordo:main@sha256:/);

  const from = await mark(world);
  assert.deepEqual(await run('second'), { end: 'Complete', code: 0 });
  assert.match(await logOf('second'), /"said":"nothing to do at [0-9a-f]{10}","msg":"nothing left to do"/);
  const writes = (await ordosWrites(world, from)).map(({ verb, resource, name }) => `${verb} ${resource}/${name}`);
  // What the first run had to leave: its Job had not ended yet.
  assert.deepEqual(
    writes.filter((write) => write !== `delete configmaps/ordo-outcome-${entry.rollout}`),
    [],
  );
  assert.equal((await site.history()).length, 1);
});

test('D42 one run carries out all unseen commits, oldest first', async () => {
  const older = await site.commit({ 'deploy/2-shop/100-webconfigmap.yml': configMap('web', 'shop', { value: '2' }) });
  const newer = await site.commit({ 'deploy/2-shop/100-webconfigmap.yml': configMap('web', 'shop', { value: '3' }) });
  assert.deepEqual(await run('both'), { end: 'Complete', code: 0 });
  assert.deepEqual(
    (await site.history()).slice(0, 2).map(({ commit, state }) => [commit, state]),
    [
      [newer, 'done'],
      [older, 'done'],
    ],
  );
});

test('D42 between two runs a Job of its own says what the next one would do', async () => {
  const { [EXAMPLE]: text = '' } = await ownFiles();
  const [, line = ''] = /^# {3}(kubectl -n admin create job ordo-plan .*\n# .*kubectl create -f -)$/m.exec(text) ?? [];
  assert.notEqual(line, '');
  await shell(line.replaceAll(/^# +/gm, ''));
  assert.deepEqual(await ended('ordo-plan'), { end: 'Complete', code: 0 });
  assert.match(await logOf('ordo-plan'), /^nothing to do at [0-9a-f]{10}/);
});

test('D42 a commit that cannot be carried out ends Failed with exit code 1, and its fix Complete', async () => {
  const sha = await site.sha();
  const bad = await site.commit({ 'deploy/2-shop/120-badservice.yml': service('bad', 'shop', 99999) });
  assert.deepEqual(await run('bad'), { end: 'Failed', code: 1 });
  assert.match(await logOf('bad'), /"msg":"rollout failed"/);
  assert.equal(await site.sha(), sha);
  assert.equal((await site.ended(bad, 0)).state, 'failed');
  // It is not tried again, and that is no success.
  assert.deepEqual(await run('again'), { end: 'Failed', code: 1 });
  assert.match(await logOf('again'), /"msg":"groups stay behind"/);
  const fix = await site.commit({ 'deploy/2-shop/120-badservice.yml': service('bad', 'shop', 99) });
  assert.deepEqual(await run('fix'), { end: 'Complete', code: 0 });
  assert.equal(await site.sha(), fix);
});

test('D42 J04 a run puts back what others changed since the one before', async () => {
  await site.kubectl(...patch(config('web'), byHand));
  assert.deepEqual(await run('repairs'), { end: 'Complete', code: 0 });
  assert.equal(await valueOf(site, 'shop', 'web'), '3');
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/shop/web']);
});

test('D42 R06 a run restarts for configuration that changed since the one before', async () => {
  const user = running('foreign', { annotations: { 'ordo.dev/restart-on': 'configmap/foreign' } });
  await applyByHand(site, 'shop', configuration('foreign', { value: '1' }), user);
  assert.deepEqual(await run('looks'), { end: 'Complete', code: 0 });
  assert.equal(await restartedAt(site, 'shop', 'deployment/foreign'), undefined, 'met for the first time');
  await applyByHand(site, 'shop', configuration('foreign', { value: '2' }));
  assert.deepEqual(await run('says', 'plan'), { end: 'Failed', code: 1 });
  const said = /^nothing to do at .*\n(.*\n)*restart Deployment\/shop\/foreign: ConfigMap\/foreign changed$/m;
  assert.match(await logOf('says'), said);
  assert.deepEqual(await run('restarts'), { end: 'Complete', code: 0 });
  assert.notEqual(await restartedAt(site, 'shop', 'deployment/foreign'), undefined);
});

test('D42 what is not known ends with 1, what a person has stopped with 0, wrong settings with 2', async () => {
  world.github.fail({ status: 503 });
  try {
    assert.deepEqual(await run('away'), { end: 'Failed', code: 1 });
  } finally {
    world.github.fail(undefined);
  }
  assert.match(await logOf('away'), /"result":"unknown"/);

  const commit = await site.commit({ 'deploy/2-shop/100-webconfigmap.yml': configMap('web', 'shop', { value: '4' }) });
  await own('annotate configmap ordo-inventory ordo.dev/suspend=true');
  assert.deepEqual(await run('stopped'), { end: 'Complete', code: 0 });
  assert.match(await logOf('stopped'), /"said":"stopped by the annotation ordo\.dev\/suspend/);
  assert.notEqual(await site.sha(), commit);
  await own('annotate configmap ordo-inventory ordo.dev/suspend-');

  await own(`patch secret ${SETTINGS} --type=merge --patch={"stringData":{"update":"sideways","commits":"few"}}`);
  assert.deepEqual(await run('settings'), { end: 'Failed', code: 2 });
  assert.match(await logOf('settings'), /2 settings are wrong:\n {2}commits .*\n {2}update /);
});

/** A command line as a person would type it. */
async function shell(line: string): Promise<void> {
  const { kubeconfig, binaries } = world.cluster;
  const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: `${binaries}:${process.env['PATH']}` };
  await command('bash', ['-o', 'pipefail', '-c', line], { env });
}

/** kubectl in Ordo's namespace, with words that hold no space. */
const own = (words: string): Promise<string> => site.kubectl('-n', NAMESPACE, ...words.split(' '));

const logOf = (name: string): Promise<string> => own(`logs job/${name} --tail=-1`);

interface Job {
  status: { conditions?: { type: string; status: string }[] };
}

/** Starts a run by hand, as the example says, and waits for its end; `command` in place of the run. */
async function run(name: string, command?: string): Promise<{ end: string; code: number }> {
  const made = await own(`create job --from=cronjob/ordo ${name} --dry-run=client -o json`);
  const job = JSON.parse(made) as { spec: { template: { spec: { containers: { args: string[] }[] } } } };
  const [container] = job.spec.template.spec.containers;
  if (container && command !== undefined) container.args = [command];
  const { code, stderr } = await world.cluster.kubectl(['create', '-f', '-'], JSON.stringify(job));
  assert.equal(code, 0, stderr);
  return ended(name);
}

/** How a Job ended, and its container. */
async function ended(name: string): Promise<{ end: string; code: number }> {
  const look = async (): Promise<string | undefined> => {
    const { conditions = [] } = (await site.get<Job>('job', name, NAMESPACE))?.status ?? {};
    return conditions.find(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True')?.type;
  };
  const explain = (): Promise<string> => logOf(name).catch(String);
  const end = await until(`the run ${name} to end`, look, { explain });
  const code = '{.items[0].status.containerStatuses[0].state.terminated.exitCode}';
  return { end, code: Number(await own(`get pods -l job-name=${name} -o jsonpath=${code}`)) };
}
