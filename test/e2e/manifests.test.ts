import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, planSays, planText, stepsOf, uids, valueOf, type Live } from './footprints.ts';
import { configMap, crd, deployment, job, namespace, pushApp, service } from './samples.ts';
import { changeSettings } from './settings.ts';
import { ACCOUNT, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { containersOf, readWorkload } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const IN = 'written';
const FOLDER = `deploy/2-${IN}`;
const IMAGE = `ghcr.io/${ACCOUNT}/web:main`;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'manifests',
    files: {
      [`${FOLDER}/10-writtennamespace.yml`]: namespace(IN),
      [`${FOLDER}/20-webdeployment.yml`]: deployment(world, { name: 'web', namespace: IN }),
      [`${FOLDER}/30-webservice.yml`]: service('web', IN),
      [`${FOLDER}/40-twinconfigmap.yml`]: configMap('twin', IN, { value: 'first' }),
      [`${FOLDER}/50-movedconfigmap.yml`]: configMap('moved', IN, { value: 'old' }),
      [`${FOLDER}/60-moveddeployment.yml`]: deployment(world, {
        name: 'moved',
        namespace: IN,
        image: IMAGE,
        replicas: 0,
      }),
    },
  });
});
after(() => world?.close());

const none = (paths: readonly string[]): Record<string, null> => Object.fromEntries(paths.map((path) => [path, null]));

/** Commits what must change nothing: the SHA moves without a rollout. */
async function changesNothing(files: Record<string, string | null>): Promise<void> {
  const { rollout } = await newest(site);
  await site.rollOut(files);
  assert.equal((await newest(site)).rollout, rollout, 'there was a rollout');
}

test('a List exported with kubectl get -o yaml is cleaned: committed back it changes once, and never again', async () => {
  const paths = [`${FOLDER}/20-webdeployment.yml`, `${FOLDER}/30-webservice.yml`];
  const file = `${FOLDER}/25-exported.yml`;
  const exported = (): Promise<string> => site.kubectl('-n', IN, 'get', 'deployment/web', 'service/web', '-o', 'yaml');
  const first = await exported();
  assert.match(first, /^kind: List$/m);
  assert.match(first, /resourceVersion: "\d+"[^]*status:/);
  const before = await uids(site, IN, ['service/web']);
  await site.rollOut({ ...none(paths), [file]: first });
  assert.deepEqual(stepsOf(await newest(site)), ['recreate Deployment/written/web', 'apply Service/written/web']);
  assert.deepEqual(await uids(site, IN, ['service/web']), before);
  await planSays(site, /^nothing to do/);
  const second = await exported();
  assert.notEqual(second, first);
  await changesNothing({ [file]: second });
});

test('a name that stands twice in env: the last one wins, with a warning', async () => {
  const path = `${FOLDER}/70-twicedeployment.yml`;
  const container = 'env: [{ name: COLOR, value: red }, { name: SIZE, value: one }, { name: COLOR, value: blue }]';
  await site.rollOut({
    [path]: deployment(world, { name: 'twice', namespace: IN, image: IMAGE, replicas: 0, container }),
  });
  const { main } = containersOf(await readWorkload(site, 'deployment', 'twice', IN)) as { main?: { env?: unknown } };
  assert.deepEqual(main?.env, [
    { name: 'SIZE', value: 'one' },
    { name: 'COLOR', value: 'blue' },
  ]);
  await planSays(
    site,
    /warning +deploy\/2-written\/70-twice\S+ document 1: container main: an env name stands twice, the last/,
  );
});

test('an object without a namespace goes to Ordo’s own; a cluster-scoped one has none, whatever its file says', async () => {
  const priorityClass = `${FOLDER}/81-priorityclass.yml`;
  const priority = (namespace: object): string =>
    JSON.stringify({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'written', ...namespace },
      value: 7,
    });
  const files = {
    [`${FOLDER}/80-homelessconfigmap.yml`]: configMap('homeless', IN, { value: 'here' }).replace(
      / {2}namespace: .*\n/,
      '',
    ),
    [priorityClass]: priority({ namespace: IN }),
  };
  await site.rollOut(files);
  assert.equal(await valueOf(site, NAMESPACE, 'homeless'), 'here');
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/admin/homeless', 'apply PriorityClass/written']);
  await planSays(site, /^nothing to do/);
  await changesNothing({ [priorityClass]: priority({}) });
  await site.rollOut(none(Object.keys(files)));
  assert.equal(await valueOf(site, NAMESPACE, 'homeless'), undefined);
  assert.equal(await site.get('priorityclass', 'written'), undefined);
});

test('J14 a CRD and its custom resource in one file; removed, the resource goes and the CRD is held', async () => {
  const file = `${FOLDER}/82-crd.yml`;
  await site.rollOut({ [file]: `${CRD}---\n${RESOURCE}` });
  assert.ok(await site.get('thing.written.example', 'one', IN));
  await site.rollOut({ [file]: null });
  assert.equal(await site.get('thing.written.example', 'one', IN), undefined);
  await planSays(site, /hold +CustomResourceDefinition\/things\.written\.example .*never deleted by a missing file/);
});

test('the same object in two files is held and stays as it is, until one of the files is gone', async () => {
  const [one, other] = [`${FOLDER}/40-twinconfigmap.yml`, 'deploy/3-other/40-twinconfigmap.yml'];
  const before = await uids(site, IN, ['configmap/twin']);
  await changesNothing({ [other]: configMap('twin', IN, { value: 'second' }) });
  assert.equal(await valueOf(site, IN, 'twin'), 'first');
  await planSays(site, /hold +ConfigMap\/written\/twin .*defined twice: in \S+40-twin\S+ and \S+40-twin/);
  await site.rollOut({ [one]: null });
  assert.equal(await valueOf(site, IN, 'twin'), 'second');
  assert.deepEqual(await uids(site, IN, ['configmap/twin']), before);
});

