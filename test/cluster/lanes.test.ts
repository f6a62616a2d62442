import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeNext } from './lanes.ts';

test('each file of the queue is taken once, however many worlds ask at the same moment', async () => {
  const queue = await mkdtemp(join(tmpdir(), 'queue-'));
  try {
    await mkdir(join(queue, 'taken'));
    const files = Array.from({ length: 20 }, (_, index) => `file-${index}`);
    for (const [index, file] of files.entries()) await writeFile(join(queue, `${1000 + index}`), file);
    const lane = async (): Promise<string[]> => {
      const taken: string[] = [];
      for (let file = await takeNext(queue); file !== undefined; file = await takeNext(queue)) taken.push(file);
      return taken;
    };
    const lanes = await Promise.all([lane(), lane(), lane()]);
    assert.deepEqual(lanes.flat().sort(), files.toSorted());
  } finally {
    await rm(queue, { recursive: true });
  }
});
