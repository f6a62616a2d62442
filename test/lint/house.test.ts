import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

// What Git has, and what the next commit would add.
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: project,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && statSync(join(project, file), { throwIfNoEntry: false })?.isFile());
const read = (file: string): string => readFileSync(join(project, file), 'utf8');

test('no file that people write is longer than 250 lines', () => {
  const written = files.filter((file) => /^(src|test|deploy|\.ci)\/|^Dockerfile/.test(file));
  assert.ok(written.length > 50);
  const generated = /\.(json|sum|mod)$/;
  const long = written.filter((file) => !generated.test(file) && read(file).trimEnd().split('\n').length > 250);
  assert.deepEqual(long, []);
});

test('no file knows the machine it was written on, or asks a package registry behind the back of its client', () => {
  const registries = ['registry.npmjs', 'proxy.golang', 'sum.golang', 'pypi', 'files.pythonhosted', 'deb.debian'];
  const hosts = registries.map((name) => `${name}.org`);
  const homes = ['/work/', '/root/', '/home/', '/Users/'];
  // The image's own user is no machine's.
  const known = /\/home\/node\b/g;
  const found = files.flatMap((file) => {
    const text = read(file).replaceAll(known, '');
    return [...hosts, ...homes].filter((word) => mentions(text, word)).map((word) => `${file}: ${word}`);
  });
  assert.deepEqual(found, []);
});

// A path begins a word: https://host/work/ is none of ours. This file spells the words without their ends.
function mentions(text: string, word: string): boolean {
  const escaped = word.replaceAll('.', '\\.');
  return new RegExp(word.startsWith('/') ? `(?<![\\w.}/-])${escaped}[a-z]` : escaped).test(text);
}
