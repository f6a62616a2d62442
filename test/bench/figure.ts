/** One line of the report. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** Of the value to what it is compared with in the same run. */
  ratio?: number;
  /** In words, with the numbers of this run where the target depends on them; '': it is only told. */
  target: string;
  met?: boolean;
  /** How it comes about: the single values, what is compared. */
  detail: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

export const seconds = (value: number): string => `${value.toFixed(2)} s`;
export const list = (values: readonly number[], digits = 2): string =>
  values.map((value) => value.toFixed(digits)).join(' ');
