import { canRoll, isCronJob, isJob, isWorkload } from '../domain/kinds.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { foreignHeld, replacementHeld } from '../domain/replacement.ts';
import { isOrdoItself } from '../domain/ordo.ts';
import { fieldsAt, podTemplateOf } from '../manifests/pods.ts';
import { configurationOf } from '../manifests/references.ts';
import type { Desired } from '../manifests/render.ts';
import { driftOf, isFinishedAndGone } from './drift.ts';
import { mayReplace, mayReplaceForeign } from './replace.ts';
import { idOfConfiguration, lastSeen, type Entries } from './keys.ts';
import type { PlanInput } from './input.ts';
import { isRefused } from './refused.ts';
import { isRestartedFor } from './restart-wishes.ts';

/** What must happen to one object of the desired set, and why. */
export interface Change {
  /** hold: no way is open. */
  kind: 'none' | 'apply' | 'restart' | 'recreate' | 'hold';
  reason: string;
  /** The ConfigMaps and Secrets (`Kind/name`) whose keys changed. */
  configuration: string[];
  /** Its pods will be made anew, one way or another. */
  newPods: boolean;
  /** Only what somebody else did is undone: when it was, as the inventory remembers it. */
  repaired?: string[] | undefined;
  takeOver?: boolean;
  /** Held only because somebody else changed it: nothing that Git wants waits. */
  isDrift?: true;
}

/** Compares an object with what the inventory says of it. Hashes under another key are unknown: applied in place, never recreated. */
export function changeOf(desired: Desired, before: Entries, input: PlanInput): Change {
  const entry = before.get(desired.id);
  const apply = (reason: string): Change => ({ kind: 'apply', reason, configuration: [], newPods: false });
  if (entry === undefined) return apply('new');
  if (isSomebodyElses(desired.id, input) && isRefused(desired, entry, input) && !mayReplaceForeign(desired, input))
    return { kind: 'hold', reason: foreignHeld(desired.identity), configuration: [], newPods: false };
  const drift = driftChange(desired, entry, input);
  const nothing = drift ?? NOTHING;
  if (input.repairOnly) return nothing;
  if (input.inventory.key !== input.keyId) {
    // A finished Job that its time to live took away would run once more.
    return isFinishedAndGone(desired, entry, input) ? NOTHING : apply('its recorded hash is under another key');
  }
  const isComparable = isWorkload(desired.identity) && entry.keys !== undefined;
  const configuration = isComparable ? changedConfiguration(desired, before) : [];
  if (entry.hash === '') {
    return { kind: 'apply', reason: 'it was deleted and not made again', configuration, newPods: true };
  }
  if (isMissing(desired.id, input) && drift?.kind === 'apply') return drift;
  const run = isJob(desired.identity) ? desired.policy.run : undefined;
  if (run === 'once') return nothing;

  const template = isOther(entry.recreate, desired.recreate);
  const newPods = template || (configuration.length > 0 && run !== 'on-change');
  const reason = recreateReason(desired, entry, template, configuration);
  if (newPods && !rolls(desired, input) && (template || !restarts(desired, configuration, input)))
    return { kind: 'recreate', reason, configuration, newPods };
  if (isOther(entry.fixed, desired.fixed) && !isSomebodyElses(desired.id, input)) {
    return { kind: 'hold', reason: fixedReason(desired, input), configuration, newPods: false };
  }
  if (newPods && !template && !isCronJob(desired.identity)) return { kind: 'restart', reason, configuration, newPods };
  if (isRefused(desired, entry, input) && !mayReplace(desired, input)) {
    return { kind: 'hold', reason: replacementHeld(desired.identity), configuration, newPods: false };
  }
  if (entry.hash !== desired.hash) return { ...apply(digestReason(desired, entry) ?? 'changed'), newPods: template };
  if (entry.outcome === 'failed') return apply('it did not become ready before');
  return nothing;
}

/**
 * ConfigMaps and Secrets of which a key that the pods read has another value, appeared or went. One that is new as a
 * whole counts as nothing: pods that need it are still waiting for it. Nor does one that is not in the desired set.
 */
function changedConfiguration(desired: Desired, before: Entries): string[] {
  const then = byObject(lastSeen(desired, before));
  return [...byObject(desired.keys)]
    .filter(([name, now]) => then.has(name) && then.get(name) !== now)
    .map(([name]) => name);
}

/** `Kind/name/key` → hash, folded to `Kind/name` → one text that changes with any of its keys. */
function byObject(keys: Record<string, string> = {}): Map<string, string> {
  const folded = new Map<string, string>();
  for (const [use, hash] of Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = configurationOf(use);
    folded.set(name, `${folded.get(name) ?? ''} ${use}=${hash}`);
  }
  return folded;
}

const NOTHING: Change = { kind: 'none', reason: '', configuration: [], newPods: false };

function driftChange(desired: Desired, entry: InventoryObject, input: PlanInput): Change | undefined {
  const drift = driftOf(desired, entry, input);
  return drift && { ...NOTHING, ...drift, isDrift: true };
}

function isMissing(id: string, input: PlanInput): boolean {
  const live = input.live(id);
  return live.known && live.value === undefined;
}

/** What is there was not made by Ordo, or is not Ordo's any more. */
function isSomebodyElses(id: string, input: PlanInput): boolean {
  const live = input.live(id);
  return live.known && live.value !== undefined && live.value.stamp === undefined;
}

/** Whether the object takes a new pod template in place: by wish, because it may carry the network that the Job needs, or because it is Ordo. */
function rolls(desired: Desired, input: PlanInput): boolean {
  if (!canRoll(desired.identity)) return false;
  if (isOrdoItself(desired.identity, input.namespace)) return true;
  if (desired.policy.update !== undefined) return desired.policy.update === 'rolling';
  const priority = fieldsAt(podTemplateOf(desired.object), 'spec')['priorityClassName'];
  const system = typeof priority === 'string' && priority.startsWith('system-');
  return input.update === 'rolling' || system || desired.identity.namespace === 'kube-system';
}

/** Whether the workload has asked to be restarted in place for all of this configuration. */
function restarts({ object, identity }: Desired, configuration: readonly string[], input: PlanInput): boolean {
  return configuration.every((use) => {
    const id = idOfConfiguration(use, identity.namespace);
    return isRestartedFor(object, input.desired.find((one) => one.id === id)?.object, use);
  });
}

/** Hashes of one thing that are both known and differ. */
const isOther = (then: string | undefined, now: string | undefined): boolean =>
  then !== undefined && now !== undefined && then !== now;

/** Why a workload that is changed in place cannot be: its selector, claim templates and the like stay as they were made. */
function fixedReason({ identity }: Desired, { namespace }: PlanInput): string {
  const wayOut = isOrdoItself(identity, namespace)
    ? 'Ordo never deletes itself'
    : 'ordo.dev/update: recreate allows to replace it';
  return `it is changed in place, and that is refused for what changed (selector, claim templates): ${wayOut}`;
}

function recreateReason(desired: Desired, entry: InventoryObject, template: boolean, configuration: string[]): string {
  const reasons = configuration.map((name) => `${name} changed`);
  if (template) reasons.unshift(digestReason(desired, entry) ?? 'pod template changed');
  return reasons.join(', ');
}

function digestReason(desired: Desired, entry: InventoryObject): string | undefined {
  const moved = Object.entries(desired.images ?? {}).find(([image, digest]) => {
    const before = entry.images?.[image];
    return before !== undefined && before !== digest;
  });
  return moved && `new digest of ${moved[0]}`;
}
