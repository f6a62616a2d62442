import type { Api } from '../api.ts';
import { list } from '../read.ts';
import { failed, ready, type Verdict } from './verdict.ts';

interface Event {
  lastTimestamp?: string;
  involvedObject?: { uid?: string };
}

/** The verdict on a Job that is not there (any more): its TTL may have taken it between two looks; its events stay for an hour. */
export async function judgeGoneJob(
  api: Api,
  { namespace, name, uid }: { namespace: string; name: string; uid?: string | undefined },
): Promise<Verdict> {
  const fields = `involvedObject.kind=Job,involvedObject.name=${name},reason=Completed`;
  const events = uid === undefined ? [] : await list(api, `/api/v1/namespaces/${namespace}/events`, { fields });
  const completed = events.some((event) => (event as Event).involvedObject?.uid === uid);
  return completed ? ready('complete, and removed by its TTL') : failed('the Job disappeared before it was complete');
}
