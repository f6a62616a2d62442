import { lint, type LintContext, type LintFinding } from '../manifests/lint.ts';
import { printable } from '../plan/text.ts';
import { readFolder } from '../sources/folder.ts';

/**
 * `ordo lint`: prints a line for each finding. Answers with the exit code: 0 all right, notes aside; 1 something is wrong. A
 * folder that cannot be read throws ExternalError.
 */
export async function lintFolder(
  { folder: given, json, ...context }: LintContext & { json: boolean },
  print: (text: string) => void,
): Promise<0 | 1> {
  const folder = given.replace(/(?<=.)\/+$/, '');
  const findings = lint(await readFolder(folder), { ...context, folder });
  print(json ? `${JSON.stringify(findings, undefined, 2)}\n` : asText(findings, folder));
  return findings.every(({ severity }) => severity === 'note') ? 0 : 1;
}

function asText(findings: readonly LintFinding[], folder: string): string {
  const lines = findings.map(({ severity, path, document, reason }) => {
    const at = document === undefined ? path : `${path}:${document}`;
    return `${severity.padEnd(7)}  ${printable(`${at}  ${reason}`)}\n`;
  });
  const counts = (['error', 'warning', 'note'] as const).map((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count === 0 ? '' : `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return `${lines.join('')}${folder}: ${counts.filter(Boolean).join(', ') || 'nothing to find'}\n`;
}
