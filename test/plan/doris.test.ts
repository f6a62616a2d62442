import assert from 'node:assert/strict';
import { it } from 'node:test';
import { unknown } from '../../src/domain/known.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { heldByDoris } from '../../src/plan/doris.ts';
import { configMap, planFor, workload, type Files } from './fixtures.ts';

const APP = 'pipelineinitialisation';
const running: Identity[] = [
  { group: 'apps', kind: 'Deployment', namespace: 'admin', name: 'doris' },
  { group: '', kind: 'Pod', namespace: 'admin', name: 'doris-1' },
];
const file = (namespace: string, name = APP): Files => ({
  '1-doris/170-dorisdeployment.yml': workload(name, { namespace, image: 'image_url_var' }),
});
const labelled = (text: string): string => text.replace('"metadata":{', `"metadata":{"labels":{"app":"${APP}"},`);
const HELD = "and two controllers would undo each other's work. Nothing is changed until it is gone:";
const TAKE_OUT = 'take deploy/1-doris/170-dorisdeployment.yml out of the repository';
const DELETE = 'kubectl -n admin delete deployment doris';

const cases: [what: string, files: Files, running: Identity[], held: string | undefined][] = [
  ['nowhere', file('admin', 'web'), [], undefined],
  ['in the cluster', {}, running, `DORIS is in the cluster (Deployment/admin/doris), ${HELD} ${DELETE}`],
  ['in the repository', file('admin'), [], `DORIS would come with the repository, ${HELD} ${TAKE_OUT}`],
  [
    'in both',
    file('admin'),
    running,
    `DORIS is in the cluster (Deployment/admin/doris), ${HELD} ${TAKE_OUT}; then ${DELETE}`,
  ],
  [
    'only a pod that still ends',
    {},
    running.slice(1),
    `DORIS is in the cluster (Pod/admin/doris-1), ${HELD} kubectl -n admin delete pod doris-1`,
  ],
  ['the image of DORIS in another namespace', file('shop'), [], undefined],
  ['nothing that runs pods', { '1-a/10-c.yml': labelled(configMap(APP, {}, 'admin')) }, [], undefined],
];
for (const [what, files, seen, held] of cases) {
  it(`DORIS ${what}`, () => assert.equal(heldByDoris(planFor(files).input, seen), held));
}

it('DORIS in the repository, its digest not known', () => {
  const { input } = planFor(file('admin'), { digestOf: () => unknown('no answer') });
  assert.match(heldByDoris(input, []) ?? '', /would come with the repository/);
});
