import * as z from 'zod';
import { canRoll, isCronJob } from './kinds.ts';

/** The annotations of the ConfigMap rolling-restart controller, as they are in use. */
export const TRIGGER = 'rolling.restart.controller/triggerRestart';
export const ON_TRIGGER = 'rolling.restart.controller/restartOnTrigger';
/** On the pod template: when its pods were last made anew (RFC 3339). */
export const RESTARTED_AT = 'rolling.restart.controller/restartTimestamp';
/** On a workload alone: `auto`, or `configmap/NAME,secret/NAME`. */
export const RESTART_ON = 'ordo.dev/restart-on';

/** Kinds whose pods can be made anew in place. */
export const canRestart = (identity: { group: string; kind: string }): boolean =>
  canRoll(identity) && !isCronJob(identity);

/** `auto`: all that the pod template refers to; else `ConfigMap/name` and `Secret/name`, in the workload's namespace. */
export type RestartOn = 'auto' | readonly string[];

const KINDS = new Map([
  ['configmap', 'ConfigMap'],
  ['secret', 'Secret'],
]);
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export const RESTART_ON_EXPECTED = 'expected auto, or a list like configmap/NAME,secret/NAME';

/** Undefined: not readable. */
export function parseRestartOn(text: string): RestartOn | undefined {
  if (text.trim() === 'auto') return 'auto';
  const names = text.split(',').map((part) => {
    const [kind = '', name = '', ...rest] = part.trim().split('/');
    const found = KINDS.get(kind.toLowerCase());
    return found !== undefined && NAME.test(name) && rest.length === 0 ? `${found}/${name}` : undefined;
  });
  return names.every((name) => name !== undefined) ? [...new Set(names)] : undefined;
}

/** What the pods of a workload are known to have seen of one ConfigMap or Secret. */
const Seen = z.object({
  /** HMAC of its data. */
  hash: z.string(),
  /** Since when the workload is not restarted for it any more (ISO 8601): forgotten after a day. */
  left: z.string().optional(),
});

const Remembered = z.object({
  /** Another uid is another object: its pods are its own. */
  uid: z.string(),
  /** By `ConfigMap/name` and `Secret/name`. */
  seen: z.record(z.string(), Seen),
  /** When it was restarted last (RFC 3339), the newest at the end: so many as are needed to see that it happens too often. */
  restarted: z.array(z.string()).optional(),
});
export type Remembered = z.infer<typeof Remembered>;

/** What ConfigMap `ordo-restarts` holds. Fields that this version does not know are kept. */
export const RestartMemory = z.looseObject({
  version: z.literal(1),
  /** Id of the HMAC key: hashes under another key are unknown. */
  key: z.string(),
  /** By id. */
  workloads: z.record(z.string(), Remembered.loose() as unknown as typeof Remembered),
});
export type RestartMemory = z.infer<typeof RestartMemory>;
