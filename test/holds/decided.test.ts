import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAsked, Release } from '../../src/holds/asked.ts';
import type { State } from '../../src/cluster/state.ts';
import { askedBy, tryAgain } from '../../src/holds/decided.ts';
import type { HistoryEntry } from '../../src/domain/history.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { noLog } from '../../src/util/logger.ts';
import { claim, configMap, EMPTY, outcomeOf, planFor } from '../plan/fixtures.ts';
import { nextInventory } from '../../src/plan/next.ts';

const AT = new Date('2026-01-01T12:00:00.000Z');
const quarantined = {
  ...{ id: 'apps/Deployment/shop/web', hash: 'h', keys: {}, group: 1, rollout: 3, commit: 'c', since: '', reason: 'r' },
};

function stateOf(inventory: Inventory, last: HistoryEntry['state']): State {
  const entry: HistoryEntry = { rollout: 3, commit: '', state: last, seen: '', begin: '', fingerprint: '', steps: [] };
  const key = { id: 'key-1', hasher: (text: string) => text };
  const history = async () => [entry];
  return { isSuspended: false, sha: undefined, inventory, isRecorded: true, history, version: '7', key };
}

async function retried(inventory: Inventory, last: HistoryEntry['state'], rests = false) {
  const asked = createAsked();
  const answers = [asked.ask({ kind: 'retry', by: 'on-call' }), asked.ask({ kind: 'retry', by: 'day-shift' })];
  const written: Inventory[] = [];
  const store = { writeInventory: async (one: Inventory) => void written.push(one) };
  const state = await tryAgain(stateOf(inventory, last), { store, asked, log: noLog, rests: () => rests }, AT);
  assert.ok(!asked.isWaiting());
  return { state, written, answers: await Promise.all(answers) };
}

test('O10 ordo retry takes what failed out of quarantine, and its rollouts do not rest', async () => {
  const inventory: Inventory = { ...EMPTY, rollout: 3, quarantine: [quarantined] };
  const { state, written, answers } = await retried(inventory, 'done');
  const after = { ...EMPTY, rollout: 3, retried: { rollout: 3, by: 'on-call', at: AT.toISOString() } };
  assert.deepEqual(written, [after]);
  assert.deepEqual(state.inventory, after);
  assert.notEqual(state.version, '7', 'what was settled is looked at again');
  assert.deepEqual(answers[1], { text: 'tried again now: what failed up to rollout 3', code: 0 });
});

test('O10 ordo retry where nothing has failed changes nothing, and says so', async () => {
  const { state, written, answers } = await retried({ ...EMPTY, rollout: 3 }, 'done');
  assert.deepEqual([written, state.version, answers[0]?.text], [[], '7', 'nothing has failed']);
  assert.equal((await retried({ ...EMPTY, rollout: 3 }, 'failed')).written.length, 1);
  assert.equal((await retried({ ...EMPTY, rollout: 3 }, 'done', true)).written.length, 1, 'a restart rests');
});

test('O10 the record names who released what a rollout deletes, and who had it tried again', () => {
  const first = planFor({ '1-a/10-a.yml': claim('a'), '1-a/20-b.yml': configMap('b', {}) }).plan;
  const objects = nextInventory(EMPTY, first, 'key-1', outcomeOf(first)).objects;
  const by = (from: string, extra: Partial<Inventory> = {}) => {
    const permissions = [{ object: 'PersistentVolumeClaim/shop/a', by: 'on-call', from, at: '' }];
    const inventory: Inventory = { ...EMPTY, rollout: 1, objects, permissions, ...extra };
    return askedBy(planFor({ '1-a/20-b.yml': configMap('b', {}) }, { inventory }).plan, inventory);
  };
  assert.equal(by('command'), 'on-call');
  assert.equal(by('c0ffee'), undefined, 'a commit has its author');
  assert.equal(by('command', { retried: { rollout: 1, by: 'day-shift', at: '' } }), 'day-shift, on-call');
  assert.equal(
    by('c0ffee', { retried: { rollout: 0, by: 'day-shift', at: '' } }),
    undefined,
    'that was an earlier one',
  );
});

test('O10 names on the command line are one line each', () => {
  const release = { kind: 'release', objects: ['Namespace/a'], all: false, by: 'on-call' };
  assert.ok(Release.safeParse(release).success);
  for (const wrong of [{ by: ' ' }, { by: 'on-call\nlee' }, { objects: ['a\u001b[2J'] }, { by: 'k'.repeat(301) }]) {
    assert.ok(!Release.safeParse({ ...release, ...wrong }).success, JSON.stringify(wrong));
  }
});
