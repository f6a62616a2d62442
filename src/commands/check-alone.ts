import type { Answer } from '../status.ts';
import { checkNow } from './check-now.ts';
import { connectCluster, type Place } from './wiring.ts';

/** A check where no controller runs. */
export const checkAlone = (place: Place, signal: AbortSignal): Promise<Answer> =>
  checkNow(place, connectCluster(place.namespace, signal), signal);
