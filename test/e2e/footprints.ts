import { stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { idOf, type Identity } from '../../src/domain/identity.ts';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { splitApiVersion } from '../../src/domain/object.ts';
import { planNow } from './ordo.ts';
import { NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** What Ordo leaves behind: writes in the audit log, polls at GitHub, uids that stay or change. */

/** A write that the API server answered. */
export interface Footprint {
  verb: string;
  /** `ordo` and `ordo-runner` are Ordo's two accounts; others by their full name. */
  user: string;
  agent: string;
  /** `configmaps`, `jobs/status`. */
  resource: string;
  namespace: string;
  name: string;
  code: number;
}

interface AuditLine {
  verb: string;
  userAgent?: string;
  user: { username: string };
  objectRef?: { resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  requestURI: string;
}

/** A place in the audit log. A write is in it before its answer is given, so marks need no pause. */
export async function mark({ cluster }: World): Promise<number> {
  return (await stat(cluster.auditLog)).size;
}

/** All writes since a mark, in the order of their answers; a dry run is none. */
export async function writesSince(world: World, from: number): Promise<Footprint[]> {
  return (await requestsSince(world, from)).filter(({ verb }) => !READS.includes(verb));
}

const READS = ['get', 'list', 'watch'];

/** What the controller read since a mark, without its watches, which end when they end. */
export async function readsSince(world: World, from: number): Promise<Footprint[]> {
  return (await requestsSince(world, from)).filter(
    ({ user, verb }) => user === 'ordo' && ['get', 'list'].includes(verb),
  );
}

async function requestsSince({ cluster }: World, from: number): Promise<Footprint[]> {
  const lines = (await text(createReadStream(cluster.auditLog, { start: from }))).split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as AuditLine)
    .filter(({ requestURI }) => !requestURI.includes('dryRun='))
    .map(({ verb, user, userAgent = '', objectRef: at = {}, responseStatus }) => ({
      verb,
      user: user.username.replace(`system:serviceaccount:${NAMESPACE}:`, ''),
      agent: userAgent,
      resource: [at.resource, at.subresource].filter(Boolean).join('/'),
      namespace: at.namespace ?? '',
      name: at.name ?? '',
      code: responseStatus?.code ?? 0,
    }));
}

/** What Ordo itself wrote since a mark, its Jobs included. */
export async function ordosWrites(world: World, from: number): Promise<Footprint[]> {
  return (await writesSince(world, from)).filter(({ user }) => /^ordo(-runner)?$/.test(user));
}

/** Resolves after `count` whole passes from now on: each begins with a question to GitHub (a token is set). */
export async function passes({ world, repository: { owner, name } }: Site, count: number): Promise<void> {
  const isPoll = ({ path }: { path: string }): boolean => path.includes(`/repos/${owner}/${name}/commits/`);
  const polls = (): number => world.github.requests().filter(isPoll).length;
  // One pass may be half done; the answer to the poll after the last one says that the last one is over.
  const enough = polls() + count + 2;
  await until(`${count} passes`, async () => polls() >= enough);
}

/** Resolves when nothing of the last rollout is left to clear away. */
export async function cleared(site: Site): Promise<void> {
  await until('the outcome of the last rollout to be cleared away', async () => {
    const left = await site.list<Live>('configmap', NAMESPACE);
    return !left.some(({ metadata }) => metadata.name.startsWith('ordo-outcome-'));
  });
  await passes(site, 1);
}

/** The metadata of the Secrets that keep what recreates have deleted. */
export async function restoreCopies(site: Site): Promise<Live['metadata'][]> {
  const text = await site.kubectl('-n', NAMESPACE, 'get', 'secrets', '-l', 'ordo.dev/rollout', '-o', 'json');
  const { items } = JSON.parse(text) as { items: Pick<Live, 'metadata'>[] };
  return items.map(({ metadata }) => metadata).filter(({ name }) => name.startsWith('ordo-restore-'));
}

/** An object as far as these tests look at it. */
export interface Live {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: unknown[];
  };
  data?: Record<string, string>;
}

/** The value of the key `value`: what these tests change in a ConfigMap. */
export async function valueOf(site: Site, namespace: string, name: string): Promise<string | undefined> {
  return (await site.get<Live>('configmap', name, namespace))?.data?.['value'];
}

/** uids by `kind/name`; '' where there is no such object. */
export async function uids(site: Site, namespace: string, names: readonly string[]): Promise<Record<string, string>> {
  const one = async (kindAndName: string): Promise<[string, string]> => {
    const [kind = '', name = ''] = kindAndName.split('/');
    const found = await site.get<Live>(kind, name, namespace);
    return [kindAndName, found?.metadata.uid ?? ''];
  };
  return Object.fromEntries(await Promise.all(names.map(one)));
}

/** Kinds that change by themselves, or only say what others are. */
const RESTLESS = /^(events|events\.events\.k8s\.io|leases\.coordination\.k8s\.io|nodes|componentstatuses)$/;

/** Everything in the cluster. */
export async function everything(site: Site): Promise<(Identity & Live)[]> {
  const kinds = (await site.kubectl('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n');
  const list = await site.kubectl('get', kinds.filter((kind) => !RESTLESS.test(kind)).join(','), '-A', '-o', 'json');
  const { items } = JSON.parse(list) as {
    items: (Live & { apiVersion: string; kind: string; metadata: { namespace?: string } })[];
  };
  return items.map(({ apiVersion, kind, ...live }) => {
    const { namespace = '', name } = live.metadata;
    return { group: splitApiVersion(apiVersion).group, kind, namespace, name, ...live };
  });
}

/** What `ordo plan` prints in Ordo's own pod; asked again when that pod is replaced meanwhile. */
export async function planText(site: Site): Promise<string> {
  let why: unknown;
  const ask = (): Promise<string | undefined> =>
    planNow(site).catch((error: unknown) => {
      why = error;
      return undefined;
    });
  return until('Ordo to say its plan', ask, { explain: async () => String(why) });
}

/** Waits for `ordo plan` to print this: the controller tells its plan a moment after it has recorded the commit. */
export async function planSays(site: Site, words: RegExp): Promise<void> {
  const explain = () => planText(site);
  await until(`ordo plan to say ${words}`, async () => words.test(await planText(site)), { explain });
}

/** What a rollout changed, as `kind Kind/namespace/name`, in the plan's order; held steps are left out. */
export function stepsOf({ steps }: HistoryEntry): string[] {
  return steps.filter(({ kind }) => kind !== 'hold').map(({ kind, object }) => `${kind} ${object}`);
}

/** The newest rollout. */
export async function newest(site: Site): Promise<HistoryEntry> {
  const [entry] = await site.history();
  if (entry === undefined) throw new Error('there was no rollout yet');
  return entry;
}

/**
 * The inventory as it can be rebuilt, its objects in an order of their own: which fields were Ordo's is known again of what
 * has a last good manifest.
 */
export async function recorded(site: Site) {
  const { objects, ...rest } = await site.inventory();
  const known = objects.map(({ owned, ...entry }) => ({ ...entry, ...(entry.good !== undefined && { owned }) }));
  return { ...rest, objects: known.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1)) };
}
