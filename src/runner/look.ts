import { isJob } from '../domain/kinds.ts';
import type { Api } from './api.ts';
import type { Gate } from './gates/gate.ts';
import { judgeGoneJob } from './gates/gone-job.ts';
import { hasSucceeded } from './gates/job.ts';
import { gateOf } from './gates/judge.ts';
import type { Look } from './gates/in-time.ts';
import { arePulling } from './gates/pulling.ts';
import { podsOf } from './gates/related.ts';
import { isServed } from './gates/served.ts';
import type { Workload } from './gates/shapes.ts';
import { ready, waiting, type Verdict } from './gates/verdict.ts';
import { readAll } from './read.ts';
import { judgeSign } from './sign.ts';

/** Reads the gates' objects, and the pods of what is not ready when `withPods`. Finished Jobs are taken out of `background`. */
export async function lookAt(
  api: Api,
  open: readonly Gate[],
  background: Set<Gate>,
  withPods: boolean,
): Promise<Map<Gate, Look>> {
  const all = [...open, ...background];
  const paths = all.map(({ step }) => step.path);
  const objects = (await readAll(api, paths)) as Map<string, Workload>;
  const verdicts = new Map<Gate, Verdict>();
  for (const gate of all) verdicts.set(gate, await judge(api, gate, objects.get(gate.step.path)));
  const isOver = (gate: Gate): boolean => verdicts.get(gate)?.state !== 'waiting';
  for (const gate of background) if (isOver(gate)) background.delete(gate);
  const jobsUnfinished = background.size > 0 || open.some((gate) => isJob(gate.step.entry) && !isOver(gate));
  const looks = new Map<Gate, Look>();
  for (const gate of open) {
    const verdict = verdicts.get(gate) ?? waiting('not read');
    looks.set(gate, { verdict, workload: objects.get(gate.step.path), jobsUnfinished });
  }
  await addPods(api, looks, withPods);
  return looks;
}

// The pods say why something is not ready; they are also asked why a Job has failed.
async function addPods(api: Api, looks: Map<Gate, Look>, withPods: boolean): Promise<void> {
  const owners = [...looks].flatMap(([{ step }, look]) => {
    const isAsked = look.verdict.state === 'failed' || (withPods && look.verdict.state === 'waiting');
    const { workload } = look;
    return isAsked && workload && step.entry.namespace !== '' ? [{ look, kind: step.entry.kind, workload }] : [];
  });
  const pods = await podsOf(api, owners);
  await Promise.all(
    owners.map(async ({ look }, at) => {
      look.pods = pods[at] ?? [];
      look.pulling = await arePulling(api, look.pods);
    }),
  );
}

async function judge(api: Api, gate: Gate, workload: Workload | undefined): Promise<Verdict> {
  const { entry } = gate.step;
  const uid = workload?.metadata.uid;
  if (isJob(entry) && (workload === undefined || (gate.uid !== undefined && uid !== gate.uid))) {
    return gate.succeeded === true
      ? ready('complete, and removed by its TTL')
      : judgeGoneJob(api, { ...entry, uid: gate.uid });
  }
  if (workload === undefined) return waiting('it is not there');
  gate.uid = uid;
  if (isJob(entry)) gate.succeeded = hasSucceeded(workload);
  const verdict = gateOf(entry)?.judge(workload) ?? ready();
  if (gate.isOrdo && verdict.state === 'ready') return judgeSign(api, workload);
  const isCrd = entry.kind === 'CustomResourceDefinition';
  return isCrd && verdict.state === 'ready' && !(await isServed(api, workload)) ? waiting('not served yet') : verdict;
}
