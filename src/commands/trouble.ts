import { ApiError } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import { SettingsError } from '../config/load.ts';
import { ExternalError } from '../util/errors.ts';

/** Why a pass ended early. */
export interface Trouble {
  /** For people. */
  reason: string;
  /** For the log: what is no fault of Ordo's own needs no stack. */
  logged: { reason: string } | { err: unknown };
  /** Why Ordo is not ready; undefined where the error says nothing about that. */
  notReady?: string;
}

/** What the error that ended a pass means. */
export function troubleOf(error: unknown): Trouble {
  // What the cluster or the settings say decides about readiness; what the outside says never does.
  if (error instanceof SettingsError || error instanceof StateError)
    return { reason: error.message, logged: { reason: error.message }, notReady: error.message };
  if (error instanceof ApiError || error instanceof ExternalError)
    return { reason: error.message, logged: { reason: error.message } };
  return { reason: 'an error inside of Ordo, see its log', logged: { err: error } };
}
