import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notAnImage, tagQuery } from '../../src/sources/image.ts';

const settings = {
  registry: 'ghcr.io',
  registryUrl: 'https://ghcr.io',
  imageAccount: 'acme',
  packageCheckerToken: 'secret',
  caCertificates: undefined,
};

const names: [string, string | undefined][] = [
  ['ghcr.io/acme/shop-web:main', 'https://ghcr.io acme/shop-web main secret'],
  ['ghcr.io.evil.test/acme/shop:main', 'https://ghcr.io.evil.test acme/shop main undefined'],
  ['registry.local:5000/a/b/c:v1', 'https://registry.local:5000 a/b/c v1 undefined'],
  ['localhost/x:y', 'https://localhost x y undefined'],
  ['docker.io/nginx:1.29', 'https://registry-1.docker.io library/nginx 1.29 undefined'],
  ['docker.io/grafana/loki:3', 'https://registry-1.docker.io grafana/loki 3 undefined'],
  ['acme/shop:main', undefined],
  ['ghcr.io/acme/shop', undefined],
  ['ghcr.io/acme/shop:main@sha256:00', undefined],
  ['user@ghcr.io/acme/shop:main', undefined],
  ['ghcr.io/../v2/x:main', undefined],
  ['ghcr.io/a#b:main', undefined],
  ['', undefined],
];

for (const [image, wanted] of names) {
  test(`asked for '${image}': ${wanted ?? 'nothing'}`, () => {
    const query = tagQuery(image, settings);
    const { registryUrl, repository, tag, token } = query ?? {};
    assert.equal(query && `${registryUrl} ${repository} ${tag} ${token}`, wanted);
  });
}

test('docker.io as the settings registry is asked at its real address, unless another one is set', () => {
  const hub = { ...settings, registry: 'docker.io', registryUrl: 'https://docker.io' };
  assert.deepEqual(
    [hub, { ...hub, registryUrl: 'https://mirror.local' }].map(
      (each) => tagQuery('docker.io/acme/x:y', each)?.registryUrl,
    ),
    ['https://registry-1.docker.io', 'https://mirror.local'],
  );
});

test('a name with capital letters in its path is none, and says what to mend', () => {
  assert.equal(tagQuery('ghcr.io/acme/Web:main', settings), undefined);
  assert.match(
    notAnImage('ghcr.io/acme/Web:main'),
    /: ghcr\.io\/acme\/Web:main \(its path has no capital letters.*label app/,
  );
  assert.equal(notAnImage('ghcr.io/acme/web'), 'not an image name with host and tag: ghcr.io/acme/web');
});
