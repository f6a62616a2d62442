import type { Identity } from './identity.ts';
import { isActive, type Plan } from './plan.ts';

/** Ordo's own Deployment is applied in place: it always exists, so it can always be put back. */
export const isOrdoItself = (identity: Identity, namespace: string): boolean =>
  identity.kind === 'Deployment' && identity.namespace === namespace && identity.name === 'ordo';

const SETTINGS = 'variables-for-pipelineinitialisation';
const STATE =
  /^(ordo-(alive|asked|bundle|good|history|inventory|key|outcome|restarts|restore|rollout)(-.+)?|current-yaml-commit-sha|containerlist-.+)$/;

/** Names in Ordo's own namespace that it cannot live without. */
export const isOwnName = (name: string): boolean => name === SETTINGS || STATE.test(name) || /^ordo(-.+)?$/.test(name);

/** Why no manifest changes this: Ordo writes it itself, or reads it before it can read any manifest. Undefined for all else. */
export function notByManifest({ group, kind, namespace, name }: Identity, own: string): string | undefined {
  if (group !== '' || !['ConfigMap', 'Secret'].includes(kind) || namespace !== own) return undefined;
  if (name === SETTINGS)
    return 'Ordo reads its settings there, which stand outside of the watched folder: ./deploy.sh --settings changes them';
  return STATE.test(name) ? 'Ordo keeps its state there' : undefined;
}

/** Whether a rollout changes Ordo's own Deployment. */
export const updatesOrdo = ({ steps, namespace }: Plan): boolean =>
  steps.some((step) => isActive(step) && isOrdoItself(step.entry, namespace));

/** ConfigMap in Ordo's own namespace with its sign of life: the key `pod` names the pod that gave it last. */
export const ALIVE = 'ordo-alive';

/** Secret with what a rollout may have to put back. The rollout's Job does not own it. */
export const restoreName = (rollout: number): string => `ordo-restore-${rollout}`;
