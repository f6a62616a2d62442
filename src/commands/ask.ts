import * as z from 'zod';
import { askDesk, type Query, type Question } from '../report/desk.ts';
import type { Answer } from '../status.ts';
import type { Place } from './wiring.ts';

const Answered = z.object({ text: z.string(), code: z.literal([0, 1, 2]) });

/**
 * Prints what the running controller in this pod answers, which costs next to no memory; where none runs, what `alone`
 * finds out. Answers with the exit code.
 */
export async function ask(
  question: Question,
  place: Place,
  alone: () => Promise<Answer>,
  { print, signal, query }: { print: (text: string) => void; signal: AbortSignal; query?: Query },
): Promise<Answer['code']> {
  const told = await askDesk(place.workFolder, question, signal, query);
  const { text, code } = told === undefined ? await alone() : Answered.parse(told);
  print(`${text.trimEnd()}\n`);
  return code;
}
