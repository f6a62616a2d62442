import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST, redactor } from '../../src/runner/redact.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const docker = JSON.stringify({ auths: { 'ghcr.io': { username: 'acme', password: 'pass-word', auth: 'YWNtZTpw' } } });
const redact = redactor([
  {
    kind: 'Secret',
    data: { token: base64('correct horse'), docker: base64(docker) },
    stringData: { pin: '1234', no: 'abc' },
  },
  { kind: 'Secret', stringData: { key: 'first line of key\nsecond "line" of key\n', longer: 'correct horse battery' } },
  { kind: 'ConfigMap', data: { plain: 'plain text' } },
]);

const cases: [string, string, string][] = [
  [
    'a Job template',
    'The Job "j" is invalid: spec.template: Invalid value: {"Spec":{"env":"a: field is immutable, b"}}: field is immutable',
    'The Job "j" is invalid: spec.template: Invalid value: …: field is immutable',
  ],
  [
    'one line of several',
    'The Secret "s" is invalid: \n* type: Invalid value: "Opaque2": field is immutable\n* x: Required value',
    'The Secret "s" is invalid: \n* type: Invalid value: …: field is immutable\n* x: Required value',
  ],
  [
    'another sentence',
    'spec.clusterIPs[0]: Invalid value: ["10.96.3.3"]: may not change once set',
    'spec.clusterIPs[0]: Invalid value: …: may not change once set',
  ],
  [
    'an object with a sentence that is not known',
    'spec: Invalid value: {"a":{"b":"c"}}: must be good',
    'spec: Invalid value: …: must be good',
  ],
  [
    'a wrong type',
    '.stringData.a: expected string, got &value.valueUnstructured{Value:5}',
    '.stringData.a: expected string, got …',
  ],
  ['a decoded value', 'got "correct horse" here', 'got "[redacted]" here'],
  ['a raw value', `got ${base64('correct horse')}`, 'got [redacted]'],
  ['the longer one first', 'got correct horse battery', 'got [redacted]'],
  ['stringData of four characters', 'got 1234', 'got [redacted]'],
  ['less than four characters stay', 'got abc', 'got abc'],
  ['a line of a value', 'at first line of key, and "second \\"line\\" of key"', 'at [redacted], and "[redacted]"'],
  [
    'a part of a docker config',
    'user acme pass-word YWNtZTpw at ghcr.io',
    'user acme [redacted] [redacted] at ghcr.io',
  ],
  ['a ConfigMap is not secret', 'plain text', 'plain text'],
  ['a token by its form', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', '[redacted]'],
];

for (const [title, text, clean] of cases) test(`redacted: ${title}`, () => assert.equal(redact(text), clean));

test('a long text is cut, and not before it is clean', () => {
  const text = redact(`${'x'.repeat(LONGEST - 8)} correct horse and more`);
  assert.equal(text.length, LONGEST);
  assert.ok(!text.includes('corr'));
});
