import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '../../src/manifests/place.ts';

const placed: [path: string, folder: number, file: number][] = [
  ['2-influxdb/120-influxdbconfigmap.yml', 2, 120],
  ['2-influxdb/40-a.yaml', 2, 40],
  ['1-a/1-b.json', 1, 1],
  ['1000-last/1000-b.yml', 1000, 1000],
  ['02-a/007-b.yml', 2, 7],
  ['0-a/0-b.yml', 0, 0],
  ['2-my-app-with-dashes/10-my-app-config-map.yml', 2, 10],
  ['2-a/10-10-10.yml', 2, 10],
  ['2-Ä b/10-ü.yml', 2, 10],
  ['999999999999999-a/1-b.yml', 999999999999999, 1],
];

for (const [path, folder, file] of placed) {
  test(`${path} has a place`, () => {
    const place = placeOf(path);
    assert.ok('order' in place, JSON.stringify(place));
    const [folderName = '', fileName = ''] = path.split('/');
    assert.deepEqual(place.order(3), [folder, file, folderName, fileName, 3]);
  });
}

const unplaced: [path: string, reason: RegExp, manifest: boolean][] = [
  ['10-a.yml', /^not in a numbered folder/, true],
  ['influxdb/10-a.yml', /^the folder "influxdb" has no number/, true],
  ['-1-a/10-a.yml', /^the folder "-1-a" has no number/, true],
  ['1.5-a/10-a.yml', /^the folder "1.5-a" has no number/, true],
  ['2/10-a.yml', /^the folder "2" has no number/, true],
  ['2-/10-a.yml', /^the folder "2-" has no number/, true],
  ['9999999999999999-a/10-a.yml', /has no number/, true],
  ['2-a/b/10-a.yml', /^too deep/, true],
  ['2-a/2-b/10-a.yml', /^too deep/, true],
  ['2-a/configmap.yml', /^the file has no number/, true],
  ['2-a/10a.yml', /^the file has no number/, true],
  ['2-a/10.yml', /^the file has no number/, true],
  ['2-a/10-a.txt', /^not a manifest/, false],
  ['2-a/10-a.yml.disabled', /^not a manifest/, false],
  ['2-a/.10-a.swp', /^not a manifest/, false],
  ['read-me.md', /^not a manifest/, false],
];

for (const [path, reason, manifest] of unplaced) {
  test(`#5 ${path} has no place, and it is said why`, () => {
    const place = placeOf(path);
    assert.ok('unplaced' in place, JSON.stringify(place));
    assert.match(place.unplaced, reason);
    assert.equal(place.manifest, manifest);
  });
}
