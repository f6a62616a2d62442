import * as z from 'zod';
import { readKinds } from '../cluster/kinds.ts';
import { listMetadata } from '../cluster/live.ts';
import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import type { Looked } from '../holds/asked.ts';
import { findObject, isKind, parseWanted, type Wanted } from '../plan/find-object.ts';
import { desiredGraph } from '../plan/reference-notes.ts';
import { printable } from '../plan/text.ts';
import { factsOf, isOrdos, type Fact, type Subject } from '../plan/why.ts';
import type { Answer } from '../report/status.ts';
import { connectCluster, type Cluster, type Place } from './wiring.ts';

/** What is asked for: an object, for people or as JSON. */
export const WhyQuery = z.object({ object: z.string().max(600), json: z.boolean().default(false) });
export type WhyQuery = z.infer<typeof WhyQuery>;

/**
 * What `ordo why` says. Code 1: it is not Ordo's (any more), or nobody knows it; 2: it is no name of an object.
 *
 * @param looked what a pass sees now, or why none can
 */
export async function why(
  { client, store }: Pick<Cluster, 'client' | 'store'>,
  { object, json }: WhyQuery,
  looked: Looked | string,
): Promise<Answer> {
  const wanted = parseWanted(object);
  if (wanted === undefined)
    return { text: `"${printable(object)}" is no object: expected Kind/NAME or Kind/NAMESPACE/NAME`, code: 2 };
  const { inventory } = await store.read();
  const around = {
    inventory,
    history: await store.readHistory(),
    now: typeof looked === 'string' ? undefined : { ...looked, graph: desiredGraph(looked.input) },
  };
  const notNow = typeof looked === 'string' ? looked : undefined;
  const meant = findObject(wanted, candidates(around));
  if ('found' in meant) return known({ ...around, identity: meant.found }, json, notNow);
  const said =
    'several' in meant
      ? `"${object}" may be one of several`
      : ((await inCluster(client, wanted)) ?? `neither Ordo nor the cluster knows "${object}"`);
  const others = ('several' in meant ? meant.several : meant.nearest).map(nameOf);
  const hint = others.length === 0 ? '' : `${'several' in meant ? '' : '; near it'}: ${others.join(', ')}`;
  const text = json ? asJson({ object, isOrdos: false, said, others }) : printable(`${said}${hint}`);
  return { text, code: 1 };
}

/** What there is to say of an object that Ordo has at least heard of. */
function known(subject: Subject, json: boolean, notNow: string | undefined): Answer {
  const name = nameOf(subject.identity);
  const facts = factsOf(subject);
  const own = isOrdos(subject);
  const code = own ? 0 : 1;
  if (json) {
    const said = Object.fromEntries(facts.map(({ about, data }) => [about, data]));
    return { text: asJson({ object: name, isOrdos: own, ...said, ...(notNow !== undefined && { notNow }) }), code };
  }
  const whose = own ? '' : '  not Ordo’s: neither in the repository nor in the inventory';
  const missing = notNow === undefined ? [] : [`what is next is not known: ${notNow}`];
  const lines = [`${name}${whose}`, ...facts.flatMap(asLines), ...missing];
  return { text: lines.map(printable).join('\n'), code };
}

/** Where no controller runs. */
export async function whyAlone(place: Place, query: WhyQuery, signal: AbortSignal): Promise<Answer> {
  return why(await connectCluster(place, signal), query, 'no controller runs here');
}

const asJson = (value: object): string => JSON.stringify(value, undefined, 2);

/** What people read for a fact that is not called as it is. */
const TITLES: Record<string, string> = { usedBy: 'used by' };

const asLines = ({ about, lines }: Fact): string[] =>
  lines.map((line, index) => `  ${(index === 0 ? (TITLES[about] ?? about) : '').padEnd(8)}  ${line}`);

/** Everything that has a name here: recorded, wanted, not usable, in quarantine, used by something, or in the history. */
function candidates({ inventory, history, now }: Omit<Subject, 'identity'>): Identity[] {
  const wanted = [...(now?.input.desired ?? []), ...(now?.input.held ?? [])].map(({ identity }) => identity);
  const unusable = (now?.input.problems ?? []).flatMap(({ ids }) => ids).map(identityOf);
  const used = now ? [...now.graph.usedBy.values()].flatMap(([use]) => use?.target ?? []) : [];
  const all = [...inventory.objects, ...wanted, ...unusable, ...used].map(({ group, kind, namespace, name }) => ({
    group,
    kind,
    namespace,
    name,
  }));
  const known = new Map(all.map((identity) => [idOf(identity), identity]));
  const names = new Set([...known.values()].map(nameOf));
  // The history knows no API groups.
  const past = history.flatMap(({ steps }) => steps.map(({ object }) => object)).filter((name) => !names.has(name));
  return [...known.values(), ...[...new Set(past)].map(fromName)];
}

/** The way back from `idOf`. */
function identityOf(id: string): Identity {
  const [group = '', kind = '', namespace = '', name = ''] = id.split('/');
  return { group, kind, namespace, name };
}

function fromName(text: string): Identity {
  const parts = text.split('/');
  return {
    group: '',
    kind: parts[0] ?? '',
    namespace: parts.length > 2 ? (parts[1] ?? '') : '',
    name: parts.at(-1) ?? '',
  };
}

/** A line about an object that Ordo has nothing to do with; undefined when the cluster has none either. */
async function inCluster(
  client: Cluster['client'],
  { kind, namespace = '', name }: Wanted,
): Promise<string | undefined> {
  const kinds = (await readKinds(client)).filter((one) => isKind(kind, one.kind));
  for (const one of kinds) {
    for await (const { identity, object } of listMetadata(client, one, one.namespaced ? namespace : '', {
      fieldSelector: `metadata.name=${name}`,
    })) {
      const stamp = object.stamp
        ? `carries the stamps of rollout ${object.stamp.rollout}, but is not recorded`
        : 'was not made by Ordo';
      return `${nameOf(identity)} is in the cluster and ${stamp}`;
    }
  }
  return undefined;
}
