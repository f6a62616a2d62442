import { bundleName } from '../domain/bundle.ts';
import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import type { Client } from './client.ts';
import { configMaps } from './config-maps.ts';
import { METADATA_LIST } from './live.ts';
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
   * Finished Jobs stay for reading, the last three of them, and the last one of another image of Ordo: its ended pod keeps
   * that image on the node. Their Secrets go with them. So do the last ten bundles. An outcome stays until its Job has ended: a pod that the Job starts once more reads there that nothing is left to do. Answers whether one is left.
   */
  async function tidy(newest: number): Promise<boolean> {
    await removeCopies(newest - KEPT_JOBS);
    const { jobs: all, outcomes } = await find();
    const previous = lastOfOtherImage(all);
    const [old, kept] = [all.filter(isOld), all.filter((job) => !isOld(job))];
    for (const { metadata } of old) await removeJob(client, namespace, numberOf(metadata), metadata.uid);

    const running = new Set(kept.filter((job) => endOf(job) === undefined).map(({ metadata }) => numberOf(metadata)));
    for (const { metadata } of outcomes) {
      if (!running.has(numberOf(metadata))) await maps.remove(metadata.name);
    }
    for (const name of await oldBundles()) await client.remove(`${secrets}/${name}`);
    return running.size > 0;

    function isOld(job: Job): boolean {
      return job !== previous && numberOf(job.metadata) <= newest - KEPT_JOBS;
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

  return { newest, tidy };
}

/** The newest Job that ran another image than the newest of all. */
function lastOfOtherImage(jobs: readonly Job[]): Job | undefined {
  const [newest, ...others] = jobs.toSorted((a, b) => numberOf(b.metadata) - numberOf(a.metadata));
  return others.find((job) => imageOf(job) !== imageOf(newest));
}

const imageOf = (job: Job | undefined): string | undefined => job?.spec.template?.spec.containers[0]?.image;
