import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leadsIntoList, leftAlone, withoutFields } from '../../src/domain/left-alone.ts';

const owned = (manager: string, fieldsV1: object, operation = 'Apply') => ({
  managedFields: [{ manager, operation, apiVersion: 'apps/v1', fieldsV1 }],
});
const REPLICAS = { 'f:spec': { 'f:replicas': {} } };

describe('fields that are left alone', () => {
  const object = { spec: { replicas: 1, deep: { a: 1, b: 2 } }, data: { x: 'y' } };
  const cut: [name: string, paths: string[], rest: object][] = [
    ['none', [], object],
    ['one', ['spec.replicas'], { spec: { deep: { a: 1, b: 2 } }, data: { x: 'y' } }],
    ['several', ['spec.deep.a', 'data.x', 'spec.replicas'], { spec: { deep: { b: 2 } }, data: {} }],
    ['a mapping', ['spec.deep'], { spec: { replicas: 1 }, data: { x: 'y' } }],
    ['what is not there', ['spec.other.field', 'none', 'spec.replicas.none'], object],
  ];
  for (const [name, paths, rest] of cut) {
    it(`make no difference: ${name}`, () => {
      const before = structuredClone(object);
      assert.deepEqual(withoutFields(object, paths), rest);
      assert.deepEqual(object, before, 'the object itself stays whole');
    });
  }

  const manifest = { spec: { replicas: 1, paused: false } };
  const live = { spec: { replicas: 5, paused: true } };
  const sent: [name: string, live: object, all: boolean, expected: object][] = [
    ['not sent when somebody else owns them', { metadata: owned('hpa', REPLICAS), ...live }, false, { paused: false }],
    ['not sent when nobody owns them', live, false, { paused: false }],
    [
      'sent as they are when Ordo owns them',
      { metadata: owned('ordo', REPLICAS), ...live },
      false,
      { replicas: 5, paused: false },
    ],
    [
      'not sent when Ordo owns their neighbour',
      { metadata: owned('ordo', { 'f:spec': { 'f:paused': {} } }), ...live },
      false,
      { paused: false },
    ],
    [
      'not sent when another one of that name wrote them',
      { metadata: owned('ordo', REPLICAS, 'Update'), ...live },
      false,
      { paused: false },
    ],
    ['sent as they are to an object that is made anew', live, true, { replicas: 5, paused: false }],
    ['not sent when they are not there', { spec: {} }, true, { paused: false }],
  ];
  for (const [name, there, all, spec] of sent) {
    it(`are ${name}`, () => assert.deepEqual(leftAlone(manifest, there, ['spec.replicas'], all), { spec }));
  }

  it('come along where the manifest has no place for them', () => {
    const there = { metadata: owned('ordo', { 'f:spec': { 'f:a': { 'f:b': {} } } }), spec: { a: { b: 1 } } };
    assert.deepEqual(leftAlone({}, there, ['spec.a.b']), { spec: { a: { b: 1 } } });
  });
});

it('a path through a list leads nowhere', () => {
  const object = { spec: { ports: [{ port: 80 }], replicas: 1 } };
  assert.ok(leadsIntoList(object, 'spec.ports.port'));
  assert.ok(!leadsIntoList(object, 'spec.ports'), 'a list as a whole is a field');
  assert.ok(!leadsIntoList(object, 'spec.replicas'));
  assert.ok(!leadsIntoList(object, 'spec.none.at.all'));
});
