import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mark, newest, ordosWrites, planText, stepsOf, uids, valueOf, type Live } from './footprints.ts';
import { claim, configMap, deployment, namespace, pushApp, service } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { openWorld, type World } from './world.ts';

const MANY = Array.from({ length: 320 }, (_, index) => `map-${index + 1}`);
const many = (value: string): Record<string, string> =>
  Object.fromEntries(MANY.map((name) => [`deploy/50-ten/100-${name}.yml`, configMap(name, 'ten', { value })]));

/** Paths that nobody would choose, each with the ConfigMap that stands in it. */
const ODD = {
  'deploy/0100-Odd_Names.v2/7-a--b.c_d.yaml': 'dots',
  'deploy/100-odd/0040-x.json': 'zeros',
  'deploy/100-odd/1000-no-kind-here.yml': 'thousand',
  'deploy/101-ein Käse/5-ä & ö.yml': 'spaces',
};
const odd = (value: string): Record<string, string> =>
  Object.fromEntries(Object.entries(ODD).map(([path, name]) => [path, configMap(name, 'odd', { value })]));

const SIDES = ['left', 'right'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'repository',
    files: {
      'deploy/30-five/10-fivenamespace.yml': namespace('five'),
      'deploy/30-five/100-changedconfigmap.yml': configMap('changed', 'five', { value: 'old' }),
      'deploy/30-five/110-removedconfigmap.yml': configMap('removed', 'five', { value: 'old' }),
      'deploy/40-six/10-sixnamespace.yml': namespace('six'),
      'deploy/40-six/100-sixconfigmap.yml': configMap('six', 'six', { value: 'deploy' }),
      'deploy/50-ten/10-tennamespace.yml': namespace('ten'),
      ...many('old'),
      'deploy/60-eleven/10-elevennamespace.yml': namespace('eleven'),
      'deploy/60-eleven/20-elevenclaim.yml': claim('eleven', 'eleven', { value: 'old' }),
      'deploy/60-eleven/30-elevenservice.yml': service('eleven', 'eleven', 80),
      'deploy/60-eleven/40-elevenconfigmap.yml': configMap('eleven', 'eleven', { value: 'old' }),
      'deploy/70-several/10-severalnamespace.yml': namespace('several'),
      'deploy/90-seventeen/10-seventeennamespace.yml': namespace('seventeen'),
      ...twins('old'),
      'deploy/100-odd/10-oddnamespace.yml': namespace('odd'),
      ...odd('old'),
    },
  });
});
after(() => world?.close());

