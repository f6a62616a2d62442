import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known } from '../../src/domain/known.ts';
import type { LiveObject } from '../../src/domain/stamps.ts';
import { driftMarks } from '../../src/plan/drift.ts';
import type { PlanInput } from '../../src/plan/input.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { brief, configMap, namespace, outcomeOf, planFor, stamped, workload } from './fixtures.ts';

const CONFIG = '/ConfigMap/shop/web';
const NOW = '2026-01-01T12:00:00.000Z';
const at = (minutes: number): string => new Date(new Date(NOW).getTime() + minutes * 60_000).toISOString();

const filesWith = (annotations: Record<string, string> = {}, value = '1') => ({
  '1-shop/10-shop.yml': namespace('shop'),
  '1-shop/20-web.yml': JSON.stringify({
    ...JSON.parse(configMap('web', { value })),
    metadata: { name: 'web', namespace: 'shop', annotations },
  }),
  '1-shop/40-web.yml': workload('web', { kind: 'Deployment' }),
  '1-shop/50-once.yml': workload('once', { kind: 'Pod', pod: { restartPolicy: 'OnFailure' } }),
  '1-shop/60-always.yml': workload('always', { kind: 'Pod' }),
});

/** What is recorded once everything was rolled out. */
function recorded(change: Partial<Inventory> = {}, repaired?: string[]): Inventory {
  const { plan, input } = planFor(filesWith());
  const inventory = nextInventory(
    input.inventory,
    plan,
    input.keyId,
    outcomeOf(plan, () => ({ state: 'done', owned: 'left' })),
  );
  const objects = inventory.objects.map((one) => (one.kind === 'ConfigMap' && repaired ? { ...one, repaired } : one));
  return { ...inventory, objects, ...change };
}

const live = (id: string, more: Partial<LiveObject> | undefined = {}) => ({
  [id]: known(more && { ...stamped('u'), owned: 'left', ...more }),
});
const taken: Partial<LiveObject> = {
  owned: 'other',
  owners: [
    { manager: 'ordo', operation: 'Apply', fieldsV1: { 'f:metadata': {}, 'f:data': { '.': {} } } },
    { manager: 'vim', operation: 'Update', fieldsV1: { 'f:data': { 'f:value': {} } } },
  ],
};

interface World {
  inventory?: Inventory;
  files?: Record<string, string>;
  drift?: PlanInput['drift'];
  now?: string;
}
function plan(
  found: Record<string, ReturnType<typeof known<LiveObject | undefined>>>,
  { inventory = recorded(), files = filesWith(), drift = 'repair', now = NOW }: World = {},
) {
  const { input, plan: made } = planFor(files, { inventory, live: found, more: { drift, now } });
  return { made, marks: driftMarks(input), reason: made.steps[0]?.reason, step: made.steps[0] };
}

