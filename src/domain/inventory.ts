import * as z from 'zod';
import { Identity } from './identity.ts';
import { Order } from './order.ts';

/** What Ordo has put into the cluster, one object. */
export const InventoryObject = Identity.extend({
  version: z.string(),
  /** Path in the repository, without the commit. */
  source: z.string(),
  order: Order,
  /** HMAC of the rendered object without Ordo's stamps; '' when it was deleted for a recreate and not made again. */
  hash: z.string(),
  /** Of the seven kinds: HMAC of the pod template and of what the API refuses to change. */
  recreate: z.string().optional(),
  /** Of workloads that can roll: HMAC of what the API refuses to change in place, without the pod template. */
  fixed: z.string().optional(),
  /** Of ConfigMaps and Secrets: HMAC by key. */
  keys: z.record(z.string(), z.string()).optional(),
  /** The `app` label that its image is named by; missing where the annotation `ordo.dev/image` names it. */
  app: z.string().optional(),
  /** Image without digest → digest. */
  images: z.record(z.string(), z.string()).optional(),
  /** `ordo.dev/prune: "false"` in the version that was applied last: it stays in the cluster when its file goes. */
  prune: z.literal(false).optional(),
  /** The group under which its last good manifest is kept. */
  good: z.number().int().optional(),
  /** `ordo.dev/allow-delete: "true"` in the version that was applied last: its deletion needs no other permission. */
  allowDelete: z.literal(true).optional(),
  /** Service accounts of Ordo that have rights by this role or binding. */
  carries: z.array(z.string()).optional(),
  /** Of what is deleted after the last group: ids of such objects that it uses, which go after it. */
  uses: z.array(z.string()).optional(),
  /** The hash that the API server refused as a change in place: held until another one is wanted, or a replacement is allowed. */
  refused: z.string().optional(),
  /** What stood there when it was refused (`standing`): another one may take the change, or be what Git says. */
  refusedAs: z.string().optional(),
  /** Which fields Ordo owned when it was applied last (`ownedMark`); missing: not known, so that no change of them is seen. */
  owned: z.string().optional(),
  /** When it was put back last because somebody had changed it by hand, ISO 8601; at most three. */
  repaired: z.array(z.string()).optional(),
  /** It failed, and was ready in this very version before: what others did to it was undone, and it needs longer. */
  proven: z.literal(true).optional(),
  /** failed: applied, but its gate was not passed. */
  outcome: z.enum(['done', 'failed']),
});
export type InventoryObject = z.infer<typeof InventoryObject>;

/** What failed, and is not tried again until something else is wanted or a person asks for it. */
export const Quarantined = z.object({
  /** Of the object that failed. */
  id: z.string(),
  /** With the configuration that its pods would read, as `keys` of an entry. */
  hash: z.string(),
  keys: z.record(z.string(), z.string()).default({}),
  /** The group that plans from its last good manifests meanwhile, and those after it. */
  group: z.number().int(),
  /** Only this digest of an image is to blame: the image stays at its last good one, everything else goes on. */
  digest: z.object({ image: z.string(), bad: z.string(), good: z.string() }).optional(),
  /** Nothing stands on it, and it was put back already: its group goes on. Ordo itself. */
  alone: z.literal(true).optional(),
  rollout: z.number().int(),
  commit: z.string(),
  since: z.string(),
  reason: z.string(),
});

export type Quarantined = z.infer<typeof Quarantined>;

/** A person's word that an object may be deleted: kept until it is used, or the object is back in Git. */
const Permission = z.object({
  /** `Kind/name` or `Kind/namespace/name`. */
  object: z.string(),
  /** Who gave it: the author of a commit, or who asked on the command line. */
  by: z.string(),
  /** A commit, or `command`. */
  from: z.string(),
  at: z.string(),
});
export type Permission = z.infer<typeof Permission>;

/** A person's word that an object stays as it is in the cluster for a time. */
const Override = z.object({
  /** `Kind/name` or `Kind/namespace/name`. */
  object: z.string(),
  /** ISO 8601. */
  until: z.string(),
  by: z.string(),
  at: z.string(),
});
export type Override = z.infer<typeof Override>;

export const Inventory = z.object({
  version: z.literal(1),
  /** The last rollout whose end is recorded. */
  rollout: z.number().int().nonnegative(),
  /** The commit that the last rollout came from; '' before the first. */
  commit: z.string(),
  /** Id of the HMAC key: hashes under another key are unknown. */
  key: z.string(),
  /** The cluster that it is about: the uid of its Namespace kube-system. A backup may be restored into another one. */
  cluster: z.string().optional(),
  objects: z.array(InventoryObject),
  quarantine: z.array(Quarantined).optional(),
  /** The failed rollout and group that are still to be put back. */
  rollback: z.object({ of: z.number().int(), group: z.number().int() }).optional(),
  /** Rollouts up to this one no longer count as failures: a person asked to try again. */
  retried: z.object({ rollout: z.number().int(), by: z.string(), at: z.string() }).optional(),
  permissions: z.array(Permission).optional(),
  overrides: z.array(Override).optional(),
});
export type Inventory = z.infer<typeof Inventory>;
