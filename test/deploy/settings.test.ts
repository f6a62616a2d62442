import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadSettings, SettingsError } from '../../src/config/load.ts';
import { keys } from '../../src/config/settings.ts';
import { parseDocuments } from '../../src/manifests/documents.ts';
import { deployFolder, objectIn, type Fields } from './files.ts';

const template = 'bootstrap/settings.example.yml';
const empty = mkdtempSync(join(tmpdir(), 'ordo-template-'));
after(() => rmSync(empty, { recursive: true }));

/** The template after somebody has taken away every `#` in front of a setting. */
function uncommented(): Record<string, string> {
  const text = readFileSync(join(deployFolder, template), 'utf8');
  const [first] = parseDocuments(text.replaceAll(/^ {2}# ((?:[a-z]+-?)+: | {2}-----)/gm, '  $1'));
  assert.ok(first && 'values' in first, JSON.stringify(first));
  return (first.values[0] as Fields)['stringData'];
}

function load(texts: Record<string, string>) {
  const named = Object.entries(texts).map(([key, text]) => [`ORDO_${key.toUpperCase().replaceAll('-', '_')}`, text]);
  return loadSettings({ directory: empty, env: Object.fromEntries(named) }).settings;
}

test('the template is the Secret that Ordo reads, and names every setting that there is', () => {
  const { kind, metadata } = objectIn(template);
  const name = 'variables-for-pipelineinitialisation';
  assert.deepEqual([kind, metadata], ['Secret', { name, namespace: 'admin' }]);
  // pvc-name is DORIS's, accepted and unused.
  const known = Object.keys(keys.shape).filter((key) => key !== 'pvc-name');
  assert.deepEqual(Object.keys(uncommented()).sort(), known.sort());
});

test('Ordo refuses each placeholder that was not filled in', () => {
  const { stringData } = objectIn(template);
  assert.deepEqual(Object.keys(stringData), ['user-account', 'repo-name', 'token']);
  assert.throws(
    () => load(stringData),
    (error) => error instanceof SettingsError && error.problems.length === 3,
  );
});

test('the defaults that the template shows are the real ones', () => {
  const filled = { 'user-account': 'account', 'repo-name': 'repository' };
  // No default can be shown for these, only what a value looks like.
  const open = [
    ...['token', 'branch', 'custom-container-prefix', 'ca-certificates', 'update-window'],
    ...['restart-namespaces', 'required-labels'],
  ];
  const shown = Object.entries(uncommented()).filter(([key]) => !open.some((end) => key.endsWith(end)));
  assert.equal(shown.length, 18);
  assert.deepEqual(load({ ...Object.fromEntries(shown), ...filled }), load(filled));
});
