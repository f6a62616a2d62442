import assert from 'node:assert/strict';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { micros, runnerWrites, type AuditedWrite } from './audit.ts';
import type { World } from './world.ts';

/** A write that a step must have led to. */
interface Expected {
  verb: 'delete' | 'apply';
  step: HistoryStep;
  /** The file at whose place it stands, and whether that is another than its own. */
  place: string;
  moved: boolean;
}
type HistoryStep = HistoryEntry['steps'][number];

/** What may be on its way at the same time: deletes of one group together, or the applies of one segment. */
type Stage = Expected[];

export interface Proof {
  /** For each stage what was written, in the order of the rule: `apply Kind/namespace/name`. */
  stages: string[][];
}

const WORKLOADS = ['Deployment', 'Pod', 'Job', 'CronJob', 'DaemonSet', 'ReplicaSet', 'StatefulSet'];
const WITH_THEM = [...WORKLOADS, 'Service', 'Ingress'];
const GATED = ['Namespace', 'CustomResourceDefinition', 'Job'];

/**
 * Proves from the API server's audit log that a rollout kept the order which the files' numbers say: what the steps write is
 * put into stages by the rule alone, without a look at the plan's own places, and then each earlier stage's last response
 * precedes each later stage's first request. Steps that were not reached have written nothing, and nothing else was written.
 *
 * @param moved for users of configuration: the file at whose place they stand, by `Kind/namespace/name`
 */
export async function proveOrder(
  world: World,
  { begin, end, steps }: HistoryEntry,
  moved: Record<string, string> = {},
): Promise<Proof> {
  const to = micros(end ?? '');
  const writes = (await runnerWrites(world, micros(begin))).filter(({ received }) => received <= to);
  const reached = steps.filter(({ state }) => state !== 'held' && state !== 'not-reached');
  const stages = stagesOf(reached, moved);

  const owners = new Map<AuditedWrite, Expected>();
  const timed = stages.map((stage) =>
    stage.map((expected) => {
      const own = writes.filter((write) => isFor(write, expected));
      for (const write of own) owners.set(write, expected);
      assert.ok(
        own.some(({ code }) => code < 300),
        `the audit log has no ${textOf(expected)}`,
      );
      return { expected, first: least(own, 'received'), last: most(own, 'answered') };
    }),
  );
  const strangers = writes.filter((write) => !owners.has(write));
  assert.deepEqual(strangers, [], 'writes of the runner that no step stands for');

  let before = { text: 'the begin', last: 0 };
  for (const stage of timed) {
    for (const { expected, first } of stage) {
      assert.ok(before.last < first, `${textOf(expected)} was asked before ${before.text} was answered`);
    }
    for (const { expected, last } of stage) if (last > before.last) before = { text: textOf(expected), last };
  }
  for (const stage of timed) {
    const applies = stage.filter(({ expected }) => expected.verb === 'apply');
    for (const [index, { expected, first }] of applies.entries()) {
      const last = applies[index - 1]?.last ?? 0;
      assert.ok(last < first, `${textOf(expected)} was asked before its neighbour with the lower number was answered`);
    }
  }
  return { stages: stages.map((stage) => stage.map(textOf)) };
}

function stagesOf(steps: readonly HistoryStep[], moved: Record<string, string>): Stage[] {
  const expected = steps.flatMap((step): Expected[] => {
    const place = { place: moved[step.object] ?? step.source, moved: step.object in moved };
    if (step.kind === 'recreate') return (['delete', 'apply'] as const).map((verb) => ({ verb, step, ...place }));
    return [{ verb: step.kind === 'delete' ? 'delete' : 'apply', step, ...place }];
  });
  const isLast = ({ verb, step }: Expected): boolean => verb === 'delete' && !WITH_THEM.includes(kindOf(step));
  const inGroups = expected.filter((one) => !isLast(one)).sort(byNumber);
  const stages: Stage[] = [];
  for (const group of new Set(inGroups.map(groupOf))) {
    const members = inGroups.filter((one) => groupOf(one) === group);
    const removals = members.filter(({ verb }) => verb === 'delete');
    if (removals.length > 0) stages.push(removals);
    stages.push(...segmentsOf(members.filter(({ verb }) => verb === 'apply')));
  }
  const last = expected.filter(isLast).sort((a, b) => byNumber(b, a));
  return [...stages, ...last.map((one) => [one])];
}

/** A Namespace, a CRD or a Job must be there before what has a higher number; equals of one kind need not wait for each other. */
function segmentsOf(applies: readonly Expected[]): Stage[] {
  const stages: Stage[] = [];
  for (const [index, one] of applies.entries()) {
    const before = applies[index - 1];
    const kind = kindOf(one.step);
    const together =
      before !== undefined &&
      (!GATED.includes(kindOf(before.step)) ||
        (kindOf(before.step) === kind && (kind !== 'Job' || numberOf(before) === numberOf(one))));
    if (together) stages.at(-1)?.push(one);
    else stages.push([one]);
  }
  return stages;
}

const groupOf = ({ place }: Expected): number => Number(/(\d+)-[^/]*\/[^/]*$/.exec(place)?.[1]);
const numberOf = ({ place }: Expected): number => Number(/(\d+)-[^/]*$/.exec(place)?.[1]);

/** By the numbers, then by the names of folder and file; objects of one file keep the order in which they were given. */
function byNumber(a: Expected, b: Expected): number {
  const order = groupOf(a) - groupOf(b) || numberOf(a) - numberOf(b) || compare(a.place, b.place);
  return order || Number(a.moved) - Number(b.moved);
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function isFor(write: AuditedWrite, { verb, step }: Expected): boolean {
  const [kind = '', ...rest] = step.object.split('/');
  const [name, namespace = ''] = rest.toReversed();
  const sameVerb = verb === 'delete' ? write.verb === 'delete' : write.verb !== 'delete';
  // The audit log puts a Namespace into itself.
  const where = write.resource === 'namespaces' ? '' : write.namespace;
  return sameVerb && write.resource === plural(kind) && write.name === name && where === namespace;
}

const plural = (kind: string): string =>
  kind
    .toLowerCase()
    .replace(/([^aeiou])y$/, '$1ie')
    .replace(/(ss|x|ch)$/, '$1e') + 's';

const kindOf = ({ object }: HistoryStep): string => object.split('/')[0] ?? '';
const textOf = ({ verb, step }: Expected): string => `${verb} ${step.object}`;
const least = (writes: AuditedWrite[], time: 'received'): number => Math.min(...writes.map((write) => write[time]));
const most = (writes: AuditedWrite[], time: 'answered'): number => Math.max(...writes.map((write) => write[time]));
