import { setTimeout as wait } from 'node:timers/promises';
import { Bundle, bundleName } from '../domain/bundle.ts';
import { Outcome } from '../domain/outcome.ts';
import { updatesOrdo } from '../domain/ordo.ts';
import { Rollout } from '../domain/plan.ts';
import { ANNOTATION_POD, ANNOTATION_SECRETS, ANNOTATION_SUPERSEDED, LABEL_ROLLOUT } from '../domain/stamps.ts';
import { createBell } from '../util/bell.ts';
import { fromParts, toParts } from '../util/parts.ts';
import { ApiError, type Client } from './client.ts';
import { configMaps } from './config-maps.ts';
import { METADATA, METADATA_LIST } from './metadata.ts';
import { rolloutJob, rolloutName } from './job.ts';
import { leftovers } from './leftovers.ts';
import { endOf, removeJob, type Job } from './rollout-job.ts';
import type { Self } from './self.ts';
import { readStored, refuseNewer } from './stored.ts';
import { whyStuck } from './stuck.ts';

const LOOK_AGAIN_MS = 2000;
const QUICK_LOOKS = 2;
const outcomeName = (rollout: number): string => `ordo-outcome-${rollout}`;

interface Part {
  metadata: { name: string; ownerReferences?: { uid: string }[] };
  data: { part: string };
}

/** A rollout's Job as it stands: `begun` is false while its Secrets are not all there, `ended` says why it will start no pod any more. */
export interface RolloutJob {
  uid: string;
  begun: boolean;
  suspended: boolean;
  /** The pod of the controller that began it; '' when an older version did. */
  pod: string;
  ended?: string;
}

/** What a rollout is followed with. */
export interface Watched {
  /** The stop switch. */
  isSuspended: () => Promise<boolean>;
  /** A commit for which the rollout may stop while it waits; asked at each look. */
  newer: () => Promise<string | undefined>;
  /** Told at each look what the runner waits for. */
  onWaiting: (lines: readonly string[]) => void;
  /** Told at each look why no pod of the Job carries the rollout out; undefined: one does, or is about to. */
  onStuck: (reason: string | undefined) => void;
}

/** How a rollout ended, as far as its runner said it; `ended`: why its Job starts no pod any more although there is something left to do. */
interface End {
  outcome?: Outcome;
  ended?: string;
}

type LastWord = Outcome & { state: Exclude<Outcome['state'], 'running'> };

const isLastWord = (outcome: Outcome | undefined): outcome is LastWord =>
  outcome !== undefined && outcome.state !== 'running';

/** The last word may have been written between two looks, at the outcome and at the Job. */
const endedEarly = (outcome: Outcome | undefined, ended: string): End =>
  isLastWord(outcome) ? { outcome } : { ...(outcome && { outcome }), ended };

