import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPlan } from '../../src/runner/read-plan.ts';
import { toParts } from '../../src/util/parts.ts';

async function reading(stored: Buffer): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'plan-'));
  try {
    await writeFile(join(folder, 'part-0'), stored);
    return await readPlan(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const rows: [what: string, stored: Buffer, says: RegExp][] = [
  [
    'of a newer version',
    toParts({ plan: { version: 2 }, manifests: {} })[0] as Buffer,
    /cannot be read: a newer Ordo wrote it \(version 2, this one knows 1\)$/,
  ],
  ['that is none', toParts(null)[0] as Buffer, /cannot be read: .*expected object/s],
  ['that is damaged', Buffer.from('something else'), /cannot be read: incorrect header check$/],
];
for (const [what, stored, says] of rows)
  test(`a plan ${what} is refused in plain words`, () => assert.rejects(reading(stored), says));
