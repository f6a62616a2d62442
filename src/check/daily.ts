import type { Settings } from '../config/settings.ts';
import { tokensOf } from '../config/settings.ts';
import type { Finding } from '../domain/finding.ts';
import type { Sources } from '../sources.ts';
import type { Clock } from '../util/clock.ts';
import type { Logger } from '../util/logger.ts';
import { isNoAnswer, pullFindings, repositoryFindings } from './outside.ts';
import { tokenFindings } from './tokens.ts';

export interface Daily {
  /** Looks at the tokens if it is time to. Throws only the signal's reason. */
  look(settings: Settings, sources: Sources, log: Logger): Promise<void>;
  /** What was wrong when it was looked at last, a line each. */
  warnings(): string[];
}

const DAY = 86_400_000;
/** When something could not be asked. */
const HOUR = 3_600_000;

/**
 * Looks at the tokens at the start, once a day, and when one was replaced, with the connections of the passes: nothing of
 * it costs quota or writes anything. A token that is about to end should be known before it has ended.
 */
export function createDaily({ clock, images }: { clock: Clock; images: () => readonly string[] }): Daily {
  let next = 0;
  let seen = '';
  let lines: string[] = [];
  return { look, warnings: () => lines };

  async function look(settings: Settings, sources: Sources, log: Logger): Promise<void> {
    const now = clock.now();
    const tokens = JSON.stringify(tokensOf(settings));
    if (now.getTime() < next && tokens === seen) return;
    seen = tokens;
    const findings = await findingsOf(settings, sources, now);
    const unanswered = findings.filter(({ reason }) => isNoAnswer(reason));
    next = now.getTime() + (unanswered.length > 0 ? HOUR : DAY);
    const wrong = findings.filter((finding) => finding.level !== 'ok' && !unanswered.includes(finding));
    const before = lines;
    lines = wrong.map(({ what, reason }) => `${what}: ${reason}`);
    for (const warning of lines.filter((line) => !before.includes(line))) log.warn({ warning }, 'token');
  }

  async function findingsOf(settings: Settings, sources: Sources, now: Date): Promise<Finding[]> {
    const ask = (): Sources => sources;
    const parts = [
      tokenFindings(settings, ask, now),
      // What the passes ask anyway says itself what it lacks; these they ask only when something is new.
      repositoryFindings({ ...settings, yamlCommitCheckerToken: undefined }, ask),
      pullFindings(settings, ask, images()),
    ];
    return (await Promise.all(parts)).flat();
  }
}
