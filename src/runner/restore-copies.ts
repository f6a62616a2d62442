import * as z from 'zod';
import { restoreName } from '../domain/ordo.ts';
import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import { fromParts, toParts } from '../util/parts.ts';
import { Copy } from './copy.ts';
import { keep, type Kept } from './keep.ts';
import type { Run, Tools } from './run.ts';

/** By step index. */
const Copies = z.object({ version: z.literal(1), copies: z.record(z.string(), Copy) });

/** How many Secrets hold the copies; missing: one. */
const ANNOTATION_PARTS = 'ordo.dev/parts';
const KEY = 'copies';

interface Secret {
  metadata?: { annotations?: Record<string, string> };
  data?: Record<string, string>;
}

/** Where the copies of a rollout are; `step`: of one step, taken while the rollout was on its way. */
interface Place {
  rollout: number;
  step?: number;
}

const nameOf = ({ rollout, step }: Place, part: number): string =>
  [restoreName(rollout), ...(step === undefined ? [] : [`step-${step}`]), ...(part === 0 ? [] : [part])].join('-');

/**
 * Writes copies into Secrets that outlive the rollout's Job; it has to succeed before anything is deleted. Rejects with
 * TransientError after about a minute, and with an Error when it is refused.
 */
export async function writeCopies(run: Run, copies: ReadonlyMap<number, Copy>, step?: number): Promise<void> {
  const { rollout, namespace } = run.rollout.plan;
  const place: Place = { rollout, ...(step !== undefined && { step }) };
  const parts = toParts({ version: 1, copies: Object.fromEntries(copies) });
  const objects = parts.map((bytes, part): Kept => ({
    kind: 'Secret',
    metadata: {
      name: nameOf(place, part),
      namespace,
      labels: { [LABEL_ROLLOUT]: String(rollout) },
      ...(part === 0 && { annotations: { [ANNOTATION_PARTS]: String(parts.length) } }),
    },
    data: { [KEY]: bytes.toString('base64') },
  }));
  // The first one last: whoever finds it finds the others.
  const refused = await keep(run, 'ordo-restore', objects.toReversed());
  if (refused !== undefined) throw new Error(`what is there could not be kept: ${refused}`);
}

/** What an earlier pod of this rollout's Job has kept, by step index; what cannot be read counts as nothing. */
export async function readCopies(
  { api, rollout: { plan } }: Pick<Tools, 'api'> & Pick<Run, 'rollout'>,
  step?: number,
): Promise<Map<number, Copy>> {
  const place: Place = { rollout: plan.rollout, ...(step !== undefined && { step }) };
  const read = async (part: number): Promise<Secret | undefined> =>
    (await api.get(`/api/v1/namespaces/${plan.namespace}/secrets/${nameOf(place, part)}`)) as Secret | undefined;
  const first = await read(0);
  // Another Secret of this name may hold something else of this rollout.
  if (first?.data?.[KEY] === undefined) return new Map();
  const count = Number(first.metadata?.annotations?.[ANNOTATION_PARTS] ?? 1);
  const all: (Secret | undefined)[] = [first];
  for (let part = 1; part < count; part += 1) all.push(await read(part));
  try {
    const { copies } = Copies.parse(fromParts(all.map((one) => Buffer.from(one?.data?.[KEY] ?? '', 'base64'))));
    return new Map(Object.entries(copies).map(([index, copy]) => [Number(index), copy]));
  } catch {
    return new Map();
  }
}
