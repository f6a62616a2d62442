import * as z from 'zod';
import { HistoryEntry } from './history.ts';
import { Inventory, InventoryObject } from './inventory.ts';

/**
 * Keeps fields that this version does not know when a value is read: a newer Ordo wrote them, and after a way back to
 * this one they are written again instead of lost. The type stays what this version knows.
 */
const tolerant = <T extends z.ZodObject>(schema: T): T => schema.loose() as unknown as T;

export const StoredInventory = tolerant(Inventory.extend({ objects: z.array(tolerant(InventoryObject)) }));
export const StoredHistory = z.array(
  tolerant(HistoryEntry.extend({ steps: z.array(tolerant(HistoryEntry.shape.steps.element)) })),
);
