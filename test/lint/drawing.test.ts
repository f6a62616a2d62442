import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The lines of the drawing in docs/architecture.md, each with the folder of src that it stands in. */
const [, block = ''] = readFileSync(join(project, 'docs/architecture.md'), 'utf8').split('```');
let folder = '';
const lines = block.split('\n').map((text) => {
  const [, top, slash] = /^ {2}([\w.-]+?)(\/?) /.exec(text) ?? [];
  if (top !== undefined) folder = slash === '/' ? top : '';
  return { text, folder, top };
});

test('the drawing of the architecture shows every folder of src, and every file beside them', () => {
  const drawn = lines.flatMap(({ top }) => top ?? []);
  assert.deepEqual(drawn.toSorted(), readdirSync(join(project, 'src')).toSorted());
});

test('the drawing of the architecture names only what is there', () => {
  const isThere = (at: string, file: string): boolean =>
    [file, join(at, file)].some((path) => existsSync(join(project, 'src', path)));
  const lost = lines.flatMap(({ text, folder: at }) => {
    const inner = /^ {4}(\w+\/) /.exec(text)?.[1];
    const files = [...text.matchAll(/\b[\w-]+(?:\/[\w-]+)*\.ts\b/g)].map(([file]) => file);
    return [...files, ...(inner === undefined ? [] : [inner])].filter((file) => !isThere(at, file));
  });
  assert.deepEqual(lost, []);
});
