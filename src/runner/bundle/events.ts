import type { EventSeen } from '../../domain/bundle.ts';
import type { Api } from '../api.ts';
import { list } from '../read.ts';

/** The newest of them tell why. */
const MOST = 10;

/** An Event as the API gives it: `lastTimestamp` and `count` by older reporters, `eventTime` and `series` by newer ones. */
export interface KubeEvent {
  metadata: { name: string; creationTimestamp?: string };
  involvedObject?: { kind?: string; name?: string };
  reason?: string;
  message?: string;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  count?: number;
  series?: { count?: number; lastObservedTime?: string };
}

/** The last events about these objects of a namespace, by uid, newest last. */
export async function eventsOf(api: Api, namespace: string, uids: readonly string[]): Promise<EventSeen[]> {
  const path = `/api/v1/namespaces/${namespace}/events`;
  const found = await Promise.all(uids.map((uid) => list(api, path, { fields: `involvedObject.uid=${uid}` })));
  return lastEvents(found.flat() as KubeEvent[]);
}

export function lastEvents(events: readonly KubeEvent[]): EventSeen[] {
  return events
    .map(eventSeen)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .slice(-MOST);
}

function eventSeen(event: KubeEvent): EventSeen {
  const { series, lastTimestamp, eventTime, metadata, involvedObject = {} } = event;
  const at = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
  return {
    at: Number.isNaN(Date.parse(at)) ? new Date(0).toISOString() : new Date(at).toISOString(),
    object: `${involvedObject.kind ?? '?'}/${involvedObject.name ?? '?'}`,
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: series?.count ?? event.count ?? 1,
  };
}
