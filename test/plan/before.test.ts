import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known, unknown } from '../../src/domain/known.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { deployed } from './deployed.ts';
import { brief, configMap, planFor, workload, type Files } from './fixtures.ts';

const BEFORE = { 'ordo.dev/before': 'true' };
const backup = (image = 'backup:1'): string =>
  workload('backup', { kind: 'Job', image, annotations: BEFORE, pod: { restartPolicy: 'Never' } });
const BACKUP = '/batch/Job/shop/backup'.slice(1);

const files = (image = 'db:1', job = backup()): Files => ({
  '1-a/10-c.yml': configMap('c', { value: '1' }),
  '2-db/10-backup.yml': job,
  '2-db/20-db.yml': workload('db', { kind: 'StatefulSet', image }),
});
const GONE = { [BACKUP]: known(undefined) };

const first = (): Inventory => deployed(files(), { live: Object.fromEntries(IDS.map((id) => [id, known(undefined)])) });
const IDS = ['/ConfigMap/shop/c', BACKUP, 'apps/StatefulSet/shop/db'];

describe('O02 a Job that runs before its group is touched', () => {
  it('does not run on the first install, nor by itself', () => {
    const inventory = first();
    assert.deepEqual(
      inventory.objects.map(({ name }) => name),
      ['c', 'db'],
    );
    assert.deepEqual(brief(planFor(files(), { inventory, live: GONE }).plan), []);
    assert.deepEqual(brief(planFor(files('db:1', backup('backup:2')), { inventory, live: GONE }).plan), []);
  });

  it('comes first when something of its group is made anew, changed or deleted, and only then', () => {
    const inventory = first();
    const plan = (texts: Files) => brief(planFor(texts, { inventory, live: GONE }).plan);
    assert.deepEqual(plan(files('db:2')), ['apply Job/shop/backup', 'recreate StatefulSet/shop/db']);
    const { '2-db/20-db.yml': _db, ...without } = files();
    assert.deepEqual(plan(without), ['apply Job/shop/backup', 'delete StatefulSet/shop/db']);
    const scaled = workload('db', { kind: 'StatefulSet', image: 'db:1', replicas: 3 });
    assert.deepEqual(plan({ ...files(), '2-db/20-db.yml': scaled }), [
      'apply Job/shop/backup',
      'apply StatefulSet/shop/db',
    ]);
    assert.deepEqual(plan({ ...files(), '1-a/10-c.yml': configMap('c', { value: '2' }) }), ['apply ConfigMap/shop/c']);
  });

  it('is waited for however long it takes, and is made anew when it ran before', () => {
    const inventory = deployed(files('db:2'), { inventory: first(), live: GONE });
    const { plan } = planFor(files('db:3'), { inventory });
    assert.deepEqual(brief(plan), ['recreate Job/shop/backup', 'recreate StatefulSet/shop/db']);
    const [job] = plan.steps;
    assert.ok(job?.kind === 'recreate');
    assert.deepEqual([job.before, job.wait, job.place[0], job.place[1]], [true, 'complete', 2, -1]);
    assert.deepEqual(brief(planFor(files('db:2'), { inventory }).plan), []);
  });

  it('holds what it is to run before when its own image is not known', () => {
    const placeholder = backup('image_url_var');
    const { plan } = planFor(files('db:2', placeholder), {
      inventory: first(),
      live: GONE,
      digestOf: () => unknown('away'),
    });
    assert.deepEqual(brief(plan), ['hold Job/shop/backup', 'hold StatefulSet/shop/db']);
  });
});
