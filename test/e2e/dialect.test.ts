import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../../src/manifests/canonical.ts';
import { BODIES, MORE, REFUSED } from './dialect-texts.ts';
import { KEYS, mappings, scalars, SEED, sample, tagged } from './dialect-fuzz.ts';
import { head, openOracle, readByOrdo, type Oracle } from './dialect-oracle.ts';
import { planText } from './footprints.ts';
import { installSite, type Site } from './site.ts';
import { namespace } from './samples.ts';
import { openWorld, type World } from './world.ts';

// kubectl is the oracle: what it reads from a file is what Ordo must read. Where Ordo does not, it must refuse and say why.

let world: World;
let oracle: Oracle;
before(async () => {
  world = await openWorld();
  oracle = await openOracle(join(world.cluster.binaries, 'kubectl'));
  console.log(`seed ${SEED} (ORDOTEST_SEED)`);
});
after(() => Promise.all([oracle?.close(), world?.close()]));

interface Compared {
  file: string | Buffer;
  kubectl: string | undefined;
  ordo: string | undefined;
  /** Why Ordo does not read it. */
  reason: string;
}

async function compare(files: readonly (string | Buffer)[]): Promise<Compared[]> {
  const read = await oracle.read(files);
  return files.map((file, index) => ({ file, kubectl: read[index], ...readByOrdo(file) }));
}

/** What is not equal, or read by kubectl alone for another than these reasons. */
function different(compared: readonly Compared[], reasons?: RegExp): Compared[] {
  return compared.filter(
    ({ kubectl, ordo, reason }) => kubectl !== ordo && !(ordo === undefined && reasons?.test(reason)),
  );
}

/** What JSON cannot carry: whole numbers that would lose digits, and bytes that are no text. */
const NOT_IN_JSON = /above 2\^53|!!binary must be text/;

test('D02 a plain scalar means in Ordo what it means to kubectl', async () => {
  const compared = await compare(scalars(2500).map((text, index) => `${head(index)}x: ${text}\n`));
  assert.deepEqual(different(compared, NOT_IN_JSON), []);
  assert.ok(compared.filter(({ ordo }) => ordo !== undefined).length > 1500);
});

test('D02 a scalar with a tag means in Ordo what it means to kubectl', async () => {
  const compared = await compare(tagged(400).map((text, index) => `${head(index)}x: ${text}\n`));
  assert.deepEqual(different(compared, NOT_IN_JSON), []);
});

test('D02 a key means in Ordo what it means to kubectl', async () => {
  assert.deepEqual(different(await compare(KEYS.map((key, index) => `${head(index)}x: {a: 0}\n${key}: 1\n`))), []);
});

test('D02 anchors, aliases and merge keys mean in Ordo what they mean to kubectl', async () => {
  const compared = await compare(mappings(600).map((text, index) => `${head(index)}${text}`));
  assert.deepEqual(different(compared), []);
});

test('D02 documents of every make mean in Ordo what they mean to kubectl', async () => {
  assert.deepEqual(different(await compare(BODIES.map((body, index) => head(index) + body))), []);
});

test('D02 files of every make mean in Ordo what they mean to kubectl', async () => {
  const json = (index: number, x: string): string =>
    `{\n\t"apiVersion": "v1", "kind": "ConfigMap",\n\t"metadata": {"name": "case-${index}"}, "x": ${x}}\n`;
  const files: ((index: number) => string | Buffer)[] = [
    (index) => `${head(index)}x: a\n---\n${head(index)}x: b\n--- # last\n${head(index)}x: c`,
    (index) => `# one\n---\n# two\n---\n${head(index)}x: a\n---\n# three\n`,
    () => '# nothing\n',
    (index) => `${head(index)}x: |\n  a\n  b\n--- # c\n${head(index)}z: 1\n`.replaceAll('\n', '\r\n'),
    (index) => `\uFEFF${head(index)}x: ä\n`,
    (index) => Buffer.from(`\uFEFF${head(index)}x: ä\n`, 'utf16le'),
    (index) => Buffer.from(`\uFEFF${head(index)}x: ä\n`, 'utf16le').swap16(),
    (index) => Buffer.from(`${head(index)}x: ä\n`, 'latin1'),
    (index) => json(index, '[1e3, "\\u00e4\\/\\ud83d\\ude00", null, 1.0, -0, 100000000000000000000]'),
    (index) => `\n  ${json(index, '"\\ud83d\\ude00"')}---\n${head(index)}x: "\\U0001F600"\n`,
    (index) => `---\n${json(index, '"\\ud83d\\ude00"')}`,
    (index) => `# c\n${json(index, '"\\/"')}`,
    (index) => `%YAML 1.1\n---\n${head(index)}`,
  ];
  assert.deepEqual(different(await compare(files.map((file, index) => file(index)))), []);
});

