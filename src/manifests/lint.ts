import type { SourceFile } from '../domain/files.ts';
import { nameOf, type Identity } from '../domain/identity.ts';
import { referenceFindings, type FindingContext, type ReferenceFinding } from './findings.ts';
import { graphOf } from './graph.ts';
import { appOf, NO_IMAGE_NAME, usesPlaceholder } from './images.ts';
import { isBuiltInGroup, KUBERNETES_KINDS } from './kubernetes-kinds.ts';
import type { Manifest } from './manifest.ts';
import { readManifests, type Problem } from './read.ts';
import { USES, type UseRule } from './uses.ts';

/** What `ordo lint` says of one place in a folder. A note needs nobody to do anything; `document` counts from 1. */
export interface LintFinding {
  severity: 'note' | 'warning' | 'error';
  path: string;
  document?: number;
  /** file: what Ordo cannot use as it stands, or not as it is meant; unknown-kind: whether a cluster has it nobody knows here. */
  about: ReferenceFinding['about'] | 'file' | 'unknown-kind' | 'empty';
  reason: string;
}

export interface LintContext {
  /** What was asked for; the paths of the files begin with it. */
  folder: string;
  /** Ordo's own namespace. */
  namespace: string;
  /** Objects that somebody else makes, as `Kind/name` or `Kind/namespace/name`. */
  given: readonly string[];
  rules?: readonly UseRule[];
}

/** Everything that can be said of a watched folder without a cluster, in the order of its files. */
export function lint(
  files: readonly SourceFile[],
  { folder, namespace, given, rules = USES }: LintContext,
): LintFinding[] {
  const { manifests, problems } = readManifests(files, { folder, namespace, kinds: KUBERNETES_KINDS });
  const isThere = thereBeside(problems, given);
  const found = referenceFindings(graphOf(manifests, rules), { namespace, isThere });
  const all: LintFinding[] = [...problems.map(ofFile), ...found, ...manifests.filter(hasNoImage).map(ofImage)];
  if (manifests.length === 0 && problems.every(({ severity }) => severity === 'note'))
    all.push({
      severity: 'error',
      path: folder,
      about: 'empty',
      reason: 'holds no manifest: put them into folders like 2-name/',
    });
  return all.sort((a, b) => compare(a.path, b.path) || (a.document ?? 0) - (b.document ?? 0));
}

/** What is not in the desired set, and there all the same: it stands in a file that cannot be used now, or others make it. */
export function thereBeside(problems: readonly Problem[], given: readonly string[] = []): FindingContext['isThere'] {
  const unusable = new Set(problems.flatMap(({ ids }) => ids));
  return (id: string, target: Identity) => unusable.has(id) || given.includes(nameOf(target));
}

function ofFile({ severity, path, document, reason, unknownKind }: Problem): LintFinding {
  const at = { path, ...(document !== undefined && { document }) };
  if (unknownKind === undefined) return { severity, ...at, about: 'file', reason };
  const { apiVersion, group, kind } = unknownKind;
  if (isBuiltInGroup(group))
    return { severity, ...at, about: 'file', reason: `Kubernetes has no kind ${kind} in ${apiVersion}` };
  const said = `the kind ${kind} of ${apiVersion} is not known without a cluster, and no CRD in this folder makes it: it was not looked at`;
  return { severity: 'note', ...at, about: 'unknown-kind', reason: said };
}

const hasNoImage = ({ object, policy }: Manifest): boolean =>
  usesPlaceholder(object) && policy.image === undefined && appOf(object) === undefined;

const ofImage = ({ identity, source, order }: Manifest): LintFinding => ({
  severity: 'error',
  path: source,
  document: order[4] + 1,
  about: 'file',
  reason: `${nameOf(identity)}: ${NO_IMAGE_NAME}`,
});

/** Numbers as numbers: `10-x` comes after `2-y`. */
const compare = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
