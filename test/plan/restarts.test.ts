import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf } from '../../src/domain/identity.ts';
import { parseRestartOn, type RestartMemory } from '../../src/domain/restarts.ts';
import { contentHash, isStillThere } from '../../src/plan/restart-content.ts';
import { triggerOf, wishOf } from '../../src/plan/restart-wishes.ts';
import { compareSeen, emptyMemory, memoryAfter, restartPlan, type Restartable } from '../../src/plan/restarts.ts';
import { planAsText } from '../../src/plan/text.ts';
import { KINDS } from './fixtures.ts';

const WEB = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const NOW = new Date('2026-01-02T03:04:05Z');
const HOUR = 3_600_000;

const web = (now: Record<string, string | undefined>, uid = 'u1'): Restartable => ({
  identity: WEB,
  uid,
  now: new Map(Object.entries(now)),
});

/** What is due after one look after another, each with what is there then; undefined: the workload is gone. */
function looks(...states: (Restartable | undefined)[]): { changed: string[][]; memory: RestartMemory } {
  let memory = emptyMemory('key-1');
  const changed = states.map((state) => {
    const compared = compareSeen(memory, state ? [state] : [], () => true, NOW);
    memory = compared.memory;
    return compared.due.flatMap((one) => one.changed);
  });
  return { changed, memory };
}

describe('R06 R13 what is due', () => {
  const A = { 'ConfigMap/c': 'a' };
  const B = { 'ConfigMap/c': 'b' };
  const rows: [what: string, states: (Restartable | undefined)[], last: string[]][] = [
    ['nothing, when it is met for the first time', [web(A)], []],
    ['nothing, as long as the data are the same', [web(A), web(A)], []],
    ['what has other data', [web(A), web(B)], ['ConfigMap/c']],
    ['the same at each look, until it was restarted', [web(A), web(B), web(B)], ['ConfigMap/c']],
    ['nothing, when the data are back', [web(A), web(B), web(A)], []],
    ['nothing, while the configuration is away', [web(A), web({ 'ConfigMap/c': undefined })], []],
    ['nothing, when it was made again with the same data', [web(A), web({ 'ConfigMap/c': undefined }), web(A)], []],
    ['what was made again with other data', [web(A), web({ 'ConfigMap/c': undefined }), web(B)], ['ConfigMap/c']],
    ['nothing, when it triggers again with the same data', [web(A), web({}), web(A)], []],
    ['what changed while it did not trigger', [web(A), web({}), web(B)], ['ConfigMap/c']],
    ['nothing for what comes beside it', [web(A), web({ ...A, 'Secret/s': 'x' })], []],
    ['nothing of another workload of that name', [web(A), web(B, 'u2')], []],
    ['nothing of one that was away', [web(A), undefined, web(B)], []],
  ];
  for (const [what, states, last] of rows) {
    it(what, () => assert.deepEqual(looks(...states).changed.at(-1), last));
  }

  it('is remembered no longer than a day after it ceased to trigger, and not after its workload', () => {
    const at = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR);
    const { memory } = looks(web(A), web({}));
    const seen = (hours: number) => {
      const after = compareSeen(memory, [web({})], () => true, at(hours)).memory;
      return Object.keys(after.workloads[idOf(WEB)]?.seen ?? {});
    };
    assert.deepEqual(seen(23), ['ConfigMap/c']);
    assert.deepEqual(seen(25), []);
    assert.deepEqual(looks(web(A), undefined).memory.workloads, {});
    const kept = compareSeen(looks(web(A)).memory, [], () => false, NOW).memory;
    assert.deepEqual(Object.keys(kept.workloads), [idOf(WEB)], 'what nobody could list is not gone');
  });

  it('keeps what a newer version has written', () => {
    const { memory } = looks(web(A));
    const [id] = Object.keys(memory.workloads);
    const newer = { ...memory, more: 1, workloads: { [id as string]: { ...memory.workloads[idOf(WEB)], extra: 2 } } };
    const after = compareSeen(newer as unknown as RestartMemory, [web(B)], () => true, NOW).memory;
    assert.equal(after['more'], 1);
    assert.equal((after.workloads[idOf(WEB)] as unknown as { extra: number }).extra, 2);
  });
});

