import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGoodOrGone } from '../../src/runner/roll.ts';

test('R13 what kubectl says of a workload that went in the last moment is no failure, and a refusal is one', () => {
  const uid = '6c7b4d4e-0000-0000-0000-000000000000';
  const gone = [
    'Error from server (NotFound): deployments.apps "web" not found',
    `The Deployment "web" is invalid: metadata.uid: Invalid value: "${uid}": field is immutable`,
  ];
  for (const stderr of gone) assert.ok(isGoodOrGone({ code: 1, stderr }), stderr);
  assert.ok(isGoodOrGone({ code: 0, stderr: '' }));
  const refused = [
    'Error from server (Forbidden): deployments.apps "web" is forbidden: User "x" cannot patch resource',
    "The deployments \"web\" is invalid: : ValidatingAdmissionPolicy 'p' with binding 'b' denied request: metadata.uid",
  ];
  for (const stderr of refused) assert.ok(!isGoodOrGone({ code: 1, stderr }), stderr);
});
