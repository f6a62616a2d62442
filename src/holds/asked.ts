import * as z from 'zod';
import type { Plan } from '../domain/plan.ts';
import type { PlanInput } from '../plan/input.ts';
import type { Answer } from '../report/status.ts';

const word = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .regex(/^\P{Cc}*$/u, 'expected one line');

/** `ordo release`: these held deletions may happen, or all that are held when it is carried out. */
export const Release = z.object({
  kind: z.literal('release'),
  /** `Kind/NAME` or `Kind/NAMESPACE/NAME`, the kind as kubectl takes it. */
  objects: z.array(word),
  all: z.boolean(),
  by: word,
});
export type Release = z.infer<typeof Release>;

/** `ordo retry`: what failed is tried again at once. */
export const Retry = z.object({ kind: z.literal('retry'), by: word });
export type Retry = z.infer<typeof Retry>;

/** `ordo override`: an object stays for a time as somebody made it by hand. */
export const Override = z.object({
  kind: z.literal('override'),
  /** `Kind/NAME` or `Kind/NAMESPACE/NAME`, the kind as kubectl takes it. */
  object: word,
  /** Undefined: it ends now. */
  for: z
    .string()
    .regex(/^[1-9][0-9]{0,4}[smh]$/, 'expected a duration like 30m or 2h')
    .optional(),
  by: word,
});
export type Override = z.infer<typeof Override>;

export type Request = Release | Retry | Override;

interface Waiting<T> {
  request: T;
  /** Tells the person who asked; from then on it is done. */
  answer: (answer: Answer) => void;
}

/** A plan as a pass has just made it, and what it was made from. */
export interface Looked {
  input: PlanInput;
  plan: Plan;
}

/** What people asked for on the command line, until a pass has carried it out. */
export interface Asked {
  /** Resolves with what came of it. */
  ask(request: Request): Promise<Answer>;
  /** What waits to be carried out. */
  requests(): readonly Request[];
  /** Something waits for a pass. */
  isWaiting(): boolean;
  releases(): readonly Waiting<Release>[];
  retries(): readonly Waiting<Retry>[];
  overrides(): readonly Waiting<Override>[];
  /** Resolves with the plan of the next pass that makes one. */
  look(): Promise<Looked>;
  /** A pass has made its plan. */
  seen(looked: Looked): void;
}

export function createAsked(): Asked {
  let waiting: Waiting<Request>[] = [];
  let looking: ((looked: Looked) => void)[] = [];
  const isOf =
    <T extends Request>(kind: T['kind']) =>
    (one: Waiting<Request>): one is Waiting<T> =>
      one.request.kind === kind;
  return {
    ask: (request) =>
      new Promise((resolve) => {
        const one: Waiting<Request> = {
          request,
          answer(answer) {
            waiting = waiting.filter((other) => other !== one);
            resolve(answer);
          },
        };
        waiting.push(one);
      }),
    requests: () => waiting.map(({ request }) => request),
    isWaiting: () => waiting.length + looking.length > 0,
    releases: () => waiting.filter(isOf<Release>('release')),
    retries: () => waiting.filter(isOf<Retry>('retry')),
    overrides: () => waiting.filter(isOf<Override>('override')),
    look: () => new Promise((resolve) => looking.push(resolve)),
    seen(looked) {
      for (const resolve of looking) resolve(looked);
      looking = [];
    },
  };
}
