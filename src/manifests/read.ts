import type { SourceFile } from '../domain/files.ts';
import { idOf } from '../domain/identity.ts';
import type { ResourceKind } from '../domain/object.ts';
import { compareOrder, type Order } from '../domain/order.ts';
import { clean } from './clean.ts';
import { decodeText, parseDocuments } from './documents.ts';
import { kindsOfCrds, recognise, unpack, type FindKind, type Manifest, type UnknownKind } from './manifest.ts';
import { placeOf } from './place.ts';
import { policyOf } from './policy.ts';

/** What does not fit. It never stops the rest, and what it may stand for (`ids`) is never taken for removed. */
export interface Problem {
  path: string;
  document?: number;
  reason: string;
  /** note: nothing to do; error: something in the repository is not applied. */
  severity: 'note' | 'warning' | 'error';
  /** The file may hold objects that nobody can name: no deletion is safe while it does. */
  unreadable: boolean;
  ids: string[];
  /** Why its object cannot be used: its kind. */
  unknownKind?: UnknownKind;
}

export interface ReadContext {
  /** The watched folder, such as `deploy`. */
  folder: string;
  /** Where namespaced objects without a namespace go. */
  namespace: string;
  /** What the cluster serves. */
  kinds: readonly ResourceKind[];
}

interface Found {
  value: unknown;
  document: number;
  path: string;
  order?: Order;
  unplaced?: string;
}

/** The desired set, as far as the repository says it, in order; and everything in it that cannot be used. */
export function readManifests(
  files: readonly SourceFile[],
  context: ReadContext,
): { manifests: Manifest[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const found = files.flatMap((file) => readFile(file, context.folder, problems));
  // The cluster's own word comes last and counts: no CRD in a repository can bend a kind that is served.
  const find = kindFinder([...kindsOfCrds(found.map(({ value }) => value)), ...context.kinds]);
  const manifests: Manifest[] = [];
  for (const one of found) {
    const recognised = recognise(one.value, find, context.namespace);
    const at = { path: one.path, document: one.document, unreadable: false };
    if ('reason' in recognised) {
      problems.push({
        ...at,
        reason: recognised.reason,
        severity: 'error',
        unreadable: recognised.ids.length === 0,
        ids: recognised.ids,
        ...(recognised.unknownKind && { unknownKind: recognised.unknownKind }),
      });
      continue;
    }
    const { object, identity, kind } = recognised;
    const id = idOf(identity);
    if (one.order === undefined) {
      problems.push({ ...at, reason: one.unplaced ?? '', severity: 'error', ids: [id] });
      continue;
    }
    const warnings = clean(object);
    const { policy, problems: annotations } = policyOf(object);
    for (const reason of [...warnings, ...annotations]) problems.push({ ...at, reason, severity: 'warning', ids: [] });
    if (policy.ignore) problems.push({ ...at, reason: 'left alone: ordo.dev/ignore', severity: 'note', ids: [id] });
    else manifests.push({ id, identity, kind, source: one.path, order: one.order, object, policy });
  }
  const unique = withoutDoubles(manifests, problems).sort((a, b) => compareOrder(a.order, b.order));
  const used = new Set(unique.map(({ id }) => id));
  return {
    manifests: unique,
    problems: problems.map((problem) => ({ ...problem, ids: problem.ids.filter((id) => !used.has(id)) })),
  };
}

const BEHIND_DOTS = 'kubectl reads nothing behind "...": separate documents with ---';

/** The objects of one file with their places; what cannot be read becomes a problem. */
function readFile({ path, kind, bytes }: SourceFile, folder: string, problems: Problem[]): Found[] {
  const place = placeOf(path.slice(folder.length + 1));
  const report = (reason: string, severity: Problem['severity'], document?: number): void => {
    const at = document === undefined ? { path } : { path, document };
    problems.push({ ...at, reason, severity, unreadable: severity === 'error', ids: [] });
  };
  if ('unplaced' in place && !place.manifest) {
    report(place.unplaced, 'note');
    return [];
  }
  if (kind !== 'file') {
    report(kind === 'too-large' ? 'too large to read' : `a ${kind} is not followed: put the file itself here`, 'error');
    return [];
  }
  let position = 0;
  const found: Found[] = [];
  for (const parsed of parseDocuments(decodeText(bytes))) {
    const { document } = parsed;
    if ('error' in parsed) {
      report(parsed.error, 'error', document);
      continue;
    }
    for (const reason of parsed.warnings) report(reason, 'warning', document);
    for (const value of parsed.values.flatMap(unpack)) {
      const where = 'order' in place ? { order: place.order(position++) } : { unplaced: place.unplaced };
      found.push({ value, document, path, ...where });
    }
    for (const value of parsed.unread.flatMap(unpack)) found.push({ value, document, path, unplaced: BEHIND_DOTS });
  }
  return found;
}

function kindFinder(kinds: readonly ResourceKind[]): FindKind {
  const byName = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  return (group, kind) => byName.get(`${group}/${kind}`);
}

/** The same object defined twice: which one is meant is not ours to guess, so it stays as it is. */
function withoutDoubles(manifests: Manifest[], problems: Problem[]): Manifest[] {
  const places = Map.groupBy(manifests, ({ id }) => id);
  return manifests.filter(({ id, source }) => {
    const others = places.get(id) ?? [];
    if (others.length === 1) return true;
    const where = [...new Set(others.map((other) => other.source))].join(' and ');
    problems.push({
      path: source,
      reason: `defined twice: in ${where}`,
      severity: 'error',
      unreadable: false,
      ids: [id],
    });
    return false;
  });
}
