import { claimsFor } from '../cluster/claims.ts';
import type { Client } from '../cluster/client.ts';
import type { Expected } from '../cluster/drift-watch.ts';
import type { GoodStore } from '../cluster/good.ts';
import { readLiveObjects, type Live } from '../cluster/live.ts';
import { readPlatforms } from '../cluster/platforms.ts';
import type { State, StateStore } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import { idOf, nameOf } from '../domain/identity.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import { known, unknown, type Known } from '../domain/known.ts';
import type { Plan } from '../domain/plan.ts';
import { appOf, digestIn, type ImageNaming } from '../manifests/images.ts';
import type { Manifest } from '../manifests/manifest.ts';
import { readManifests, type Problem } from '../manifests/read.ts';
import { imageWanted, render, type Desired } from '../manifests/render.ts';
import { driftMarks } from '../plan/drift.ts';
import type { PlanInput } from '../plan/input.ts';
import { activeQuarantine, underQuarantine } from '../plan/quarantine.ts';
import { referenceNotes } from '../plan/reference-notes.ts';
import { checkLabels } from '../plan/required-labels.ts';
import { planAsText } from '../plan/text.ts';
import type { Sources } from '../sources.ts';
import { goodDesired, liveOf, pathsBy, readInstalled, TARGET } from './recorded.ts';

/** What a plan is made from, and what tells whether anything moved since. */
export interface Observation {
  input: PlanInput;
  /** Equal for observations that want the same: the commit, and every object with its hash. */
  fingerprint: string;
  /** The inventory's objects of which the cluster has the kind. */
  installed: Expected[];
  /** The images behind placeholders, with their digests as the registry says them now. */
  digests: Map<string, Known<string>>;
}

/** Reads the repository at a commit, the registry and the cluster, and puts them together. Throws ExternalError when one of them does not answer. */
export async function observe(
  commit: string,
  state: State,
  settings: Settings,
  where: {
    client: Client;
    store: Pick<StateStore, 'readImage'>;
    goods: GoodStore;
    sources: Sources;
    namespace: string;
  },
): Promise<Known<Observation>> {
  // Beside git, which mostly waits for the network.
  const cluster = readInstalled(where.client, state);
  cluster.catch(() => undefined);
  const tree = await where.sources.tree(commit);
  if (!tree.known) return tree;
  const { kinds, findKind, installed, live } = await cluster;
  const folder = settings.folderName;
  const read = readManifests(tree.value, { folder, namespace: where.namespace, kinds });
  const labelled = checkLabels(read.manifests, settings.requiredLabels, where.namespace);
  const { manifests } = labelled;
  const naming: ImageNaming = {
    registry: settings.registry,
    account: settings.imageAccount,
    prefix: settings.customContainerPrefix,
    tag: settings.imageTag,
  };
  const images = new Set(manifests.flatMap((manifest) => imageWanted(manifest, naming) ?? []));
  const digests = await where.sources.digests(images);
  const before = lastDigests(state.inventory.objects);
  await addListed(manifests, naming, before, where.store);
  const counting = await withoutForeign(digests, before, where);
  const rendered = render(manifests, {
    naming,
    digestOf: (image) => lastGood(image, frozen(counting.get(image), before.get(image)), state.inventory),
    credential: { token: settings.pullGhcrImageToken, user: settings.imageAccount, registry: settings.registry },
    hasher: state.key.hasher,
  });
  const isBlocked = activeQuarantine(state.inventory.quarantine, rendered.desired).length > 0;
  const good =
    isBlocked && settings.onFailure === 'rollback' ? await goodDesired(where.goods, state, findKind) : undefined;
  const { desired, held, ...stays } = underQuarantine(
    { ...rendered, held: [...rendered.held, ...labelled.held], inventory: state.inventory },
    good && new Map(good.map((one) => [one.id, one])),
  );
  // What is new to Ordo may be there already.
  const recorded = new Set(state.inventory.objects.map(idOf));
  const fresh = desired.filter(({ id }) => !recorded.has(id));
  const all = new Map([...live, ...(await readLiveObjects(where.client, TARGET, fresh))]);
  const asked = new Set([...installed, ...fresh].map(({ identity }) => idOf(identity)));
  const input: PlanInput = {
    rollout: state.inventory.rollout + 1,
    target: TARGET,
    commit,
    folder,
    namespace: where.namespace,
    desired,
    held,
    ...stays,
    problems: [...read.problems, ...labelled.problems, ...(await takenOver(where.client, fresh, all))],
    inventory: state.inventory,
    keyId: state.key.id,
    live: liveOf(all, asked),
    pathOf: pathsBy(findKind),
    update: settings.update,
    drift: settings.drift,
    readyTimeout: settings.readyTimeout / 1000,
    maxDeletes: settings.maxDeletes,
  };
  // Drift that is new is tried at once, a repair that failed is not.
  const wanted = [...desired.map(({ id, hash }) => `${id}=${hash}`), ...driftMarks(input)].sort();
  return known({ input, fingerprint: state.key.hasher([commit, ...wanted].join('\n')), installed, digests });
}

