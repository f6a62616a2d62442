import { idOf, type Identity } from '../domain/identity.ts';
import { lookAt, suspicionOf, type Look } from '../domain/look.ts';
import { pathOf, type ResourceKind } from '../domain/object.ts';
import { LABEL_TARGET } from '../domain/stamps.ts';
import type { Clock } from '../util/clock.ts';
import { shortDigest } from '../util/digest.ts';
import type { Logger } from '../util/logger.ts';
import { createRest, type Rest } from '../util/rest.ts';
import type { Client } from './client.ts';
import type { Metadata } from './metadata.ts';
import { watchMetadata } from './watch.ts';

/** Edits come in bursts, and a Namespace goes with all that is in it: so long is waited for more, in ms. */
const TOGETHER_MS = 200;

/** An object of the inventory; `owned`: which fields were Ordo's when it was applied last. */
export interface Expected {
  identity: Identity & { owned?: string | undefined };
  kind: ResourceKind;
}

/** Follows the metadata of what Ordo applied, and says what may not be as it was left. What it says is only a reason to look. */
export interface DriftWatch {
  /** What should be there. Its kinds are watched from now on, and no others. */
  expect(objects: readonly Expected[]): void;
  /** What may have drifted and was not looked at since: by id, how it looks. */
  suspects(): ReadonlyMap<string, string>;
  /** Whether any of that is new since the last plan, or there was none yet. */
  isNews(): boolean;
  /** A plan was made with these looks in it: what still looks like that is no reason for another one. */
  looked(suspects: ReadonlyMap<string, string>): void;
  /**
   * Runs a rollout without following it: nobody would act on what is heard meanwhile, and what the API server tells of Ordo's
   * own changes takes from the processor that the rollout needs. All is heard afterwards.
   */
  during: Rest['during'];
}

interface Watcher {
  kind: ResourceKind;
  stop: AbortController;
  /** Undefined until the first list is complete. */
  seen: Map<string, Look> | undefined;
  /** Why nothing is heard. */
  trouble: string | undefined;
}

export function watchDrift(
  client: Client,
  {
    target,
    ring,
    log,
    clock,
    random,
    signal,
  }: { target: string; ring: () => void; log: Logger; clock: Clock; random: () => number; signal: AbortSignal },
): DriftWatch {
  const watchers = new Map<string, Watcher>();
  const rest = createRest();
  /** By kind, by id, what the rollout left. */
  let expected = new Map<string, Map<string, string | undefined>>();
  let examined = new Map<string, string>();
  let isLooked = false;
  let isRinging = false;

  return {
    expect(objects) {
      expected = new Map();
      const kinds = new Map<string, ResourceKind>();
      for (const { identity, kind } of objects) {
        const key = keyOf(kind);
        kinds.set(key, kind);
        const marks = expected.get(key) ?? new Map<string, string | undefined>();
        expected.set(key, marks.set(idOf(identity), identity.owned));
      }
      for (const [key, watcher] of watchers) {
        // One that was refused may be allowed by now, and a kind may be served again.
        if (kinds.has(key) && watcher.trouble === undefined) continue;
        watcher.stop.abort();
        watchers.delete(key);
      }
      for (const [key, kind] of kinds) if (!watchers.has(key)) watchers.set(key, follow(key, kind));
    },
    suspects,
    isNews: () => !isLooked || [...suspects()].some(([id, suspicion]) => examined.get(id) !== suspicion),
    looked(suspected) {
      examined = new Map(suspected);
      isLooked = true;
    },
    during: (work) => rest.during(work),
  };

  function suspects(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [key, marks] of expected) {
      for (const id of marks.keys()) {
        const suspicion = suspicionIn(key, id);
        if (suspicion !== undefined) found.set(id, suspicion);
      }
    }
    return found;
  }

  function suspicionIn(key: string, id: string): string | undefined {
    const seen = watchers.get(key)?.seen;
    const marks = expected.get(key);
    return seen === undefined || !marks?.has(id) ? undefined : suspicionOf(marks.get(id), seen.get(id));
  }

  /** Rings when something looks otherwise than at the last plan. */
  function judge(key: string, ids: Iterable<string>): void {
    if (isRinging) return;
    for (const id of ids) {
      const suspicion = suspicionIn(key, id);
      if (suspicion === undefined || examined.get(id) === suspicion) continue;
      isRinging = true;
      const ringOnce = (): void => {
        isRinging = false;
        ring();
      };
      void clock.sleep(TOGETHER_MS, signal).then(ringOnce, () => undefined);
      return;
    }
  }

  function follow(key: string, kind: ResourceKind): Watcher {
    const stop = new AbortController();
    const watcher: Watcher = { kind, stop, seen: undefined, trouble: undefined };
    const idAt = ({ namespace = '', name }: Metadata): string =>
      idOf({ group: kind.group, kind: kind.kind, namespace, name });
    let listing: Map<string, Look> | undefined;
    const handler = {
      began: () => void (listing = new Map()),
      seen(metadata: Metadata) {
        const id = idAt(metadata);
        (listing ?? watcher.seen)?.set(id, lookAt(id, metadata, shortDigest));
        if (listing === undefined) judge(key, [id]);
      },
      gone(metadata: Metadata) {
        const id = idAt(metadata);
        watcher.seen?.delete(id);
        judge(key, [id]);
      },
      listed() {
        watcher.seen = listing;
        listing = undefined;
        judge(key, expected.get(key)?.keys() ?? []);
      },
      trouble(reason: string | undefined) {
        const isNews = reason !== undefined && watcher.trouble === undefined;
        watcher.trouble = reason;
        if (isNews) log.info({ kind: kind.kind, reason }, 'changes by hand may be seen late');
      },
    };
    const selector = { labelSelector: `${LABEL_TARGET}=${target}` };
    const both = AbortSignal.any([signal, stop.signal]);
    void watchMetadata(client, { path: pathOf(kind, ''), selector, clock, random, rest, signal: both }, handler);
    return watcher;
  }
}

const keyOf = ({ group, kind, version }: ResourceKind): string => `${group}/${version}/${kind}`;
