import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, ok, warn } from '../../src/domain/finding.ts';
import { findingsAsText } from '../../src/report/findings.ts';

test('D46 a line for each finding, in columns; no reason begins a line of its own or shows a token', () => {
  const findings = [
    ok('cluster', 'Kubernetes v1'),
    warn('own rights', 'one\n  two\u001b[31m'),
    fail('git', 'no s3cret-one'),
  ];
  assert.equal(
    findingsAsText(findings, ['s3cret-one', undefined]),
    ['ok    cluster     Kubernetes v1', 'warn  own rights  one two [31m', 'FAIL  git         no [redacted]', ''].join(
      '\n',
    ),
  );
});
