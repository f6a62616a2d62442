import { setTimeout as sleep } from 'node:timers/promises';
import { auditedWrites, type AuditedWrite } from '../e2e/audit.ts';
import { mark } from '../e2e/footprints.ts';
import { NAMESPACE, type Site } from '../e2e/site.ts';
import { until } from '../e2e/until.ts';
import type { Files } from '../standins/github.ts';

/** When a rollout reached its stages, in seconds from the answer that carried the new SHA. */
export interface Times {
  /** The Job is created, with its Secrets, and resumed. */
  created: number;
  resumed: number;
  /** The runner's kubectl has its first request answered. */
  request: number;
  /** The last request of the runner that changes the cluster. */
  applied: number;
  /** The runner's outcome is written. */
  outcome: number;
  /** The controller has read it. */
  read: number;
  /** `current-yaml-commit-sha` is written. */
  done: number;
}

export const textOf = (times: Times): string =>
  Object.entries(times)
    .map(([stage, at]) => `${stage} ${(at as number).toFixed(2)}`)
    .join(', ');

const LIMIT_SECONDS = 600;
const LOOK_MS = 500;

/** Commits, waits until the rollout is recorded and Ordo is idle again, and tells when what happened. */
export async function rollOut(site: Site, files: Files): Promise<Times> {
  const { world } = site;
  const from = await mark(world);
  const before = Date.now();
  await site.commit(files);
  const look = (): Promise<AuditedWrite[]> => auditedWrites(world.cluster.auditLog, from);
  const options = { seconds: LIMIT_SECONDS, explain: () => site.log() };
  const isRecorded = async (): Promise<AuditedWrite[] | false> => {
    // The log has the times: more looks would only take the processor from what is measured.
    await sleep(LOOK_MS);
    const writes = await look();
    return writes.some(isWrite('ordo-inventory')) && writes;
  };
  const writes = await until('the rollout to be recorded', isRecorded, options);
  await settled(site);
  return timesOf(writes, answerWithNewSha(site, before), await lastRead(site));
}

/** Resolves when a whole pass has found nothing to do, outcomes are cleared away, and the next has begun. */
export async function settled(site: Site): Promise<void> {
  const polls = (): number => pollsOf(site).filter(({ status }) => status === 304).length;
  const enough = polls() + 2;
  await until('Ordo to be idle', async () => polls() >= enough, { seconds: LIMIT_SECONDS, explain: () => site.log() });
}

/** When the controller read the newest outcome, in microseconds since 1970: audited are writes alone, so its log says it. */
async function lastRead(site: Site): Promise<number> {
  const lines = (await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=200')).split('\n');
  const line = lines.findLast((text) => text.includes('"outcome read"')) ?? '{}';
  return new Date((JSON.parse(line) as { time?: string }).time ?? NaN).getTime() * 1000;
}

function timesOf(writes: readonly AuditedWrite[], start: number, read: number): Times {
  const since = (write: AuditedWrite | undefined): number => ((write?.answered ?? NaN) - start) / 1_000_000;
  const runners = writes.filter(({ user }) => user.endsWith(':ordo-runner'));
  const outcomes = runners.filter(({ name }) => name.startsWith('ordo-outcome-'));
  const changes = runners.filter((write) => !outcomes.includes(write));
  const ofJob = writes.filter(({ resource, user }) => resource === 'jobs' && user.endsWith(':ordo'));
  return {
    created: since(ofJob.find(({ verb }) => verb === 'create')),
    resumed: since(ofJob.find(({ verb }) => verb === 'patch')),
    request: since(runners[0]),
    applied: since(changes.at(-1)),
    outcome: since(outcomes.at(-1)),
    read: (read - start) / 1_000_000,
    done: since(writes.find(isWrite('current-yaml-commit-sha'))),
  };
}

const isWrite =
  (configMap: string) =>
  ({ resource, namespace, name, code }: AuditedWrite): boolean =>
    resource === 'configmaps' && namespace === NAMESPACE && name === configMap && code < 300;

export function pollsOf({ world, repository: { owner, name } }: Site) {
  return world.github.requests().filter(({ path }) => path.includes(`/repos/${owner}/${name}/commits/`));
}

/** Microseconds since 1970: an unchanged repository is answered 304, so the first 200 since the commit carries it. */
function answerWithNewSha(site: Site, since: number): number {
  const answer = pollsOf(site).find(({ status, time, duration }) => status === 200 && time + duration >= since);
  if (answer === undefined) throw new Error('no answer carried the new SHA');
  return (answer.time + answer.duration) * 1000;
}
