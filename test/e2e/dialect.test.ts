import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../../src/manifests/canonical.ts';
import { decodeText, parseDocuments } from '../../src/manifests/documents.ts';
import { ensureBinaries } from '../cluster/binaries.ts';

// kubectl is the oracle: what it reads from a file, without a server, is what Ordo must read.

const seed = Number(process.env['ORDOTEST_SEED'] ?? 20261120);
let kubectl: string;

before(async () => {
  kubectl = join(await ensureBinaries(), 'kubectl');
  console.log(`seed ${seed} (ORDOTEST_SEED)`);
});

const head = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

/** One kubectl for many files: the objects of each, as canonical JSON; undefined where it refuses the file. */
async function readByKubectl(files: readonly (string | Buffer)[]): Promise<(string | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dialect-'));
  try {
    await Promise.all(files.map((bytes, index) => writeFile(join(folder, `${index}.yaml`), bytes)));
    const { promise, resolve } = Promise.withResolvers<string>();
    const args = ['annotate', '--local', '-o', 'json', '-f', folder, 'zz=1'];
    // It names the files that it cannot read, goes on, and ends with code 1.
    execFile(kubectl, args, { maxBuffer: 1e9 }, (_error, stdout) => resolve(stdout));
    const objects = new Map<string, string[]>();
    for (const text of (await promise).split(/(?<=^\})$/m)) {
      if (text.trim() === '') continue;
      const object = JSON.parse(text) as { metadata: { name: string; annotations?: unknown } };
      delete object.metadata.annotations;
      const { name } = object.metadata;
      objects.set(name, [...(objects.get(name) ?? []), canonical(object)]);
    }
    return files.map((_, index) => objects.get(`case-${index}`)?.join('\n'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same by Ordo's own reader. */
function readByOrdo(file: string | Buffer): string | undefined {
  const parsed = parseDocuments(decodeText(Buffer.from(file)));
  const values = parsed.map((one) => ('error' in one ? undefined : one.values[0]));
  return values.includes(undefined) ? undefined : values.map((value) => canonical(value)).join('\n');
}

interface Difference {
  text: string;
  kubectl: string | undefined;
  ordo: string | undefined;
}

async function differences(files: readonly (string | Buffer)[]): Promise<Difference[]> {
  const oracle = await readByKubectl(files);
  return files.flatMap((file, index) => {
    const difference = { text: file.toString('utf8'), kubectl: oracle[index], ordo: readByOrdo(file) };
    return difference.kubectl === difference.ordo ? [] : [difference];
  });
}

/** Whole numbers that JavaScript cannot hold are refused by Ordo, with a reason: quote them. */
const losesDigits = ({ kubectl: text, ordo }: Difference): boolean =>
  ordo === undefined &&
  [...(text ?? '').matchAll(/-?\d{16,}/g)].some(([digits]) => BigInt(digits) !== BigInt(Number(digits)));

/** Texts that look like numbers, booleans and nulls, and some that only nearly do. */
const scalar = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abefxXoOBE+-._:'.split('')), minLength: 1, maxLength: 9 }),
  fc.string({ unit: fc.constantFrom(...'01279e.-+_'.split('')), minLength: 1, maxLength: 24 }),
  fc
    .tuple(
      fc.constantFrom('', '+', '-'),
      fc.constantFrom('0x', '0X', '0b', '0B', '0o', '0O', '0', ''),
      fc.stringMatching(/^[0-9a-fA-F_]{1,20}$/),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    ...'y Y yes Yes YES yEs n N no NO on On ON oN off OFF true True TRUE tRue false null Null NULL nUll ~ .inf -.Inf +.INF .nan .NaN .nAn << = . .. - + e1 1e 1e5 1E-3 1234e56 1234e567 -1e999 1:30 1:30:15 2026-11-20 2026-11-20T10:00:00Z 18446744073709551615 18446744073709551616 9223372036854775807 -9223372036854775808 9007199254740993 0777777777777777777777777 0xFFFFFFFFFFFFFFFFF 0b-101 0b+1 -0 +0 0.0 -0.0 00 0_0 ._1 .1_0 .1_ 1_ 0x_1'.split(
      ' ',
    ),
  ),
);

const isPlain = (text: string): boolean => !/^[-:]$|:$|^-\.?-|^---|^\.\.\./.test(text);
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(arbitrary, { seed, numRuns });

describe('the YAML that Ordo reads is the YAML that kubectl reads', () => {
  it('in plain scalars', async () => {
    const texts = [...new Set(sample(scalar, 2500))].filter(isPlain);
    const files = texts.map((text, index) => `${head(`case-${index}`)}x: ${text}\n`);
    assert.deepEqual(
      (await differences(files)).filter((one) => !losesDigits(one)),
      [],
    );
  });

  it('in scalars with a tag', async () => {
    const tags = [
      '!',
      '!foo',
      '!!str',
      '!!int',
      '!!float',
      '!!bool',
      '!!null',
      '!!binary',
      '!<tag:example.com,2026:x>',
    ];
    const tagged = fc.tuple(fc.constantFrom(...tags), fc.oneof(scalar, fc.base64String({ maxLength: 12 })));
    const files = sample(tagged, 400)
      .filter(([, text]) => isPlain(text) && text !== '')
      .map(([tag, text], index) => `${head(`case-${index}`)}x: ${tag} ${text}\n`);
    assert.deepEqual(
      (await differences(files)).filter((one) => !losesDigits(one)),
      [],
    );
  });

  it('in keys', async () => {
    const keys = 'on off yes n ~ null 1 007 0x10 1.10 1e3 -5 true a.b a/b <<x "1" "on" 2026-11-20 !foo'.split(' ');
    const files = keys.map((key, index) => `${head(`case-${index}`)}x: {a: 0}\n${key}: 1\n`);
    assert.deepEqual(await differences(files), []);
  });

  it('in documents of every make', async () => {
    const bodies = [
      'x: &a {p: 1, q: 2}\nz: {<<: *a, q: 3}\n',
      'x: &a {p: 1}\nb: &b {q: 2}\nz:\n  <<: [*a, *b]\n  p: 5\n',
      'x: |\n  ---\n  a\n\n  b\n\n',
      'x: |-\n  a\n  b\n\nz: |+\n  a\n\n',
      'x: >\n  a\n  b\n\n  c\n   d\nz: >-\n  a\n  b\n',
      'x: |2\n    a\n  b\n',
      'x: "a\\tb\\x41\\u00e4\\n\\\n  c\n  d"\n',
      "x: 'it''s\n  two\n\n  lines'\n",
      'x: plain text\n  over two\n  lines # comment\n',
      'x: [a, "b", {c: d}, [e]]\n',
      'x:\n- a\n- b: 1\n  c: 2\n-\n  - d\n',
      'x:\n  ? a\n  : b\n',
      'x: !!set {a, b}\nz: !!omap [{a: 1}]\nw: !mine {a: 1}\n',
      'x: a#b\nz: "#"\nw: a:b\nv: http://a.b:80/c?d=e&f\n',
      'x: {a: , b}\nz:\n',
      'x: 1\nx: 2\nz: {a: 1, a: 2}\n',
      '# comment\n\nx: 1 # comment\n# comment\n',
      'x: a\tb\nz:\t1\n',
      'x: @a\n',
      'x: `a`\n',
      'x: %a\n',
      'x: *a\n',
      'x: &a [*a]\n',
      'x: [a, b\n',
      'x: {a: b: c}\n',
      'x: "\\q"\n',
      'x: 1\n y: 2\n',
      'x: - a\n',
      '\tx: 1\n',
      '{~: 1}\n',
      `x: ${'['.repeat(40)}${']'.repeat(40)}\n`,
      'x: "\uD83D\uDE00 ä \\ud83d\\ude00"\n',
      '...\nx: 1\n',
      'x: 1\n...\n',
      '--- # comment\n',
      '---\n# nothing\n---\n',
      '--- a\n',
      'x: 1\n%YAML 1.1\n',
    ];
    const whole = (index: number): string => head(`case-${index}`);
    const files: ((index: number) => string | Buffer)[] = [
      ...bodies.map((body) => (index: number) => `${whole(index)}${body}`),
      (index) => `${whole(index)}x: a\n---\n${whole(index)}x: b\n--- # last\n${whole(index)}x: c`,
      (index) => `${whole(index)}x: |\n  a\n  b\n--- # c\n${whole(index)}z: 1\n`.replaceAll('\n', '\r\n'),
      (index) => `\uFEFF${whole(index)}x: ä\n`,
      (index) => Buffer.from(`\uFEFF${whole(index)}x: ä\n`, 'utf16le'),
      (index) => Buffer.from(`\uFEFF${whole(index)}x: ä\n`, 'utf16le').swap16(),
      (index) => Buffer.from(`${whole(index)}x: ä\n`, 'latin1'),
      (index) =>
        `{\n\t"apiVersion": "v1", "kind": "ConfigMap",\n\t"metadata": {"name": "case-${index}"}, "x": [1e3, "\\u00e4", null]\n}\n`,
      (index) => `%YAML 1.1\n---\n${whole(index)}`,
    ];
    assert.deepEqual(await differences(files.map((file, index) => file(index))), []);
  });
});
