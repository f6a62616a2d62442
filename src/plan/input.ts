import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import type { Known } from '../domain/known.ts';
import type { Plan } from '../domain/plan.ts';
import type { LiveObject } from '../domain/stamps.ts';
import type { Problem } from '../manifests/read.ts';
import type { Desired, HeldManifest } from '../manifests/render.ts';

/** Everything a plan is made from: values only, all read before. */
export interface PlanInput {
  rollout: number;
  target: string;
  commit: string;
  /** The watched folder may be missing or empty at that commit: that is never taken for "delete everything". */
  folder: string;
  /** Ordo's own namespace. */
  namespace: string;
  desired: readonly Desired[];
  held: readonly HeldManifest[];
  problems: readonly Problem[];
  inventory: Inventory;
  /** Id of the HMAC key under which `desired` was hashed. */
  keyId: string;
  /** The object as it stands in the cluster; undefined: it is not there. */
  live: (id: string) => Known<LiveObject | undefined>;
  /** API path of an object of the inventory; undefined when the cluster has no such kind any more. */
  pathOf: (object: InventoryObject) => string | undefined;
  /** Ids of objects that stay as they are, whatever Git says, and why: something is in quarantine. */
  frozen?: ReadonlySet<string>;
  behind?: string | undefined;
  /** The failed rollout and the group that are put back: new is what the failed version brought. */
  rollback?: Plan['rollback'];
  update: 'recreate' | 'rolling';
  /** How long a workload may take to become ready, in seconds. */
  readyTimeout: number;
  /** More deletions than this in one plan are held together; recreates do not count. */
  maxDeletes: number;
  /** What is done about changes by hand, where the object does not say it itself; missing: repair. */
  drift?: 'repair' | 'report' | 'off';
  /** ISO 8601. */
  now?: string;
  /** What is desired was good before; only what somebody else has done since then is undone. */
  repairOnly?: true;
  /** Outside of the update window: why recreates, restarts and deletions of workloads wait. */
  closed?: string | undefined;
  /** Of Namespaces and CRDs whose deletion is allowed, by id: what in them is in its way, by name. Missing: nobody has looked. */
  contents?: ReadonlyMap<string, Known<readonly string[]>>;
  /** By id of a workload: why there is no room for its new version. */
  noRoom?: ReadonlyMap<string, string>;
}
