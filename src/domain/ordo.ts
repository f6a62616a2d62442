import type { Identity } from './identity.ts';
import { isActive, type Plan } from './plan.ts';

/** Ordo's own Deployment is applied in place: it always exists, so it can always be put back. */
export const isOrdoItself = (identity: Identity, namespace: string): boolean =>
  identity.kind === 'Deployment' && identity.namespace === namespace && identity.name === 'ordo';

const OWN_NAMES = /^(ordo|ordo-.+|current-yaml-commit-sha|containerlist-.+|variables-for-pipelineinitialisation)$/;

/** Names in Ordo's own namespace that it cannot live without. */
export const isOwnName = (name: string): boolean => OWN_NAMES.test(name);

/** Whether a rollout changes Ordo's own Deployment. */
export const updatesOrdo = ({ steps, namespace }: Plan): boolean =>
  steps.some((step) => isActive(step) && isOrdoItself(step.entry, namespace));

/** ConfigMap in Ordo's own namespace with its sign of life: the key `pod` names the pod that gave it last. */
export const ALIVE = 'ordo-alive';

/** Secret with what a rollout may have to put back. The rollout's Job does not own it. */
export const restoreName = (rollout: number): string => `ordo-restore-${rollout}`;
