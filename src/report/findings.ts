import type { Finding } from '../domain/finding.ts';
import { redact } from '../util/redact.ts';

/** A line for each finding: `ok|warn|FAIL  what  reason`, in columns. No text of it holds one of the secrets, or begins a line of its own. */
export function findingsAsText(findings: readonly Finding[], secrets: readonly (string | undefined)[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map(
    ({ level, what, reason }) => `${level.padEnd(4)}  ${what.padEnd(width)}  ${oneLine(reason)}`,
  );
  return redact(`${lines.join('\n')}\n`, secrets);
}

const oneLine = (text: string): string => text.trim().replaceAll(/[\p{Cc}\s]+/gu, ' ');
