import type { Answer } from '../report/status.ts';
import { checkNow } from './check-now.ts';
import { connectCluster, ownImage, type Place } from './wiring.ts';

const STATUS_MS = 10_000;

/** A check where no controller runs. */
export async function checkAlone(place: Place, signal: AbortSignal): Promise<Answer> {
  const cluster = await connectCluster(place, signal);
  // The check itself says it when the image stays unknown.
  if (place.pod !== '') await ownImage(cluster.client, place, STATUS_MS, signal).catch(() => undefined);
  return checkNow(place, cluster, signal);
}
