import * as z from 'zod';
import { InventoryObject } from './inventory.ts';

/** An object as it was when its group was last seen to be good: what the inventory said of it, and what was sent. */
export const GoodObject = z.object({ entry: InventoryObject, manifest: z.looseObject({}) });
export type GoodObject = z.infer<typeof GoodObject>;

/** The last good objects of one group, by id. */
export const GoodGroup = z.object({
  version: z.literal(1),
  /** Id of the HMAC key of the hashes. */
  key: z.string(),
  objects: z.record(z.string(), GoodObject),
});
export type GoodGroup = z.infer<typeof GoodGroup>;
