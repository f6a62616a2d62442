import { readFile } from 'node:fs/promises';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { until } from './until.ts';
import type { World } from './world.ts';

/** What the tests read of any object. */
export interface Watched {
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    generation?: number;
    resourceVersion: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    ownerReferences?: { uid: string }[];
  };
  spec?: { replicas?: number };
  status?: {
    phase?: string;
    replicas?: number;
    observedGeneration?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    readyReplicas?: number;
    /** Of a DaemonSet. */
    numberReady?: number;
    /** Of a Job: its running pods that are ready. */
    ready?: number;
    conditions?: { type: string; status: string }[];
    containerStatuses?: {
      image: string;
      imageID: string;
      ready: boolean;
      restartCount: number;
      state: { running?: object; waiting?: { reason: string } };
    }[];
  };
}

/** One change of one object. Revisions are etcd's: one counter for all objects, so they order any two changes without a clock. */
export interface Sight {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: Resource;
  revision: number;
  object: Watched;
}

export type Is = (sight: Sight) => boolean;

export interface Watch {
  /** Everything seen of an object (`NAMESPACE/NAME`) or, by a function, of those it picks; oldest first. */
  of(resource: Resource, which: string | ((object: Watched) => boolean)): Sight[];
  /** The revision at which an object first was so. Waits for it. */
  first(resource: Resource, which: string, what: string, is: Is, since?: number): Promise<number>;
  stop(): void;
}

const PATHS = {
  namespaces: '/api/v1/namespaces',
  customresourcedefinitions: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  pods: '/api/v1/pods',
  configmaps: '/api/v1/configmaps',
  secrets: '/api/v1/secrets',
  services: '/api/v1/services',
  jobs: '/apis/batch/v1/jobs',
  cronjobs: '/apis/batch/v1/cronjobs',
  deployments: '/apis/apps/v1/deployments',
  replicasets: '/apis/apps/v1/replicasets',
  statefulsets: '/apis/apps/v1/statefulsets',
  daemonsets: '/apis/apps/v1/daemonsets',
};

type Resource = keyof typeof PATHS;

/** Watches all objects of these resources from now on: the test's own eyes, beside those of Ordo. */
export async function watch({ cluster }: World, resources: readonly Resource[]): Promise<Watch> {
  const ask = await connection(cluster.kubeconfig);
  const seen: Sight[] = [];
  const open = await Promise.all(resources.map((resource) => follow(resource)));

  async function follow(resource: Resource): Promise<IncomingMessage> {
    const path = PATHS[resource];
    const list = await json(await ask(`${path}?limit=1`));
    const answer = await ask(`${path}?watch=true&timeoutSeconds=3600&resourceVersion=${list.metadata.resourceVersion}`);
    createInterface(answer).on('line', (line) => {
      const { type, object } = JSON.parse(line) as Pick<Sight, 'type' | 'object'>;
      seen.push({ type, resource, revision: Number(object.metadata.resourceVersion), object });
    });
    return answer;
  }

  const of: Watch['of'] = (resource, which) =>
    seen.filter(
      ({ resource: one, object }) =>
        one === resource && (typeof which === 'string' ? idOf(object) === which : which(object)),
    );
  return {
    of,
    async first(resource, which, what, is, since = 0) {
      const find = async () => of(resource, which).find((sight) => sight.revision > since && is(sight));
      return (await until(`${resource} ${which} to be ${what}`, find)).revision;
    },
    stop: () => open.forEach((answer) => answer.destroy()),
  };
}

export const isMade: Is = ({ type }) => type === 'ADDED';
export const isGone: Is = ({ type }) => type === 'DELETED';
export const isLeaving: Is = ({ object }) => object.metadata.deletionTimestamp !== undefined;
export const isComplete: Is = ({ object }) => has(object, 'Complete');
export const isPodReady: Is = ({ object }) => has(object, 'Ready');
export const isEstablished: Is = ({ object }) => has(object, 'Established');
/** A container of the pod waits for this reason. */
export const waitsFor =
  (reason: string): Is =>
  ({ object }) =>
    object.status?.containerStatuses?.some(({ state }) => state.waiting?.reason === reason) ?? false;
export const isRunning: Is = ({ object }) =>
  object.status?.containerStatuses?.some(({ state }) => state.running !== undefined) ?? false;

/** All replicas of a Deployment, StatefulSet or ReplicaSet are of the newest version and ready. */
export const isReady: Is = ({ object: { metadata, spec, status = {} } }) => {
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = readyReplicas } = status;
  return observedGeneration >= (metadata.generation ?? 0) && readyReplicas >= wanted && updatedReplicas >= wanted;
};

const has = ({ status }: Watched, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

const idOf = ({ metadata: { namespace = '', name } }: Watched): string => `${namespace}/${name}`;

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

async function connection(file: string): Promise<(path: string) => Promise<IncomingMessage>> {
  const { clusters, users } = JSON.parse(await readFile(file, 'utf8')) as Kubeconfig;
  const [place, person] = [clusters[0]?.cluster, users[0]?.user];
  const bytes = (base64 = ''): Buffer => Buffer.from(base64, 'base64');
  const options: RequestOptions = {
    agent: new Agent({ maxSockets: Infinity }),
    ca: bytes(place?.['certificate-authority-data']),
    cert: bytes(person?.['client-certificate-data']),
    key: bytes(person?.['client-key-data']),
  };
  return (path) =>
    new Promise((resolve, reject) => {
      request(`${place?.server ?? ''}${path}`, options, resolve)
        .on('error', reject)
        .end();
    });
}

async function json(answer: IncomingMessage): Promise<{ metadata: { resourceVersion: string } }> {
  const text = (await answer.setEncoding('utf8').toArray()) as string[];
  return JSON.parse(text.join('')) as { metadata: { resourceVersion: string } };
}
