import type { Rollout } from '../domain/plan.ts';
import type { Logger } from '../util/logger.ts';
import type { Api } from './api.ts';
import type { Marks } from './applied.ts';
import type { Book } from './book.ts';
import type { Clock } from './clock.ts';
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
  /** Jobs that nobody waits for and that are not known to have ended. */
  background: Set<Gate>;
  /** Has what is done so far written, beside other work. */
  save(): void;
}
