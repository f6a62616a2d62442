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
  /** failed: applied, but its gate was not passed. */
  outcome: z.enum(['done', 'failed']),
});
export type InventoryObject = z.infer<typeof InventoryObject>;

export const Inventory = z.object({
  version: z.literal(1),
  /** The last rollout whose end is recorded. */
  rollout: z.number().int().nonnegative(),
  /** The commit that the last rollout came from; '' before the first. */
  commit: z.string(),
  /** Id of the HMAC key: hashes under another key are unknown. */
  key: z.string(),
  objects: z.array(InventoryObject),
});
export type Inventory = z.infer<typeof Inventory>;
