import { idOf } from '../domain/identity.ts';
import { isCronJob } from '../domain/kinds.ts';
import { kindAt, pathOf } from '../domain/object.ts';
import { ownedMark } from '../domain/owned.ts';
import type { Plan, Step } from '../domain/plan.ts';
import { LABEL_TARGET, readLive } from '../domain/stamps.ts';
import { shortDigest } from '../util/digest.ts';
import { ApiError, type Api } from './api.ts';
import type { Meta } from './gates/shapes.ts';
import { list, readAll, type Read } from './read.ts';
import { isApplying, type Applying } from './segments.ts';

/** What the cluster says of a rollout's steps, by index. */
export interface Marks {
  /** Applied by this rollout: not again. */
  applied: Set<number>;
  /** Going away at the moment: nothing is applied onto it. */
  deleting: Set<number>;
  /** Which fields Ordo owns of what was applied (`ownedMark`). */
  owned: Map<number, string>;
}

/** The stamps that this rollout has left behind already: an earlier pod of the same Job may have come half way. */
export async function findMarks(api: Api, plan: Plan): Promise<Marks> {
  const marks: Marks = { applied: new Set(), deleting: new Set(), owned: new Map() };
  const items = plan.steps.map((step, index) => ({ index, step })).filter(isApplying);
  const byCollection = Map.groupBy(items, ({ step }) => collectionOf(step));
  const reads = [...byCollection].map(async ([collection, members]) => {
    const found = new Map<string, Meta>();
    for (const { metadata } of await readOurs(api, collection, members, plan.target)) {
      found.set(`${metadata.namespace ?? ''}/${metadata.name}`, metadata);
    }
    for (const item of members) {
      const { namespace, name } = item.step.entry;
      const metadata = found.get(`${namespace}/${name}`);
      if (metadata?.deletionTimestamp !== undefined) marks.deleting.add(item.index);
      if (metadata === undefined || !isApplied(plan.rollout, item, metadata)) continue;
      marks.applied.add(item.index);
      marks.owned.set(item.index, ownedMark(metadata, shortDigest));
    }
  });
  await Promise.all(reads);
  return marks;
}

/** Whether this object is what the step of this rollout has applied. */
export function isApplied(rollout: number, { step }: Applying, metadata: Meta | undefined): boolean {
  if (metadata === undefined) return false;
  const { uid, deleting, stamp } = readLive(idOf(step.entry), metadata);
  if (deleting || stamp?.rollout !== rollout || stamp.hash !== step.entry.hash) return false;
  // A CronJob with a running Job was changed in place.
  return step.kind !== 'recreate' || uid !== step.uid || isCronJob(step.entry);
}

/** The collection of a step's kind across all namespaces. */
const collectionOf = ({ entry, path }: Step): string => pathOf(kindAt(path, entry), '');

/** So few are not worth a list of all that are labelled, of which there may be thousands. */
const BY_NAME_TO = 5;

async function readOurs(api: Api, collection: string, members: readonly Applying[], target: string): Promise<Read[]> {
  try {
    if (members.length <= BY_NAME_TO) {
      const paths = members.map(({ step }) => step.path);
      return [...(await readAll(api, paths, { metadataOnly: true })).values()];
    }
    return await list(api, collection, { selector: `${LABEL_TARGET}=${target}`, metadataOnly: true });
  } catch (error) {
    // Not allowed to list: what was applied already is applied again, which changes nothing.
    if (error instanceof ApiError) return [];
    throw error;
  }
}
