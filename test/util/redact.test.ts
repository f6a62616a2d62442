import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from '../../src/util/redact.ts';

const cases: [string, string][] = [
  ['token ghp_16C7e42F292c6912E7710c838347Ae178B4a is bad', 'token [redacted] is bad'],
  ['github_pat_11ABCDEFG0123456789_abcdefghij', '[redacted]'],
  ['ghs_16C7e42F292c6912E7710c838347Ae178B4a', '[redacted]'],
  [
    "fatal: unable to access 'https://user:pass@github.com/a/b.git/'",
    "fatal: unable to access 'https://[redacted]@github.com/a/b.git/'",
  ],
  ['Authorization: Basic eC1hY2Nlc3MtdG9rZW46YWJj', 'Authorization: Basic [redacted]'],
  ['authorization: bearer djE6YWNtZS9zaG9wOjE3', 'authorization: bearer [redacted]'],
  ['eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJvcmRvIn0.c2ln', '[redacted]'],
];

for (const [text, clean] of cases) {
  test(`hidden without knowing it: ${clean}`, () => assert.equal(redact(text), clean));
}

test('given secrets are hidden wherever they stand, also as JSON writes them', () => {
  const secret = 'a"b\\c-d';
  assert.equal(
    redact(`x=${secret}; ${JSON.stringify({ secret })}`, [secret, undefined]),
    'x=[redacted]; {"secret":"[redacted]"}',
  );
});

test('plain words stay', () => {
  for (const text of [
    'the bearer of news',
    'Basic authentication',
    'a token endpoint',
    'https://github.com/a@b',
    'a b c',
  ]) {
    assert.equal(redact(text, ['', 'a', 'b']), text);
  }
});