test('#5 what does not fit is told and skipped; the rest is deployed, and nothing is deleted while a file is broken', async () => {
  const broken = 'deploy/30-five/120-brokenconfigmap.yml';
  await site.rollOut({
    'deploy/read-me.md': '# No manifest\n',
    'deploy/30-five/nonumberconfigmap.yml': configMap('nonumber', 'five', { value: 'new' }),
    [broken]: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {\n',
    'deploy/30-five/100-changedconfigmap.yml': configMap('changed', 'five', { value: 'new' }),
    'deploy/30-five/110-removedconfigmap.yml': null,
    'deploy/30-five/130-addedconfigmap.yml': configMap('added', 'five', { value: 'new' }),
  });
  assert.equal(await valueOf(site, 'five', 'changed'), 'new');
  assert.equal(await valueOf(site, 'five', 'added'), 'new');
  assert.equal(await valueOf(site, 'five', 'removed'), 'old', 'it was deleted although a file cannot be read');
  assert.equal(await valueOf(site, 'five', 'nonumber'), undefined);

  const plan = await planText(site);
  assert.match(plan, /^ +note +deploy\/read-me\.md: not a manifest/m);
  assert.match(plan, /^ +error +deploy\/30-five\/nonumberconfigmap\.yml.*: the file has no number/m);
  assert.match(plan, /^ +error +deploy\/30-five\/120-brokenconfigmap\.yml, document 1: .*line \d/m);
  assert.match(plan, /^ +hold +ConfigMap\/five\/removed .*nothing is deleted while deploy\/30-five\/120-broken/m);
  const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=-1');
  const told = (path: string): boolean =>
    log.split('\n').some((line) => line.includes('"repository problem"') && line.includes(`"${path}"`));
  assert.ok(told(broken) && told('deploy/30-five/nonumberconfigmap.yml'));

  await site.rollOut({ [broken]: configMap('broken', 'five', { value: 'mended' }) });
  assert.equal(await valueOf(site, 'five', 'broken'), 'mended');
  assert.equal(await valueOf(site, 'five', 'removed'), undefined);
});

test('#6 folders beside the watched one are none of Ordo’s business, whatever they are called', async () => {
  const { metadata: before } = (await site.get<Live>('configmap', 'six', 'six')) as Live;
  const { rollout } = await newest(site);
  const strange = ['backup/40-six', 'deploy2/40-six', 'old/deploy/40-six', 'Deploy/40-six'];
  await site.rollOut(
    Object.fromEntries(
      strange.flatMap((folder, index) => [
        [`${folder}/100-sixconfigmap.yml`, configMap('six', 'six', { value: folder })],
        // Each with a name of its own: what stands twice would be held, and nothing would be seen.
        [`${folder}/110-strange-${index}configmap.yml`, configMap(`strange-${index}`, 'six', { value: folder })],
      ]),
    ),
  );
  for (const [index, folder] of strange.entries()) {
    assert.equal(await valueOf(site, 'six', `strange-${index}`), undefined, `${folder} was deployed`);
  }
  const { metadata: now } = (await site.get<Live>('configmap', 'six', 'six')) as Live;
  assert.equal(now.resourceVersion, before.resourceVersion);
  assert.equal((await newest(site)).rollout, rollout, 'there was a rollout');
});

test('#10 a commit that changes 320 files changes 320 objects', async () => {
  await site.rollOut(many('new'));
  const list = await site.kubectl('-n', 'ten', 'get', 'configmaps', '-l', 'ordo.dev/target', '-o', 'json');
  const { items } = JSON.parse(list) as { items: Live[] };
  const values = Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, data?.['value']]));
  assert.deepEqual(values, Object.fromEntries([...MANY].sort().map((name) => [name, 'new'])));
  assert.equal(stepsOf(await newest(site)).length, MANY.length);
});

test('#11 kinds that are no workloads change in place; a Namespace and a claim stay when their files go', async () => {
  const kept = ['namespace/eleven', 'pvc/eleven'];
  const names = [...kept, 'service/eleven', 'configmap/eleven'];
  const before = await uids(site, 'eleven', names);
  const folder = 'deploy/60-eleven';
  await site.rollOut({
    [`${folder}/10-elevennamespace.yml`]: `${namespace('eleven')}  labels:\n    value: new\n`,
    [`${folder}/20-elevenclaim.yml`]: claim('eleven', 'eleven', { value: 'new' }),
    [`${folder}/30-elevenservice.yml`]: service('eleven', 'eleven', 81),
    [`${folder}/40-elevenconfigmap.yml`]: configMap('eleven', 'eleven', { value: 'new' }),
  });
  assert.deepEqual(await uids(site, 'eleven', names), before);
  for (const kind of ['namespace', 'pvc']) {
    assert.equal((await site.get<Live>(kind, 'eleven', 'eleven'))?.metadata.labels?.['value'], 'new', kind);
  }
  assert.equal(await valueOf(site, 'eleven', 'eleven'), 'new');
  assert.equal(
    await site.kubectl('-n', 'eleven', 'get', 'service', 'eleven', '-o', 'jsonpath={.spec.ports[0].port}'),
    '81',
  );

  await site.rollOut({
    [`${folder}/10-elevennamespace.yml`]: null,
    [`${folder}/20-elevenclaim.yml`]: null,
    [`${folder}/30-elevenservice.yml`]: null,
    [`${folder}/40-elevenconfigmap.yml`]: null,
  });
  const stayed = { ...before, 'service/eleven': '', 'configmap/eleven': '' };
  assert.deepEqual(await uids(site, 'eleven', names), stayed);
  for (const kind of ['namespace', 'pvc']) {
    assert.equal((await site.get<Live>(kind, 'eleven', 'eleven'))?.metadata.deletionTimestamp, undefined, kind);
  }
  const plan = await planText(site);
  assert.match(plan, /^ +hold +Namespace\/eleven .*never deleted by a missing file/m);
  assert.match(plan, /^ +hold +PersistentVolumeClaim\/eleven\/eleven .*never deleted by a missing file/m);
});

