import * as z from 'zod';

/** Folder number, file number, folder name, file name, position in the file (from 0). Numbers are integers, so `100-` comes after `40-`. */
export const Order = z.tuple([z.number(), z.number(), z.string(), z.string(), z.number()]).readonly();
export type Order = z.infer<typeof Order>;

/** Negative when `a` comes first, as `Array.prototype.sort` wants it. Text is compared by code units, the same on every machine. */
export function compareOrder(a: Order, b: Order): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] as string | number;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

export const groupOf = (order: Order): number => order[0];