test('#15 a file that is renamed or moved changes nothing; what changes with it is applied in place; a copy is a new object', async () => {
  const objects = ['configmap/moved', 'deployment/moved'];
  const versions = async () =>
    Promise.all(objects.map(async (name) => (await site.get<Live>(name.split('/')[0] ?? '', 'moved', IN))?.metadata));
  const before = await versions();
  const text = deployment(world, { name: 'moved', namespace: IN, image: IMAGE, replicas: 0 });
  await changesNothing({
    ...none([`${FOLDER}/50-movedconfigmap.yml`, `${FOLDER}/60-moveddeployment.yml`]),
    'deploy/4-elsewhere/7-Other_Name.yaml': `${text}---${configMap('moved', IN, { value: 'old' })}`,
  });
  assert.deepEqual(await versions(), before);

  await site.rollOut({
    'deploy/4-elsewhere/7-Other_Name.yaml': text,
    'deploy/40-again/9-renamed.yml': configMap('moved', IN, { value: 'new' }),
    'deploy/40-again/10-copy.yml': configMap('copy', IN, { value: 'old' }),
  });
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/written/moved', 'apply ConfigMap/written/copy']);
  assert.equal(await valueOf(site, IN, 'moved'), 'new');
  assert.deepEqual(
    (await versions()).map((one) => one?.uid),
    before.map((one) => one?.uid),
  );
});

test('#18 upper case and length in paths and names make no Job invalid', async () => {
  const long = (length: number): string => 'n'.repeat(length);
  const folder = `deploy/50-${'Upper_Case'.repeat(20)}`;
  const container = "command: ['/bin/true']";
  await site.rollOut({
    [`${folder}/10-${'X'.repeat(240)}.YML.yml`]: configMap(long(253), IN, { value: 'long' }),
    [`${folder}/20-DEPLOYMENT.yml`]: deployment(world, { name: long(63), namespace: IN, app: long(63), image: IMAGE }),
    [`${folder}/30-Service.yml`]: service(long(63), IN),
    [`${folder}/40-JOB.json.yml`]: job(world, {
      name: long(63),
      namespace: IN,
      app: 'A'.repeat(63),
      image: IMAGE,
      container,
    }),
  });
  assert.equal(stepsOf(await newest(site)).length, 4);
  const names = ['deployment', 'service', 'job'].map((kind) => `${kind}/${long(63)}`).concat(`configmap/${long(253)}`);
  for (const [name, uid] of Object.entries(await uids(site, IN, names))) assert.notEqual(uid, '', name);
  const jobs = (await site.kubectl('-n', NAMESPACE, 'get', 'jobs', '-o=jsonpath={.items[*].metadata.name}')).split(' ');
  for (const name of jobs) assert.match(name, /^ordo-rollout-\d+$/);
});

test('R09 what lacks the required labels is applied and reported; with the mode hold it stays as it is until it has them', async () => {
  const labelled = (name: string, value: string, labels: object): string =>
    configMap(name, IN, { value }).replace('\ndata:', `\n  labels: ${JSON.stringify(labels)}\ndata:`);
  const files = (value: string): Record<string, string> => ({
    [`${FOLDER}/70-goodconfigmap.yml`]: labelled('good', value, { env: 'test', app: 'any' }),
    [`${FOLDER}/71-bareconfigmap.yml`]: configMap('bare', IN, { value }),
    [`${FOLDER}/72-stageconfigmap.yml`]: labelled('stage', value, { env: 'stage', app: 'any' }),
  });
  const values = () => Promise.all(['good', 'bare', 'stage'].map((name) => valueOf(site, IN, name)));
  const [bare, stage] = [
    'required-labels: the label env is missing (one of test, prod), the label app is missing (any value)',
    'required-labels: the label env is stage (one of test, prod)',
  ];
  await changeSettings(site, { 'required-labels': 'env=test|prod, app' });
  await site.rollOut(files('first'));
  assert.deepEqual(await values(), ['first', 'first', 'first']);
  const said = [await planText(site), await site.log()];
  for (const text of said) {
    assert.ok(text.includes(`ConfigMap/written/bare: ${bare}`), text);
    assert.ok(text.includes(`ConfigMap/written/stage: ${stage}`), text);
    assert.doesNotMatch(text, /(ConfigMap\/written\/good|Deployment\/admin\/ordo): required-labels/);
  }

  await changeSettings(site, { 'required-labels-mode': 'hold' });
  await site.rollOut(files('second'));
  assert.deepEqual(await values(), ['second', 'first', 'first']);
  const plan = await planText(site);
  assert.match(plan, /^ +hold +ConfigMap\/written\/bare .*required-labels: the label env is missing/m);
  assert.ok(plan.includes(stage), plan);
  await site.rollOut({ [`${FOLDER}/72-stageconfigmap.yml`]: labelled('stage', 'third', { env: 'prod', app: 'any' }) });
  assert.deepEqual(await values(), ['second', 'first', 'third']);
  await changeSettings(site, { 'required-labels': null, 'required-labels-mode': null });
  await until('what was held to be applied', async () => (await valueOf(site, IN, 'bare')) === 'second');
});

const CRD = crd('written.example', 'Thing');
const RESOURCE = `
apiVersion: written.example/v1
kind: Thing
metadata: { name: one, namespace: ${IN} }
`;
