import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../src/cluster/client.ts';
import { StateError } from '../../src/cluster/config-maps.ts';
import { troubleOf } from '../../src/commands/trouble.ts';
import { SettingsError } from '../../src/config/load.ts';
import { ExternalError } from '../../src/util/errors.ts';

test('what ends a pass early is told by its reason; a fault of Ordo’s own by itself, in the log alone', () => {
  const own = new TypeError('inside');
  const rows: [error: Error, reason: string, isNotReady: boolean][] = [
    [new SettingsError(['token is missing']), 'a setting is wrong:\n  token is missing', true],
    [new StateError('cut'), 'cut', true],
    [new ExternalError('away'), 'away', false],
    [new ApiError(403, 'Forbidden', 'no right'), 'no right', false],
  ];
  for (const [error, reason, isNotReady] of rows) {
    assert.deepEqual(troubleOf(error), { reason, logged: { reason }, ...(isNotReady && { notReady: reason }) });
  }
  assert.deepEqual(troubleOf(own), { reason: 'an error inside of Ordo, see its log', logged: { err: own } });
});
