import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressOf } from '../../src/sources/git-progress.ts';

test('what git says of its progress: the newest line counts', () => {
  const written =
    'remote: Enumerating objects: 9, done.\rReceiving objects:  10% (1/10)\rReceiving objects:  43% (4/10), 3.50 MiB | 1.10 MiB/s\r';
  assert.equal(progressOf(written), 'Receiving objects:  43% (4/10)');
  assert.equal(
    progressOf('Unpacking objects: 100% (3/3), 640 bytes | 640.00 KiB/s, done.\n'),
    'Unpacking objects: 100% (3/3)',
  );
  assert.equal(progressOf('remote: Counting objects: 100% (9/9), done.\n'), undefined);
});
