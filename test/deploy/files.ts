import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from '../../src/domain/files.ts';
import { parseDocuments } from '../../src/manifests/documents.ts';

export const project = fileURLToPath(new URL('../..', import.meta.url));
/** What a user copies into the root of his repository. */
export const deployFolder = join(project, 'deploy');
const group = 'deploy/1-ordo';

/** The synced files as Ordo would see them in the user's repository. */
export function syncedFiles(): SourceFile[] {
  return readdirSync(join(deployFolder, group))
    .map((name) => `${group}/${name}`)
    .map((path) => ({ path, kind: 'file', bytes: readFileSync(join(deployFolder, path)) }));
}

export interface Fields {
  [field: string]: any; // oxlint-disable-line typescript/no-explicit-any -- tests look at fields by name, and assert on what they find
}

/** The one object of a file of the deploy folder, read as kubectl reads it. */
export function objectIn(path: string): Fields {
  const [first, ...rest] = parseDocuments(readFileSync(join(deployFolder, path), 'utf8'));
  if (!first || 'error' in first || rest.length > 0 || first.warnings.length > 0) {
    throw new Error(`${path} does not hold exactly one object without a warning: ${JSON.stringify(first)}`);
  }
  return first.values[0] as Fields;
}

export const objectsOfGroup = (): Fields[] => syncedFiles().map(({ path }) => objectIn(path));
