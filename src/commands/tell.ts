import { Override, Release, Retry, type Request } from '../holds/asked.ts';
import { askDesk } from '../report/desk.ts';
import type { Answer } from '../report/status.ts';
import { Answered } from './ask.ts';
import type { Place } from './wiring.ts';

/**
 * Tells the running controller in this pod what a person decided, prints what it answers, and answers with the exit code. It
 * alone can carry that out: throws where none runs, and for names that cannot be meant.
 */
export async function tell(
  request: Request,
  place: Place,
  { print, signal }: { print: (text: string) => void; signal: AbortSignal },
): Promise<Answer['code']> {
  const told = await askDesk(place.workFolder, request.kind, signal, checked(request));
  if (told === undefined) {
    const where = `kubectl -n ${place.namespace} exec deploy/ordo -- ordo ${request.kind}`;
    throw new Error(`no controller runs here, and it is the controller that does this: ${where} …`);
  }
  const { text, code } = Answered.parse(told);
  print(`${text.trimEnd()}\n`);
  return code;
}

const REQUESTS = { override: Override, release: Release, retry: Retry };

function checked(request: Request): Request {
  const parsed = REQUESTS[request.kind].safeParse(request);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join(' ') ?? ''}: ${issue?.message ?? 'not usable'}`);
}