describe('R05 R13 the rollout of what is due', () => {
  const DB = { ...WEB, kind: 'StatefulSet', name: 'db' };
  const kindOf = ({ kind }: { kind: string }) => KINDS.find((one) => one.kind === kind) ?? assert.fail();
  const all = [web({ 'ConfigMap/c': 'a' }), { ...web({ 'ConfigMap/c': 'a' }), identity: DB }];
  const before = compareSeen(emptyMemory('key-1'), all, () => true, NOW).memory;
  const now = all.map((one) => ({ ...one, now: new Map([['ConfigMap/c', 'b']]) }));
  const { due } = compareSeen(before, now, () => true, NOW);
  const common = { rollout: 7, target: 'main', commit: 'c', namespace: 'admin' };
  const plan = restartPlan(due, { ...common, kindOf, at: '2026-01-02T03:04:05Z' });

  it('reads as restarts, with why', () => {
    const lines = [
      'rollout 7: restarts',
      '  restart   Deployment/shop/web  (ConfigMap/c changed)',
      '  restart   StatefulSet/shop/db  (ConfigMap/c changed)',
    ];
    assert.equal(planAsText(plan, []), `${lines.join('\n')}\n`);
    assert.deepEqual(
      plan.steps.map(({ path }) => path),
      ['/apis/apps/v1/namespaces/shop/deployments/web', '/apis/apps/v1/namespaces/shop/statefulsets/db'],
    );
  });

  it('is remembered for those that were restarted, and the others stay due', () => {
    const outcome = { version: 1, rollout: 7, state: 'failed' } as const;
    const steps = { 0: { state: 'done' }, 1: { state: 'failed' } } as const;
    const memory = memoryAfter(before, plan, { ...outcome, steps });
    const still = compareSeen(memory, now, () => true, NOW).due;
    assert.deepEqual(
      still.map(({ identity }) => identity.name),
      ['db'],
    );
    assert.deepEqual(memoryAfter(memory, plan, { ...outcome, steps }), memory);
  });

  it('is counted: when each was restarted last is known to those that are due again', () => {
    const outcome = { version: 1, rollout: 7, state: 'done', steps: { 0: { state: 'done' } } } as const;
    const times = ['03:00', '03:01', '03:02', '03:03'].map((time) => `2026-01-02T${time}:00Z`);
    const memory = times.reduce((seen, at) => {
      const one = memoryAfter(seen, restartPlan(due, { ...common, kindOf, at }), outcome);
      return memoryAfter(one, restartPlan(due, { ...common, kindOf, at }), outcome);
    }, before);
    const other = all.map((one) => ({ ...one, now: new Map([['ConfigMap/c', 'x']]) }));
    const again = compareSeen(memory, other, () => true, NOW);
    assert.deepEqual(
      again.due.map(({ restarted }) => restarted),
      [times.slice(1), undefined],
    );
    const [web2] = other.map((one) => ({ ...one, uid: 'u2', now: new Map([['ConfigMap/c', 'y']]) }));
    const anew = compareSeen(again.memory, web2 ? [web2] : [], () => true, NOW).memory;
    assert.equal(anew.workloads[idOf(WEB)]?.restarted, undefined, 'another object');
  });

  it('says nothing of a workload that was made anew meanwhile', () => {
    const other = compareSeen(before, [web({ 'ConfigMap/c': 'x' }, 'u2')], () => true, NOW).memory;
    const done = { version: 1, rollout: 7, state: 'done', steps: { 0: { state: 'done' } } } as const;
    assert.deepEqual(memoryAfter(other, plan, done), other);
  });
});

