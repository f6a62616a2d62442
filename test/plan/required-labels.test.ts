import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../src/domain/identity.ts';
import { parseRequiredLabels } from '../../src/domain/required-label.ts';
import { checkLabels } from '../../src/plan/required-labels.ts';
import { configMap, namespace, read, secret, service, workload } from './fixtures.ts';

const RULES = parseRequiredLabels('env=test|prod, app') ?? assert.fail();

const labelled = (text: string, labels: Record<string, string>): string => {
  const object = JSON.parse(text) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, labels } });
};

describe('R09 required labels', () => {
  const rows: [text: string, problem?: RegExp][] = [
    [labelled(configMap('a', {}), { env: 'test', app: 'a' })],
    [labelled(configMap('a', {}), { env: 'prod', app: 'any' })],
    [
      labelled(configMap('a', {}), { env: 'stage', app: 'a' }),
      /ConfigMap\/shop\/a: .*the label env is stage \(one of test, prod\)$/,
    ],
    [configMap('a', {}), /the label env is missing \(one of test, prod\), the label app is missing \(any value\)$/],
    [secret('a', {}), /Secret\/shop\/a: required-labels: /],
    [labelled(secret('a', {}), { env: 'test', app: '' }), /the label app is missing/],
    [workload('a'), /Deployment\/shop\/a: required-labels: the label env is missing/],
    [workload('a', { kind: 'CronJob' }), /CronJob\/shop\/a/],
    // Neither pods nor configuration.
    [service('a')],
    [namespace('a')],
    // Ordo's own.
    [workload('ordo', { namespace: 'admin' })],
    [secret('variables-for-pipelineinitialisation', {}, 'admin')],
  ];
  for (const [text, problem] of rows) {
    it(`${problem ? 'reported or held' : 'fine'}: ${text.slice(0, 150).replaceAll('\n', ' ')}`, () => {
      const { manifests } = read({ '1-a/10-a.yml': text });
      const names = manifests.map(({ identity }) => nameOf(identity));
      const reported = checkLabels(manifests, { labels: RULES, mode: 'report' }, 'admin');
      assert.deepEqual(
        [reported.manifests, reported.held],
        [manifests, []],
        'what is reported is applied all the same',
      );
      const reasons = reported.problems.map(({ reason }) => reason);
      assert.equal(reasons.length, problem ? 1 : 0);
      if (problem) assert.match(reasons[0] ?? '', problem);
      const { held, problems, manifests: rest } = checkLabels(manifests, { labels: RULES, mode: 'hold' }, 'admin');
      const heldNames = held.map(({ identity }) => nameOf(identity));
      assert.deepEqual([heldNames, rest.length, problems], problem ? [names, 0, []] : [[], names.length, []]);
    });
  }

  it('requires nothing when none are set', () => {
    const { manifests } = read({ '1-a/10-a.yml': configMap('a', {}) });
    const checked = checkLabels(manifests, { labels: [], mode: 'hold' }, 'admin');
    assert.deepEqual(checked, { manifests, held: [], problems: [] });
  });
});
