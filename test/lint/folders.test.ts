import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, test, after } from 'node:test';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const clients = ['@kubernetes/client-node', '@octokit/rest', 'simple-git', 'commander'];
const adapters = ['cluster', 'sources', 'config', 'report', 'runner'];
const upstairs = ['main.ts', 'controller.ts', 'loop.ts', 'commands/run.ts', 'plan/plan.ts', 'manifests/read.ts'];

const up = (...paths: string[]): string[] => paths.map((path) => `../${path}`);
const others = (own: string): string[] => adapters.filter((name) => name !== own).map((name) => `../${name}/x.ts`);
const adapter = (own: string): string[] => [...others(own), ...up(...upstairs)];
/** What every folder between the controller and the adapters may ask, and who stands above all of them. */
const below = up('cluster/x.ts', 'config/x.ts', 'report/x.ts', 'manifests/x.ts', 'plan/x.ts');
const over = ['main.ts', 'controller.ts', 'loop.ts', 'commands/run.ts'];
const domainAndUtil = up('domain/x.ts', 'util/x.ts');

/** The drawing of imports: what a file of each folder may import, and what it may not. */
const drawing: Record<string, { may: string[]; mayNot: string[] }> = {
  domain: {
    may: ['./x.ts', 'zod'],
    mayNot: [
      ...up('util/x.ts', ...upstairs),
      ...others(''),
      ...clients,
      'node:fs',
      'node:fs/promises',
      'js-yaml',
      'pino',
    ],
  },
  util: {
    may: ['./x.ts', 'node:fs', 'node:timers/promises'],
    mayNot: [...up('domain/x.ts', ...upstairs), ...others(''), ...clients, 'zod', 'pino'],
  },
  manifests: {
    may: ['./x.ts', '../domain/x.ts', 'zod', 'js-yaml'],
    mayNot: [
      ...up('util/x.ts', 'main.ts', 'controller.ts', 'loop.ts', 'plan/x.ts'),
      ...[...others(''), ...clients, 'node:fs', 'node:fs/promises', 'undici', 'pino'],
    ],
  },
  plan: {
    may: ['./x.ts', '../manifests/x.ts', '../domain/x.ts', 'zod'],
    mayNot: [
      ...up('util/x.ts', 'main.ts', 'controller.ts', 'loop.ts', 'commands/x.ts'),
      ...[...others(''), ...clients, 'node:fs', 'node:fs/promises', 'undici', 'pino', 'js-yaml'],
    ],
  },
  cluster: {
    may: [...domainAndUtil, './x.ts', '@kubernetes/client-node', 'undici', 'node:fs/promises'],
    mayNot: [...adapter('cluster'), '@octokit/rest', 'simple-git', 'commander'],
  },
  sources: {
    may: [...domainAndUtil, './x.ts', '@octokit/rest', 'simple-git', 'undici', 'node:fs/promises'],
    mayNot: [...adapter('sources'), '@kubernetes/client-node', 'commander'],
  },
  config: {
    may: [...domainAndUtil, './x.ts', 'zod', 'node:fs'],
    mayNot: [...adapter('config'), ...clients, 'undici'],
  },
  report: {
    may: [...domainAndUtil, './x.ts', 'pino', 'node:http'],
    mayNot: [...adapter('report'), ...clients, 'undici'],
  },
  check: {
    may: [...domainAndUtil, ...up('cluster/x.ts', 'config/x.ts', 'sources.ts'), './x.ts', 'zod', 'node:fs/promises'],
    mayNot: [...up('sources/x.ts', 'report/x.ts', 'runner/x.ts', 'commands/x.ts', ...upstairs), ...clients, 'undici'],
  },
  observe: {
    may: [...domainAndUtil, ...below, ...up('sources/x.ts', 'sources.ts'), './x.ts', 'zod'],
    mayNot: [...up('runner/x.ts', 'rollouts/x.ts', 'restarts/x.ts', 'holds/x.ts', ...over), ...clients, 'undici'],
  },
  rollouts: {
    may: [...domainAndUtil, ...below, '../observe/x.ts', './x.ts', 'zod'],
    mayNot: [...up('runner/x.ts', 'sources/x.ts', 'restarts/x.ts', 'holds/x.ts', ...over), ...clients, 'undici'],
  },
  restarts: {
    may: [...domainAndUtil, ...below, ...up('observe/x.ts', 'rollouts/x.ts'), './x.ts', 'zod'],
    mayNot: [...up('runner/x.ts', 'sources/x.ts', 'holds/x.ts', ...over), ...clients, 'undici'],
  },
  holds: {
    may: [...domainAndUtil, ...below, ...up('sources/x.ts', 'sources.ts', 'observe/x.ts'), './x.ts', 'zod'],
    mayNot: [...up('runner/x.ts', 'rollouts/x.ts', 'restarts/x.ts', ...over), ...clients, 'undici'],
  },
  runner: {
    may: [...domainAndUtil, './x.ts', './gates/x.ts', 'zod', 'zod/mini', 'node:https', 'node:fs/promises'],
    mayNot: [...adapter('runner'), ...clients, 'undici', 'pino', 'js-yaml'],
  },
  'runner/gates': {
    may: ['./x.ts', '../x.ts', '../../domain/x.ts', '../../util/x.ts', 'node:fs/promises'],
    mayNot: [...adapter('runner').map((path) => `../${path}`), ...clients, 'undici'],
  },
  'sources/github': {
    may: ['./x.ts', '../x.ts', '../../domain/x.ts'],
    mayNot: adapter('sources').map((path) => `../${path}`),
  },
  commands: {
    may: up('controller.ts', 'loop.ts', 'plan/x.ts', ...adapters.map((name) => `${name}/x.ts`)),
    mayNot: [],
  },
  '.': {
    may: ['./commands/x.ts', ...adapters.map((name) => `./${name}/x.ts`), './plan/x.ts', ...clients],
    mayNot: [],
  },
};

