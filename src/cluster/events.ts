import type { Logger } from '../util/logger.ts';
import type { Client } from './client.ts';

/** An Event must live in its object's namespace, and rollouts reach into all: Ordo's stand at this object, and name others in their text. */
const ABOUT = 'ordo-inventory';
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** What is told as an Event. */
interface Told {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export interface Events {
  /** Resolves whatever the API server says of it: nothing depends on an Event. Kubernetes forgets it after an hour. */
  tell(notices: readonly Told[], log: Logger): Promise<void>;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/, as the core API has it. */
export function createEvents(
  client: Pick<Client, 'get' | 'create'>,
  { namespace, pod }: { namespace: string; pod: string },
  clock: { now(): Date },
): Events {
  let silent: string | undefined;
  return {
    async tell(notices, log) {
      if (notices.length === 0) return;
      try {
        const uid = await uidOfInventory();
        for (const one of notices) await client.create(`/api/v1/namespaces/${namespace}/events`, eventOf(one, uid));
        silent = undefined;
      } catch (error) {
        const { message } = error as Error;
        if (message !== silent) log.warn({ reason: message }, 'events cannot be written');
        silent = message;
      }
    },
  };

  /** `kubectl describe` finds the Events of an object by its uid. */
  async function uidOfInventory(): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${ABOUT}`;
    return (await client.get<{ metadata: { uid: string } }>(path, METADATA))?.metadata.uid;
  }

  function eventOf({ type, reason, message }: Told, uid: string | undefined): object {
    const time = clock.now().toISOString();
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${ABOUT}.`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: ABOUT, uid },
      ...{ type, reason, message, count: 1, firstTimestamp: time, lastTimestamp: time },
      source: { component: 'ordo' },
      reportingComponent: 'ordo',
      reportingInstance: pod,
    };
  }
}
