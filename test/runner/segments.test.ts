import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentsOf } from '../../src/runner/segments.ts';
import { applying, type Wish } from './steps.ts';

const CRD = { kind: 'CustomResourceDefinition', group: 'apiextensions.k8s.io', namespace: '' };
const NS = { kind: 'Namespace', group: '', namespace: '' };
const JOB = { kind: 'Job', group: 'batch' };
const MAP = { kind: 'ConfigMap', group: '' };

const cases: [string, Wish[], number[]][] = [
  ['nothing', [], []],
  ['objects without a gate go together', [MAP, MAP, {}, MAP], [4]],
  ['what follows a Namespace waits for it', [MAP, NS, MAP], [2, 1]],
  ['Namespaces in a row need nothing of each other', [NS, NS, NS, MAP], [3, 1]],
  ['so do CRDs, but not a CRD and a Namespace', [CRD, CRD, NS, MAP], [2, 1, 1]],
  ['a Job gates a Job with a higher file number', [place(JOB, 1), place(JOB, 2)], [1, 1]],
  ['Jobs with equal file numbers have no order', [place(JOB, 1), place(JOB, 1), MAP], [2, 1]],
  ['a Job and a namesake of another group', [place(JOB, 1), place({ kind: 'Job', group: 'example.com' }, 1)], [1, 1]],
];

for (const [title, wishes, lengths] of cases) {
  test(`#16 segments: ${title}`, () => {
    const items = wishes.map((wish, index) => applying(index, wish));
    const segments = segmentsOf(items);
    assert.deepEqual(
      segments.map((segment) => segment.length),
      lengths,
    );
    assert.deepEqual(segments.flat(), items);
  });
}

const there: [string, Wish[], number[], number[]][] = [
  ['what follows a Namespace that is there already need not wait', [MAP, NS, MAP, MAP], [1], [4]],
  ['one that is new is waited for, with all its neighbours', [NS, NS, MAP, MAP], [1], [2, 2]],
  ['a Job is waited for whatever is there', [NS, place(JOB, 1), MAP], [0], [2, 1]],
];

for (const [title, wishes, indices, lengths] of there) {
  test(`#16 segments: ${title}`, () => {
    const items = wishes.map((wish, index) => applying(index, wish));
    const segments = segmentsOf(items, ({ index }) => indices.includes(index));
    assert.deepEqual(
      segments.map((segment) => segment.length),
      lengths,
    );
  });
}

function place(wish: Wish, file: number): Wish {
  return { ...wish, place: [1, file] };
}
