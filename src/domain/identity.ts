import * as z from 'zod';

/** What makes two manifests the same object: no version, no file. `namespace` is '' for cluster-scoped objects, `group` is '' for the core group. */
export const Identity = z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string() });
export type Identity = z.infer<typeof Identity>;

/** `group/Kind/namespace/name`, the text of the annotation `ordo.dev/id` and the key of every map by object. */
export function idOf(identity: Identity): string {
  return `${identity.group}/${identity.kind}/${identity.namespace}/${identity.name}`;
}

/** How people write it: `Kind/name` or `Kind/namespace/name`. */
export function nameOf(identity: Identity): string {
  return [identity.kind, identity.namespace, identity.name].filter((part) => part !== '').join('/');
}
