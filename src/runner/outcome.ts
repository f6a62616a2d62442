import { Outcome } from '../domain/outcome.ts';
import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import { fromParts, toParts } from '../util/parts.ts';
import type { Api } from './api.ts';
import { keep, keepOnce, type Kept } from './keep.ts';
import type { Tools } from './run.ts';

/** How many ConfigMaps hold an outcome; missing: one. */
const ANNOTATION_PARTS = 'ordo.dev/parts';
const MANAGER = 'ordo-runner';

const outcomeName = (rollout: number, part: number): string =>
  part === 0 ? `ordo-outcome-${rollout}` : `ordo-outcome-${rollout}-${part}`;

interface ConfigMap {
  metadata?: { annotations?: Record<string, string> };
  binaryData?: Record<string, string>;
}

/** What an earlier pod of this rollout's Job has written; undefined when there is nothing that can be read: the stamps tell too. */
export async function readOutcome(api: Api, namespace: string, rollout: number): Promise<Outcome | undefined> {
  const read = async (part: number): Promise<ConfigMap> =>
    ((await api.get(`/api/v1/namespaces/${namespace}/configmaps/${outcomeName(rollout, part)}`)) ?? {}) as ConfigMap;
  const first = await read(0);
  const count = Number(first.metadata?.annotations?.[ANNOTATION_PARTS] ?? 1);
  const all = [first];
  for (let part = 1; part < count; part += 1) all.push(await read(part));
  try {
    return Outcome.parse(fromParts(all.map(({ binaryData }) => Buffer.from(binaryData?.['outcome'] ?? '', 'base64'))));
  } catch {
    return undefined;
  }
}

/** The ConfigMaps of an outcome, the first one last: whoever finds it finds the others. */
function outcomeObjects(namespace: string, outcome: Outcome): Kept[] {
  const parts = toParts(outcome);
  const objects = parts.map((bytes, part): Kept => ({
    kind: 'ConfigMap',
    metadata: {
      name: outcomeName(outcome.rollout, part),
      namespace,
      labels: { [LABEL_ROLLOUT]: String(outcome.rollout) },
      ...(part === 0 && parts.length > 1 ? { annotations: { [ANNOTATION_PARTS]: String(parts.length) } } : {}),
    },
    data: { outcome: bytes.toString('base64') },
  }));
  return objects.toReversed();
}

export interface OutcomeWriter {
  /** Writes beside other work, at most every two seconds; what comes in between replaces what waits. A failure is only logged. */
  offer(outcome: Outcome): void;
  /** Writes this last outcome, and has to succeed; rejects with TransientError after about a minute. */
  finish(outcome: Outcome): Promise<void>;
}

// A pod that is killed in between loses nothing: the stamps in the cluster tell the next one what was done.
const SPACING_MS = 2_000;

/** Writes the outcome of a rollout into ConfigMaps of Ordo's namespace. */
export function outcomeWriter(tools: Tools, namespace: string): OutcomeWriter {
  const finished = new AbortController();
  let next: Outcome | undefined;
  let busy: Promise<void> | undefined;
  return {
    offer(outcome) {
      next = outcome;
      busy ??= drain();
    },
    async finish(outcome) {
      next = undefined;
      finished.abort();
      await busy;
      const refused = await keep(tools, MANAGER, outcomeObjects(namespace, outcome));
      if (refused !== undefined) throw new Error(`the outcome could not be written: ${refused}`);
    },
  };

  async function drain(): Promise<void> {
    while (next !== undefined) {
      const outcome = next;
      next = undefined;
      await keepOnce(tools.api, MANAGER, outcomeObjects(namespace, outcome)).catch(() =>
        tools.log.warn({}, 'the outcome could not be written'),
      );
      await tools.clock.sleep(SPACING_MS, finished.signal).catch(() => {});
    }
    busy = undefined;
  }
}
