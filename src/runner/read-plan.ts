import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasManifest, Rollout } from '../domain/plan.ts';
import { fromParts } from '../util/parts.ts';

/** The version of plans that this runner carries out. */
const VERSION = 1;

/** The plan is missing, damaged or of another version: another pod would read the same. */
class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Reads the slices `part-0`, `part-1`, … of a rollout's gzip. Throws PlanError. */
export async function readPlan(folder: string): Promise<Rollout> {
  try {
    const slices = (await readdir(folder))
      .map((file) => ({ file, part: Number(/^part-(\d+)$/.exec(file)?.[1] ?? NaN) }))
      .filter(({ part }) => Number.isInteger(part))
      .sort((a, b) => a.part - b.part);
    const parts = await Promise.all(slices.map(({ file }) => readFile(join(folder, file))));
    const stored = fromParts(parts);
    refuseNewer(stored);
    return checked(Rollout.parse(stored));
  } catch (cause) {
    throw new PlanError(`the plan in ${folder} cannot be read: ${short(cause)}`, { cause });
  }
}

/** It knows what this one would lose, and says so in other words than a damaged one. */
function refuseNewer(stored: unknown): void {
  const { version } = ((stored as { plan?: unknown } | null)?.plan ?? {}) as { version?: unknown };
  if (typeof version !== 'number' || version <= VERSION) return;
  throw new Error(`a newer Ordo wrote it (version ${version}, this one knows ${VERSION})`);
}

function checked(rollout: Rollout): Rollout {
  for (const [index, step] of rollout.plan.steps.entries()) {
    if (hasManifest(step) && rollout.manifests[index] === undefined) {
      throw new Error(`step ${index}, ${step.entry.kind} ${step.entry.name}, has no manifest`);
    }
  }
  return rollout;
}

// zod's message names paths and expectations, never values; JSON.parse's quotes the text.
function short(cause: unknown): string {
  if (cause instanceof SyntaxError) return 'not JSON';
  return cause instanceof Error ? cause.message.slice(0, 500) : 'unknown';
}
