import { randomUUID } from 'node:crypto';
import type { RecreateStep, Step } from '../../domain/plan.ts';
import { LABEL_ROLLOUT } from '../../domain/stamps.ts';
import { applyArguments, limitFor } from '../arguments.ts';
import type { Pod } from '../gates/shapes.ts';
import { pauseAfter } from '../pause.ts';
import { list } from '../read.ts';
import { manifestOf, type Run } from '../run.ts';
import { errorText, isTransient } from '../said.ts';
import { patience } from '../transient.ts';
import { judgePull, type Pulled } from './pulled.ts';
import type { PodSpec, Wanted } from './wanted.ts';

/** Who waits for an image, and how long for one that cannot be had at the moment, in ms. */
interface User {
  index: number;
  limit: number;
}

/** A pod that does nothing but have images pulled: on one node, as the pods would that are to come. */
export interface Puller {
  namespace: string;
  /** Where it runs, and with which credentials. */
  spec: PodSpec;
  images: (Wanted & { users: User[] })[];
}

const LABEL_PULL = 'ordo.dev/pull';
const CREATE = applyArguments('ordo-pull');
const REMOVE = ['delete', '--ignore-not-found', '--wait=false', '--grace-period=1', '-f', '-'];
const KUBECTL_MS = 60_000;
/** After a failure the others get this long to show theirs, in ms. */
const HURRY_MS = 10_000;
/** What takes this long is said, in ms. */
const SAY_MS = 3_000;
/** The longest that images may take to be pulled while nothing is wrong, in ms: a slow link is no failure. */
const PULL_MS = 30 * 60_000;

export const limitOf = ({ timeout }: RecreateStep): number => timeout * 1_000;

/** One image of one pod. `trouble`: since when it cannot be had for a passing cause, `refused`: for a definite one, monotonic ms. */
interface Pulling {
  pod: Manifest;
  container: string;
  wanted: Puller['images'][number];
  trouble?: number;
  refused?: number;
}

interface Manifest {
  metadata: { name: string; namespace: string };
}

/**
 * Has images pulled by pods that are taken away afterwards. Whoever needs an image that cannot be had fails: at once for a
 * definite cause, for a passing one when its time is up. Where no pod can be made, nobody can tell, and nothing fails.
 */
export async function pull(run: Run, pullers: readonly Puller[]): Promise<void> {
  const { rollout } = run.rollout.plan;
  const pods = pullers.map((puller) => podOf(puller, rollout, longest(puller)));
  const open = pullers.flatMap(({ images }, at) =>
    images.map((wanted, image): Pulling => ({ pod: pods[at] as Manifest, container: `image-${image}`, wanted })),
  );
  try {
    await create(run, pods);
    await untilPulled(run, open);
  } finally {
    remove(run, pods);
    for (const { users } of pullers.flatMap(({ images }) => images))
      users.forEach(({ index }) => run.book.waits(index, undefined));
  }
}

async function untilPulled(run: Run, all: readonly Pulling[]): Promise<void> {
  const { api, book, clock, signal } = run;
  const begin = clock.elapsed();
  let open = [...all];
  let failed = Infinity;
  while (open.length > 0 && clock.elapsed() - failed < HURRY_MS) {
    const found = await list(api, '/api/v1/pods', { selector: `${LABEL_PULL}=${run.rollout.plan.rollout}` });
    const pods = new Map((found as Pod[]).map((pod) => [pod.metadata.name, pod]));
    const elapsed = clock.elapsed();
    open = open.filter((one) => {
      const pod = pods.get(one.pod.metadata.name);
      const { image } = one.wanted;
      const said: Pulled = pod ? judgePull(pod, one.container, image) : { state: 'unable', reason: 'no pod was made' };
      return isOpen(run, one, said, elapsed, begin);
    });
    if (book.hasFailed()) failed = Math.min(failed, elapsed);
    if (open.length > 0) await clock.sleep(pauseAfter(clock.elapsed() - begin), signal);
  }
}

