import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { basename } from 'node:path';
import { buildah, tryBuildah } from './buildah.ts';
import { kubernetesVersion } from './binaries.ts';
import { connectWorld } from './connect.ts';
import { imageParts } from './image-parts.ts';
import type { OrdoImage } from './images.ts';

// What it takes to have this image, and a kernel that runs it, is made before the world begins: prepare.ts.

let arm64: OrdoImage;
let amd64Storage: string;
let container: string;

before(async () => {
  const world = await connectWorld();
  assert.ok(world.arm64, 'there is no image for arm64');
  arm64 = world.arm64;
  amd64Storage = world.registry.storage;
  container = await buildah(['from', '--pull-never', '--name', `arm64-test-${basename(world.work)}`, arm64.id]);
});

after(() => tryBuildah(['rm', container]));

const run = (...command: string[]) => tryBuildah(['run', '--user', '1000:1000', container, '--', ...command]);

// Each names its platform where it can: this machine's own programs would run here too.
const commands: [command: string[], says: RegExp[]][] = [
  [['uname', '-m'], [/^aarch64$/]],
  [['node', '-p', 'process.arch + process.version'], [/^arm64v24\.\d+\.\d+$/]],
  [['ordo', '--version'], [/^\d+\.\d+\.\d+$/]],
  [
    ['kubectl', 'version', '--client', '--output=json'],
    [new RegExp(`"gitVersion": "v${kubernetesVersion}"`), /"platform": "linux\/arm64"/],
  ],
  [
    ['git', '--version', '--build-options'],
    [/^git version 2\./, /^cpu: aarch64$/m],
  ],
  [['tini', '--version'], [/^tini version /]],
];

for (const [command, says] of commands) {
  test(`D39 in the arm64 image \`${command.join(' ')}\` runs as the user of the pods`, async () => {
    const { code, stdout, stderr } = await run(...command);
    assert.deepEqual([code, stderr], [0, '']);
    for (const pattern of says) assert.match(stdout.trim(), pattern);
  });
}

test('D39 in the arm64 image controller and runner start, and miss only what a pod gives them', async () => {
  for (const [program, misses] of [
    [['ordo', 'run'], /user-account/],
    [['node', '/opt/ordo/runner.cjs'], /plan/],
  ] as const) {
    const { code, stdout, stderr } = await run(...program);
    assert.equal(code, 2, stderr);
    assert.match(stdout + stderr, misses);
  }
});

test('D39 each image is for its platform, and less than 180 MB packed', async (t) => {
  for (const [architecture, storage] of [
    ['amd64', amd64Storage],
    ['arm64', arm64.storage],
  ] as const) {
    const image = await imageParts(storage);
    assert.equal(image.architecture, architecture);
    const sum = Object.values(image.bytes).reduce((one, other) => one + other);
    const parts = Object.entries(image.bytes).map(([part, bytes]) => `${part} ${inMegabytes(bytes)}`);
    t.diagnostic(`${architecture}: ${inMegabytes(sum)} MB packed (${parts.join(', ')})`);
    assert.ok(sum < 180e6);
    assert.ok((image.bytes['other'] ?? 0) < 0.1e6, 'there are parts that nobody named');
  }
});

const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