describe('J04 an object that is not as its last rollout left it', () => {
  it('is applied in place, and the reason names field and manager', () => {
    const { made, reason, step } = plan(live(CONFIG, taken));
    assert.deepEqual(brief(made), ['apply ConfigMap/shop/web']);
    assert.match(reason ?? '', /data\.value was changed by vim/);
    assert.deepEqual(step?.entry.repaired, [NOW]);
  });

  it('takes over what kubectl wrote where lists were changed, which would stay beside what Git states', () => {
    const id = 'apps/Deployment/shop/web';
    const container = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"x"}': {} } } } } };
    const owners = [
      { manager: 'ordo', operation: 'Apply', fieldsV1: { 'f:metadata': {}, 'f:spec': { 'f:selector': {} } } },
      { manager: 'kubectl-edit', operation: 'Update', fieldsV1: container },
    ];
    const listed = plan(live(id, { owned: 'other', owners })).step;
    assert.equal(listed?.kind === 'apply' && listed.takeOver, undefined, 'the whole template is no list');
    const [own, other] = owners;
    const inside = {
      'f:metadata': {},
      'f:spec': { 'f:selector': {}, 'f:template': { 'f:metadata': {}, 'f:spec': { '.': {} } } },
    };
    const { step, reason } = plan(live(id, { owned: 'other', owners: [{ ...own, fieldsV1: inside }, other ?? {}] }));
    assert.match(reason ?? '', /^spec\.template\.spec\.containers was changed by kubectl-edit$/);
    assert.equal(step?.kind === 'apply' && step.takeOver, true);
  });

  it('is nothing to do where nobody knows what was left, or what is there', () => {
    const unknown = recorded();
    const objects = unknown.objects.map(({ owned: _owned, ...one }) => one);
    assert.deepEqual(plan(live(CONFIG, taken), { inventory: { ...unknown, objects } }).made.steps, []);
    assert.deepEqual(plan({ [CONFIG]: { known: false, reason: 'away' } as never }).made.steps, []);
  });

  it('is taken over where somebody made it anew', () => {
    const { made, step, reason } = plan({ [CONFIG]: known({ uid: 'new', deleting: false, owned: 'left' }) });
    assert.equal(reason, 'somebody made it anew, or took its stamps away');
    assert.deepEqual(brief(made), ['apply ConfigMap/shop/web']);
    assert.equal(step?.kind === 'apply' && step.adopt, true);
  });

  it('waits as long as it, or its Namespace, is being deleted', () => {
    assert.deepEqual(brief(plan(live(CONFIG, { deleting: true })).made), ['hold ConfigMap/shop/web']);
    const gone = { ...live('/Namespace//shop', { deleting: true }), ...live(CONFIG), [CONFIG]: known(undefined) };
    assert.deepEqual(brief(plan(gone).made), ['hold Namespace/shop', 'hold ConfigMap/shop/web']);
  });

  it('#35 is no bare Pod that ends by itself, once it was seen to be good', () => {
    const gone = (name: string) => ({ [`/Pod/shop/${name}`]: known(undefined) });
    assert.deepEqual(brief(plan(gone('once')).made), []);
    assert.deepEqual(brief(plan(gone('always')).made), ['apply Pod/shop/always']);
  });

  it('#35 is what went with its Namespace, until it is there again: a repair that failed before it is not its end', () => {
    const ids = ['/Namespace//shop', CONFIG, 'apps/Deployment/shop/web', '/Pod/shop/once', '/Pod/shop/always'];
    const gone = (...left: string[]) => Object.fromEntries(left.map((id) => [id, known(undefined)]));
    const before = recorded();
    const { made } = plan(gone(...ids), { inventory: before });
    assert.equal(made.steps.length, ids.length);
    const outcome = outcomeOf(made, (index) => (index === 0 ? { state: 'done' } : { state: 'not-reached' }));
    const inventory = nextInventory(before, made, 'key-1', outcome);
    const left = plan(gone(...ids.slice(1)), { inventory }).made;
    assert.deepEqual(brief(left), brief(made).slice(1));
    const after = nextInventory(inventory, left, 'key-1', outcomeOf(left));
    assert.deepEqual(brief(plan(gone('/Pod/shop/once'), { inventory: after }).made), [], 'it has ended once more');
  });

  it('is only reported, or not looked at, as settings and annotation say; the annotation comes first', () => {
    const drifts = { ...live(CONFIG, taken), 'apps/Deployment/shop/web': known(undefined) };
    assert.deepEqual(brief(plan(drifts, { drift: 'report' }).made), [
      'hold ConfigMap/shop/web',
      'hold Deployment/shop/web',
    ]);
    assert.deepEqual(plan(drifts, { drift: 'off' }).made.steps, []);
    const files = filesWith({ 'ordo.dev/drift': 'off' });
    const { plan: first, input } = planFor(files);
    const inventory = nextInventory(
      input.inventory,
      first,
      input.keyId,
      outcomeOf(first, () => ({ state: 'done', owned: 'left' })),
    );
    assert.deepEqual(brief(plan(drifts, { files, inventory }).made), ['apply Deployment/shop/web']);
  });

  it('is another rollout than the one before, until it looks otherwise', () => {
    const marks = [
      {},
      live(CONFIG, taken),
      live(CONFIG, { ...taken, owned: 'third' }),
      { [CONFIG]: known(undefined) },
    ].map((found) => plan(found).marks);
    assert.deepEqual(marks[0], []);
    assert.equal(new Set(marks.map(String)).size, 4);
  });
});

describe('J04 a fight', () => {
  const fight = [at(-9), at(-5), at(-1)];

  it('is given up after three repairs within ten minutes, with the name of the other side', () => {
    for (const now of [NOW, at(600)]) {
      const { step, reason } = plan(live(CONFIG, taken), { inventory: recorded({}, fight), now });
      assert.equal(step?.kind, 'hold');
      assert.match(
        reason ?? '',
        /^it was changed again by vim \(data\.value\) after three repairs within ten minutes; Ordo does not fight/,
      );
    }
    assert.equal(plan(live(CONFIG, taken), { inventory: recorded({}, fight.slice(1)) }).step?.kind, 'apply');
    const slow = [at(-12), at(-5), at(-1)];
    const { step } = plan(live(CONFIG, taken), { inventory: recorded({}, slow) });
    assert.deepEqual(step?.entry.repaired, [at(-5), at(-1), NOW]);
  });

  it('ends with another version in Git, with ordo retry, and when the other side has stopped for so long', () => {
    const changed = plan(live(CONFIG, taken), { inventory: recorded({}, fight), files: filesWith({}, '2') });
    assert.deepEqual([changed.step?.kind, changed.step?.entry.repaired], ['apply', undefined]);
    const retried = { rollout: 1, by: 'on-call', at: at(-0.5) };
    assert.equal(plan(live(CONFIG, taken), { inventory: recorded({ retried }, fight) }).step?.kind, 'apply');
    const kept = (now: string) =>
      plan({}, { inventory: recorded({}, fight), now }).made.moved.map(({ repaired }) => repaired);
    assert.deepEqual([kept(NOW), kept(at(10))], [[], [undefined]]);
  });
});

describe('J05 an override', () => {
  const overrides = [{ object: 'ConfigMap/shop/web', until: at(60), by: 'on-call', at: NOW }];

  it('is no drift while it lasts, and then it is', () => {
    const inventory = recorded({ overrides });
    assert.deepEqual(plan(live(CONFIG, taken), { inventory }).made.steps, []);
    assert.deepEqual(brief(plan(live(CONFIG, taken), { inventory, now: at(61) }).made), ['apply ConfigMap/shop/web']);
  });

  it('holds what Git wants of the object meanwhile', () => {
    const inventory = recorded({ overrides });
    const { step, reason } = plan(live(CONFIG, taken), { inventory, files: filesWith({}, '2') });
    assert.equal(step?.kind, 'hold');
    assert.match(reason ?? '', /^overridden by on-call until 2026-01-01T13:00:00.000Z/);
    const { '1-shop/20-web.yml': _gone, ...files } = filesWith();
    assert.deepEqual(brief(plan({}, { inventory, files }).made), ['hold ConfigMap/shop/web']);
  });
});
