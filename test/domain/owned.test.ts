import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldOwner } from '../../src/domain/field-owner.ts';
import { lookAt, suspicionOf } from '../../src/domain/look.ts';
import { lostFields } from '../../src/domain/lost-fields.ts';
import { isAsLeft, ownedMark } from '../../src/domain/owned.ts';

const own = (fieldsV1: object): FieldOwner => ({ manager: 'ordo', operation: 'Apply', fieldsV1 });
const other = (manager: string, fieldsV1: object, more: Partial<FieldOwner> = {}): FieldOwner => ({
  ...{ manager, operation: 'Update', fieldsV1, ...more },
});
const spec = (...names: string[]): object => ({ 'f:spec': Object.fromEntries(names.map((name) => [`f:${name}`, {}])) });
/** The text itself in place of its digest. */
const markOf = (managedFields: FieldOwner[], annotations: Record<string, string> = {}): string =>
  ownedMark({ managedFields, annotations }, (text) => `<${text}>`);

const LEFT = markOf([own(spec('paused', 'replicas'))]);
// What was owned, or by whom, and whether that is as it was left.
const sets: [string, FieldOwner[], boolean][] = [
  ['the same', [own(spec('paused', 'replicas'))], true],
  ['in another order', [own(spec('replicas', 'paused'))], true],
  ['beside others', [other('kubelet', spec('paused')), own(spec('paused', 'replicas'))], true],
  ['one field less', [own(spec('replicas'))], false],
  ['one field more', [own(spec('replicas', 'paused', 'strategy'))], false],
  ['updated under the same name', [{ ...own(spec('paused', 'replicas')), operation: 'Update' }], false],
  ['no set at all', [], false],
  [
    'the number of pods taken by a program',
    [own(spec('paused')), other('k3s', spec('replicas'), { subresource: 'scale' })],
    true,
  ],
  [
    'the number of pods taken by a person',
    [own(spec('paused')), other('kubectl', spec('replicas'), { subresource: 'scale' })],
    false,
  ],
  ['the number of pods edited', [own(spec('paused')), other('kubectl-edit', spec('replicas'))], false],
  ['the number of pods removed', [own(spec('paused'))], false],
  ['an autoscaler, and another field', [own({}), other('k3s', spec('replicas'), { subresource: 'scale' })], false],
];

for (const [name, owners, isSame] of sets) {
  test(`J04 the fields that Ordo owns: ${name} is ${isSame ? 'as it was left' : 'drift'}`, () => {
    assert.equal(isAsLeft(LEFT, markOf(owners)), isSame);
  });
}

test('J04 fields that are to be left alone do not count, nor do parents that they leave empty', () => {
  const ignoring = { 'ordo.dev/ignore-fields': 'spec.replicas, spec.strategy.type' };
  const marks = [
    spec('paused', 'replicas'),
    spec('paused'),
    { 'f:spec': { 'f:paused': {}, 'f:strategy': { 'f:type': {} } } },
  ];
  for (const fields of marks) assert.equal(markOf([own(fields)], ignoring), '<{"f:spec":{"f:paused":{}}}>');
});

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, annotations: {} },
  spec: {
    replicas: 1,
    template: { spec: { containers: [{ name: 'main', image: 'a', args: ['x'], ports: [{ containerPort: 80 }] }] } },
  },
};
const container = (...names: string[]): object => ({
  'k:{"name":"main"}': { '.': {}, ...Object.fromEntries(names.map((name) => [`f:${name}`, {}])) },
});
const template = (containers: object): object => ({ 'f:template': { 'f:spec': { 'f:containers': containers } } });
const ports = (protocol: string): object => ({
  'f:ports': { [`k:{"containerPort":80,"protocol":"${protocol}"}`]: { 'f:containerPort': {} } },
});
const whole = (
  containers: object = { 'k:{"name":"main"}': { 'f:name': {}, 'f:image': {}, 'f:args': {}, ...ports('TCP') } },
): object => ({
  'f:metadata': { 'f:labels': { 'f:app': {} } },
  'f:spec': { 'f:replicas': {}, ...template(containers) },
});

// Who owns what, and what Ordo has lost.
const lost: [string, FieldOwner[], string[]][] = [
  ['nothing', [own(whole())], []],
  ['a mapping that is owned as a whole', [own({ ...whole(), 'f:metadata': { 'f:labels': {} } })], []],
  [
    'a field of a list by its key',
    [own(whole(container('name', 'args', 'ports'))), other('kubectl-set', { 'f:spec': template(container('image')) })],
    ['spec.template.spec.containers[main].image kubectl-set'],
  ],
  [
    'an item',
    [own(whole(container('name', 'image', 'args'))), other('x', { 'f:spec': template(container('nothing')) })],
    ['spec.template.spec.containers[main].ports removed'],
  ],
  [
    'an item that somebody else has',
    [
      own(whole({ 'k:{"name":"second"}': { 'f:name': {} } })),
      other('kubectl-edit', { 'f:spec': template(container('name', 'image')) }),
    ],
    ['spec.template.spec.containers[main] kubectl-edit'],
  ],
  ['all containers', [own({ ...whole(), 'f:spec': { 'f:replicas': {} } })], ['spec.template removed']],
  ['all', [other('before-first-apply', whole())], ['metadata before-first-apply', 'spec before-first-apply']],
];

for (const [name, owners, expected] of lost) {
  test(`J04 what was lost is named with who has it now: ${name}`, () => {
    const found = lostFields(DEPLOYMENT, owners).map(({ path, manager = 'removed' }) => `${path} ${manager}`);
    assert.deepEqual(found, expected);
  });
}

const metadata = (managedFields: FieldOwner[], id = 'apps/Deployment/shop/web') => ({
  ...{ uid: 'u', managedFields },
  annotations: { 'ordo.dev/id': id, 'ordo.dev/rollout': '1', 'ordo.dev/hash': 'h' },
});

test('J04 what looks as it was left is no suspicion, whatever else is known', () => {
  const look = (owners: FieldOwner[], id?: string) =>
    lookAt('apps/Deployment/shop/web', metadata(owners, id), (text) => `<${text}>`);
  const left = [own(spec('paused', 'replicas'))];
  assert.equal(suspicionOf(LEFT, look(left)), undefined);
  assert.equal(suspicionOf(undefined, look([])), undefined, 'what was left is not known');
  assert.equal(suspicionOf(LEFT, undefined), 'gone');
  const suspicions = [look([]), look([own(spec('paused'))]), look(left, 'other'), { ...look(left), deleting: true }];
  const texts = suspicions.map((one) => suspicionOf(LEFT, one));
  assert.equal(new Set(texts).size, suspicions.length);
  assert.ok(!texts.includes(undefined));
});