describe('R02 R03 R04 who wants what', () => {
  const LABELS = { app: 'web', env: 'test' };
  const on = (value: string) => ({ 'rolling.restart.controller/restartOnTrigger': value });

  const wishes: [
    annotations: Record<string, string>,
    labels: Record<string, string>,
    wish: unknown,
    problem?: RegExp,
  ][] = [
    [{}, LABELS, undefined],
    [on('false'), LABELS, undefined],
    [on('true'), LABELS, { pair: LABELS }],
    [on('true'), { app: 'web' }, {}, /^Deployment\/shop\/web: .*restartOnTrigger needs the labels app and env/],
    [on('true'), { ...LABELS, env: '' }, {}, /needs the labels/],
    [{ 'ordo.dev/restart-on': 'auto' }, {}, { on: 'auto' }],
    [
      { 'ordo.dev/restart-on': 'all' },
      {},
      {},
      /restart-on: expected auto, or a list like configmap\/NAME,secret\/NAME$/,
    ],
    [{ ...on('true'), 'ordo.dev/restart-on': 'secret/s' }, LABELS, { pair: LABELS, on: ['Secret/s'] }],
  ];
  for (const [annotations, labels, expected, problem] of wishes) {
    it(`${JSON.stringify(annotations)} with ${JSON.stringify(labels)}`, () => {
      const { problems, ...wish } = wishOf(WEB, { annotations, labels }) ?? {};
      assert.deepEqual(wish, expected ?? {});
      assert.equal(problems?.length ?? 0, problem ? 1 : 0);
      if (problem) assert.match(problems?.[0] ?? '', problem);
    });
  }

  it('triggers by its annotation, and says when it lacks a label', () => {
    const config = { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'c' };
    const annotations = { 'rolling.restart.controller/triggerRestart': 'true' };
    assert.deepEqual(triggerOf(config, { annotations, labels: LABELS }), { pair: LABELS, problems: [] });
    assert.equal(triggerOf(config, { labels: LABELS }), undefined);
    assert.match(
      triggerOf(config, { annotations, labels: { env: 'test' } })?.problems[0] ?? '',
      /ConfigMap\/shop\/c: .*labels/,
    );
  });

  const lists: [text: string, expected: unknown][] = [
    ['auto', 'auto'],
    ['configmap/a, Secret/b.c', ['ConfigMap/a', 'Secret/b.c']],
    ['configmap/a,configmap/a', ['ConfigMap/a']],
    ['', undefined],
    ['a', undefined],
    ['configmap/', undefined],
    ['configmap/a/b', undefined],
    ['deployment/a', undefined],
    ['configmap/a,', undefined],
  ];
  for (const [text, expected] of lists)
    it(`restart-on: ${JSON.stringify(text)}`, () => assert.deepEqual(parseRestartOn(text), expected));
});

describe('R06 the data of a ConfigMap or Secret', () => {
  const hash = (fields: object, kind = 'ConfigMap'): string =>
    contentHash({ apiVersion: 'v1', kind, metadata: { name: 'c', namespace: 'shop' }, ...fields }, (text) => text);

  it('has the same hash whatever else it says, and another one when any value, key or kind of data is another', () => {
    const base = hash({ data: { a: '1', b: '2' } });
    assert.equal(
      hash({ data: { b: '2', a: '1' }, immutable: true, metadata: { name: 'c', namespace: 'shop', labels: {} } }),
      base,
    );
    const others = [
      { data: { a: '1' } },
      { data: { a: '1', b: '3' } },
      { data: { a: '1' }, binaryData: { b: '2' } },
      {},
    ];
    for (const other of others) assert.notEqual(hash(other), base);
    assert.equal(hash({ stringData: { a: 'x' } }, 'Secret'), hash({ data: { a: 'eA==' } }, 'Secret'));
  });

  it('is still there as it was sent, whatever others have added', () => {
    assert.ok(isStillThere({ stringData: { a: 'x' } }, { data: { a: 'eA==', b: 'eQ==' } }));
    assert.ok(!isStillThere({ data: { a: '1' } }, { data: { a: '2' } }));
    assert.ok(!isStillThere({ data: { a: '1' } }, {}));
  });
});