test('D24 #25 files with several documents, with comments alone or with nothing hide nothing of their commit', async () => {
  const folder = 'deploy/70-several';
  const value = (name: string, text: string): string => configMap(name, 'several', { value: text });
  const list = (...items: string[]): string =>
    `apiVersion: v1\nkind: List\nitems:\n${items
      .map((item) => item.trim().replaceAll('\n', '\n    '))
      .map((item) => `  - ${item}\n`)
      .join('')}`;
  const several = (text: string): string =>
    ['# several', value('c', text), '# nothing', list(value('b', text), value('a', text))].join('\n---\n');
  const from = await mark(world);
  await site.rollOut({
    [`${folder}/10-severalnamespace.yml`]: `# first of all\n---${namespace('several')}`,
    [`${folder}/20-comment.yml`]: '# nothing here yet\n',
    [`${folder}/30-empty.yml`]: '',
    [`${folder}/40-several.yml`]: several('new'),
    [`${folder}/50-json.json`]: JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'json', namespace: 'several' },
      data: { value: 'new' },
    }),
    [`${folder}/100-last.yml`]: value('last', 'new'),
  });
  const names = (await ordosWrites(world, from)).filter(({ namespace: where }) => where === 'several');
  assert.deepEqual(
    names.map(({ name }) => name),
    ['c', 'b', 'a', 'json', 'last'],
  );

  await site.rollOut({
    [`${folder}/20-comment.yml`]: '# still nothing\n',
    [`${folder}/40-several.yml`]: `${several('newer')}\n---\n# the end\n`,
    [`${folder}/100-last.yml`]: null,
  });
  const values = await Promise.all(['a', 'b', 'c', 'json', 'last'].map((name) => valueOf(site, 'several', name)));
  assert.deepEqual(values, ['newer', 'newer', 'newer', 'new', undefined]);
  await site.rollOut({ [`${folder}/40-several.yml`]: value('b', 'newest') });
  const left = await Promise.all(['a', 'b', 'c'].map((name) => valueOf(site, 'several', name)));
  assert.deepEqual(left, [undefined, 'newest', undefined]);
});

test('#17 the same file name in two folders, and names with several dashes, are different files', async () => {
  const before = await uids(site, 'seventeen', ['deployment/left', 'deployment/right']);
  await site.rollOut(twins('new'));
  for (const side of SIDES) assert.equal(await valueOf(site, 'seventeen', side), 'new', side);
  const now = await uids(site, 'seventeen', ['deployment/left', 'deployment/right']);
  for (const name of Object.keys(before)) assert.notEqual(now[name], before[name], `${name} was not recreated`);
  assert.deepEqual(stepsOf(await newest(site)).sort(), [
    'apply ConfigMap/seventeen/left',
    'apply ConfigMap/seventeen/right',
    'recreate Deployment/seventeen/left',
    'recreate Deployment/seventeen/right',
  ]);
});

test('#26 a name that the installation understood means the same to an update and to a removal', async () => {
  const values = (): Promise<(string | undefined)[]> =>
    Promise.all(Object.values(ODD).map((name) => valueOf(site, 'odd', name)));
  assert.deepEqual(await values(), ['old', 'old', 'old', 'old']);
  await site.rollOut(odd('new'));
  assert.deepEqual(await values(), ['new', 'new', 'new', 'new']);
  await site.rollOut(Object.fromEntries(Object.keys(ODD).map((path) => [path, null])));
  assert.deepEqual(await values(), [undefined, undefined, undefined, undefined]);
  // In reverse: what came last goes first.
  assert.deepEqual(
    stepsOf(await newest(site)),
    ['spaces', 'thousand', 'zeros', 'dots'].map((name) => `delete ConfigMap/odd/${name}`),
  );
});

/** Two folders with files of the same names. */
function twins(value: string): Record<string, string> {
  const files = SIDES.flatMap((name) => {
    const folder = `deploy/9${name.length}-seventeen-${name}-hand`;
    const env = `env: [{ name: V, value: ${value} }]`;
    const options = { name, namespace: 'seventeen', app: 'web', replicas: 0, container: env };
    return [
      [`${folder}/10-my-own-config-map.yml`, configMap(name, 'seventeen', { value })],
      [`${folder}/20-my-own--deployment.yml`, deployment(world, options)],
    ];
  });
  return Object.fromEntries(files) as Record<string, string>;
}
