import * as z from 'zod';
import { askDesk, type Question } from '../report/desk.ts';
import type { Answer } from '../report/status.ts';
import type { Place } from './wiring.ts';

export const Answered = z.object({ text: z.string(), code: z.literal([0, 1, 2]) });

/**
 * Prints what the running controller in this pod answers, which costs next to no memory; where none runs, what `alone`
 * finds out. Answers with the exit code.
 */
export async function ask(
  question: Question,
  place: Place,
  alone: () => Promise<Answer>,
  { print, signal, details }: { print: (text: string) => void; signal: AbortSignal; details?: object },
): Promise<Answer['code']> {
  const told = await askDesk(place.workFolder, question, signal, details);
  const { text, code } = told === undefined ? await alone() : Answered.parse(told);
  print(`${text.trimEnd()}\n`);
  return code;
}
