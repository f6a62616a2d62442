import type { Known } from '../domain/known.ts';
import { canRoll, isConfiguration, isWorkload } from '../domain/kinds.ts';
import { withoutFields } from '../domain/left-alone.ts';
import type { KubeObject } from '../domain/object.ts';
import { canonical } from './canonical.ts';
import { injectCredential, wantsCredential, type PullCredential } from './credentials.ts';
import { appOf, imageNameOf, NO_IMAGE_NAME, pinImage, usesPlaceholder, type ImageNaming } from './images.ts';
import type { Manifest } from './manifest.ts';
import { fieldsAt, podTemplateOf } from './pods.ts';
import { configUsesOf, keysSeenBy } from './references.ts';
import { textsAsData } from './secret-data.ts';

/** A manifest ready to be applied, with the hashes that say later what changed. */
export interface Desired extends Manifest {
  hash: string;
  recreate?: string;
  fixed?: string;
  keys?: Record<string, string>;
  images?: Record<string, string>;
  app?: string;
  /** Of a last good manifest: the commit that it came from. Else it is the plan's. */
  commit?: string;
  /** Service accounts of Ordo that have rights by this role or binding; the plan finds them. */
  carries?: string[];
  notes: string[];
}

/** A manifest that cannot be rendered now: it stays as it is in the cluster. */
export interface HeldManifest extends Manifest {
  held: string;
}

export interface RenderContext {
  naming: ImageNaming;
  digestOf: (image: string) => Known<string>;
  credential: PullCredential;
  /** HMAC with the install's key, 32 hex digits. */
  hasher: (text: string) => string;
}

/** The image that stands behind a manifest's placeholder: what the registry must be asked for. */
export function imageWanted(manifest: Manifest, naming: ImageNaming): string | undefined {
  return usesPlaceholder(manifest.object) ? imageNameOf(manifest.object, naming, manifest.policy.image) : undefined;
}

/** Each object is rendered from its own text and the digests alone: nothing of a neighbour gets into it. What has a placeholder is filled in a copy. */
export function render(
  manifests: readonly Manifest[],
  context: RenderContext,
): { desired: Desired[]; held: HeldManifest[] } {
  const desired: Desired[] = [];
  const held: HeldManifest[] = [];
  for (const manifest of manifests) {
    const rendered = renderOne(manifest, context);
    if ('held' in rendered) held.push(rendered);
    else desired.push(rendered);
  }
  return { desired: withUsedKeys(desired), held };
}

function renderOne(manifest: Manifest, context: RenderContext): Desired | HeldManifest {
  const { identity, policy } = manifest;
  const { hasher } = context;
  const [isPinned, isCredited] = [usesPlaceholder(manifest.object), wantsCredential(manifest.object)];
  const object = isPinned || isCredited ? structuredClone(manifest.object) : manifest.object;
  const notes: string[] = [];
  let images: Record<string, string> | undefined;
  if (isPinned) {
    const image = imageNameOf(object, context.naming, policy.image);
    if (image === undefined) return { ...manifest, held: NO_IMAGE_NAME };
    const digest = context.digestOf(image);
    const pinned = pinImage(object, image, digest);
    if ('held' in pinned) return { ...manifest, held: pinned.held };
    notes.push(...pinned.notes);
    if (digest.known) images = { [image]: digest.value };
  }
  const refused = isCredited ? injectCredential(object, context.credential) : undefined;
  if (refused !== undefined) return { ...manifest, held: refused };
  // What is left alone makes no difference. It stays in the object: that is made with it.
  const compared = withoutFields(object, policy['ignore-fields'] ?? []);
  return {
    ...manifest,
    object,
    hash: hasher(canonical(compared)),
    ...(isWorkload(identity) && { recreate: hasher(canonical(recreateReason(compared))) }),
    ...(canRoll(identity) && { fixed: hasher(canonical(fixedFields(compared))) }),
    ...(isConfiguration(identity) && { keys: hashKeys(compared, manifest.id, hasher) }),
    ...(images && { images, ...namedByApp(manifest) }),
    notes,
  };
}

/** The `app` label under which the image is listed; none where the annotation names the image. */
function namedByApp({ object, policy }: Manifest): { app?: string } {
  const app = policy.image === undefined ? appOf(object) : undefined;
  return app === undefined ? {} : { app };
}

/** Fields of a Job's spec that may change while it runs (kubernetes.io: Job API, ValidateJobSpecUpdate); all others are immutable. */
const MUTABLE_IN_JOBS = ['parallelism', 'suspend', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds', 'backoffLimit'];

/** What of a workload cannot change without new pods: the pod template, and what the API refuses to change. */
function recreateReason(object: KubeObject): unknown {
  const spec = fieldsAt(object, 'spec');
  switch (object.kind) {
    case 'Pod':
      return spec;
    case 'Job':
      return Object.fromEntries(Object.entries(spec).filter(([field]) => !MUTABLE_IN_JOBS.includes(field)));
    default:
      return [podTemplateOf(object), ...fixedFields(object)];
  }
}

/** What the API refuses to change of a Deployment, DaemonSet, ReplicaSet or StatefulSet; a CronJob has nothing like it. */
function fixedFields(object: KubeObject): unknown[] {
  const { selector, serviceName, podManagementPolicy, volumeClaimTemplates } = fieldsAt(object, 'spec');
  return [selector, serviceName, podManagementPolicy, volumeClaimTemplates];
}

/** HMAC by key; `stringData` counts as the `data` it becomes. */
function hashKeys(object: KubeObject, id: string, hasher: (text: string) => string): Record<string, string> {
  const values = { ...fieldsAt(object, 'data'), ...fieldsAt(object, 'binaryData'), ...textsAsData(object) };
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, hasher(`${id} ${key} ${canonical(value)}`)]),
  );
}

/** Gives each workload the hashes of the keys its pods read, named by their use: they tell later whether its configuration changed. */
export function withUsedKeys(desired: readonly Desired[]): Desired[] {
  const configurations = new Map(
    desired.filter((one) => isConfiguration(one.identity)).map((one) => [one.id, one.keys ?? {}]),
  );
  return desired.map((one) => {
    const uses = isWorkload(one.identity) ? configUsesOf(one.object) : [];
    if (uses.length === 0) return one;
    const seen = uses.map((use) => {
      const all = configurations.get(`/${use.kind}/${one.identity.namespace}/${use.name}`);
      return all && keysSeenBy(use, all);
    });
    return { ...one, keys: Object.assign({}, ...seen) as Record<string, string> };
  });
}
