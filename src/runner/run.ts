import type { Rollout } from '../domain/plan.ts';
import type { Logger } from '../util/logger.ts';
import type { Api } from './api.ts';
import type { Marks } from './applied.ts';
import type { Book } from './book.ts';
import type { Bundling } from './bundle/bundle.ts';
import type { Clock } from './clock.ts';
import type { Copy } from './copy.ts';
import type { Gate } from './gates/gate.ts';
import type { Kubectl } from './kubectl.ts';
import type { Redact } from './redact.ts';

/** What a rollout is carried out with. */
export interface Tools {
  api: Api;
  kubectl: Kubectl;
  clock: Clock;
  log: Logger;
  /** Aborted when the runner is to stop: obeyed between two steps. */
  signal: AbortSignal;
}

/** One rollout on its way. */
export interface Run extends Tools {
  rollout: Rollout;
  redact: Redact;
  book: Book;
  marks: Marks;
  bundle: Bundling;
  /** By step index, what is sent in place of the plan's manifest. */
  sent: Map<number, Record<string, unknown>>;
  /** By step index, what was in the cluster before it was deleted: this pod's own; an earlier one's are in a Secret. */
  copies: Map<number, Copy>;
  /** Jobs that nobody waits for and that are not known to have ended. */
  background: Set<Gate>;
  /** For when nothing but waiting is done: throws SupersededError when a newer commit is to go on from here. */
  ifStillWanted: () => Promise<void>;
  /** Has what is done so far written, beside other work. */
  save(): void;
}

/** What is sent to the cluster for a step that ends in an apply. */
export const manifestOf = ({ sent, rollout }: Pick<Run, 'sent' | 'rollout'>, index: number): Record<string, unknown> =>
  sent.get(index) ?? rollout.manifests[index] ?? {};
