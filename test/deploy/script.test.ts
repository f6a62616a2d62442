import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { deployFolder } from './files.ts';

const root = mkdtempSync(join(tmpdir(), 'ordo-deploy-'));
const tools = join(root, 'tools');
const repository = join(root, 'repository');
const settings = join(repository, 'bootstrap/settings.yml');
const log = join(root, 'log');
const image = 'ghcr.io/acme/ordo:main';
after(() => rmSync(root, { recursive: true }));

// Nothing but what the script may use; kubectl only where a test puts one.
mkdirSync(tools);
for (const tool of ['bash', 'cat', 'dirname', 'env', 'grep', 'sed', 'sort']) {
  symlinkSync(['/usr/bin', '/bin'].map((folder) => join(folder, tool)).find(existsSync) ?? tool, join(tools, tool));
}

beforeEach(() => {
  rmSync(join(tools, 'kubectl'), { force: true });
  rmSync(repository, { recursive: true, force: true });
  cpSync(deployFolder, repository, { recursive: true });
  writeFileSync(log, '');
});

/** A kubectl that writes down what it is asked and given, and answers as a cluster does; the real one is asked in test/e2e. */
function putKubectl({ minor = '34', mayNot = 'nothing', secret = '', folder = '', same = '' } = {}): void {
  const answers = `#!/usr/bin/env bash
[ "$1" = --context ] && shift 2
printf '%s\\n' "> $*" >> ${log}
case "$*" in
  'config view '*) printf 'https://10.0.0.1:6443 test' ;;
  'get --raw /version '*) printf '{\\n  "major": "1",\\n  "minor": "${minor}",\\n  "emulationMinor": "1"\\n}' ;;
  'auth can-i '*) [[ "$*" != *'${mayNot}'* ]] ;;
  'create --dry-run=client '*) printf 'Secret variables-for-pipelineinitialisation in admin ${folder}' ;;
  *go-template*) printf '${folder}' ;;
  *' get secret '*) printf '${secret}' ;;
  diff*) [ -n '${same}' ] && grep -q '^kind: ${same}$' ;;
  apply*) cat >> ${log} ;;
esac
`;
  writeFileSync(join(tools, 'kubectl'), answers);
  chmodSync(join(tools, 'kubectl'), 0o755);
}

function putSettings(): void {
  const template = readFileSync(join(repository, 'bootstrap/settings.example.yml'), 'utf8');
  writeFileSync(settings, template.replaceAll(/<your [a-z]+>/g, 'filled'));
}

