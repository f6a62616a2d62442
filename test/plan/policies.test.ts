import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known } from '../../src/domain/known.ts';
import { fieldsAt } from '../../src/manifests/pods.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { planAsText } from '../../src/plan/text.ts';
import { at, deployed, steps } from './deployed.ts';
import {
  brief,
  claim,
  configMap,
  namespace,
  outcomeOf,
  planFor,
  read,
  service,
  workload,
  type Files,
  type Surroundings,
  type WorkloadOptions,
} from './fixtures.ts';

const annotated = (text: string, annotations: Record<string, string>): string => {
  const object = JSON.parse(text) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, annotations } });
};
const KEEP = { 'ordo.dev/prune': 'false' };
const foreign = (id: string) => ({ [id]: known({ uid: 'u', deleting: false }) });

describe('ordo.dev/prune: "false"', () => {
  const rest = { '2-b/10-b.yml': service('rest') };
  const kept = { '1-a/10-a.yml': annotated(configMap('a', { x: '1' }), KEEP), ...rest };

  it('keeps an object that leaves the repository, in the cluster and in the inventory', () => {
    const before = deployed(kept);
    const { plan, input, problems } = planFor(rest, { inventory: before });
    assert.deepEqual([plan.steps, plan.gone, plan.kept], [[], [], ['/ConfigMap/shop/a']]);
    assert.match(planAsText(plan, problems), /^kept in the cluster \(ordo.dev\/prune\)\n {2}\/ConfigMap\/shop\/a$/m);
    assert.deepEqual(nextInventory(input.inventory, plan, input.keyId).objects, before.objects);
  });

  it('keeps workloads, and what is never deleted anyway', () => {
    for (const text of [workload('a', { annotations: KEEP }), annotated(claim('a'), KEEP)]) {
      const { plan } = planFor(rest, { inventory: deployed({ ...at(text), ...rest }) });
      assert.deepEqual([plan.steps.length, plan.kept.length], [0, 1]);
    }
  });

  it('counts in the version that was applied last', () => {
    const bare = { ...rest, '1-a/10-a.yml': configMap('a', { x: '1' }) };
    const inventory = (first: Files, second: Files) => deployed(second, { inventory: deployed(first) });
    assert.deepEqual(brief(planFor(rest, { inventory: inventory(bare, kept) }).plan), []);
    assert.deepEqual(brief(planFor(rest, { inventory: inventory(kept, bare) }).plan), ['delete ConfigMap/shop/a']);
  });

  it('lets an object come back as what it is', () => {
    const { plan } = planFor(kept, { inventory: deployed(rest, { inventory: deployed(kept) }) });
    assert.deepEqual([plan.steps, plan.kept], [[], []]);
  });

  it('forgets an object that somebody deleted', () => {
    const live = { '/ConfigMap/shop/a': known(undefined) };
    const { plan } = planFor(rest, { inventory: deployed(kept), live });
    assert.deepEqual([plan.gone, plan.kept], [['/ConfigMap/shop/a'], []]);
  });
});

