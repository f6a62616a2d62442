import { bundleName } from '../domain/bundle.ts';
import { restoreName } from '../domain/ordo.ts';
import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import type { Client } from './client.ts';
import { configMaps } from './config-maps.ts';
import { METADATA_LIST } from './metadata.ts';
import { endOf, numberOf, removeJob, type Job, type Labelled } from './rollout-job.ts';

const KEPT_JOBS = 3;
const KEPT_BUNDLES = 10;

/** What rollouts have left in Ordo's namespace. */
export function leftovers(client: Client, namespace: string) {
  const maps = configMaps(client, namespace);
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;

  /** Every rollout that has left a Job or an outcome. */
  async function find(): Promise<{ jobs: Job[]; outcomes: { metadata: Labelled }[] }> {
    const labels = `labelSelector=${encodeURIComponent(LABEL_ROLLOUT)}`;
    const path = `/api/v1/namespaces/${namespace}/configmaps?${labels}`;
    const all = await client.get<{ items: Job[] }>(`${jobs}?${labels}`);
    const outcomes = await client.get<{ items: { metadata: Labelled }[] }>(path, METADATA_LIST);
    return { jobs: all?.items ?? [], outcomes: outcomes?.items ?? [] };
  }

  /** The highest number that is known from Jobs and outcomes, and whether that rollout's end may still have to be recorded. */
  async function newest(): Promise<{ rollout: number; isOpen: boolean }> {
    const left = await find();
    const outcomes = left.outcomes.map(({ metadata }) => numberOf(metadata));
    const rollout = Math.max(0, ...outcomes, ...left.jobs.map(({ metadata }) => numberOf(metadata)));
    const job = left.jobs.find(({ metadata }) => numberOf(metadata) === rollout);
    return { rollout, isOpen: job !== undefined && (endOf(job) === undefined || outcomes.includes(rollout)) };
  }

  /**
   * Finished Jobs stay for reading, the last three of them, and the last one of another image of Ordo: its ended pod keeps
   * that image on the node. Their Secrets go with them, and copies as old as they; the last ten bundles stay. An outcome
   * stays until its Job has ended: a pod that the Job starts once more reads there that nothing is left to do. Answers
   * whether one is left.
   */
  async function tidy(newest: number): Promise<boolean> {
    const { jobs: all, outcomes } = await find();
    const previous = lastOfOtherImage(all);
    const [old, kept] = [all.filter(isOld), all.filter((job) => !isOld(job))];
    for (const { metadata } of old) await removeJob(client, namespace, numberOf(metadata), metadata.uid);

    const running = new Set(kept.filter((job) => endOf(job) === undefined).map(({ metadata }) => numberOf(metadata)));
    for (const { metadata } of outcomes) {
      if (!running.has(numberOf(metadata))) await maps.remove(metadata.name);
    }
    for (const name of await oldSecrets(newest - KEPT_JOBS)) await client.remove(`${secrets}/${name}`);
    return running.size > 0;

    function isOld(job: Job): boolean {
      return job !== previous && numberOf(job.metadata) <= newest - KEPT_JOBS;
    }
  }

  /** The copies of what rollouts up to `last` have deleted, which no Job owns, and all but the ten newest bundles. */
  async function oldSecrets(last: number): Promise<string[]> {
    const labels = `labelSelector=${encodeURIComponent(LABEL_ROLLOUT)}`;
    const found = await client.get<{ items: { metadata: Labelled }[] }>(`${secrets}?${labels}`, METADATA_LIST);
    const all = (found?.items ?? []).map(({ metadata }) => metadata);
    const copies = all.filter((one) => one.name.startsWith(restoreName(numberOf(one))) && numberOf(one) <= last);
    const bundles = all.filter((one) => one.name === bundleName(numberOf(one)));
    const newestFirst = bundles.sort((x, y) => numberOf(y) - numberOf(x));
    return [...copies, ...newestFirst.slice(KEPT_BUNDLES)].map(({ name }) => name);
  }

  return { newest, tidy };
}

/** The newest Job that ran another image than the newest of all. */
function lastOfOtherImage(jobs: readonly Job[]): Job | undefined {
  const [newest, ...others] = jobs.toSorted((a, b) => numberOf(b.metadata) - numberOf(a.metadata));
  return others.find((job) => imageOf(job) !== imageOf(newest));
}

const imageOf = (job: Job | undefined): string | undefined => job?.spec.template?.spec.containers[0]?.image;
