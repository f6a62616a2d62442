import { setTimeout as wait } from 'node:timers/promises';
import { Bundle, bundleName } from '../domain/bundle.ts';
import { Outcome } from '../domain/outcome.ts';
import { Rollout } from '../domain/plan.ts';
import { ANNOTATION_POD, ANNOTATION_SECRETS, ANNOTATION_SUPERSEDED, LABEL_ROLLOUT } from '../domain/stamps.ts';
import { fromParts, toParts } from '../util/parts.ts';
import { ApiError, type Client } from './client.ts';
import { configMaps, type ConfigMap } from './config-maps.ts';
import { METADATA_LIST } from './live.ts';
import { rolloutJob, rolloutName } from './job.ts';
import type { Self } from './self.ts';

const LOOK_AGAIN_MS = 2000;
const KEPT_JOBS = 3;
const KEPT_BUNDLES = 10;
const outcomeName = (rollout: number): string => `ordo-outcome-${rollout}`;

interface Labelled {
  name: string;
  labels?: Record<string, string>;
}

interface Job {
  metadata: Labelled & { uid: string; annotations?: Record<string, string> };
  spec: { suspend?: boolean };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

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
}

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
      .create<Job>(jobs, rolloutJob(number, names, self, deadlineSeconds))
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
    return Rollout.parse(fromParts(parts.map(({ data }) => Buffer.from(data.part, 'base64'))));
  }

  /** What a rollout has sent, by step index; nothing when its Job and Secrets are gone. */
  async function readManifests(rollout: number): Promise<Rollout['manifests']> {
    const job = await client.get<Job>(`${jobs}/${rolloutName(rollout)}`);
    return job ? (await readRollout(rollout, job.metadata.uid)).manifests : {};
  }

  async function readOutcome(rollout: number): Promise<Outcome | undefined> {
    const stored = await maps.readValue(outcomeName(rollout), 'outcome');
    return stored === undefined ? undefined : Outcome.parse(stored);
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
  async function follow(
    rollout: number,
    { isSuspended, newer, onWaiting }: Watched,
    signal: AbortSignal,
  ): Promise<{ outcome?: Outcome; ended?: string }> {
    let superseded = false;
    for (;;) {
      // Before the outcome: what is written in between is then seen as another version.
      const version = (await maps.readMetadata(outcomeName(rollout)))?.resourceVersion;
      const [outcome, job, suspend] = await Promise.all([
        readOutcome(rollout),
        client.get<Job>(`${jobs}/${rolloutName(rollout)}`),
        isSuspended(),
      ]);
      if (outcome && outcome.state !== 'running') return { outcome };
      onWaiting(outcome?.waiting ?? []);
      const ended = job ? endOf(job) : 'its Job is gone';
      if (ended !== undefined) return { ...(outcome && { outcome }), ended };
      if ((job?.spec.suspend ?? false) !== suspend) await setSuspended(rollout, suspend);
      const commit = superseded ? undefined : await newer();
      if (commit !== undefined) {
        await client.merge(`${jobs}/${rolloutName(rollout)}`, {
          metadata: { annotations: { [ANNOTATION_SUPERSEDED]: commit } },
        });
        superseded = true;
      }
      await nextChange(rollout, version, signal);
    }
  }

  /** Resolves when the outcome is another than the one with this resourceVersion, or after 2 s. */
  async function nextChange(rollout: number, version: string | undefined, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const query = `watch=true&resourceVersion=0&fieldSelector=${encodeURIComponent(`metadata.name=${outcomeName(rollout)}`)}`;
    const changed = async (): Promise<void> => {
      const events = client.watch<ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps?${query}`, both);
      for await (const { object } of events) if (object.metadata.resourceVersion !== version) return;
    };
    const pause = wait(LOOK_AGAIN_MS, undefined, { signal: both });
    // A watch that broke is no reason to stop: the pause goes on.
    await Promise.race([changed().catch(() => pause), pause]).catch(() => undefined);
    stop.abort();
    signal.throwIfAborted();
  }

  const removeJob = (rollout: number, uid: string): Promise<void> =>
    client.remove(`${jobs}/${rolloutName(rollout)}`, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid },
    });

  /** Every rollout that has left a Job or an outcome. */
  async function leftovers(): Promise<{ jobs: Job[]; outcomes: { metadata: Labelled }[] }> {
    const labels = `labelSelector=${encodeURIComponent(LABEL_ROLLOUT)}`;
    const path = `/api/v1/namespaces/${namespace}/configmaps?${labels}`;
    const all = await client.get<{ items: Job[] }>(`${jobs}?${labels}`);
    const outcomes = await client.get<{ items: { metadata: Labelled }[] }>(path, METADATA_LIST);
    return { jobs: all?.items ?? [], outcomes: outcomes?.items ?? [] };
  }

  /** The highest number that is known from Jobs and outcomes, and whether that rollout's end may still have to be recorded. */
  async function newest(): Promise<{ rollout: number; isOpen: boolean }> {
    const left = await leftovers();
    const outcomes = left.outcomes.map(({ metadata }) => numberOf(metadata));
    const rollout = Math.max(0, ...outcomes, ...left.jobs.map(({ metadata }) => numberOf(metadata)));
    const job = left.jobs.find(({ metadata }) => numberOf(metadata) === rollout);
    return { rollout, isOpen: job !== undefined && (endOf(job) === undefined || outcomes.includes(rollout)) };
  }

  /** The copies of what rollouts have deleted stay as long as their Jobs, which do not own them. */
  async function removeCopies(last: number): Promise<void> {
    const path = `${secrets}?labelSelector=${encodeURIComponent(LABEL_ROLLOUT)}`;
    const all = await client.get<{ items: { metadata: Labelled }[] }>(path, METADATA_LIST);
    for (const { metadata } of all?.items ?? []) {
      const isCopy = metadata.name.startsWith('ordo-restore-');
      if (isCopy && numberOf(metadata) <= last) await client.remove(`${secrets}/${metadata.name}`);
    }
  }

  /**
   * Finished Jobs stay for reading, the last three of them; their Secrets go with them. So do the last ten bundles. An outcome stays until its Job
   * has ended: a pod that the Job starts once more reads there that nothing is left to do. Answers whether one is left.
   */
  async function tidy(newest: number): Promise<boolean> {
    await removeCopies(newest - KEPT_JOBS);
    const { jobs: all, outcomes } = await leftovers();
    const [old, kept] = [all.filter(isOld), all.filter((job) => !isOld(job))];
    for (const { metadata } of old) await removeJob(numberOf(metadata), metadata.uid);

    const running = new Set(kept.filter((job) => endOf(job) === undefined).map(({ metadata }) => numberOf(metadata)));
    for (const { metadata } of outcomes) {
      if (!running.has(numberOf(metadata))) await maps.remove(metadata.name);
    }
    for (const name of await oldBundles()) await client.remove(`${secrets}/${name}`);
    return running.size > 0;

    function isOld({ metadata }: Job): boolean {
      return numberOf(metadata) <= newest - KEPT_JOBS;
    }
  }

  /** All but the ten of the newest rollouts that failed. */
  async function oldBundles(): Promise<string[]> {
    const labels = `labelSelector=${encodeURIComponent(LABEL_ROLLOUT)}`;
    const found = await client.get<{ items: { metadata: Labelled }[] }>(`${secrets}?${labels}`, METADATA_LIST);
    const bundles = (found?.items ?? []).filter(({ metadata }) => metadata.name === bundleName(numberOf(metadata)));
    const newestFirst = bundles.sort((a, b) => numberOf(b.metadata) - numberOf(a.metadata));
    return newestFirst.slice(KEPT_BUNDLES).map(({ metadata }) => metadata.name);
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
    removeJob,
    newest,
    tidy,
  };
}

const numberOf = ({ labels }: Labelled): number => Number(labels?.[LABEL_ROLLOUT]);

/** Why the Job will start no pod any more; undefined while it may. */
function endOf({ status }: Job): string | undefined {
  const end = status?.conditions?.find(
    ({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True',
  );
  return end && [`${end.type}:`, end.reason, end.message].filter(Boolean).join(' ');
}

export type RolloutStore = ReturnType<typeof rolloutStore>;
