import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { restartPlan, type Due } from '../../src/plan/restarts.ts';
import { createRestartTimes } from '../../src/restarts/times.ts';

const WEB = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const due = (hash: string, restarted: number[] = []): Due => ({
  identity: WEB,
  uid: 'u',
  changed: ['ConfigMap/c'],
  sees: { 'ConfigMap/c': hash },
  restarted: restarted.map((second) => at(second).toISOString()),
});
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 2) + seconds * 1000);
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const COMMON = { rollout: 7, target: 'main', commit: 'c', namespace: 'admin', kindOf: () => DEPLOYMENT, at: 'now' };
const plan = (one: Due): Plan => restartPlan([one], COMMON);
const end = (state: 'done' | 'failed' | 'skipped'): Outcome => {
  const steps = { 0: { state, ...(state === 'failed' && { reason: 'refused\nby a policy' }) } };
  return { version: 1, rollout: 7, state: state === 'failed' ? 'failed' : 'done', steps };
};

const TOGETHER = 10_000;
const times = () => createRestartTimes(TOGETHER, () => 1);
const seconds = (ms: number): number => (ms - at(0).getTime()) / 1000;

describe('R13 when what is due is restarted', () => {
  it('is ten seconds after its first change, whatever comes in between', () => {
    const { update, readyAt } = times();
    assert.deepEqual(update([due('a')], at(0)), [due('a')], 'it is told once');
    assert.deepEqual(update([due('b')], at(7)), []);
    assert.equal(seconds(readyAt(due('b'))), 10);
    update([], at(8));
    update([due('c')], at(9));
    assert.equal(seconds(readyAt(due('c'))), 19, 'what is due no more begins anew');
  });

  it('is with another one that is ready, where it would be two seconds later', () => {
    const { update, ripe } = times();
    const named = (name: string): Due => ({ ...due('a'), identity: { ...WEB, name } });
    const all = ['first', 'soon', 'late'].map(named);
    const [first, soon] = all;
    for (const [index, second] of [0, 2, 2.1].entries()) update(all.slice(0, index + 1), at(second));
    assert.deepEqual(ripe(all, at(9.9)), [], 'nobody begins early');
    assert.deepEqual(ripe(all, at(10)), [first, soon]);
  });

  it('is after a growing pause where it failed, and at once with another change or when a person asks', () => {
    const { update, readyAt, ended, reasonOf, forgive } = times();
    update([due('a')], at(0));
    const pauses = [20, 100, 300, 700, 1500, 2500].map((second) => {
      ended(plan(due('a')), end('failed'), at(second));
      return seconds(readyAt(due('a'))) - second;
    });
    assert.deepEqual(pauses, [60, 120, 240, 480, 600, 600]);
    assert.equal(reasonOf(due('a')), 'it failed (refused; by a policy)');
    assert.equal(seconds(readyAt(due('b'))), 10);
    assert.equal(reasonOf(due('b')), undefined);
    forgive();
    assert.equal(seconds(readyAt(due('a'))), 10);
  });

  it('is an hour after the last of three within ten minutes, or when a person asks; it says so', () => {
    const { update, readyAt, reasonOf, forgive } = times();
    update([due('a')], at(700));
    const ready = (...restarted: number[]): number => seconds(readyAt(due('a', restarted)));
    assert.deepEqual([ready(), ready(50, 650), ready(0, 350, 601)], [710, 710, 710]);
    assert.deepEqual([ready(0, 350, 600), ready(-900, 100, 150, 650)], [4200, 4250]);
    assert.match(reasonOf(due('a', [0, 350, 600])) ?? '', /three times within ten minutes/);
    assert.equal(reasonOf(due('a', [350, 600])), undefined);
    forgive(at(0));
    assert.deepEqual([ready(0, 350, 600), ready(1, 350, 600)], [710, 4200]);
  });

  it('has no pause for what was restarted, or is gone', () => {
    const { update, readyAt, ended } = times();
    update([due('a')], at(0));
    for (const state of ['done', 'skipped'] as const) ended(plan(due('a')), end(state), at(20));
    assert.equal(seconds(readyAt(due('a'))), 10);
  });
});
