import { idOf, type Identity } from '../domain/identity.ts';
import { isConfiguration } from '../domain/kinds.ts';
import { pathOf, type ResourceKind } from '../domain/object.ts';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import type { Client } from './client.ts';
import type { Metadata } from './metadata.ts';
import { watchMetadata } from './watch.ts';

const kind = (group: string, version: string, name: string): ResourceKind => ({
  ...{ group, version, kind: name, plural: `${name.toLowerCase()}s`, namespaced: true },
});

/** What can restart, and what can be restarted. */
export const RESTART_KINDS: readonly ResourceKind[] = [
  kind('', 'v1', 'ConfigMap'),
  kind('', 'v1', 'Secret'),
  kind('apps', 'v1', 'Deployment'),
  kind('apps', 'v1', 'StatefulSet'),
  kind('apps', 'v1', 'DaemonSet'),
];

/** An object as its metadata tells. */
export interface Marked {
  identity: Identity;
  uid: string;
  /** resourceVersion. */
  version: string;
  /** Moves with the spec; 0 where there is none. */
  generation: number;
  annotations: Record<string, string>;
  labels: Record<string, string>;
}

export interface RestartWatch {
  /** Those that matter, by id. */
  marked: ReadonlyMap<string, Marked>;
  /** Whether a kind was read to its end in that namespace: what is not known then is not there. */
  isListed(identity: Pick<Identity, 'group' | 'kind' | 'namespace'>): boolean;
  /** Whether each kind was read, or cannot be. */
  isReady(): boolean;
  /** What cannot be watched, and why. */
  troubles(): string[];
  stop(): void;
}

interface Options {
  /** Undefined: all. */
  namespaces: readonly string[] | undefined;
  /** Whether an object matters; what does not is forgotten at once. */
  matters: (object: Marked) => boolean;
  /** Of what matters something came, changed or went; or what is known of the watch itself. */
  onChange: () => void;
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
}

/** Follows the metadata of ConfigMaps, Secrets and what runs pods. Keeps what matters alone: a cluster may hold a thousand times as much. */
export function watchForRestarts(client: Client, options: Options): RestartWatch {
  const { namespaces, matters, onChange, clock, random, signal } = options;
  const stopped = new AbortController();
  const both = AbortSignal.any([signal, stopped.signal]);
  const marked = new Map<string, Marked>();
  const listed = new Set<string>();
  const troubles = new Map<string, string>();
  const paths = RESTART_KINDS.flatMap((each) => (namespaces ?? ['']).map((where) => follow(each, where)));
  return {
    marked,
    isListed: ({ group, kind: name, namespace }) =>
      listed.has(keyOf(group, name, '')) || listed.has(keyOf(group, name, namespace)),
    isReady: () => paths.every((path) => listed.has(path) || troubles.has(path)),
    troubles: () => [...troubles.values()],
    stop: () => stopped.abort(),
  };

  function follow(each: ResourceKind, where: string): string {
    const key = keyOf(each.group, each.kind, where);
    /** By id, the list in which it was seen last. */
    const own = new Map<string, number>();
    let round = 0;
    const forget = (id: string): void => {
      own.delete(id);
      if (marked.delete(id)) onChange();
    };
    void watchMetadata(
      client,
      { path: pathOf(each, where), clock, random, signal: both },
      {
        began: () => void (round += 1),
        seen(metadata) {
          const object = read(each, metadata);
          const id = idOf(object.identity);
          if (!matters(object)) return forget(id);
          own.set(id, round);
          const before = marked.get(id);
          marked.set(id, object);
          if (before === undefined || !isSame(before, object)) onChange();
        },
        gone: ({ namespace = '', name }) => forget(idOf({ group: each.group, kind: each.kind, namespace, name })),
        listed() {
          for (const [id, seen] of own) if (seen !== round) forget(id);
          listed.add(key);
          troubles.delete(key);
          onChange();
        },
        trouble(reason) {
          const what = `${each.plural}${where === '' ? '' : ` in ${where}`} cannot be watched for restarts: ${reason}`;
          if (reason === undefined) troubles.delete(key);
          else troubles.set(key, what);
          onChange();
        },
      },
    );
    return key;
  }
}

const LOOK_AGAIN_MS = 200;
const READY_MS = 30_000;

/** Resolves when each kind was read, or cannot be; rejects when that takes too long. */
export async function untilListed(watch: RestartWatch, clock: Clock, signal: AbortSignal): Promise<void> {
  const end = clock.now().getTime() + READY_MS;
  while (!watch.isReady()) {
    if (clock.now().getTime() > end) throw new ExternalError('the cluster did not list what restarts in time');
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

const keyOf = (group: string, name: string, where: string): string => `${group}/${name} ${where}`;

function read({ group, kind: name }: ResourceKind, metadata: Metadata & { generation?: number }): Marked {
  const { namespace = '', uid = '', resourceVersion = '', generation = 0, annotations = {}, labels = {} } = metadata;
  const identity = { group, kind: name, namespace, name: metadata.name };
  return { identity, uid, version: resourceVersion, generation, annotations: ours(annotations), labels: ours(labels) };
}

/** Only what decides is kept: an annotation may hold a whole manifest. */
function ours(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => WANTED.test(key)));
}

const WANTED = /^(app|env|rolling\.restart\.controller\/.*|ordo\.dev\/restart-on)$/;

/** The status of a workload moves its version all the time. */
function isSame(a: Marked, b: Marked): boolean {
  const text = ({ identity, version, ...rest }: Marked): string =>
    JSON.stringify([rest, isConfiguration(identity) ? version : '']);
  return text(a) === text(b);
}