/** Claims of an earlier install that a new StatefulSet begins with: nobody else would say that it is not empty. */
async function takenOver(client: Client, fresh: readonly Desired[], live: Live): Promise<Problem[]> {
  const found: Problem[] = [];
  for (const desired of fresh.filter(({ id }) => !live.has(id))) {
    const claims = await claimsFor(client, desired);
    if (claims.length === 0) continue;
    const reason = `${nameOf(desired.identity)} takes over what is in the claims that are there: ${claims.join(', ')}`;
    found.push({ path: desired.source, reason, severity: 'warning', unreadable: false, ids: [] });
  }
  return found;
}

/** A digest in quarantine is not rolled out: the last good one stands for it. */
function lastGood(image: string, now: Known<string>, { quarantine = [] }: Inventory): Known<string> {
  const blamed = quarantine.find(({ digest }) => now.known && digest?.image === image && digest.bad === now.value);
  return blamed?.digest ? known(blamed.digest.good) : now;
}

/** A plan with what is noted about what it was made from. */
export function observationAsText({ input }: Observation, plan: Plan): string {
  const notes = input.desired.flatMap(({ source, notes: texts }) => texts.map((text) => `${source}: ${text}`));
  for (const { digest, rollout, reason } of input.inventory.quarantine ?? []) {
    const why = `failed in rollout ${rollout}: ${reason}; push another one, or run ordo retry`;
    if (digest) notes.push(`${digest.image} stays at ${digest.good}: ${digest.bad} ${why}`);
  }
  notes.push(...referenceNotes(input));
  return planAsText(plan, input.problems, notes);
}

/** A registry that does not answer freezes what is deployed: the last known digest stands for the unknown one. */
function frozen(now: Known<string> | undefined, before: string | undefined): Known<string> {
  if (now?.known) return now;
  return before === undefined ? (now ?? unknown('the registry was not asked')) : known(before);
}

/** A new index counts only when a child for a platform of this cluster changed. */
async function withoutForeign(
  digests: ReadonlyMap<string, Known<string>>,
  before: ReadonlyMap<string, string>,
  { client, sources }: { client: Client; sources: Sources },
): Promise<Map<string, Known<string>>> {
  const counting = new Map(digests);
  for (const [image, now] of digests) {
    const last = before.get(image);
    if (!now.known || last === undefined || last === now.value) continue;
    const platforms = await readPlatforms(client);
    const isSame = await sources.isSameImage({ image, digests: [last, now.value], platforms });
    if (!isSame.known) counting.set(image, isSame);
    else if (isSame.value) counting.set(image, known(last));
  }
  return counting;
}

function lastDigests(objects: readonly InventoryObject[]): Map<string, string> {
  return new Map(objects.flatMap(({ images = {} }) => Object.entries(images)));
}

/** What no inventory knows (any more) `containerlist-APP` may: Ordo's own, or that of DORIS before it. */
async function addListed(
  manifests: readonly Manifest[],
  naming: ImageNaming,
  digests: Map<string, string>,
  store: Pick<StateStore, 'readImage'>,
): Promise<void> {
  for (const manifest of manifests) {
    const image = imageWanted(manifest, naming);
    const app = manifest.policy.image === undefined ? appOf(manifest.object) : undefined;
    if (image === undefined || app === undefined || digests.has(image)) continue;
    const digest = digestIn((await store.readImage(app)) ?? '', image);
    if (digest !== undefined) digests.set(image, digest);
  }
}
