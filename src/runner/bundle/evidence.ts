import type { ContainerSeen, EventSeen, PodSeen } from '../../domain/bundle.ts';
import type { Identity } from '../../domain/identity.ts';
import type { Api } from '../api.ts';
import { podsOf } from '../gates/related.ts';
import { selectorText } from '../gates/pods.ts';
import type { Pod, Workload } from '../gates/shapes.ts';
import { list, readAll } from '../read.ts';
import { hider } from '../redact.ts';
import { eventsOf } from './events.ts';
import { instanceToAsk, podsSeen } from './pods-seen.ts';
import { secretsOf } from './secrets.ts';

/** What was seen of a failed workload's pods. */
export interface Evidence {
  pods: PodSeen[];
  events: EventSeen[];
}

const LOG_LINES = 20;
/** Of the log the API server may send so much, in bytes: it cuts at the end, where the cause stands. */
const LOG_BYTES = 64 * 1024;

/**
 * Looks at the pods of a workload that failed: their state, the last events, the end of the log of each container that
 * is not ready. `known`: secrets to hide beside those that the pods use.
 */
export async function evidenceOf(
  api: Api,
  { path, entry }: { path: string; entry: Identity },
  known: ReadonlySet<string>,
): Promise<Evidence> {
  const { kind, namespace } = entry;
  const workload = (await readAll(api, [path])).get(path) as Workload | undefined;
  if (workload === undefined || namespace === '') return { pods: [], events: [] };
  const [pods = []] = await podsOf(api, [{ kind, workload }]);
  const clean = hider(new Set([...known, ...(await secretsOf(api, namespace, pods))]));
  const seen = podsSeen(pods);
  const shown = pods.filter(({ metadata }) => seen.some(({ name }) => name === metadata.name));
  const uids = [workload, ...(await replicaSetsOf(api, kind, workload)), ...shown].flatMap(
    ({ metadata }) => metadata.uid ?? [],
  );
  const [events] = await Promise.all([
    eventsOf(api, namespace, uids),
    ...seen.flatMap((pod) => pod.containers.map((container) => addLog(api, namespace, pod, container))),
  ]);
  return cleaned({ pods: seen, events }, clean);
}

/** A quota or a missing account is told to the ReplicaSet, which then has no pods. */
async function replicaSetsOf(api: Api, kind: string, { metadata, spec }: Workload): Promise<Pick<Pod, 'metadata'>[]> {
  if (kind !== 'Deployment' || spec?.selector === undefined) return [];
  const path = `/apis/apps/v1/namespaces/${metadata.namespace}/replicasets`;
  const sets = await list(api, path, { selector: selectorText(spec.selector), metadataOnly: true });
  const revision = 'deployment.kubernetes.io/revision';
  return sets.filter(
    (set) =>
      set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true &&
      set.metadata.annotations?.[revision] === metadata.annotations?.[revision],
  );
}

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod */
async function addLog(api: Api, namespace: string, pod: PodSeen, container: ContainerSeen): Promise<void> {
  const instance = instanceToAsk(container);
  if (instance === undefined) return;
  const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(pod.name)}/log`;
  const ask = (previous: boolean): Promise<string> =>
    api.text(
      `${path}?${new URLSearchParams({
        container: container.name,
        tailLines: String(LOG_LINES),
        limitBytes: String(LOG_BYTES),
        previous: String(previous),
      }).toString()}`,
    );
  // What died may be gone already: then the one that runs now tells.
  const previous = instance === 'previous';
  const before = previous ? await ask(true).catch(() => '') : '';
  const text = before === '' ? await ask(false).catch(() => '') : before;
  if (text.trim() !== '') container.log = { previous: before !== '', lines: [text] };
}

/** The same without secrets: a log as a whole, because a secret may go over several lines. */
function cleaned({ pods, events }: Evidence, clean: (text: string) => string): Evidence {
  return {
    pods: pods.map((pod) => ({
      ...pod,
      ...(pod.reason !== undefined && { reason: clean(pod.reason) }),
      containers: pod.containers.map((container) => ({
        ...container,
        state: clean(container.state),
        ...(container.log && {
          log: { ...container.log, lines: clean(container.log.lines.join('\n')).trimEnd().split('\n') },
        }),
      })),
    })),
    events: events.map((event) => ({ ...event, message: clean(event.message) })),
  };
}