describe('ordo.dev/ignore-fields', () => {
  const scaled = (replicas: number | undefined, fields = 'spec.replicas', image = 'nginx:1'): Files =>
    at(workload('a', { image, annotations: { 'ordo.dev/ignore-fields': fields }, ...(replicas && { replicas }) }));

  it('makes what is in these fields no change', () => {
    assert.deepEqual(steps(scaled(1), scaled(5)), []);
    assert.deepEqual(steps(scaled(1), scaled(undefined)), []);
    assert.deepEqual(steps(scaled(1, 'spec.template.spec'), scaled(1, 'spec.template.spec', 'nginx:2')), []);
    assert.deepEqual(steps(scaled(1, 'spec.paused'), scaled(5, 'spec.paused')), ['apply Deployment/shop/a']);
  });

  it('tells the runner, and leaves them in the object that may have to be created', () => {
    const { plan, input } = planFor(scaled(5, 'spec.replicas, spec.paused'));
    const [step] = plan.steps;
    assert.ok(step?.kind === 'apply');
    assert.deepEqual(step.leave, ['spec.replicas', 'spec.paused']);
    const { replicas } = fieldsAt(input.desired[0]?.object, 'spec');
    assert.equal(replicas, 5);
  });

  it('takes paths that lead to fields, and reports the others', () => {
    const text = (fields: string) => {
      const { manifests, problems } = read(scaled(1, fields));
      return [manifests[0]?.policy['ignore-fields'], problems.map(({ reason }) => reason)];
    };
    const prefix = 'annotation ordo.dev/ignore-fields:';
    assert.deepEqual(text('spec.replicas'), [['spec.replicas'], []]);
    assert.deepEqual(text('spec.replicas,spec[0],metadata.name,status,spec.template.spec.containers.image, '), [
      ['spec.replicas'],
      [
        `${prefix} "spec[0]" is no path like spec.replicas`,
        `${prefix} "metadata.name" cannot be left alone`,
        `${prefix} "status" cannot be left alone`,
        `${prefix} "spec.template.spec.containers.image" leads into a list`,
        `${prefix} "" is no path like spec.replicas`,
      ],
    ]);
  });
});

describe('configuration of what rolls', () => {
  const files = (kind: string, value: string, options: WorkloadOptions = {}): Files => ({
    '1-a/10-a.yml': configMap('a', { value }),
    '1-a/20-b.yml': workload('b', { kind, config: ['a'], annotations: { 'ordo.dev/update': 'rolling' }, ...options }),
  });

  for (const kind of ['Deployment', 'DaemonSet', 'StatefulSet']) {
    it(`of a ${kind} restarts it in place`, () => {
      assert.deepEqual(steps(files(kind, '1'), files(kind, '2')), ['apply ConfigMap/shop/a', `restart ${kind}/shop/b`]);
    });
  }

  it('of a CronJob restarts nothing: its next Job reads what is there then', () => {
    assert.deepEqual(steps(files('CronJob', '1'), files('CronJob', '2')), ['apply ConfigMap/shop/a']);
  });

  it('is read by the pods of a new template anyway', () => {
    const after = files('Deployment', '2', { image: 'nginx:2' });
    assert.deepEqual(steps(files('Deployment', '1'), after), ['apply ConfigMap/shop/a', 'apply Deployment/shop/b']);
  });

  it('that changed is no matter where the object is gone', () => {
    const live = { 'apps/Deployment/shop/b': known(undefined) };
    const after = steps(files('Deployment', '1'), files('Deployment', '2'), { live });
    assert.deepEqual(after, ['apply ConfigMap/shop/a', 'apply Deployment/shop/b']);
  });
});