/** Jobs, Secrets and outcomes of rollouts. Mutual exclusion is the create of the Job with the next rollout's name. */
export function rolloutStore(client: Client, namespace: string) {
  const maps = configMaps(client, namespace);
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const labelled = (rollout: number): string => `labelSelector=${encodeURIComponent(`${LABEL_ROLLOUT}=${rollout}`)}`;

  /** A Job's own Secrets: those of one that was taken away stay until the garbage collector has come by. */
  async function partsOf(rollout: number, uid: string, accept?: string): Promise<Part[]> {
    const found = await client.get<{ items: Part[] }>(`${secrets}?${labelled(rollout)}`, accept);
    return (found?.items ?? []).filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
  }

  async function find(rollout: number): Promise<RolloutJob | undefined> {
    const job = await client.get<Job>(`${jobs}/${rolloutName(rollout)}`);
    if (job === undefined) return undefined;
    const { uid } = job.metadata;
    const count = (await partsOf(rollout, uid, METADATA_LIST)).length;
    const ended = endOf(job);
    return {
      uid,
      begun: count >= Number(job.metadata.annotations?.[ANNOTATION_SECRETS] ?? 1),
      suspended: job.spec.suspend === true,
      pod: job.metadata.annotations?.[ANNOTATION_POD] ?? '',
      ...(ended !== undefined && { ended }),
    };
  }

  /** Creates the suspended Job, then its Secrets. False: another controller was first with this number. */
  async function prepare(rollout: Rollout, self: Self, deadlineSeconds: number): Promise<boolean> {
    const number = rollout.plan.rollout;
    const parts = toParts(rollout);
    const names = parts.map((_, index) => `${rolloutName(number)}-${index}`);
    const job = await client
      .create<Job>(jobs, rolloutJob(number, names, self, { deadlineSeconds, isKept: updatesOrdo(rollout.plan) }))
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.reason === 'AlreadyExists') return undefined;
        throw error;
      });
    if (job === undefined) return false;
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: job.metadata.name, uid: job.metadata.uid };
    for (const [index, part] of parts.entries()) {
      await client.create(secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: names[index], labels: { [LABEL_ROLLOUT]: String(number) }, ownerReferences: [owner] },
        data: { part: part.toString('base64') },
      });
    }
    return true;
  }

  /** A suspended Job ends its pod, which stops between two steps; resumed, another pod goes on at the same step. */
  const setSuspended = (rollout: number, suspend: boolean): Promise<void> =>
    client.merge(`${jobs}/${rolloutName(rollout)}`, { spec: { suspend } });

  /** The plan and its manifests, as they were when the rollout began. */
  async function readRollout(rollout: number, uid: string): Promise<Rollout> {
    const items = await partsOf(rollout, uid);
    const at = (name: string): number => Number(name.split('-').at(-1));
    const parts = items.sort((a, b) => at(a.metadata.name) - at(b.metadata.name));
    const way = `delete the Job ${rolloutName(rollout)}, and what it left undone is planned anew`;
    const stored = fromParts(parts.map(({ data }) => Buffer.from(data.part, 'base64')));
    refuseNewer(`the plan of rollout ${rollout}`, (stored as { plan?: unknown }).plan);
    return readStored(Rollout, stored, { what: `the plan of rollout ${rollout}`, way });
  }

  /** What a rollout has sent, by step index; nothing when its Job and Secrets are gone. */
  async function readManifests(rollout: number): Promise<Rollout['manifests']> {
    const job = await client.get<Job>(`${jobs}/${rolloutName(rollout)}`);
    return job ? (await readRollout(rollout, job.metadata.uid)).manifests : {};
  }

  async function readOutcome(rollout: number): Promise<Outcome | undefined> {
    const stored = await maps.readValue(outcomeName(rollout), 'outcome');
    if (stored === undefined) return undefined;
    const way = `delete the ConfigMap ${outcomeName(rollout)} and the Job ${rolloutName(rollout)}`;
    return readStored(Outcome, stored, { what: `the outcome of rollout ${rollout}`, way });
  }

  /** Why a rollout failed; undefined when nothing was kept, or in a form that this version does not know. */
  async function readBundle(rollout: number): Promise<Bundle | undefined> {
    const secret = await client.get<{ data?: { bundle?: string } }>(`${secrets}/${bundleName(rollout)}`);
    if (secret?.data?.bundle === undefined) return undefined;
    return Bundle.safeParse(fromParts([Buffer.from(secret.data.bundle, 'base64')])).data;
  }

  /**
   * Waits until the outcome says that the rollout ended, or its Job can start no pod any more; suspends and resumes the
   * Job as the stop switch says, and tells it of a newer commit. Watches, and looks again every 2 s: a watch may miss.
   */
  async function follow(rollout: number, watched: Watched, signal: AbortSignal): Promise<End> {
    const over = new AbortController();
    const bell = createBell();
    void watchOutcome(rollout, () => bell.ring(), AbortSignal.any([signal, over.signal]));
    const look = createLook(rollout, watched);
    try {
      for (;;) {
        // Before the outcome is read: what is written meanwhile is looked at again.
        const changed = bell.next();
        const end = await look();
        if (end) return end;
        await wait(LOOK_AGAIN_MS, undefined, { signal: AbortSignal.any([signal, changed]) }).catch(() => undefined);
        signal.throwIfAborted();
      }
    } finally {
      over.abort();
    }
  }

  function createLook(rollout: number, { isSuspended, newer, onWaiting, onStuck }: Watched) {
    const path = `${jobs}/${rolloutName(rollout)}`;
    let looks = 0;
    let superseded = false;
    return async (): Promise<End | undefined> => {
      const outcome = await readOutcome(rollout);
      if (isLastWord(outcome)) return { outcome };
      const [job, suspend] = await Promise.all([client.get<Job>(path), isSuspended()]);
      onWaiting(outcome?.waiting ?? []);
      const ended = job ? endOf(job) : 'its Job is gone';
      if (ended !== undefined) return endedEarly(await readOutcome(rollout), ended);
      if ((job?.spec.suspend ?? false) !== suspend) await setSuspended(rollout, suspend);
      const commit = superseded ? undefined : await newer();
      if (commit !== undefined) {
        await client.merge(path, { metadata: { annotations: { [ANNOTATION_SUPERSEDED]: commit } } });
        superseded = true;
      }
      // A pod is there at once, as a rule: most rollouts are over before this is asked.
      looks += 1;
      if (looks > QUICK_LOOKS) onStuck(suspend ? undefined : await whyStuck(client, namespace, rollout, new Date()));
      return undefined;
    };
  }

  /** Rings whenever the outcome is written, and at its begin, until the signal ends it. Never rejects. */
  async function watchOutcome(rollout: number, ring: () => void, signal: AbortSignal): Promise<void> {
    const query = `watch=true&resourceVersion=0&fieldSelector=${encodeURIComponent(`metadata.name=${outcomeName(rollout)}`)}`;
    const path = `/api/v1/namespaces/${namespace}/configmaps?${query}`;
    while (!signal.aborted) {
      try {
        for await (const _ of client.watch(path, signal, METADATA)) ring();
      } catch {
        // A watch that broke is no reason to stop: the rollout is looked at every 2 s anyway.
      }
      await wait(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    find,
    prepare,
    setSuspended,
    readRollout,
    readManifests,
    readOutcome,
    readBundle,
    follow,
    removeJob: (rollout: number, uid: string) => removeJob(client, namespace, rollout, uid),
    ...leftovers(client, namespace),
  };
}

export type RolloutStore = ReturnType<typeof rolloutStore>;
