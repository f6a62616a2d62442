import { byRunner, layAmbush, type Ambush } from '../e2e/ambush.ts';
import { auditedWrites, type AuditedWrite } from '../e2e/audit.ts';
import { mark } from '../e2e/footprints.ts';
import { CONTROLLER, find, kill } from '../e2e/processes.ts';
import { configMap, deployment, namespace } from '../e2e/samples.ts';
import type { Site } from '../e2e/site.ts';
import { until } from '../e2e/until.ts';
import { startWriteHook, type Write } from '../e2e/write-hook.ts';
import type { Figure } from './figure.ts';
import { settled } from './rollout.ts';

const PLACE = 'bench-kill';
const OF_EACH = 5;
const name = (index: number): string => `thing-${index}`;

/** Five ConfigMaps that are changed in place and five Deployments that are made anew. */
function files({ world }: Site, revision: number): Record<string, string> {
  const texts: Record<string, string> = {};
  for (let index = 0; index < OF_EACH; index += 1) {
    texts[`deploy/80-kill/${120 + index}-thingconfigmap.yml`] = configMap(name(index), PLACE, { value: `${revision}` });
    texts[`deploy/80-kill/${170 + index}-thingdeployment.yml`] = deployment(world, {
      name: name(index),
      namespace: PLACE,
      image: 'ghcr.io/acme/app:main',
      container: `env: [{ name: VERSION, value: "${revision}" }]`,
      replicas: 0,
    });
  }
  return texts;
}

type Strike = (site: Site, ambush: Ambush) => Promise<unknown>;

/** The runner is dead when its write of this object is in the cluster. */
const killRunnerAt =
  (resource: string, index: number): Strike =>
  async ({ world }, ambush) => {
    const from = await mark(world);
    const isIt = (write: Write | AuditedWrite): boolean =>
      isOurs(write) && write.resource === resource && write.name === name(index);
    const matches = (write: Write): boolean => isIt(write) && write.operation !== 'DELETE';
    await ambush.killRunnerAt(matches, async () => {
      await until('the write to be done', async () =>
        (await auditedWrites(world.cluster.auditLog, from)).some((write) => isIt(write) && write.verb === 'patch'),
      );
    });
  };

const killController: Strike = (_, ambush) =>
  ambush.at(
    (write) => byRunner(write) && isOurs(write) && write.resource === 'deployments' && write.operation === 'CREATE',
    async () => kill(await find(CONTROLLER)),
  );

const STRIKES: Record<string, Strike> = {
  'runner at the 3rd ConfigMap': killRunnerAt('configmaps', 2),
  'runner at the 4th Deployment': killRunnerAt('deployments', 3),
  'controller at the 1st Deployment': killController,
};

/** kill -9 in the middle of a change of ten files: what is lost, and what is done twice. */
export async function kills(site: Site): Promise<Figure[]> {
  await site.rollOut({ 'deploy/80-kill/10-namespace.yml': namespace(PLACE), ...files(site, 0) });
  await settled(site);
  const hook = await startWriteHook(site.world, ['configmaps', 'deployments']);
  let [lost, twice] = [0, 0];
  for (const [index, strike] of Object.values(STRIKES).entries()) {
    const from = await mark(site.world);
    const [commit] = await Promise.all([site.commit(files(site, index + 1)), strike(site, layAmbush(hook))]);
    await site.deployed(commit, 120);
    await settled(site);
    lost += await lostOf(site, index + 1);
    twice += twiceOf(await auditedWrites(site.world.cluster.auditLog, from));
  }
  await hook.stop();
  const detail = `killed: ${Object.keys(STRIKES).join(', ')}`;
  return [
    {
      name: 'kill -9 in a change of 10 files: lost',
      value: lost,
      unit: 'objects',
      target: '0',
      met: lost === 0,
      detail,
    },
    {
      name: 'kill -9 in a change of 10 files: done twice',
      value: twice,
      unit: 'objects',
      target: '0',
      met: twice === 0,
      detail,
    },
  ];
}

/** Objects that do not say what the last commit says. */
async function lostOf(site: Site, revision: number): Promise<number> {
  const read = async (kind: string, path: string): Promise<string[]> =>
    (await site.kubectl('-n', PLACE, 'get', kind, '-o', `jsonpath={.items[*].${path}}`)).trim().split(' ');
  const values = [
    ...(await read('configmaps', 'data.value')),
    ...(await read('deployments', 'spec.template.spec.containers[0].env[0].value')),
  ];
  return 2 * OF_EACH - values.filter((value) => value === String(revision)).length;
}

/** Applies beyond the first of each object. */
function twiceOf(writes: readonly AuditedWrite[]): number {
  const applied = writes.filter((write) => isOurs(write) && write.verb === 'patch' && write.code < 300);
  return applied.length - new Set(applied.map(({ resource, name: of }) => `${resource}/${of}`)).size;
}

const isOurs = ({ namespace: where, user }: { namespace: string; user: string }): boolean =>
  where === PLACE && user.endsWith(':ordo-runner');
