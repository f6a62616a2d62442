import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsAsText } from '../../src/report/metrics.ts';

test('O04 metrics are Prometheus text: help, type, a line for each value; labels cannot break out', () => {
  const text = metricsAsText([
    { name: 'a_total', type: 'counter', help: 'All.', values: [{ value: 2 }] },
    { name: 'none', type: 'gauge', help: 'Nothing.', values: [] },
    { name: 'b', type: 'gauge', help: 'Some.', values: [{ labels: { host: 'x"\\\n', result: '2xx' }, value: 0.5 }] },
  ]);
  assert.equal(
    text,
    [
      '# HELP a_total All.',
      '# TYPE a_total counter',
      'a_total 2',
      '# HELP b Some.',
      '# TYPE b gauge',
      'b{host="x\\"\\\\\\n",result="2xx"} 0.5',
      '',
    ].join('\n'),
  );
});
