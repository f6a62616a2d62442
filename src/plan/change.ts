import { canRoll, isJob, isWorkload } from '../domain/kinds.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { fieldsAt, podTemplateOf } from '../manifests/pods.ts';
import type { Desired } from '../manifests/render.ts';
import { isOrdoItself, type PlanInput } from './input.ts';

/** What must happen to one object of the desired set, and why. `configuration`: the ConfigMaps and Secrets (`Kind/name`) whose keys changed. */
export interface Change {
  kind: 'none' | 'apply' | 'recreate';
  reason: string;
  configuration: string[];
}

/** Compares an object with what the inventory says of it. Hashes under another key are unknown: applied in place, never recreated. */
export function changeOf(desired: Desired, entry: InventoryObject | undefined, input: PlanInput): Change {
  const apply = (reason: string): Change => ({ kind: 'apply', reason, configuration: [] });
  if (entry === undefined) return apply('new');
  if (input.inventory.key !== input.keyId) return apply('its recorded hash is under another key');
  if (entry.hash === '') return apply('it was deleted and not made again');
  if (isJob(desired.identity) && desired.policy.run === 'once') return { kind: 'none', reason: '', configuration: [] };

  const configuration = isWorkload(desired.identity) ? changedConfiguration(desired, entry) : [];
  const template =
    entry.recreate !== undefined && desired.recreate !== undefined && entry.recreate !== desired.recreate;
  const newPods = template || (configuration.length > 0 && desired.policy.run !== 'on-change');
  if (newPods && !rolls(desired, input)) {
    return { kind: 'recreate', reason: recreateReason(desired, entry, template, configuration), configuration };
  }
  if (entry.hash !== desired.hash) return apply(digestReason(desired, entry) ?? 'changed');
  if (entry.outcome === 'failed') return apply('it did not become ready before');
  return { kind: 'none', reason: '', configuration: [] };
}

/** ConfigMaps and Secrets of which a key that the pods read has another value, appeared or went. One that is new as a whole counts as nothing: pods that need it are still waiting for it. */
function changedConfiguration(desired: Desired, entry: InventoryObject): string[] {
  const before = byObject(entry.keys);
  const after = byObject(desired.keys);
  return [...before.keys()].filter((name) => {
    const now = after.get(name);
    return now !== undefined && now !== before.get(name);
  });
}

/** `Kind/name/key` → hash, folded to `Kind/name` → one text that changes with any of its keys. */
function byObject(keys: Record<string, string> = {}): Map<string, string> {
  const folded = new Map<string, string>();
  for (const [use, hash] of Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = use.split('/').slice(0, 2).join('/');
    folded.set(name, `${folded.get(name) ?? ''} ${use}=${hash}`);
  }
  return folded;
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
