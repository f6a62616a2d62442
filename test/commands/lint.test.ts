import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { configMap, namespace, workload, type Files } from '../plan/fixtures.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

let checkout: string;
before(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'lint-'));
});
after(() => rm(checkout, { recursive: true, force: true }));

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(checkout, folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** `ordo lint` as its own process, in the checkout, with nothing in its environment. */
function ordoLint(args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [MAIN, 'lint', ...args], { cwd: checkout, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('O14 ordo lint says what is wrong where, and by its exit code; it needs no cluster, no settings and no network', async () => {
  await write('deploy', {
    '1-shop/10-namespace.yml': namespace('shop'),
    '2-web/20-web.yml': workload('web', { config: ['web'] }),
    '2-web/30-web.yml': configMap('web', {}),
    '.git/config': 'no manifest',
  });
  const { code, stdout, stderr } = await ordoLint([]);
  const [first, last] = stdout.trimEnd().split('\n');
  assert.match(
    first ?? '',
    /^warning {2}deploy\/2-web\/20-web\.yml:1 {2}Deployment\/shop\/web: uses ConfigMap\/shop\/web .*; rename deploy\/2-web\/30-web\.yml to deploy\/2-web\/19-web\.yml$/,
  );
  assert.deepEqual([last, stderr, code], ['deploy: 1 warning', '', 1]);

  const machine = JSON.parse((await ordoLint(['deploy/', '--json'])).stdout) as unknown[];
  assert.deepEqual(
    machine.map((one) => Object.keys(one as object).sort()),
    [['about', 'document', 'path', 'reason', 'severity']],
  );
});

test('O14 ordo lint on a folder that is all right, on another one, and on the folder of the settings', async () => {
  await write('good', { '1-a/10-c.yml': configMap('c', {}, 'default') });
  assert.deepEqual(await ordoLint(['good']), { code: 0, stdout: 'good: nothing to find\n', stderr: '' });
  assert.equal((await ordoLint([], { ORDO_FOLDER_NAME: './good' })).stdout, './good: nothing to find\n');
  await symlink('/etc/hostname', join(checkout, 'good/1-a/20-link.yml'));
  const { code, stdout } = await ordoLint(['good']);
  assert.match(stdout, /^error {4}good\/1-a\/20-link\.yml {2}a symlink is not followed/);
  assert.equal(code, 1);
});

test('O14 ordo lint takes what others make for there', async () => {
  await write('given', { '1-a/10-w.yml': workload('w', { namespace: 'default', config: ['c', 'd'] }) });
  assert.equal((await ordoLint(['given'])).code, 1);
  assert.equal((await ordoLint(['given', '--given', 'ConfigMap/default/c', 'ConfigMap/default/d'])).code, 0);
});

test('O14 ordo lint ends with 2 when it is asked for what it cannot do', async () => {
  for (const args of [['nowhere'], ['--no-such-option'], ['a', 'b']]) {
    const { code, stderr } = await ordoLint(args);
    assert.equal(code, 2, args.join(' '));
    assert.notEqual(stderr, '');
  }
});
