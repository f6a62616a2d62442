import { gzipSync } from 'node:zlib';
import { bundleName, type Bundle, type Failure } from '../../domain/bundle.ts';
import { nameOf } from '../../domain/identity.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Rollout } from '../../domain/plan.ts';
import { LABEL_ROLLOUT } from '../../domain/stamps.ts';
import { keep, type Kept } from '../keep.ts';
import { redactor, secretsIn } from '../redact.ts';
import type { Tools } from '../run.ts';
import type { Applying } from '../segments.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import { fitAll } from './fit.ts';

/** Why a rollout failed, collected while it fails. Nothing of it can fail the rollout itself. */
export interface Bundling {
  /** Begins to look at the pods of a workload that has just failed: soon they may be gone. */
  look(item: Applying): void;
  /** Writes what was seen, and the reasons of all failed steps, as Secret `ordo-bundle-N`, and into the log. */
  write(outcome: Outcome): Promise<void>;
}

/** `unseen`: why there is nothing, or not all. */
type Look = Partial<Evidence> & { unseen?: string };

/** A rollout may fail in a hundred workloads for the same cause. */
const MOST_LOOKED_AT = 25;
/** So long is waited for what the pods say, in ms. */
const PATIENCE_MS = 10_000;

export function openBundle({ api, clock, log, signal }: Tools, { plan, manifests }: Rollout): Bundling {
  const looks = new Map<number, Promise<unknown>>();
  const seen = new Map<number, Look>();
  let secrets: Set<string> | undefined;
  return {
    look({ index, step }) {
      if (looks.size >= MOST_LOOKED_AT || looks.has(index)) return;
      secrets ??= secretsIn(Object.values(manifests));
      const look = evidenceOf(api, step, secrets).catch((error: unknown) => ({ unseen: String(error) }));
      looks.set(
        index,
        look.then((found) => seen.set(index, found)),
      );
    },
    async write(outcome) {
      try {
        await Promise.race([Promise.all(looks.values()), clock.sleep(PATIENCE_MS, signal)]);
        const bundle = bundleOf(outcome);
        for (const failure of bundle.failures) log.error(failure, 'failure');
        const refused = await keep({ api, clock, signal }, 'ordo-runner', [secretOf(bundle, plan.namespace)]);
        if (refused !== undefined) throw new Error(refused);
      } catch (error) {
        log.warn({ reason: redactor([])(String(error)) }, 'why it failed could not be kept');
      }
    },
  };

  function bundleOf({ steps }: Outcome): Bundle {
    const failures = plan.steps.flatMap(({ entry }, index): Failure[] => {
      const { state, reason = '' } = steps[String(index)] ?? {};
      if (state !== 'failed') return [];
      const { pods = [], events = [], unseen } = seen.get(index) ?? late(index);
      const where = { object: nameOf(entry), source: entry.source, document: entry.order[4] };
      return [{ step: index, ...where, reason, pods, events, ...(unseen !== undefined && { unseen }) }];
    });
    return { version: 1, rollout: plan.rollout, commit: plan.commit, ...fitAll(failures) };
  }

  function late(index: number): Look {
    return looks.has(index) ? { unseen: 'the API server did not say in time what its pods do' } : {};
  }
}

/** Not owned by the Job: it stays when the Job's time to live ends. */
function secretOf(bundle: Bundle, namespace: string): Kept {
  return {
    kind: 'Secret',
    metadata: { name: bundleName(bundle.rollout), namespace, labels: { [LABEL_ROLLOUT]: String(bundle.rollout) } },
    data: { bundle: gzipSync(JSON.stringify(bundle)).toString('base64') },
  };
}
