import { SERVE, configMap, cronJob, deployment, namespace, secret, service, statefulSet } from './samples.ts';
import type { World } from './world.ts';

type Texts = Record<string, string | null>;

/** Two groups of a repository, as they are at first and what one commit does to them. */
export interface Shop {
  namespace: string;
  /** What the readiness of its database is asked by. */
  probe: string;
  first: Record<string, string>;
  /** Recreates four workloads, creates two objects, edits four, and removes three. */
  change: Texts;
}

/** Objects by what the change does to them, as the audit log names them. */
export const RECREATED = ['statefulsets/db', 'deployments/cache', 'deployments/web', 'cronjobs/tick'];
export const CREATED = ['configmaps/fresh', 'deployments/worker'];
export const EDITED = ['configmaps/db', 'secrets/login', 'configmaps/web', 'services/web'];
export const REMOVED = ['services/old', 'deployments/idle', 'configmaps/old'];

export function makeShop(world: World, name: string): Shop {
  const data = `deploy/10-${name}-data`;
  const web = `deploy/20-${name}-web`;
  const probe = `${name}-db`;
  const workload = (own: string, container: string) => {
    return { name: own, namespace: name, app: 'shop', container: `command: ${JSON.stringify(SERVE)}\n${container}` };
  };
  const version = (value: string): string => `env: [{ name: VERSION, value: ${value} }]`;
  /** What is not waited for needs no pods: there is a shop for each kill. */
  const still = (own: string, container: string) => ({ ...workload(own, container), replicas: 0 });
  const uses = (kind: 'configMap' | 'secret', used: string): string => `envFrom: [{ ${kind}Ref: { name: ${used} } }]`;
  return {
    namespace: name,
    probe,
    first: {
      [`${data}/10-namespace.yml`]: namespace(name),
      [`${data}/20-dbconfigmap.yml`]: configMap('db', name, { mode: 'one' }),
      [`${data}/30-oldconfigmap.yml`]: configMap('old', name, { mode: 'one' }),
      [`${data}/40-loginsecret.yml`]: secret('login', name, { password: 'word-one' }),
      [`${data}/120-dbservice.yml`]: service('db', name, 5432),
      [`${data}/130-oldservice.yml`]: service('old', name, 8080),
      [`${data}/170-dbstatefulset.yml`]: statefulSet(world, { ...workload('db', uses('configMap', 'db')), probe }),
      [`${data}/175-cachedeployment.yml`]: deployment(world, still('cache', version('one'))),
      [`${data}/178-idledeployment.yml`]: deployment(world, still('idle', '')),
      [`${web}/50-webconfigmap.yml`]: configMap('web', name, { color: 'red' }),
      [`${web}/120-webservice.yml`]: service('web', name, 80),
      [`${web}/170-webdeployment.yml`]: deployment(world, workload('web', uses('secret', 'login'))),
      [`${web}/180-tickcronjob.yml`]: cronJob(world, workload('tick', version('one'))),
    },
    change: {
      [`${data}/20-dbconfigmap.yml`]: configMap('db', name, { mode: 'two' }),
      [`${data}/30-oldconfigmap.yml`]: null,
      [`${data}/40-loginsecret.yml`]: secret('login', name, { password: 'word-two' }),
      [`${data}/130-oldservice.yml`]: null,
      [`${data}/175-cachedeployment.yml`]: deployment(world, still('cache', version('two'))),
      [`${data}/178-idledeployment.yml`]: null,
      [`${data}/190-freshconfigmap.yml`]: configMap('fresh', name, { mode: 'two' }),
      [`${web}/50-webconfigmap.yml`]: configMap('web', name, { color: 'green' }),
      [`${web}/120-webservice.yml`]: service('web', name, 81),
      [`${web}/180-tickcronjob.yml`]: cronJob(world, workload('tick', version('two'))),
      [`${web}/185-workerdeployment.yml`]: deployment(world, still('worker', version('two'))),
    },
  };
}
