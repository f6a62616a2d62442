import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import { noRoomIn } from '../../src/holds/room.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { fakeClient } from '../check/fakes.ts';
import { DIGEST, EMPTY, OTHER_DIGEST, outcomeOf, planFor, workload, type Files } from '../plan/fixtures.ts';

const MIB = 1024 * 1024;
const files = (version: string, names = ['a', 'b']): Files =>
  Object.fromEntries(
    names.map((name) => [`1-a/10-${name}.yml`, workload(name, { image: 'image_url_var', pod: { hostname: version } })]),
  );

const node = (name: string, ...conditions: string[]) => ({
  metadata: { name, labels: { 'kubernetes.io/arch': 'arm64' } },
  status: { conditions: conditions.map((type) => ({ type, status: 'True' })) },
});

interface Around {
  digest?: string;
  nodes?: object[];
  /** MiB of an image by its name's end. */
  sizes?: Record<string, Known<number>>;
  free?: number | undefined;
}

/** Two workloads ran with one digest, and are wanted with another pod template, and mostly with another digest. */
async function noRoom({ digest = OTHER_DIGEST, nodes = [node('one', 'Ready')], sizes = {}, ...around }: Around) {
  const first = planFor(files('1')).plan;
  const inventory = nextInventory(EMPTY, first, 'key-1', outcomeOf(first));
  const { plan } = planFor(files('2'), { inventory, digestOf: () => known(digest) });
  assert.deepEqual(new Set(plan.steps.map(({ kind }) => kind)), new Set(['recreate']));
  const asked: string[] = [];
  const found = await noRoomIn(plan, inventory, {
    client: fakeClient({ '/api/v1/nodes': { items: nodes } }).client,
    sources: {
      async sizeOf({ image, platforms }) {
        assert.deepEqual([...platforms], ['linux/arm64']);
        const app = image.replace(/.*-(.*):main/, '$1');
        asked.push(app);
        const size = sizes[app] ?? known(10);
        return size.known ? known(size.value * MIB) : size;
      },
    },
    freeDisk: async () => ('free' in around && around.free === undefined ? undefined : (around.free ?? 1000) * MIB),
  });
  return { asked, reasons: Object.fromEntries([...found].map(([id, reason]) => [id.split('/').at(-1), reason])) };
}

test('O10 images that are new take three times their size, one after another', async () => {
  const { reasons } = await noRoom({ free: 59 });
  assert.deepEqual(reasons, {
    b: 'the new ghcr.io/acme/shop-b:main takes about 30 MiB on the disk, more than is free: make room on the node',
  });
  assert.deepEqual((await noRoom({ free: 60 })).reasons, {});
});

test('O10 what is there already is not asked, and what nobody says is in nobody’s way', async () => {
  assert.deepEqual(await noRoom({ digest: DIGEST, free: 0 }), { asked: [], reasons: {} });
  assert.deepEqual((await noRoom({ sizes: { a: unknown('500'), b: unknown('500') }, free: 0 })).reasons, {});
  assert.deepEqual(await noRoom({ free: undefined }), { asked: [], reasons: {} });
});

test('O10 under disk pressure on every node that is ready nothing is made anew', async () => {
  const full = [node('one', 'Ready', 'DiskPressure'), node('two', 'MemoryPressure')];
  const { asked, reasons } = await noRoom({ nodes: full, digest: DIGEST });
  assert.deepEqual(Object.keys(reasons), ['a', 'b']);
  assert.match(reasons['a'] ?? '', /^the disk is full \(one: DiskPressure\)/);
  assert.deepEqual(asked, []);
  assert.deepEqual((await noRoom({ nodes: [...full, node('three', 'Ready')] })).reasons, {});
});
