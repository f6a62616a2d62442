import assert from 'node:assert/strict';
import type { Ambush } from './ambush.ts';
import { auditedWrites, type AuditedWrite } from './audit.ts';
import { CREATED, EDITED, RECREATED, REMOVED, type Shop } from './kill-shop.ts';
import { NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import type { Write } from './write-hook.ts';

export type Victim = 'controller' | 'pod';

/** A rollout that is under way while the test strikes. */
export interface Rollout {
  site: Site;
  shop: Shop;
  /** The number that it gets. */
  number: number;
  /** Microseconds since 1970: nothing of it is older. */
  since: number;
  /** Where its part of the audit log begins. */
  from: number;
  ambush: Ambush;
  /** How often the controller's container had been started again before. */
  restarts: number;
}

/** Waits for the end and proves that each thing was done once, and that the SHA moved behind all of it. */
export async function proveOnce(rollout: Rollout, commit: string): Promise<void> {
  await untilOver(rollout, commit);
  await proveRecorded(rollout, commit);
  const { site, since, from } = rollout;
  const writes = (await auditedWrites(site.world.cluster.auditLog, from)).filter(({ received }) => received >= since);
  const own = writes.filter(
    ({ user, namespace }) => user.endsWith(':ordo-runner') && namespace === rollout.shop.namespace,
  );
  proveChanges(own, rollout);
  proveController(writes, own, rollout);
}

/** The rollout is recorded, and its Job has no pod any more that could do anything. */
async function untilOver({ site, number }: Rollout, commit: string): Promise<void> {
  await site.deployed(commit);
  await until('the end to be recorded', async () => (await site.inventory()).rollout === number);
  await until('its Job to be Complete', async () => {
    const job = await site.get<Job>('job', `ordo-rollout-${number}`, NAMESPACE);
    return job?.status.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True');
  });
}

async function proveRecorded({ site, number }: Rollout, commit: string): Promise<void> {
  const entries = (await site.history()).filter((entry) => entry.rollout === number);
  assert.deepEqual(
    entries.map(({ commit: of, state, steps }) => [of, state, [...new Set(steps.map((step) => step.state))]]),
    [[commit, 'done', ['done']]],
  );
}

/** A delete may be asked for twice, by the uid: what matters is that it never hits a second object of the name. */
function proveChanges(own: readonly AuditedWrite[], { ambush, shop }: Rollout): void {
  const applied = own.filter(({ verb, code }) => verb === 'patch' && code < 300);
  const made = applied.filter(({ code }) => code === 201);
  assert.deepEqual(namesIn(made), [...RECREATED, ...CREATED].sort(), 'each is made once, and no other is');
  assert.deepEqual(namesIn(applied), [...RECREATED, ...CREATED, ...EDITED].sort(), 'each object is applied once');
  const deleted = own.filter(({ verb, code }) => verb === 'delete' && code === 200);
  assert.deepEqual([...new Set(namesIn(deleted))], [...RECREATED, ...REMOVED].sort());
  const hits = ambush.writes().filter((write) => isDelete(write) && write.namespace === shop.namespace);
  const uids = new Set(hits.map(({ object }) => object.metadata?.uid));
  assert.equal(uids.size, RECREATED.length + REMOVED.length, 'no second object of a name was ever deleted');
}

function proveController(writes: readonly AuditedWrite[], own: readonly AuditedWrite[], { number }: Rollout): void {
  const job = `ordo-rollout-${number}`;
  const jobs = writes.filter(({ user, resource }) => user.endsWith(':ordo') && resource === 'jobs');
  const of = (wanted: string) => jobs.filter(({ verb, name, code }) => verb === wanted && name === job && code < 300);
  assert.deepEqual([...new Set(jobs.filter(({ verb }) => verb === 'create').map(({ name }) => name))], [job]);
  // One that never got its Secrets never began: it is taken away and made again.
  assert.equal(of('create').length, 1 + of('delete').length, 'one Job is there, and no second one');
  const shas = writes.filter(({ name, code }) => name === 'current-yaml-commit-sha' && code === 200);
  assert.equal(shas.length, 1, 'the SHA moves once');
  const last = Math.max(...own.map(({ answered }) => answered));
  assert.ok(last < (shas[0]?.received ?? 0), 'the SHA moves behind the last change of the cluster');
}

/**
 * The kill has hit: the kubelet saw it. The end of a container that was started again may be missing from its status: the
 * kubelet's garbage collection, once a minute, can be faster.
 */
export async function proveKilled({ site, number, restarts }: Rollout, victim: Victim): Promise<void> {
  const selector = victim === 'pod' ? `ordo.dev/rollout=${number}` : 'app=ordo';
  const isKilled = ({ state, restartCount }: ContainerStatus): boolean =>
    victim === 'pod' ? state.terminated?.exitCode === 137 : restartCount === restarts + 1;
  await until('the kubelet to say that it was killed', async () => {
    const pods = await site.list<Pod>('pod', NAMESPACE, selector);
    return pods.flatMap(({ status }) => status.containerStatuses ?? []).some(isKilled);
  });
}

interface Job {
  status: { conditions?: { type: string; status: string }[] };
}

interface ContainerStatus {
  restartCount: number;
  state: { terminated?: { exitCode: number } };
}

interface Pod {
  status: { containerStatuses?: ContainerStatus[] };
}

export const isDelete = ({ operation }: Write): boolean => operation === 'DELETE';

const namesIn = (writes: readonly AuditedWrite[]): string[] =>
  writes.map(({ resource, name }) => `${resource}/${name}`).sort();
