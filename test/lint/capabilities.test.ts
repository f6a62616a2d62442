import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(project, file), 'utf8');

/** The beginning of a test in its source: what follows may be a row of a table. */
const TITLE = /\b(?:test|it|describe)\(\s*(['"`])((?:\\.|(?!\1).)*)/g;
const ROW = /(?<![\w#])[DRKJWO]\d\d\b/g;

const titles = new Map(
  globSync('test/**/*.test.ts', { cwd: project }).map((file) => [
    file,
    [...read(file).matchAll(TITLE)].map(([, , title = '']) => title.replaceAll(/\\(.)/g, '$1')),
  ]),
);

interface Row {
  id: string;
  tests: { file: string; title: string }[];
}

/** The rows of a table whose first cell is an id, and the tests that its third cell names: FILE: `beginning of the title`. */
function rowsOf(page: string): Row[] {
  const lines = read(page)
    .split('\n')
    .filter((line) => /^\| [DRKJWO]\d\d \|/.test(line));
  return lines.map((line) => {
    const [, id = '', , named = ''] = line.split(/ ?(?<!\\)\| ?/);
    const tests = [...named.matchAll(/([\w/-]+): `([^`]+)`/g)].map(([, file = '', title = '']) => ({
      file: `test/${file.includes('/') ? file : `e2e/${file}`}.test.ts`,
      title,
    }));
    return { id, tests };
  });
}

const rows = rowsOf('docs/capabilities.md');

test('each row of docs/capabilities.md names tests that are there, and that name the row', () => {
  assert.ok(rows.length > 50);
  const lost = rows.flatMap(({ id, tests }) => {
    const isThere = ({ file, title }: Row['tests'][number]): boolean =>
      title.includes(id) && titles.get(file)?.some((one) => one.startsWith(title)) === true;
    return tests.length === 0
      ? [id]
      : tests.filter((one) => !isThere(one)).map((one) => `${id} ${one.file}: ${one.title}`);
  });
  assert.deepEqual(lost, []);
});

test('each row that a test names is in docs/capabilities.md, once and in order', () => {
  const named = [...titles.values()].flat().flatMap((title) => title.match(ROW) ?? []);
  const order = ({ id }: Row): string => 'DRKJWO'.indexOf(id[0] ?? '') + id;
  assert.deepEqual(rows.map(order), [...new Set(named)].map((id) => order({ id, tests: [] })).sort());
});
