import { FIELD_MANAGER } from '../../domain/stamps.ts';
import { applyArguments, limitFor } from '../arguments.ts';
import type { Said } from '../kubectl.ts';
import { manifestOf, type Run } from '../run.ts';
import { errorText, isTransient } from '../said.ts';
import type { Applying } from '../segments.ts';
import { patience } from '../transient.ts';

/** kubectl's arguments for trying new versions. */
export const TRY = [...applyArguments(FIELD_MANAGER), '--dry-run=server'];

/**
 * What a server says that could be otherwise by the time the object is made: the old one gives back its quota, its address
 * or that it is the default, and the plan brings what is missing.
 */
const NOT_CHECKABLE =
  /exceeded quota|already (allocated|marked|defined|in use)|does not support dry run|(namespaces|serviceaccounts?|(priority|runtime)class\S*) "[^"]*" not found|no PriorityClass with name|no matches for kind/i;

/** Leaves room for the index, and for what controllers put behind a name (a CronJob's may have 52 characters). */
const LONGEST = 38;

/**
 * Asks the API server by a dry run whether it would make these objects; under other names, since as a change of what
 * is there many of them are refused. A step whose object is refused fails. False: one of them did.
 */
export async function tryNew(run: Run, items: readonly Applying[]): Promise<boolean> {
  const pause = patience(run);
  let open = [...items];
  let isGood = true;
  while (open.length > 0) {
    run.signal.throwIfAborted();
    const said = await ask(run, open);
    if (said.code === 0) return isGood;
    // One stream tells who passed, and not who was meant by an error.
    const tried = open.length;
    const left = open.filter(({ index, step }) => !hasPassed(said, trialName(step.entry.name, index)));
    open = [];
    let reason = run.redact(errorText(said));
    if (left.length === tried && isTransient(said) && !NOT_CHECKABLE.test(reason)) open = left;
    else {
      for (const item of left) {
        const alone = tried === 1 ? said : await ask(run, [item]);
        if (alone.code === 0 || NOT_CHECKABLE.test(errorText(alone))) continue;
        if (isTransient(alone)) {
          reason = run.redact(errorText(alone));
          open.push(item);
          continue;
        }
        run.book.fail(item.index, `${refusalOf(item, alone)}\nnothing was deleted: the version before is as it was`);
        isGood = false;
      }
    }
    if (open.length > 0) await pause(reason);
  }
  return isGood;
}

function ask(run: Run, items: readonly Applying[]): Promise<Said> {
  const documents = items.map(({ index, step }) => {
    const manifest = manifestOf(run, index);
    const metadata = { ...(manifest['metadata'] as object), name: trialName(step.entry.name, index) };
    return `${JSON.stringify({ ...manifest, metadata })}\n`;
  });
  return run.kubectl.run(TRY, documents.join(''), limitFor(items.length));
}

/** Of its own for each step: kubectl prints the names of those that passed. */
const trialName = (name: string, index: number): string =>
  `${name.slice(0, LONGEST).replace(/[.-]+$/, '')}-ordo-${index}`;

const hasPassed = ({ lines }: Said, name: string): boolean =>
  lines.some(({ from, text }) => from === 'out' && (text.split(' ')[0] ?? '').endsWith(`/${name}`));

function refusalOf({ index, step }: Applying, said: Said): string {
  const { name } = step.entry;
  return errorText(said).replaceAll(trialName(name, index), name);
}
