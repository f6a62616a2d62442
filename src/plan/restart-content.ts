import { idOf, type Identity } from '../domain/identity.ts';
import type { KubeObject } from '../domain/object.ts';
import { canonical } from '../manifests/canonical.ts';
import { fieldsAt, type Fields } from '../manifests/pods.ts';
import { textsAsData } from '../manifests/secret-data.ts';

/** What pods can see of a ConfigMap or Secret, by field and key; `stringData` counts as the `data` it becomes. */
function contentOf(object: object): { data: Fields; binaryData: Fields } {
  return {
    data: { ...fieldsAt(object, 'data'), ...textsAsData(object) },
    binaryData: fieldsAt(object, 'binaryData'),
  };
}

/** HMAC of it: equal for objects of one name with the same data, whatever else they say. */
export function contentHash(object: KubeObject, hasher: (text: string) => string): string {
  const { kind, metadata } = object;
  const identity: Identity = { group: '', kind, namespace: metadata.namespace ?? '', name: metadata.name };
  return hasher(`seen ${idOf(identity)} ${canonical(contentOf(object))}`);
}

/** Whether all that was sent is there now, as it was sent. */
export function isStillThere(sent: object, live: object): boolean {
  const [mine, theirs] = [contentOf(sent), contentOf(live)];
  return (['data', 'binaryData'] as const).every((field) =>
    Object.entries(mine[field]).every(([key, value]) => theirs[field][key] === value),
  );
}
