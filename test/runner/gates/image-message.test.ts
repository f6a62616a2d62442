import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDefinitePullError } from '../../../src/runner/gates/image-message.ts';

const image = 'ghcr.io/acme/shop:1';
const pull = `failed to pull and unpack image "${image}": failed to resolve reference "${image}":`;

// Texts of containerd 1.6 to 2, CRI-O and Docker, as the kubelet passes them on.
const definite = [
  `rpc error: code = NotFound desc = ${pull} ${image}: not found`,
  `Back-off pulling image "${image}": ErrImagePull: rpc error: code = NotFound desc = ${pull} ${image}: not found`,
  `${pull} failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fshop%3Apull&service=ghcr.io: 401 Unauthorized`,
  `${pull} failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden`,
  `${pull} pulling from host ghcr.io failed with status code [manifests 1]: 403 Forbidden`,
  `${pull} pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
  `failed to pull and unpack image "${image}": no match for platform in manifest: not found`,
  'reading manifest 1 in ghcr.io/acme/shop: manifest unknown',
  'unable to retrieve auth token: invalid username/password: unauthorized: authentication required',
  'no image found in image index for architecture "arm64", variant "v8", OS linux',
  'no matching manifest for linux/arm64/v8 in the manifest list entries',
  'Error response from daemon: pull access denied for acme/shop, repository does not exist or may require: denied: requested access to the resource is denied',
];
const passing = [
  `${pull} failed to do request: Head "https://ghcr.io/v2/acme/shop/manifests/1": dial tcp: lookup ghcr.io on 10.43.0.10:53: no such host`,
  `${pull} failed to do request: Head "https://ghcr.io/v2/acme/shop/manifests/1": dial tcp 140.82.121.33:443: i/o timeout`,
  `${pull} failed to do request: Head "https://10.89.0.1:5000/v2/a": dial tcp 10.89.0.1:5000: connect: connection refused`,
  `${pull} unexpected status from HEAD request to https://ghcr.io/v2/acme/shop/manifests/1: 503 Service Unavailable`,
  `${pull} unexpected status: 429 Too Many Requests - toomanyrequests: You have reached your unauthenticated pull rate limit`,
  `${pull} net/http: TLS handshake timeout`,
  `${pull} unexpected EOF`,
  `Back-off pulling image "${image}"`,
  'context deadline exceeded',
  'write /var/lib/containerd/x: no space left on device',
];

for (const text of definite) test(`definite: ${text.slice(0, 120)}`, () => assert.ok(isDefinitePullError(text, image)));
for (const text of passing) test(`may pass: ${text.slice(0, 120)}`, () => assert.ok(!isDefinitePullError(text, image)));

test("an image's own name says nothing", () => {
  const odd = 'ghcr.io/acme/manifest unknown: not found';
  assert.ok(!isDefinitePullError(`failed to pull ${odd}: broken pipe`, odd));
  assert.ok(!isDefinitePullError('failed to pull "ghcr.io/acme/unauthorized:1": broken pipe', 'other'));
});
