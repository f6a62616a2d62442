import { KUBERNETES_KINDS } from '../../src/manifests/kubernetes-kinds.ts';
import type { Manifest } from '../../src/manifests/manifest.ts';
import { readManifests } from '../../src/manifests/read.ts';
import { sourceFiles, type Files } from '../plan/fixtures.ts';

/** The manifests of a folder, read where no cluster can be asked. */
export function manifestsOf(files: Files): Manifest[] {
  const context = { folder: 'deploy', namespace: 'admin', kinds: KUBERNETES_KINDS };
  const { manifests, problems } = readManifests(sourceFiles(files), context);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ path, reason }) => `${path}: ${reason}`).join('\n'));
  return manifests;
}

/** Any object of `group/version` and kind, in the namespace shop; `fields` beside its metadata. */
export function objectOf(
  apiVersion: string,
  kind: string,
  name: string,
  fields: object = {},
  more: object = {},
): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'shop', ...more }, ...fields });
}
