import { idOf } from '../../src/domain/identity.ts';
import { isConfiguration, isWorkload } from '../../src/domain/kinds.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known, type Known } from '../../src/domain/known.ts';
import type { Outcome, StepOutcome } from '../../src/domain/outcome.ts';
import { isActive } from '../../src/domain/plan.ts';
import type { LiveObject } from '../../src/domain/stamps.ts';
import { configUsesOf, type ConfigUse } from '../../src/manifests/references.ts';
import type { Desired } from '../../src/manifests/render.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { EMPTY, outcomeOf, planFor, stamped, type Files, type Planned } from './fixtures.ts';

/** What the pods of a workload saw of each ConfigMap when they were made; nothing yet of one that they wait for. */
type Seen = Map<string, unknown>;

interface Standing {
  uid: string;
  desired: Desired;
  seen: Seen;
}

/** How one step of a rollout ends; undefined means done. */
export type End = (index: number) => StepOutcome | undefined;

/** A cluster and Ordo's state as values: what a rollout's steps do to both, so that properties can say where it ends. */
export class Model {
  inventory: Inventory = EMPTY;
  readonly objects = new Map<string, Standing>();
  #made = 0;

  plan(files: Files): Planned {
    const live: Record<string, Known<LiveObject | undefined>> = {};
    for (const object of this.inventory.objects) {
      const standing = this.objects.get(idOf(object));
      live[idOf(object)] = known(standing && stamped(standing.uid));
    }
    return planFor(files, { inventory: this.inventory, live });
  }

  /** Carries a plan out, each step as `end` says, and records what came of it. */
  rollOut({ plan, input }: Planned, end: End = () => undefined): Outcome {
    const outcome = outcomeOf(plan, end);
    const desired = new Map(input.desired.map((one) => [one.id, one]));
    for (const [index, step] of plan.steps.entries()) {
      const id = idOf(step.entry);
      const { state, changed } = outcome.steps[String(index)] ?? { state: 'held' };
      if (!isActive(step) || (state !== 'done' && changed === undefined)) continue;
      if (changed === 'restored') {
        this.#restore(id);
        continue;
      }
      if (step.kind === 'recreate' || step.kind === 'delete') this.objects.delete(id);
      const object = desired.get(id);
      if (step.kind !== 'delete' && changed !== 'deleted' && object) this.#apply(object, step.kind === 'restart');
    }
    const began = plan.steps.some(isActive);
    this.inventory = nextInventory(this.inventory, plan, 'key-1', began ? outcome : undefined);
    return outcome;
  }

  /** Workloads whose pods saw other configuration than there is now, with what they saw and what there is. */
  stale(): string[] {
    return [...this.objects].flatMap(([id, { desired, seen }]) => {
      const now = this.#visible(desired);
      // What is not there any more cannot be seen; pods go on with what they saw of it.
      return [...now].flatMap(([name, content]) => {
        const [then, is] = [JSON.stringify(seen.get(name)), JSON.stringify(content)];
        return then === is ? [] : [`${id} saw ${name} as ${then}, it is ${is}`];
      });
    });
  }

  /** Deleted and made anew as it was: its pods see what is there now. */
  #restore(id: string): void {
    const desired = this.objects.get(id)?.desired;
    if (desired) this.objects.set(id, { uid: `uid ${(this.#made += 1)}`, desired, seen: this.#visible(desired) });
  }

  #apply(desired: Desired, restarted: boolean): void {
    const before = this.objects.get(desired.id);
    const uid = before?.uid ?? `uid ${(this.#made += 1)}`;
    const standing = { uid, desired, seen: before?.seen ?? new Map() };
    this.objects.set(desired.id, standing);
    const hasNewPods = before === undefined || restarted || before.desired.recreate !== desired.recreate;
    if (hasNewPods) standing.seen = this.#visible(desired);
    if (before === undefined && isConfiguration(desired.identity)) this.#start();
  }

  /** Pods that waited for a ConfigMap start when it appears. */
  #start(): void {
    for (const { desired, seen } of this.objects.values()) {
      for (const [name, content] of this.#visible(desired)) if (!seen.has(name)) seen.set(name, content);
    }
  }

  #visible({ identity, object }: Desired): Seen {
    const seen: Seen = new Map();
    const uses = isWorkload(identity) ? configUsesOf(object) : [];
    for (const [name, some] of Map.groupBy(uses, ({ kind, name: one }) => `/${kind}/${identity.namespace}/${one}`)) {
      const configuration = this.objects.get(name)?.desired.object;
      if (configuration) seen.set(name, only(some, (configuration['data'] ?? {}) as Record<string, unknown>));
    }
    return seen;
  }
}

function only(uses: readonly ConfigUse[], data: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(data).filter((key) => uses.some((use) => use.key === undefined || use.key === key));
  return Object.fromEntries(keys.sort().map((key) => [key, data[key]]));
}
