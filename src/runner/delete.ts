import { insist } from './insist.ts';
import type { Said } from './kubectl.ts';
import type { Run } from './run.ts';
import { isGone } from './said.ts';

export interface Doomed {
  index: number;
  path: string;
  uid: string;
}

const KUBECTL_MS = 60_000;

/**
 * Asks for one deletion; false when it was refused, and the step has failed. The uid makes a stale runner harmless: it
 * cannot hit a new object. Foreground: the object goes after its pods. Orphan: they stay, and belong to nobody.
 */
export async function deleteByUid(
  run: Run,
  { index, path, uid }: Doomed,
  propagationPolicy: 'Foreground' | 'Orphan' = 'Foreground',
): Promise<boolean> {
  const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy, preconditions: { uid } };
  const ask = (): Promise<Said> =>
    run.kubectl.run(['delete', '--raw', path, '-f', '-'], JSON.stringify(options), KUBECTL_MS);
  return insist(run, index, ask, (said) => said.code === 0 || isGone(said));
}
