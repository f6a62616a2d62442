import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { newest, planText, valueOf } from './footprints.ts';
import { restarts } from './ordo.ts';
import { CONTROLLER, find } from './processes.ts';
import { configMap, namespace } from './samples.ts';
import { installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const MIB = 1024 * 1024;
const IN = 'large';
const FOLDER = `deploy/2-${IN}`;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  site = await installSite({
    world,
    name: 'large',
    files: {
      [`${FOLDER}/10-largenamespace.yml`]: namespace(IN),
      [`${FOLDER}/20-staysconfigmap.yml`]: configMap('stays', IN, { value: 'old' }),
    },
  });
});
after(() => world?.close());

/** Text that no packing makes smaller than three quarters. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64').slice(0, bytes);

test('files of 1 MiB are deployed together; what the API server does not take is a failed step that says so', async () => {
  // Together more than one Secret can carry to the Job.
  const values = Object.fromEntries(['large', 'larger'].map((name) => [name, noise(MIB - 1000)]));
  const files = Object.entries(values).map(([name, value]) => [
    `${FOLDER}/30-${name}configmap.yml`,
    configMap(name, IN, { value }),
  ]);
  await site.rollOut(Object.fromEntries(files) as Record<string, string>);
  for (const [name, value] of Object.entries(values)) assert.equal(await valueOf(site, IN, name), value);

  const path = `${FOLDER}/40-toolargeconfigmap.yml`;
  const entry = await site.ended(
    await site.commit({ [path]: configMap('too-large', IN, { value: noise(1.2 * MIB) }) }),
  );
  assert.equal(entry.state, 'failed');
  assert.match(entry.steps[0]?.reason ?? '', /Too long: may not be more than 1048576 bytes|too large/i);
  await site.rollOut({ [path]: null });
});

test('a file above any limit is a clear error: the rest is deployed, and nothing is deleted', async () => {
  const path = `${FOLDER}/50-hugeconfigmap.yml`;
  await site.rollOut({
    [path]: configMap('huge', IN, { value: 'x'.repeat(6 * MIB) }),
    [`${FOLDER}/20-staysconfigmap.yml`]: null,
    [`${FOLDER}/60-besideconfigmap.yml`]: configMap('beside', IN, { value: 'new' }),
  });
  assert.equal(await valueOf(site, IN, 'beside'), 'new');
  assert.equal(await valueOf(site, IN, 'stays'), 'old');
  const says = /error +deploy\/2-large\/50-hugeconfigmap\.yml: too large to read/;
  await until('ordo plan to name the file', async () => says.test(await planText(site)));
  await site.rollOut({ [path]: null });
  assert.equal(await valueOf(site, IN, 'stays'), undefined);
});

test('2,000 files in one commit: all are applied, and the controller keeps below its memory limit', async (t) => {
  const names = Array.from({ length: 2000 }, (_, index) => `map-${index}`);
  const files = names.map((name) => [`deploy/30-many/100-${name}.yml`, configMap(name, IN, { value: name })]);
  const commit = await site.commit(Object.fromEntries(files) as Record<string, string>);
  const memory = await memoryOfController();
  let most = 0;
  const isDeployed = async (): Promise<boolean> => {
    most = Math.max(most, await memory.workingSet());
    return (await site.sha()) === commit;
  };
  await until('all files to be deployed', isDeployed, { explain: () => site.log() });
  const { steps, seen, begin, end } = await newest(site);
  assert.equal(steps.length, names.length);
  const list = await site.kubectl('-n', IN, 'get', 'configmaps', '-l', 'ordo.dev/target', '-o', 'name');
  const there = new Set(list.trim().split('\n'));
  assert.deepEqual(
    names.filter((name) => !there.has(`configmap/${name}`)),
    [],
  );
  assert.equal(await restarts(site), '0');
  const took = `seen to done ${seconds(seen, end)} s, in the Job ${seconds(begin, end)} s`;
  t.diagnostic(`${took}; the controller's working set was at most ${mib(most)} of ${mib(memory.limit)} MiB`);
  assert.ok(most > 0 && most < memory.limit, `the controller has taken ${mib(most)} MiB`);
});

const seconds = (from: string, to = ''): string => ((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1);

const mib = (bytes: number): number => Math.round(bytes / MIB);

/** What its container may take, and takes as the kubelet counts it: without file pages that nobody has used for a while; in bytes. */
async function memoryOfController(): Promise<{ limit: number; workingSet(): Promise<number> }> {
  const [pid] = await find(CONTROLLER);
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  // In cgroup v1 memory has a hierarchy of its own; v2 has one for all.
  const own = /^\d+:memory:(.*)$/m.exec(groups)?.[1];
  const folder = own === undefined ? `/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1]}` : `/sys/fs/cgroup/memory${own}`;
  const [limit, usage, inactive] =
    own === undefined
      ? (['memory.max', 'memory.current', 'inactive_file'] as const)
      : (['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_inactive_file'] as const);
  const read = (file: string): Promise<string> =>
    readFile(`${folder}/${file}`, 'utf8').catch((cause: unknown) => {
      throw new Error('the container of the controller has ended', { cause });
    });
  return {
    limit: Number(await read(limit)),
    async workingSet() {
      const [used, stat] = await Promise.all([read(usage), read('memory.stat')]);
      return Number(used) - Number(new RegExp(`^${inactive} (\\d+)$`, 'm').exec(stat)?.[1]);
    },
  };
}
