import { known, unknown } from '../domain/known.ts';
import type { Known } from '../domain/known.ts';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { Http } from './http.ts';
import { tagQuery } from './image.ts';
import type { ImageSettings, TagQuery } from './image.ts';
import { createRegistryTokens, refused } from './registry-token.ts';

export interface Registry {
  /**
   * Digest (`sha256:` and 64 hex digits) of the index, or of the manifest if there is no index, that `HOST/PATH:TAG`
   * names now. Unknown, with what to do about it, when the registry does not say; throws only the signal's reason.
   */
  digestOf(settings: ImageSettings, image: string, signal: AbortSignal): Promise<Known<string>>;
}

// Without all four a registry answers 404 or the digest of something else.
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** A client of the OCI distribution API, as far as digests go: https://github.com/opencontainers/distribution-spec */
export function createRegistry({ http, clock }: { http: Http; clock: Clock }): Registry {
  const tokens = createRegistryTokens({ http, clock });
  return { digestOf };

  async function digestOf(settings: ImageSettings, image: string, signal: AbortSignal): Promise<Known<string>> {
    const query = tagQuery(image, settings);
    if (query === undefined) return unknown(`not an image name with host and tag: ${image.slice(0, 200)}`);
    const { caCertificates } = settings;
    try {
      let response = await head(query, tokens.cached(query));
      if (response.status === 401) {
        const challenge = response.headers.get('www-authenticate');
        response = await head(query, await tokens.obtain(query, challenge, { caCertificates, signal }));
      }
      return judge(query, response.status, response.headers.get('docker-content-digest'));
    } catch (error) {
      if (error instanceof ExternalError) return unknown(error.message);
      throw error;
    }

    function head({ registryUrl, repository, tag, token }: TagQuery, authorization: string | undefined) {
      const headers = { accept: ACCEPT, ...(authorization === undefined ? {} : { authorization }) };
      const url = `${registryUrl}/v2/${repository}/manifests/${tag}`;
      return http(url, { method: 'HEAD', headers, caCertificates, quota: fingerprint(token), signal });
    }
  }
}

function judge(query: TagQuery, status: number, digest: string | null): Known<string> {
  const { host } = new URL(query.registryUrl);
  const name = `${query.repository}:${query.tag}`;
  if (status === 200) {
    if (digest !== null && /^sha256:[0-9a-f]{64}$/.test(digest)) return known(digest);
    return unknown(`${host} answered without a usable digest for ${name}`);
  }
  if (status === 401 || status === 403) return unknown(refused(query));
  if (status === 404)
    return unknown(`${name} not found at ${host}: no image with this tag was pushed, or the token may not read it`);
  if (status === 429) return unknown(`${host} has had too many requests (429), it is left alone for a while`);
  return unknown(`${host} answered ${status} for ${name}`);
}
