/** What the outside said, or why it is not known. Unknown is never "unchanged" or "gone". */
export type Known<T> = { known: true; value: T } | { known: false; reason: string };

export const known = <T>(value: T): Known<T> => ({ known: true, value });
export const unknown = (reason: string): Known<never> => ({ known: false, reason });