/** Writes what a look at one image means for its users; false when it is not waited for any longer. */
function isOpen(run: Run, one: Pulling, said: Pulled, elapsed: number, begin: number): boolean {
  const { book } = run;
  const { image, users } = one.wanted;
  switch (said.state) {
    case 'pulled':
      for (const { index } of users) book.waits(index, undefined);
      return false;
    case 'unable':
      for (const { index } of users) book.note(index, `whether ${image} can be pulled is not known: ${said.reason}`);
      return false;
    case 'definite':
      one.refused ??= elapsed;
      if (elapsed - one.refused < said.after && !users.every(({ index }) => credentialsChange(run, index))) return true;
      for (const { index } of users) {
        if (credentialsChange(run, index))
          book.note(index, `${image} is not pulled yet, its credentials are new: ${said.reason}`);
        else book.fail(index, refusal(image, said.reason));
      }
      return false;
    case 'passing':
    case 'pulling': {
      if (said.state === 'passing') one.trouble ??= elapsed;
      const since = one.trouble ?? Infinity;
      const reason = said.state === 'passing' ? said.reason : 'it takes long';
      const late = users.filter(({ limit }) => elapsed - since >= limit || elapsed - begin >= PULL_MS);
      for (const { index } of late) book.fail(index, refusal(image, reason), 'passing');
      const text = said.state === 'passing' ? `${image} cannot be pulled now: ${reason}` : `pulling ${image}`;
      const isNews = elapsed - begin >= SAY_MS && users.map(({ index }) => book.waits(index, text)).includes(true);
      if (isNews) run.save();
      return late.length === 0;
    }
    default:
      return said satisfies never;
  }
}

const refusal = (image: string, reason: string): string =>
  `${image} cannot be pulled: ${reason}\nnothing was deleted: the version before is as it was`;

/** The rollout brings what the image may be pulled with: before that, a refusal says nothing. */
function credentialsChange(run: Run, index: number): boolean {
  const { steps } = run.rollout.plan;
  const own = (steps[index] as Step).entry.namespace;
  return steps.some(
    ({ kind, entry }, at) =>
      kind === 'apply' &&
      entry.group === '' &&
      entry.namespace === own &&
      !run.marks.applied.has(at) &&
      (entry.kind === 'ServiceAccount' ||
        (entry.kind === 'Secret' && String(manifestOf(run, at)['type']).startsWith('kubernetes.io/dockerc'))),
  );
}

const longest = ({ images }: Puller): number =>
  Math.max(...images.flatMap(({ users }) => users.map(({ limit }) => limit)));

/** Conforms to the `restricted` pod security standard, and starts nothing: its command is in no image. */
function podOf({ namespace, spec, images }: Puller, rollout: number, limit: number): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `ordo-pull-${rollout}-${randomUUID().slice(0, 8)}`,
      namespace,
      labels: { [LABEL_PULL]: String(rollout), [LABEL_ROLLOUT]: String(rollout) },
    },
    spec: {
      ...spec,
      restartPolicy: 'Never',
      activeDeadlineSeconds: Math.ceil((limit + PULL_MS) / 1_000),
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_534,
        runAsGroup: 65_534,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: images.map(({ image, policy }, at) => ({
        name: `image-${at}`,
        image,
        imagePullPolicy: policy,
        command: ['/ordo-only-pulls-this-image'],
        resources: { requests: { cpu: '1m', memory: '8Mi' }, limits: { cpu: '10m', memory: '16Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      })),
    },
  } as Manifest;
}

/** Pods that are refused (a quota, a policy) are left out. */
async function create(run: Run, pods: readonly Manifest[]): Promise<void> {
  const pause = patience(run);
  for (;;) {
    run.signal.throwIfAborted();
    const said = await run.kubectl.run(CREATE, streamOf(pods), limitFor(pods.length));
    if (said.code === 0) return;
    const reason = run.redact(errorText(said));
    if (!isTransient(said) || /serviceaccount/i.test(reason))
      return run.log.warn({ reason }, 'images are not looked for');
    await pause(reason);
  }
}

/** Beside other work: nobody waits for it, and their deadline ends them anyway. */
function remove(run: Run, pods: readonly Manifest[]): void {
  const said = run.kubectl.run(REMOVE, streamOf(pods), KUBECTL_MS);
  said.catch(() => run.log.warn({ pods: pods.length }, 'pods that pulled images are left'));
}

/** Takes away what a runner has left that was killed while it pulled. */
export async function removePullers(run: Run): Promise<void> {
  const left = await list(run.api, '/api/v1/pods', { selector: LABEL_PULL, metadataOnly: true });
  if (left.length === 0) return;
  const pods = left.map(({ metadata: { name, namespace = '' } }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
  }));
  remove(run, pods);
}

const streamOf = (pods: readonly object[]): string => pods.map((pod) => `${JSON.stringify(pod)}\n`).join('');