describe('what cannot change in place', () => {
  const ROLL = { 'ordo.dev/update': 'rolling' };
  const selector = { selector: { matchLabels: { app: 'a', more: 'b' } } };
  const change = (options: WorkloadOptions, around: Surroundings = {}) =>
    steps(at(workload('a', options)), at(workload('a', { ...options, spec: selector })), around);

  for (const kind of ['Deployment', 'DaemonSet', 'StatefulSet']) {
    it(`of a ${kind} that rolls is held`, () => {
      assert.deepEqual(change({ kind, annotations: ROLL }), [`hold ${kind}/shop/a`]);
      assert.deepEqual(change({ kind }), [`recreate ${kind}/shop/a`]);
      assert.deepEqual(change({ kind, annotations: { 'ordo.dev/update': 'recreate' }, namespace: 'kube-system' }), [
        `recreate ${kind}/kube-system/a`,
      ]);
    });
  }

  it('says why, and what would allow it', () => {
    const text = workload('a', { annotations: ROLL, spec: selector });
    const [step] = planFor(at(text), { inventory: deployed(at(workload('a', { annotations: ROLL }))) }).plan.steps;
    assert.match(step?.reason ?? '', /changed in place.*selector.*ordo.dev\/update: recreate allows/);
  });

  it('is no matter when the object is gone', () => {
    const live = { 'apps/Deployment/shop/a': known(undefined) };
    assert.deepEqual(change({ annotations: ROLL }, { live }), ['apply Deployment/shop/a']);
  });

  it('is no matter when people have made the object anew: it may be as Git says by now', () => {
    const live = foreign('apps/Deployment/shop/a');
    assert.deepEqual(change({ annotations: ROLL }, { live }), ['apply Deployment/shop/a']);
  });

  it('is unknown in an inventory that never said', () => {
    const inventory = deployed(at(workload('a', { annotations: ROLL })));
    const objects = inventory.objects.map(({ fixed: _fixed, ...object }) => object);
    const after = at(workload('a', { annotations: ROLL, spec: selector }));
    assert.deepEqual(brief(planFor(after, { inventory: { ...inventory, objects } }).plan), ['apply Deployment/shop/a']);
  });

  it('is unknown under another key, also after a rollout that failed', () => {
    const files = at(workload('a', { annotations: ROLL }));
    const { plan, input } = planFor(files, { inventory: deployed(files), key: 'key-2' });
    const failed = outcomeOf(plan, () => ({ state: 'failed' }));
    const inventory = nextInventory(input.inventory, plan, 'key-2', failed);
    assert.deepEqual(brief(planFor(files, { inventory, key: 'key-2' }).plan), ['apply Deployment/shop/a']);
  });
});

describe('an object that was there before Ordo', () => {
  const adopted = (text: string, id: string) => {
    const [step] = planFor(at(text), { live: foreign(id) }).plan.steps;
    assert.ok(step);
    return step.kind === 'apply' ? [step.kind, step.adopt, step.reason] : [step.kind, step.reason];
  };
  const there = 'it was there before';

  it('is applied in place, whatever its kind: the runner looks at it first', () => {
    assert.deepEqual(adopted(service('a'), '/Service/shop/a'), ['apply', true, there]);
    assert.deepEqual(adopted(namespace('a'), '/Namespace//a'), ['apply', true, there]);
    for (const kind of ['apps/Deployment', 'batch/Job', '/Pod']) {
      const text = workload('a', { kind: kind.split('/')[1] ?? '' });
      assert.deepEqual(adopted(text, `${kind}/shop/a`), ['apply', true, there]);
    }
  });

  it('is replaced where ordo.dev/update: recreate allows it, unless it is no workload or Ordo itself', () => {
    const asked = { 'ordo.dev/update': 'recreate' };
    assert.deepEqual(adopted(workload('a', { kind: 'Job', annotations: asked }), 'batch/Job/shop/a'), [
      'recreate',
      there,
    ]);
    assert.deepEqual(adopted(workload('a', { annotations: asked }), 'apps/Deployment/shop/a'), ['recreate', there]);
    assert.deepEqual(adopted(annotated(service('a'), asked), '/Service/shop/a'), ['apply', true, there]);
    const ordo = workload('ordo', { namespace: 'admin', annotations: asked });
    assert.deepEqual(adopted(ordo, 'apps/Deployment/admin/ordo'), ['apply', true, there]);
  });

  it('is adopted again when somebody made it anew', () => {
    const before = deployed(at(configMap('a', { x: '1' })));
    const around = { inventory: before, live: foreign('/ConfigMap/shop/a') };
    const [step] = planFor(at(configMap('a', { x: '2' })), around).plan.steps;
    assert.ok(step?.kind === 'apply');
    assert.deepEqual([step.adopt, step.reason], [true, 'changed']);
  });

  it('is none of these when it carries Ordo’s stamps, or is not there', () => {
    for (const live of [{}, { '/Service/shop/a': known(undefined) }]) {
      const [step] = planFor(at(service('a')), { live }).plan.steps;
      assert.ok(step?.kind === 'apply');
      assert.deepEqual([step.adopt, step.reason], [undefined, 'new']);
    }
  });
});
