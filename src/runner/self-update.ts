import { isOrdoItself, restoreName } from '../domain/ordo.ts';
import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import { APPLY } from './arguments.ts';
import { judgeDeployment } from './gates/replicas.ts';
import { podsOf } from './gates/related.ts';
import type { Meta, Pod, Workload } from './gates/shapes.ts';
import { patiently } from './insist.ts';
import { keep } from './keep.ts';
import { pauseAfter } from './pause.ts';
import { readAll } from './read.ts';
import type { Run } from './run.ts';
import type { Applying } from './segments.ts';

/** Others may keep other things in the same Secret. */
const MANAGER = 'ordo-self-update';
const KUBECTL_MS = 60_000;
/** What the API server fills in, and the controller of Deployments. */
const REVISION = 'deployment.kubernetes.io/revision';

type Deployment = Workload & { metadata: Meta & Record<string, unknown> };

/** What the Secret holds: the Deployment as it was, and once the new one has been given up, why. */
interface Kept {
  previous: object;
  verdict?: string;
}

/** Watches over the step that applies Ordo's own Deployment. */
export interface Watchdog {
  /** The step that it watches over. */
  index: number;
  /** After the gates of its group: puts the old Deployment back if the new one was applied and has failed. */
  end(): Promise<void>;
}

/**
 * The watchdog of a group that applies Ordo itself: the live Deployment is kept before anything is applied, since the new
 * one may not live to repair anything. Undefined: the group does not touch Ordo, or there was none before. What an
 * earlier pod of the Job has given up is put back at once.
 */
export async function openWatchdog(run: Run, items: readonly Applying[]): Promise<Watchdog | undefined> {
  const { plan } = run.rollout;
  const own = items.find(({ step }) => isOrdoItself(step.entry, plan.namespace));
  if (own === undefined) return undefined;
  const kept = (await readKept(run, own)) ?? (await keepPrevious(run, own));
  if (kept === undefined) return undefined;
  const { index } = own;
  if (kept.verdict !== undefined) {
    run.book.begin(index);
    await putBack(run, own, kept.previous, kept.verdict);
  }
  return {
    index,
    async end() {
      const reason = run.book.reasonOf(index);
      if (kept.verdict !== undefined || reason === undefined || !run.marks.applied.has(index)) return;
      const verdict = [reason, ...(await lastWords(run, own))].join('; ');
      await write(run, own, { ...kept, verdict });
      await putBack(run, own, kept.previous, verdict);
    },
  };
}

/** Applies the old Deployment, waits for it, and writes down how that went: the step has failed either way. */
async function putBack(run: Run, { index, step }: Applying, previous: object, verdict: string): Promise<void> {
  const { book, log } = run;
  log.warn({ reason: run.redact(verdict) }, 'the new Ordo is given up, the one before it is put back');
  const refused = await patiently(run, () => run.kubectl.run(APPLY, JSON.stringify(previous), KUBECTL_MS));
  if (refused !== undefined) {
    return book.fail(index, `${verdict}; the Ordo before it could not be put back: ${refused}`);
  }
  book.touch(index, 'restored');
  const missing = await untilReady(run, step);
  const how = missing === undefined ? 'runs again' : `was put back, but is not ready: ${missing}`;
  book.fail(index, `${verdict}; the Ordo before it ${how}`);
}

/** What is missing when its time has passed; undefined: it is ready. */
async function untilReady(
  { api, clock, signal }: Run,
  { path, timeout }: Applying['step'],
): Promise<string | undefined> {
  const begin = clock.elapsed();
  for (;;) {
    const live = (await readAll(api, [path])).get(path);
    const verdict = live && judgeDeployment(live);
    if (verdict?.state === 'ready') return undefined;
    if (clock.elapsed() - begin >= timeout * 1_000) return verdict?.reason ?? 'it is not there';
    await clock.sleep(pauseAfter(clock.elapsed() - begin), signal);
  }
}

/** How its containers ended, and what its pods wait for: the gate's reason tells of the moment alone. */
async function lastWords({ api }: Run, { step }: Applying): Promise<string[]> {
  const workload = (await readAll(api, [step.path])).get(step.path);
  const [pods = []] = workload ? await podsOf(api, [{ kind: 'Deployment', workload }]) : [];
  return pods.flatMap(wordsOf);
}

function wordsOf({ metadata, status }: Pod): string[] {
  return (status?.containerStatuses ?? []).flatMap(({ name, restartCount = 0, state = {}, lastState = {} }) => {
    const end = state.terminated ?? lastState.terminated;
    const where = `pod ${metadata.name}, container ${name}`;
    if (end)
      return [
        `${where} ended with exit code ${end.exitCode ?? '?'} (${end.reason ?? 'Error'}), ${restartCount} restarts`,
      ];
    return state.waiting ? [`${where} waits: ${state.waiting.reason ?? 'no reason is known'}`] : [];
  });
}

/** Numbers come again when a backup of the state is put back: only what was kept for this very step counts. */
const stepOf = ({ rollout: { plan } }: Run, { step }: Applying): string => `${plan.commit} ${step.entry.hash}`;

async function readKept(run: Run, own: Applying): Promise<Kept | undefined> {
  const { plan } = run.rollout;
  const path = `/api/v1/namespaces/${plan.namespace}/secrets/${restoreName(plan.rollout)}`;
  const secret = (await run.api.get(path)) as { data?: Record<string, string> } | undefined;
  const text = (key: string): string | undefined => {
    const value = secret?.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
  };
  const [previous, verdict] = [text('ordo'), text('ordo-verdict')];
  return previous === undefined || text('ordo-step') !== stepOf(run, own)
    ? undefined
    : { previous: JSON.parse(previous) as object, ...(verdict !== undefined && { verdict }) };
}

/** Undefined: there is nothing to go back to, or it could not be kept, and the step has failed. */
async function keepPrevious(run: Run, { index, step }: Applying): Promise<Kept | undefined> {
  const live = (await readAll(run.api, [step.path])).get(step.path) as Deployment | undefined;
  if (live === undefined) return undefined;
  const kept = { previous: stripped(live, step) };
  const refused = await write(run, { index, step }, kept);
  if (refused === undefined) return kept;
  run.book.begin(index);
  run.book.fail(index, `what runs now could not be kept, so nothing was changed: ${refused}`);
  return undefined;
}

/** Without what the API server wrote: ready to be applied again. */
function stripped(live: Deployment, { entry }: Applying['step']): object {
  const { name, namespace, labels, annotations: all = {} } = live.metadata;
  const { [REVISION]: _revision, ...annotations } = all;
  const apiVersion = `${entry.group}/${entry.version}`;
  return { apiVersion, kind: entry.kind, metadata: { name, namespace, labels, annotations }, spec: live.spec };
}

/** Answers with why it was refused. */
async function write(run: Run, own: Applying, { previous, verdict }: Kept): Promise<string | undefined> {
  const { rollout, namespace } = run.rollout.plan;
  const texts = {
    ordo: JSON.stringify(previous),
    'ordo-step': stepOf(run, own),
    ...(verdict !== undefined && { 'ordo-verdict': run.redact(verdict) }),
  };
  const encoded = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  const metadata = { name: restoreName(rollout), namespace, labels: { [LABEL_ROLLOUT]: String(rollout) } };
  const refused = await keep(run, MANAGER, [{ kind: 'Secret', metadata, data: Object.fromEntries(encoded) }]);
  return refused && run.redact(refused);
}
