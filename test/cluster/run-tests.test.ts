import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { attempt } from './command.ts';

const runner = join(import.meta.dirname, '..', 'run.ts');
const good = `test('good', () => {});`;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tests-'));
});

after(() => rm(folder, { recursive: true, force: true }));

const cases = [
  { title: 'tests that pass', files: [good, good], code: 0, end: '2 passed, 0 failed, 0 skipped' },
  {
    title: 'a test that fails',
    files: [good, `test('bad', () => { throw new Error('no'); });`],
    code: 1,
    says: /^failed: bad \(1\.test\.mjs\)\n  Error: no\n[^]*\n1 passed/m,
    end: '1 passed, 1 failed, 0 skipped',
  },
  {
    title: 'a test that is skipped',
    files: [`${good} test.skip('later', () => {});`],
    code: 1,
    end: 'skipped: later (0.test.mjs)\n1 passed, 0 failed, 1 skipped',
  },
  {
    title: 'a test that is only planned',
    files: [`${good} test.todo('some day', () => {});`],
    code: 1,
    end: 'todo: some day (0.test.mjs)\n1 passed, 0 failed, 1 skipped',
  },
  {
    title: 'a file without a test',
    files: [good, ''],
    code: 1,
    end: 'not run to its end, or without a test: 1.test.mjs\n1 passed, 0 failed, 0 skipped',
  },
  {
    title: 'a file that ends its process early',
    files: [`${good} test('end', () => process.exit(0));`],
    code: 1,
    end: 'not run to its end, or without a test: 0.test.mjs\nno test ran\n0 passed, 0 failed, 0 skipped',
  },
  {
    title: 'a file that cannot be loaded',
    files: [good, `throw new Error('no');`],
    code: 1,
    end: 'not run to its end, or without a test: 1.test.mjs\n1 passed, 1 failed, 0 skipped',
  },
  {
    title: 'a file that hangs',
    files: [good, `${good} setInterval(() => {}, 1000);`],
    code: 1,
    end: 'not run to its end, or without a test: 1.test.mjs\n2 passed, 1 failed, 0 skipped',
  },
];

for (const { title, files, code, says, end } of cases) {
  test(`${title}: exit code ${code}`, async () => {
    const names = files.map((_, index) => `${index}.test.mjs`);
    for (const [index, text] of files.entries()) {
      await writeFile(join(folder, `${index}.test.mjs`), `import { test } from 'node:test';\n${text}\n`);
    }
    // Else the runner would believe itself inside a test file and run nothing.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const result = await attempt(process.execPath, [runner, 'unit', ...names], {
      cwd: folder,
      env: { ...inherited, ORDOTEST_LIMIT_MS: '5000' },
    });
    assert.equal(result.code, code, result.stdout);
    assert.ok(result.stdout.endsWith(`\n${end}\n`), result.stdout);
    if (says !== undefined) assert.match(result.stdout, says);
  });
}
