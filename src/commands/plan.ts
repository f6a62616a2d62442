import { z } from 'zod';
import { askDesk } from '../report/desk.ts';
import type { Answer } from '../status.ts';
import type { Place } from './wiring.ts';

const Answer = z.object({ text: z.string(), code: z.literal([0, 1, 2]) });

/**
 * `ordo plan`: what the next rollout would do, as text. Changes nothing. Answers with the exit code: 0 nothing to do, 1
 * something to do, 2 not known. In Ordo's pod the running controller is asked, which costs next to no memory.
 */
export async function plan(place: Place, print: (text: string) => void, signal: AbortSignal): Promise<Answer['code']> {
  const told = await askDesk(place.workFolder, signal);
  const { text, code } = told === undefined ? await planAlone(place, signal) : Answer.parse(told);
  print(`${text.trimEnd()}\n`);
  return code;
}

async function planAlone(place: Place, signal: AbortSignal): Promise<Answer> {
  const { planAlone: make } = await import('./plan-alone.ts');
  return make(place, signal);
}
