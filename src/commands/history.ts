import * as z from 'zod';
import { pushToLive, type History } from '../domain/history.ts';
import { historyAsText, rolloutAsText } from '../report/history-text.ts';
import type { Answer } from '../report/status.ts';
import { connectCluster, type Cluster, type Place } from './wiring.ts';

/** What is asked for: one rollout or all of them, for people or as JSON. */
export const HistoryQuery = z.object({ rollout: z.string().optional(), json: z.boolean().default(false) });
export type HistoryQuery = z.infer<typeof HistoryQuery>;

/** What `ordo history` says. Code 2: there is no such rollout. */
export async function history({ store, rollouts }: Cluster, { rollout, json }: HistoryQuery): Promise<Answer> {
  const all = await store.readHistory();
  if (rollout === undefined) return answer(!json ? historyAsText(all) : all.map((_, at) => timed(all, at)));
  const at = all.findIndex((entry) => String(entry.rollout) === rollout);
  const entry = all[at];
  if (entry === undefined) return { text: `there is no rollout ${rollout} in the history${range(all)}`, code: 2 };
  const bundle = await rollouts.readBundle(entry.rollout);
  // Numbers begin anew when everything was lost.
  const own = bundle?.commit === entry.commit ? bundle : undefined;
  if (!json) return answer(rolloutAsText(entry, all.slice(at + 1), own));
  return answer({ ...timed(all, at), ...(own && { bundle: own }) });
}

/** Where no controller runs. */
export async function historyAlone(place: Place, query: HistoryQuery, signal: AbortSignal): Promise<Answer> {
  return history(await connectCluster(place, signal), query);
}

const answer = (said: unknown): Answer => ({
  text: typeof said === 'string' ? said : JSON.stringify(said, undefined, 2),
  code: 0,
});

function timed(all: History, at: number): object {
  const entry = all[at];
  const seconds = entry && pushToLive(entry, all.slice(at + 1));
  return { ...entry, ...(seconds !== undefined && { pushToLiveSeconds: seconds }) };
}

function range(all: History): string {
  const [newest, oldest] = [all[0], all.at(-1)];
  return newest && oldest ? `: it has ${oldest.rollout} to ${newest.rollout}` : ', which is empty';
}