interface Finding {
  code: string;
  filename: string;
}

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ordo-lint-'));
  await copyFile(join(project, '.oxlintrc.json'), join(root, '.oxlintrc.json'));
});
after(() => rm(root, { recursive: true, force: true }));

test('every folder of src has its place in the drawing', async () => {
  const entries = await readdir(join(project, 'src'), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  assert.deepEqual(
    folders.filter((name) => !(name in drawing)),
    [],
  );
});

test('what the drawing allows passes the lint', async () => {
  const files = Object.entries(drawing).flatMap(([folder, { may }]) =>
    may.map((path, index) => ({ file: `src/${folder}/may-${index}.ts`, text: `export * from '${path}';\n`, path })),
  );
  const found = await lint(files);
  assert.deepEqual(
    files.filter(({ file }) => found.has(join(file))).map(({ file, path }) => `${file}: ${path}`),
    [],
  );
});

test('what the drawing does not allow fails the lint, in each folder and each kind of import', async () => {
  const plain = Object.entries(drawing).flatMap(([folder, { mayNot }]) =>
    mayNot.map((path, index) => ({ file: `src/${folder}/not-${index}.ts`, text: `export * from '${path}';\n`, path })),
  );
  const kinds = [
    `import { x } from '../cluster/x.ts';\nexport const y = x;\n`,
    `import type { X } from '../cluster/x.ts';\nexport type Y = X;\n`,
    `import '../cluster/x.ts';\n`,
    `export const x = () => import('../cluster/x.ts');\n`,
  ].map((text, index) => ({ file: `src/plan/kind-${index}.ts`, text, path: text }));
  const files = [...plain, ...kinds];
  assert.ok(files.length > 100);
  const found = await lint(files);
  const missed = files.filter(({ file }) => !found.get(file)?.includes('eslint(no-restricted-imports)'));
  assert.deepEqual(
    missed.map(({ file, path }) => `${file}: ${path}`),
    [],
  );
});

test('the environment, the console, default exports, any and long files are kept where they belong', async () => {
  const environment = 'export const home = process.env;\n';
  const print = `export const say = () => console.log('x');\n`;
  const long = 'export {};\n'.repeat(251);
  const cases: { file: string; text: string; rule?: string }[] = [
    { file: 'src/controller.ts', text: environment, rule: 'node(no-process-env)' },
    { file: 'src/config/environment.ts', text: environment, rule: 'node(no-process-env)' },
    { file: 'src/main.ts', text: environment },
    { file: 'src/runner/main.ts', text: environment },
    { file: 'src/report/print.ts', text: print, rule: 'eslint(no-console)' },
    { file: 'src/commands/print.ts', text: print },
    { file: 'src/plan/default.ts', text: 'export default 1;\n', rule: 'import(no-default-export)' },
    {
      file: 'src/plan/any.ts',
      text: 'export const x = (y: any): unknown => y;\n',
      rule: 'typescript(no-explicit-any)',
    },
    { file: 'src/plan/long.ts', text: long, rule: 'eslint(max-lines)' },
    { file: 'test/long.ts', text: long, rule: 'eslint(max-lines)' },
  ];
  const found = await lint(cases);
  for (const { file, rule } of cases) assert.deepEqual(found.get(file), rule === undefined ? undefined : [rule], file);
});

/** Lints exactly these files with the project's settings; answers with the rules that each file breaks. */
async function lint(files: readonly { file: string; text: string }[]): Promise<Map<string, string[]>> {
  const folder = await mkdtemp(join(root, 'copy-'));
  await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const { file, text } of files) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const oxlint = join(project, 'node_modules', '.bin', 'oxlint');
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(oxlint, ['--format', 'json'], { cwd: folder, maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  const { diagnostics, number_of_files } = JSON.parse(await promise) as {
    diagnostics: Finding[];
    number_of_files: number;
  };
  assert.equal(number_of_files, files.length);
  const found = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) found.set(filename, [...(found.get(filename) ?? []), code]);
  return found;
}
