import { nameOf, type Identity } from '../domain/identity.ts';
import type { Override } from '../domain/inventory.ts';
import type { PlanInput } from './input.ts';

/** The word of a person that an object stays as somebody made it by hand; undefined: there is none, or it is over. */
export function overrideOf(
  identity: Identity,
  { inventory, now }: Pick<PlanInput, 'inventory' | 'now'>,
): Override | undefined {
  const name = nameOf(identity);
  return inventory.overrides?.find((one) => one.object === name && (now === undefined || one.until > now));
}

/** Why nothing is changed of it meanwhile. */
export const overrideReason = ({ by, until, object }: Override): string =>
  `overridden by ${by} until ${until}: it stays as it is; "ordo override ${object} --end" ends it`;
