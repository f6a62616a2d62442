import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWindow } from '../../src/config/window.ts';
import { closedReason } from '../../src/plan/window.ts';

const BERLIN = 'Mon-Fri 22:00-05:00, Sat-Sun 00:00-24:00 Europe/Berlin';

/** Window, moment, and when it opens next; open now where that is missing. 23 November 2026 is a Monday. */
const table: [what: string, window: string, at: string, opens?: string][] = [
  ['before the span of the evening', BERLIN, '2026-11-23T20:59:59Z', 'Mon 2026-11-23 22:00 (Europe/Berlin)'],
  ['its first minute', BERLIN, '2026-11-23T21:00:00Z'],
  ['over midnight it belongs to the day before', BERLIN, '2026-11-24T03:59:59Z'],
  ['its end is not in it', BERLIN, '2026-11-24T04:00:00Z', 'Tue 2026-11-24 22:00 (Europe/Berlin)'],
  ['the night to Saturday goes over into the weekend', BERLIN, '2026-11-28T04:30:00Z'],
  ['the last minute of Sunday', BERLIN, '2026-11-29T22:59:00Z'],
  ['the night of Sunday is no night of Monday', BERLIN, '2026-11-29T23:00:00Z', 'Mon 2026-11-30 22:00 (Europe/Berlin)'],
  ['the offset is another one in summer', BERLIN, '2026-07-06T19:59:00Z', 'Mon 2026-07-06 22:00 (Europe/Berlin)'],
  ['and the window opens an hour earlier in UTC', BERLIN, '2026-07-06T20:00:00Z'],
  [
    'without days it is every day, without a zone UTC',
    '10:00-10:15',
    '2026-11-23T10:15:00Z',
    'Tue 2026-11-24 10:00 (UTC)',
  ],
  ['days go on over the end of the week', 'Fri-Mon 10:00-11:00', '2026-11-23T10:30:00Z'],
  ['one day of the week', 'Sun 00:00-01:00', '2026-11-23T00:30:00Z', 'Sun 2026-11-29 00:00 (UTC)'],
  ['an offset as zone', '10:00-11:00 +05:30', '2026-11-23T04:30:00Z'],
  // At 2026-03-29 01:00 UTC Berlin’s clocks go from 02:00 to 03:00, at 2026-10-25 01:00 UTC from 03:00 back to 02:00.
  [
    'an hour that is left out does not open it',
    'Sun 02:30-02:45 Europe/Berlin',
    '2026-03-29T00:50:00Z',
    'Sun 2026-04-05 02:30 (Europe/Berlin)',
  ],
  ['what goes over the left out hour ends as the clock says', '01:30-03:30 Europe/Berlin', '2026-03-29T01:29:00Z'],
  [
    'an hour earlier than the day before',
    '01:30-03:30 Europe/Berlin',
    '2026-03-29T01:30:00Z',
    'Mon 2026-03-30 01:30 (Europe/Berlin)',
  ],
  ['an hour that comes twice opens it twice', 'Sun 02:30-02:45 Europe/Berlin', '2026-10-25T00:30:00Z'],
  ['the second time', 'Sun 02:30-02:45 Europe/Berlin', '2026-10-25T01:30:00Z'],
  [
    'and between the two it is closed',
    'Sun 02:30-02:45 Europe/Berlin',
    '2026-10-25T00:50:00Z',
    'Sun 2026-10-25 02:30 (Europe/Berlin)',
  ],
];

for (const [what, text, at, opens] of table) {
  test(`O10 update-window ${text}: ${what}`, () => {
    const window = parseWindow(text);
    assert.ok(window);
    const reason = closedReason(window, new Date(at));
    if (opens === undefined) assert.equal(reason, undefined);
    else assert.ok(reason?.startsWith(`outside of the update window, which opens ${opens} (`), reason);
  });
}