test('D02 what Ordo refuses and kubectl reads is named with the reason, and the other way round it is known', async () => {
  const refused = await compare(REFUSED.map(([body], index) => head(index) + body));
  for (const [index, { file, kubectl, ordo, reason }] of refused.entries()) {
    assert.ok(kubectl !== undefined && ordo === undefined, file.toString());
    assert.match(reason, REFUSED[index]?.[1] ?? /$^/, file.toString());
  }
  for (const { file, kubectl, ordo } of await compare(MORE.map((body, index) => head(index) + body)))
    assert.ok(kubectl === undefined && ordo !== undefined, file.toString());
});

test('D02 what pieces of YAML put together at random mean to both, they mean alike', async () => {
  const pieces = [
    ...[
      'x',
      'z',
      'a',
      'b c',
      '1',
      'on',
      '~',
      ': ',
      ':\n',
      '\n',
      '\n  ',
      '\n    ',
      '- ',
      '? ',
      ', ',
      '[',
      ']',
      '{',
      '}',
    ],
    ...[
      '"',
      "'",
      '|\n',
      '>\n',
      '|-\n',
      '>+\n',
      ' #c\n',
      '#',
      '&a ',
      '*a',
      '<<: ',
      '!!str ',
      '!x ',
      '\\n',
      '\\',
      '\\u0041',
    ],
    ...['\t', '\r\n', 'ä', '😀', '%', '@', ' ', '  '],
  ];
  const texts = sample(fc.array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 14 }), 3000);
  const compared = await compare(texts.map((text, index) => `${head(index)}v: ${text.join('')}\n`));
  const both = compared.filter(({ kubectl, ordo }) => kubectl !== undefined && ordo !== undefined);
  assert.deepEqual(different(both), []);
  assert.ok(both.length > 200, `only ${both.length} mean something`);
});

test('D02 what Ordo puts into the cluster is what kubectl apply puts there, and what it refuses is told with its place', async () => {
  const isOne = (body: string): boolean => !/^(---|\.\.\.)/m.test(body);
  const cases = BODIES.filter((body) => isOne(body) && readByOrdo(head(0) + body).ordo !== undefined);
  const odd = (index: number, where: string): string =>
    `apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: case-${index}, namespace: ${where}}\n`;
  const big = 'deploy/3-big/10-big.yml';
  const site = await installSite({
    world,
    name: 'dialect',
    files: {
      'deploy/2-odd/10-namespaces.yml': `${namespace('ours')}---${namespace('theirs')}`,
      'deploy/2-odd/20-crd.yml': JSON.stringify(ODD),
      ...Object.fromEntries(cases.map((body, index) => [`deploy/2-odd/100-${index}.yml`, odd(index, 'ours') + body])),
      [big]: `# first\n---\n${odd(0, 'big')}x:\n  - 9007199254740993\n`,
    },
  });
  assert.match(
    await planText(site),
    /^ +error +deploy\/3-big\/10-big\.yml, document 2: a number above 2\^53.*\(line 5/m,
  );

  const folder = join(oracle.folder, 'theirs');
  await mkdir(folder);
  for (const [index, body] of cases.entries())
    await writeFile(join(folder, `${index}.yaml`), odd(index, 'theirs') + body);
  await site.kubectl('apply', '-f', folder);
  const [ours, theirs] = [await contents(site, 'ours'), await contents(site, 'theirs')];
  assert.ok(cases.length > 80 && Object.keys(theirs).length === cases.length);
  assert.deepEqual(ours, theirs);
});

/** Any object at all. */
const ODD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'odds.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Odd', plural: 'odds', singular: 'odd' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** Everything but the metadata, by name; a null is as good as nothing. */
async function contents(site: Site, where: string): Promise<Record<string, string>> {
  const { items } = JSON.parse(await site.kubectl('-n', where, 'get', 'odds', '-o', 'json')) as {
    items: { metadata: { name: string } }[];
  };
  return Object.fromEntries(items.map(({ metadata, ...content }) => [metadata.name, canonical(content)]));
}