function deploy(...args: string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(join(tools, 'bash'), [join(repository, 'deploy.sh'), ...args], {
    env: { PATH: tools },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, said: stdout + stderr };
}

const asked = (): string[] => readFileSync(log, 'utf8').split('\n');
const changes = (): string[] =>
  asked().filter((line) => /^> (apply|create(?! --dry-run)|replace|delete|patch)/.test(line));

/** Of what was applied, in order. */
const kinds = (): string[] => asked().flatMap((line) => /^kind: (.*)/.exec(line)?.[1] ?? []);

test('bash understands the script', () => {
  execFileSync(join(tools, 'bash'), ['-n', join(deployFolder, 'deploy.sh')]);
});

test('wrong arguments end with code 2, are named, and nothing is asked', () => {
  putKubectl();
  const cases: [string[], RegExp][] = [
    [[], /^deploy\.sh: --image is missing/],
    [['--image'], /^deploy\.sh: --image needs a value/],
    [['--image', ''], /^deploy\.sh: --image needs a value/],
    [
      ['--image', 'ghcr.io/acme/ordo'],
      /^deploy\.sh: --image ghcr\.io\/acme\/ordo is not an image with a tag or a digest/,
    ],
    [['--image', 'a|b:c'], /not an image/],
    [['--image', 'acme/ordo:x\nimage: y'], /not an image/],
    [['--image', 'acme/ordo@sha256:12'], /not an image/],
    [['--image', image, '--settings', '/none'], /^deploy\.sh: --settings \/none: there is no such file/],
    [['--image', image, '--force'], /^deploy\.sh: unknown argument: --force/],
  ];
  for (const [args, message] of cases) {
    const { code, said } = deploy(...args);
    assert.match(said, message);
    assert.match(said, /--help shows what there is/);
    assert.equal(code, 2, args.join(' '));
  }
  assert.deepEqual(asked(), ['']);
});

test('--help says what there is', () => {
  const { code, said } = deploy('--help');
  assert.equal(code, 0);
  for (const option of ['--image', '--context', '--settings', '--yes']) assert.ok(said.includes(`  ${option} `));
});

test('without kubectl it says where to get it', () => {
  assert.deepEqual(deploy('--image', image), {
    code: 1,
    said: 'deploy.sh: kubectl was not found in PATH.\n  Install it: https://kubernetes.io/docs/tasks/tools/\n',
  });
});

test('what is not right is found before anything is changed', () => {
  const cases: [() => void, RegExp][] = [
    [() => putKubectl({ minor: '28+' }), /10\.0\.0\.1:6443 runs Kubernetes 1\.28; Ordo needs 1\.29 or newer/],
    [
      () => putKubectl({ mayNot: 'can-i *' }),
      /context test may not: kubectl auth can-i '\*' '\*' --all-namespaces\n +.* rights of a cluster administrator/,
    ],
    [() => putKubectl(), /there are no settings yet[^]*cp .*settings\.example\.yml .*settings\.yml/],
    [
      () => cpSync(join(repository, 'bootstrap/settings.example.yml'), settings),
      /still holds[^]*\d+: {2}token: <your token>/,
    ],
    [() => rmSync(join(repository, 'bootstrap/namespace.yml')), /namespace\.yml is missing/],
    [
      () => putKubectl({ secret: 'secret/variables-for-pipelineinitialisation', folder: 'cluster' }),
      /cluster\/1-ordo is missing; folder-name in the settings says that cluster is the watched folder/,
    ],
  ];
  for (const [arrange, message] of cases) {
    putKubectl();
    cpSync(deployFolder, repository, { recursive: true });
    arrange();
    const { code, said } = deploy('--image', image);
    assert.match(said, message);
    assert.equal(code, 1);
  }
  assert.deepEqual(changes(), []);
});

test('applies namespace, settings and group by number, with the image filled in, all as field manager ordo', () => {
  putKubectl();
  putSettings();
  const { code, said } = deploy('--image', image);
  assert.equal(code, 0, said);
  assert.match(said, /kubectl --context test -n admin exec deployment\/ordo -- ordo plan/);
  // Each kubectl takes a moment: the namespace, the settings in it, and all of the group.
  assert.equal(changes().length, 3);
  assert.deepEqual(
    [...new Set(changes())],
    ['> apply --server-side --force-conflicts --field-manager=ordo --filename -'],
  );
  assert.deepEqual(kinds().slice(0, 4), ['Namespace', 'Secret', 'ServiceAccount', 'ServiceAccount']);
  assert.deepEqual([kinds().length, kinds().at(-1)], [10, 'Deployment']);
  assert.deepEqual(
    asked().filter((line) => /^ +image: /.test(line)),
    [`          image: ${image}`],
  );
  assert.match(asked().at(-2) ?? '', /rollout status deployment\/ordo/);
});

test('settings that are there are kept, unless other ones are named', () => {
  putKubectl({ secret: 'secret/variables-for-pipelineinitialisation' });
  putSettings();
  assert.match(deploy('--image', image).said, /Settings: {2}the Secret that is there already/);
  assert.ok(!asked().includes('kind: Secret'));
  assert.equal(deploy('--image', image, '--settings', settings).code, 0);
  assert.deepEqual(
    changes().filter((line) => line.includes('replace')),
    [`> replace --field-manager=ordo --filename ${settings}`],
  );
});

test('the own group is looked for in the folder that the settings name', () => {
  putKubectl({ folder: 'cluster' });
  putSettings();
  renameSync(join(repository, 'deploy'), join(repository, 'cluster'));
  const { code, said } = deploy('--image', image);
  assert.equal(code, 0, said);
  assert.match(said, /^Folder: {4}cluster$/m);
  assert.equal(kinds().length, 10);
});

test('what is in the cluster as the files say is left alone', () => {
  putKubectl({ secret: 'secret/variables-for-pipelineinitialisation', same: 'ServiceAccount' });
  assert.match(deploy('--image', image).said, /^10-ordoserviceaccount\.yml: nothing to change$/m);
  assert.deepEqual([kinds().length, kinds().includes('ServiceAccount')], [7, false]);
});

test('a file that only Ordo can fill in is left to Ordo', () => {
  putKubectl();
  putSettings();
  const secret = 'kind: Secret\ndata:\n  .dockerconfigjson: pull_ghcr_image_token\n';
  writeFileSync(join(repository, 'deploy/1-ordo/5-pullsecret.yml'), secret);
  assert.match(deploy('--image', image).said, /^5-pullsecret\.yml is left to Ordo/m);
  assert.deepEqual([kinds().length, kinds().filter((kind) => kind === 'Secret')], [10, ['Secret']]);
});

test('the CronJob of the examples takes the place of the Deployment, and the script says how to start a run', () => {
  putKubectl();
  putSettings();
  const group = join(repository, 'deploy/1-ordo');
  rmSync(join(group, '170-ordodeployment.yml'));
  assert.match(deploy('--image', image).said, /no file in .* holds the Deployment \(or CronJob\) ordo/);
  cpSync(join(repository, 'examples/cronjob.yml'), join(group, '170-ordocronjob.yml'));
  writeFileSync(log, '');
  const { code, said } = deploy('--image', image);
  assert.equal(code, 0, said);
  assert.match(said, /kubectl --context test -n admin create job --from=cronjob\/ordo ordo-now/);
  assert.equal(asked().filter((line) => line.endsWith(` image: ${image}`)).length, 1);
  assert.equal(asked().filter((line) => line.includes('rollout status')).length, 0);
});
