import { referenceFindings } from '../manifests/findings.ts';
import { graphOf, type Graph } from '../manifests/graph.ts';
import { thereBeside } from '../manifests/lint.ts';
import type { PlanInput } from './input.ts';

/** Who uses whom in what is desired. */
export const desiredGraph = ({ desired, held }: Pick<PlanInput, 'desired' | 'held'>): Graph =>
  graphOf([...desired, ...held]);

/** What is wrong with it, a line each, for a plan. It stops nothing: what is missing may have been made by hand. */
export function referenceNotes(input: Pick<PlanInput, 'desired' | 'held' | 'problems' | 'namespace'>): string[] {
  const { namespace, problems } = input;
  const findings = referenceFindings(desiredGraph(input), { namespace, isThere: thereBeside(problems) });
  return findings
    .filter(({ severity }) => severity !== 'note')
    .map(({ path, document, reason }) => `warning: ${path}:${document}: ${reason}`);
}
