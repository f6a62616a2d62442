import type { Known } from '../domain/known.ts';
import type { KubeObject } from '../domain/object.ts';
import { asText, containersOf, fieldsAt, podTemplateOf } from './pods.ts';

/** The text in a manifest that stands for the pinned image. */
const PLACEHOLDER = 'image_url_var';
/** Why a placeholder cannot be filled. */
export const NO_IMAGE_NAME = 'image_url_var needs an "app" label or the annotation ordo.dev/image';

/** The `app` label of DORIS. Its own image never had the prefix. */
export const DORIS = 'pipelineinitialisation';

/** What the API server takes as a label's value; it becomes part of an image's name. */
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** How image names are made from `app` labels. */
export interface ImageNaming {
  registry: string;
  account: string;
  prefix: string;
  tag: string;
}

export const usesPlaceholder = (object: KubeObject): boolean =>
  containersOf(object).some((container) => container['image'] === PLACEHOLDER);

/** The `app` label that links a workload to its package: the workload's own, else the pod template's. */
export function appOf(object: KubeObject): string | undefined {
  const app = object.metadata.labels?.['app'] ?? fieldsAt(podTemplateOf(object), 'metadata', 'labels')['app'];
  return typeof app === 'string' && LABEL_VALUE.test(app) ? app : undefined;
}

/** HOST/PATH:TAG of the image that stands behind the placeholder; undefined without an `app` label. */
export function imageNameOf(object: KubeObject, naming: ImageNaming, override?: string): string | undefined {
  if (override !== undefined) return override;
  const app = appOf(object);
  if (app === undefined) return undefined;
  const prefix = naming.prefix === '' || app === DORIS ? '' : `${naming.prefix}-`;
  return `${naming.registry}/${naming.account}/${prefix}${app}:${naming.tag}`;
}

/** The digest of an image in a text like `HOST/PATH:TAG@sha256:…`; undefined when it is another image's. */
export function digestIn(pinned: string, image: string): string | undefined {
  const digest = pinned.startsWith(`${image}@`) ? pinned.slice(image.length + 1) : '';
  return /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

/** Why a manifest is held whose image's digest the registry does not say. */
export const unknownDigest = (image: string, reason: string): string =>
  `the digest of ${image} is not known: ${reason}`;

/**
 * Puts the digest in place of the placeholder, in place. A digest cannot change, so the pull policy becomes IfNotPresent:
 * with Always a reboot without network is a dead device. Returns what to tell people.
 */
export function pinImage(
  object: KubeObject,
  image: string,
  digest: Known<string>,
): { held: string } | { notes: string[] } {
  if (!digest.known) return { held: unknownDigest(image, digest.reason) };
  const notes: string[] = [];
  for (const container of containersOf(object)) {
    if (container['image'] !== PLACEHOLDER) continue;
    container['image'] = `${image}@${digest.value}`;
    const policy = container['imagePullPolicy'];
    if (policy !== undefined && policy !== 'IfNotPresent') {
      notes.push(`container ${asText(container['name'])}: imagePullPolicy ${asText(policy)} became IfNotPresent`);
    }
    container['imagePullPolicy'] = 'IfNotPresent';
  }
  return { notes };
}
