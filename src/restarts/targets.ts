import { readByName } from '../cluster/by-name.ts';
import type { Client } from '../cluster/client.ts';
import { RESTART_KINDS, type Marked, type RestartWatch } from '../cluster/restart-watch.ts';
import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import { isConfiguration } from '../domain/kinds.ts';
import type { KubeObject, ResourceKind } from '../domain/object.ts';
import { canRestart } from '../domain/restarts.ts';
import { configUsesOf } from '../manifests/references.ts';
import { contentHash } from '../plan/restart-content.ts';
import { isPair, triggerOf, wishOf, type Pair, type Wish } from '../plan/restart-wishes.ts';
import type { Restartable } from '../plan/restarts.ts';

/** How a kind that can restart, or be restarted, is served. */
export function kindOf({ group, kind }: Pick<Identity, 'group' | 'kind'>): ResourceKind {
  const found = RESTART_KINDS.find((one) => one.group === group && one.kind === kind);
  if (found === undefined) throw new Error(`${kind} restarts nothing and is not restarted`);
  return found;
}

/** Whether an object matters by itself; what somebody names matters as well. */
const hasWish = ({ identity, ...marks }: Marked): boolean =>
  isConfiguration(identity) ? triggerOf(identity, marks) !== undefined : wishOf(identity, marks) !== undefined;

/** Finds out which workload is restarted for what, and what that is now. Remembers versions and hashes, never data. */
export function createTargets(client: Client) {
  /** ConfigMaps and Secrets that somebody names, by id. */
  let named: ReadonlySet<string> = new Set();
  const hashes = new Map<string, { version: string; isWatched: boolean; hash: string | undefined }>();
  /** What pod templates refer to, by id of the workload. */
  const templates = new Map<string, { mark: string; names: readonly string[] }>();
  return { matters, read, reset: () => hashes.clear() };

  function matters(object: Marked): boolean {
    return hasWish(object) || named.has(idOf(object.identity));
  }

  /** @param hasher HMAC with the install's key */
  async function read(
    watch: Pick<RestartWatch, 'marked' | 'isListed'>,
    hasher: (text: string) => string,
  ): Promise<{ workloads: Restartable[]; problems: string[] }> {
    const { marked } = watch;
    const problems: string[] = [];
    const triggers: { identity: Identity; pair: Pair }[] = [];
    for (const { identity, ...marks } of marked.values()) {
      const trigger = isConfiguration(identity) ? triggerOf(identity, marks) : undefined;
      problems.push(...(trigger?.problems ?? []));
      if (trigger?.pair) triggers.push({ identity, pair: trigger.pair });
    }
    const wanted = new Map<Marked, { names: Set<string>; wish: Wish }>();
    for (const object of marked.values()) {
      const wish = canRestart(object.identity) ? wishOf(object.identity, object) : undefined;
      if (wish === undefined) continue;
      problems.push(...wish.problems);
      const { namespace } = object.identity;
      const matching = triggers.filter((one) => one.identity.namespace === namespace && isPair(one.pair, wish.pair));
      const own = wish.on === 'auto' ? await usedBy(object) : (wish.on ?? []);
      wanted.set(object, { names: new Set([...matching.map(({ identity }) => useName(identity)), ...own]), wish });
    }
    // Before they are read: what changes meanwhile is told by the watch.
    named = new Set(
      [...wanted].flatMap(([object, { names }]) => [...names].map((name) => idOf(configuration(object, name)))),
    );
    for (const id of hashes.keys()) if (!named.has(id)) hashes.delete(id);
    for (const id of templates.keys()) if (!marked.has(id)) templates.delete(id);

    const workloads: Restartable[] = [];
    for (const [object, { names, wish }] of wanted) {
      const now = new Map<string, string | undefined>();
      for (const name of [...names].sort()) {
        const identity = configuration(object, name);
        const isKnown = watch.isListed(identity);
        const hash = isKnown ? await hashOf(identity, marked.get(idOf(identity)), hasher) : undefined;
        now.set(name, hash);
        if (isKnown && hash === undefined && wish.on !== 'auto' && wish.on?.includes(name))
          problems.push(
            `${nameOf(object.identity)}: ordo.dev/restart-on names ${nameOf(identity)}, which is not there`,
          );
      }
      workloads.push({ identity: object.identity, uid: object.uid, now });
    }
    return { workloads, problems };
  }

  async function usedBy({ identity, uid, generation }: Marked): Promise<readonly string[]> {
    const id = idOf(identity);
    const mark = `${uid} ${generation}`;
    const before = templates.get(id);
    if (before?.mark === mark) return before.names;
    const object = await readByName(client, kindOf(identity), identity);
    const names = object ? [...new Set(configUsesOf(object).map(({ kind, name }) => `${kind}/${name}`))] : [];
    templates.set(id, { mark, names });
    return names;
  }

  async function hashOf(identity: Identity, live: Marked | undefined, hasher: (text: string) => string) {
    const id = idOf(identity);
    const before = hashes.get(id);
    const isFresh = before && (live ? before.version === live.version : !before.isWatched);
    if (isFresh) {
      before.isWatched = live !== undefined;
      return before.hash;
    }
    const object = await readByName(client, kindOf(identity), identity);
    const hash = object && contentHash(object, hasher);
    hashes.set(id, { version: versionOf(object), isWatched: live !== undefined, hash });
    return hash;
  }
}

const versionOf = (object: KubeObject | undefined): string =>
  (object?.metadata as { resourceVersion?: string } | undefined)?.resourceVersion ?? '';

const useName = ({ kind, name }: Identity): string => `${kind}/${name}`;

function configuration({ identity: { namespace } }: Marked, use: string): Identity {
  const [kind = '', name = ''] = use.split('/');
  return { group: '', kind, namespace, name };
}
