import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import type { Order } from '../domain/order.ts';
import { isOrdoItself } from '../domain/ordo.ts';
import { isActive, type Step } from '../domain/plan.ts';
import { controllerRights, rightsAsText, RUNNER_ACCOUNT, runnerRightsFor } from '../domain/rights.ts';
import { fieldsAt, podTemplateOf } from '../manifests/pods.ts';
import type { Desired } from '../manifests/render.ts';
import { carriersOf, isRbac, missingRights } from './granted.ts';
import type { PlanInput } from './input.ts';
import type { Entries } from './keys.ts';

const CONTROLLER_ACCOUNT = 'ordo';

/** Behind every folder: whoever carries out the rest of a rollout needs what it began with. Ordo itself then starts with what is new. */
export const LAST = { rights: Number.MAX_SAFE_INTEGER - 1, ordo: Number.MAX_SAFE_INTEGER };

/** With the accounts of Ordo that have rights by an object: so it is known still when the object has left Git. */
export function withCarriers({ desired, namespace }: PlanInput): Desired[] {
  const carriers = carriersOf(desired, namespace, accountsOf(desired, namespace));
  return desired.map((one) => {
    const carries = carriers.get(one.id);
    return carries ? { ...one, carries } : one;
  });
}

/**
 * Steps that touch the rights that Ordo lives by: held while what Git would leave of them does not suffice, else taken
 * after everything else, and Ordo's own Deployment after them. Only what is in the repository is looked at.
 */
export function guardOwnRights(steps: readonly Step[], before: Entries, input: PlanInput): Step[] {
  const desired = new Map(input.desired.map((one) => [one.id, one]));
  const guarded = steps.map((step) => guard(step));
  const held = new Set(guarded.filter((step, index) => step !== steps[index] && !isActive(step)).map(idOfStep));
  const left = input.desired.filter(({ id }) => !held.has(id));
  const isMoved = guarded.some(({ place }) => place[0] === LAST.rights);
  return guarded.map((step) => {
    if (!isActive(step) || step.kind === 'delete' || !isOrdoItself(step.entry, input.namespace)) return step;
    const account = accountOf(desired.get(idOfStep(step)));
    // Of rights that are given elsewhere the repository says nothing: then the watchdog tells.
    const isJudged =
      account !== CONTROLLER_ACCOUNT && [...desired.values(), ...before.values()].some(carriesController);
    const lacking = isJudged ? lackingOf(account, left, input) : undefined;
    if (lacking !== undefined) return hold(step, `its service account would be ${account}: ${lacking}`);
    return isMoved ? { ...step, place: behind(step.place, LAST.ordo) } : step;
  });

  function guard(step: Step): Step {
    if (!isActive(step) || step.kind === 'roll') return step;
    const id = idOfStep(step);
    const wanted = desired.get(id);
    const unusable = wanted && tokenless(wanted, input.namespace);
    if (unusable !== undefined) return hold(step, unusable);
    const accounts = [...new Set([...carriedBefore(step.entry, before), ...(wanted?.carries ?? [])])];
    const live = input.live(id);
    const isNew = live.known && live.value === undefined;
    if (accounts.length === 0 || isNew) return step;
    for (const account of accounts) {
      const lacking = lackingOf(account, input.desired, input);
      if (lacking !== undefined) return hold(step, lacking);
    }
    if (step.kind === 'recreate') return hold(step, 'Ordo has rights by it, and cannot be without them in between');
    if (step.kind === 'delete') return step;
    // Refused in place, it stays as it is: who deletes his own rights cannot make them again.
    const { replace: _replace, ...inPlace } = step;
    return before.has(id) ? { ...inPlace, place: behind(step.place, LAST.rights) } : inPlace;
  }
}

/** Why an object may not leave: Ordo's own Deployment, as Git wants it, could not start without it. */
export function usedByOrdo(object: Identity, { desired, namespace }: PlanInput): string | undefined {
  const own = desired.find(({ identity }) => isOrdoItself(identity, namespace));
  if (own === undefined) return undefined;
  const { serviceAccountName, priorityClassName } = fieldsAt(podTemplateOf(own.object), 'spec');
  const isUsed =
    (object.kind === 'ServiceAccount' && object.namespace === namespace && object.name === serviceAccountName) ||
    (object.kind === 'PriorityClass' && object.name === priorityClassName);
  return isUsed ? `${nameOf(own.identity)} uses it` : undefined;
}

const carriesController = ({ carries }: Pick<InventoryObject, 'carries'>): boolean =>
  carries?.includes(CONTROLLER_ACCOUNT) ?? false;

const idOfStep = ({ entry }: Step): string => idOf(entry);

const behind = ([, ...rest]: Order, group: number): Order => [group, ...rest];

const hold = ({ entry, path, place }: Step, reason: string): Step => ({ kind: 'hold', entry, path, place, reason });

function accountsOf(desired: readonly Desired[], namespace: string): string[] {
  const own = desired.find(({ identity }) => isOrdoItself(identity, namespace));
  return [...new Set([CONTROLLER_ACCOUNT, RUNNER_ACCOUNT, accountOf(own)])];
}

/** Whom the pods of Ordo's own Deployment run as. */
function accountOf(own: Desired | undefined): string {
  if (own === undefined) return CONTROLLER_ACCOUNT;
  const { serviceAccountName } = fieldsAt(podTemplateOf(own.object), 'spec');
  return typeof serviceAccountName === 'string' && serviceAccountName !== '' ? serviceAccountName : 'default';
}

/** The accounts that had rights by it. Of a binding that is not recorded as such (met for the first time, a lost inventory) its name tells. */
function carriedBefore(entry: InventoryObject, before: Entries): readonly string[] {
  const recorded = before.get(idOf(entry))?.carries;
  if (recorded !== undefined || !isRbac(entry) || !entry.kind.endsWith('Binding')) return recorded ?? [];
  return [CONTROLLER_ACCOUNT, RUNNER_ACCOUNT].filter((account) => account === entry.name);
}

/** What an account would lack, in words; undefined when it would have all that it needs. */
function lackingOf(account: string, desired: readonly Desired[], { namespace }: PlanInput): string | undefined {
  const written = desired.map(({ identity, kind }) => ({ ...identity, plural: kind.plural }));
  const needed = account === RUNNER_ACCOUNT ? runnerRightsFor(namespace, written) : controllerRights(namespace);
  const lacking = missingRights(desired, namespace, account, needed);
  if (lacking.length === 0) return undefined;
  const some = rightsAsText(lacking.slice(0, 8));
  return `with it ServiceAccount/${namespace}/${account} may not ${some}: Ordo keeps the rights that it lives by`;
}

/** Pods of such an account cannot talk to the API server. */
function tokenless({ identity, object }: Desired, namespace: string): string | undefined {
  const isOwn = identity.kind === 'ServiceAccount' && identity.namespace === namespace;
  if (!isOwn || ![CONTROLLER_ACCOUNT, RUNNER_ACCOUNT].includes(identity.name)) return undefined;
  return object['automountServiceAccountToken'] === false
    ? 'without its token (automountServiceAccountToken: false) Ordo could not talk to the API server'
    : undefined;
}
