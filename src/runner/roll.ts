import { nameOf } from '../domain/identity.ts';
import { kindAt } from '../domain/object.ts';
import type { RollStep } from '../domain/plan.ts';
import { RESTARTED_AT } from '../domain/restarts.ts';
import { RESTART_MANAGER } from '../domain/stamps.ts';
import { patiently } from './insist.ts';
import type { Said } from './kubectl.ts';
import { readAll } from './read.ts';
import type { Run } from './run.ts';
import type { Numbered } from './segments.ts';

const KUBECTL_MS = 60_000;

/**
 * Makes the pods of workloads anew, one after another as their strategy says, by a timestamp on the pod template. It is done
 * when that is written: they are anybody's, and so is their readiness. One that is refused does not stop the others.
 */
export async function rollPods(run: Run, items: readonly Numbered<RollStep>[]): Promise<void> {
  for (const item of items) {
    run.signal.throwIfAborted();
    await roll(run, item);
    run.save();
  }
}

async function roll(run: Run, { index, step }: Numbered<RollStep>): Promise<void> {
  const { book, api, log } = run;
  book.begin(index);
  const live = (await readAll(api, [step.path], { metadataOnly: true })).get(step.path);
  if (live?.metadata.uid !== step.uid || live.metadata.deletionTimestamp !== undefined) {
    return book.skip(index, 'it is not there any more');
  }
  const refused = await patiently(run, () => run.kubectl.run(patch(step), '', KUBECTL_MS), isGoodOrGone);
  if (refused !== undefined) return book.fail(index, refused);
  book.done(index);
  log.info({ object: nameOf(step.entry), reason: step.reason }, 'restarted');
}

/**
 * A merge patch and no apply: kubectl's apply would take over all fields of what was once applied by kubectl. The uid makes
 * sure that it is the object that was meant, and a patch creates nothing.
 */
function patch({ entry, path, uid, at }: RollStep): string[] {
  const { plural, version, group } = kindAt(path, entry);
  const body = { metadata: { uid }, spec: { template: { metadata: { annotations: { [RESTARTED_AT]: at } } } } };
  return [
    ...['patch', `${plural}.${version}.${group}`, entry.name, `--namespace=${entry.namespace}`, '--type=merge'],
    ...[`--patch=${JSON.stringify(body)}`, `--field-manager=${RESTART_MANAGER}`, '-o', 'name'],
  ];
}

/** Deleted, or made anew by somebody, in the last moment: its new pods have seen what is there. */
export const isGoodOrGone = ({ code, stderr }: Pick<Said, 'code' | 'stderr'>): boolean =>
  code === 0 || /^Error from server \(NotFound\)/m.test(stderr) || OTHER_UID.test(stderr);

const OTHER_UID = /^The .* is invalid: metadata\.uid: Invalid value: .*: field is immutable/m;
