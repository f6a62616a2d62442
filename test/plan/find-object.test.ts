import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { nameOf } from '../../src/domain/identity.ts';
import { findName, findObject, parseWanted } from '../../src/plan/find-object.ts';

const object = (kind: string, name: string, namespace = '') => ({ group: '', kind, namespace, name });
const ALL = [
  object('Deployment', 'influxdb', 'monitoring'),
  object('Deployment', 'influx', 'monitoring'),
  object('Deployment', 'grafana', 'monitoring'),
  object('Deployment', 'grafana', 'other'),
  object('NetworkPolicy', 'all', 'shop'),
  object('Namespace', 'monitoring'),
  object('Ingress', 'web', 'shop'),
];

/** One name where it is found; `?` and names where it may be several; `!` and names where there is none. */
function meant(text: string): string | undefined {
  const wanted = parseWanted(text);
  if (wanted === undefined) return undefined;
  const found = findObject(wanted, ALL);
  if ('found' in found) return nameOf(found.found);
  const others = 'several' in found ? found.several : found.nearest;
  return ['several' in found ? '?' : '!', ...others.map(nameOf)].join(' ');
}

const rows: [typed: string, meant: string | undefined][] = [
  ['Deployment/monitoring/influxdb', 'Deployment/monitoring/influxdb'],
  ['deployment/influxdb', 'Deployment/monitoring/influxdb'],
  ['deploy/influxd', 'Deployment/monitoring/influxdb'],
  ['deployments/influx', 'Deployment/monitoring/influx'],
  ['deploy/inf', '? Deployment/monitoring/influxdb Deployment/monitoring/influx'],
  ['deploy/grafana', '? Deployment/monitoring/grafana Deployment/other/grafana'],
  ['deploy/other/grafana', 'Deployment/other/grafana'],
  ['networkpolicies/all', 'NetworkPolicy/shop/all'],
  ['ingresses/web', 'Ingress/shop/web'],
  ['ns/monitoring', 'Namespace/monitoring'],
  ['deploy/infulxdb', '! Deployment/monitoring/influxdb Deployment/monitoring/influx'],
  ['cm/nothing-like-it', '!'],
  ['influxdb', undefined],
  ['deploy/', undefined],
  ['/influxdb', undefined],
  ['a/b/c/d', undefined],
];

describe('O14 which object is meant', () => {
  for (const [typed, expected] of rows) it(typed, () => assert.equal(meant(typed), expected));
});

test('O14 nothing is near where nothing is', () => {
  assert.deepEqual(findObject({ kind: 'Pod', name: 'a' }, []), { nearest: [] });
});

const named: [typed: string, meant: string | undefined][] = [
  ['Deployment/monitoring/influxdb', 'Deployment/monitoring/influxdb'],
  ['deploy/influxdb', 'Deployment/monitoring/influxdb'],
  ['deploy/influxd', undefined],
  ['deploy/grafana', undefined],
  ['deploy/other/grafana', 'Deployment/other/grafana'],
  ['ns/monitoring', 'Namespace/monitoring'],
  ['ns/other/monitoring', undefined],
  ['sts/influxdb', undefined],
  ['influxdb', undefined],
];

describe('O10 which object is released or overridden: by its kind as kubectl takes it, and its whole name', () => {
  const names = ALL.map(nameOf);
  for (const [typed, expected] of named) it(typed, () => assert.equal(findName(typed, names), expected));
});
