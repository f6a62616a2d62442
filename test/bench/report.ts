import type { Figure } from './figure.ts';

/** One line of JSON, rounded to what was measured. */
export const asJson = ({ name, value, unit, ratio, target, met }: Figure): string =>
  JSON.stringify({ name, value: rounded(value), unit, ratio: ratio && rounded(ratio), target, met });

/** The head of a table for people, which is Markdown as well. */
export const HEAD = `| What | Value | Ratio | Target | Met | Detail |\n${'| --- '.repeat(6)}|`;

/** Its row for a figure. */
export function asRow({ name, value, unit, ratio, target, met, detail }: Figure): string {
  const isMet = met === undefined ? '' : met ? 'yes' : '**no**';
  const cells = [name, `${rounded(value)} ${unit}`, ratio?.toFixed(2) ?? '', target, isMet, detail];
  return `| ${cells.join(' | ')} |`;
}

const rounded = (value: number): number => Number(value.toPrecision(3));
