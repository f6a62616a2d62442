import { known, unknown } from '../domain/known.ts';
import type { Known } from '../domain/known.ts';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { Http, HttpAnswer } from './http.ts';
import { childrenFor } from './image-index.ts';
import { createSizes, type SizedImage } from './image-size.ts';
import { notAnImage, tagQuery } from './image.ts';
import type { ImageSettings, TagQuery } from './image.ts';
import { createRegistryTokens, refused } from './registry-token.ts';

export interface Registry {
  /**
   * Digest (`sha256:` and 64 hex digits) of the index, or of the manifest if there is no index, that `HOST/PATH:TAG`
   * names now. Unknown, with what to do about it, when the registry does not say; throws only the signal's reason.
   */
  digestOf(settings: ImageSettings, image: string, signal: AbortSignal): Promise<Known<string>>;
  /** Whether two digests of an image are indexes that give these platforms the same. */
  isSameFor(settings: ImageSettings, comparison: Comparison, signal: AbortSignal): Promise<Known<boolean>>;
  /** Bytes of its layers as they are pulled. A digest that was answered for is not asked again. */
  sizeOf(settings: ImageSettings, image: SizedImage, signal: AbortSignal): Promise<Known<number>>;
}

export interface Comparison {
  image: string;
  digests: readonly [string, string];
  /** `linux/arm64` */
  platforms: ReadonlySet<string>;
}

interface Context {
  settings: ImageSettings;
  signal: AbortSignal;
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
  const sizes = createSizes();
  return { digestOf, isSameFor, sizeOf };

  async function digestOf(settings: ImageSettings, image: string, signal: AbortSignal): Promise<Known<string>> {
    const query = tagQuery(image, settings);
    if (query === undefined) return unknown(notAnImage(image));
    return orUnknown(async () => {
      const response = await ask(query, 'HEAD', query.tag, { settings, signal });
      return judge(query, response.status, response.headers.get('docker-content-digest'));
    });
  }

  async function isSameFor(
    settings: ImageSettings,
    { image, digests, platforms }: Comparison,
    signal: AbortSignal,
  ): Promise<Known<boolean>> {
    const query = tagQuery(image, settings);
    if (query === undefined) return known(false);
    return orUnknown(async () => {
      const [before, now] = await Promise.all(
        digests.map((digest) => childrenOf(query, digest, platforms, { settings, signal })),
      );
      if (before?.known === false) return before;
      if (now?.known === false) return now;
      return known(before?.value !== undefined && before.value === now?.value);
    });
  }

  async function sizeOf(settings: ImageSettings, sized: SizedImage, signal: AbortSignal): Promise<Known<number>> {
    const query = tagQuery(sized.image, settings);
    if (query === undefined) return unknown(notAnImage(sized.image));
    return orUnknown(() => sizes(sized, (digest) => ask(query, 'GET', digest, { settings, signal })));
  }

  /** What the platforms get from a digest, as one text; undefined when it is no index, or is not there any more. */
  async function childrenOf(
    query: TagQuery,
    digest: string,
    platforms: ReadonlySet<string>,
    context: Context,
  ): Promise<Known<string | undefined>> {
    const response = await ask(query, 'GET', digest, context);
    if (response.status !== 200) {
      if (response.status === 404) return known(undefined);
      return unknown(
        `${new URL(query.registryUrl).host} answered ${response.status} for ${query.repository}@${digest}`,
      );
    }
    const manifest = (await response.json().catch(() => undefined)) as unknown;
    return known(childrenFor(manifest, platforms)?.join(' '));
  }

  /** Asks for a manifest, with the token that the registry wants. */
  async function ask(
    query: TagQuery,
    method: 'HEAD' | 'GET',
    reference: string,
    { settings: { caCertificates }, signal }: Context,
  ): Promise<HttpAnswer> {
    const send = (authorization: string | undefined): Promise<HttpAnswer> => {
      const headers = { accept: ACCEPT, ...(authorization === undefined ? {} : { authorization }) };
      const url = `${query.registryUrl}/v2/${query.repository}/manifests/${reference}`;
      return http(url, { method, headers, caCertificates, quota: fingerprint(query.token), signal });
    };
    const response = await send(tokens.cached(query));
    if (response.status !== 401) return response;
    const challenge = response.headers.get('www-authenticate') ?? null;
    return send(await tokens.obtain(query, challenge, { caCertificates, signal }));
  }
}

/** What the network does not give is unknown. */
async function orUnknown<T>(work: () => Promise<Known<T>>): Promise<Known<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ExternalError) return unknown(error.message);
    throw error;
  }
}

function judge(query: TagQuery, status: number, digest: string | undefined): Known<string> {
  const { host } = new URL(query.registryUrl);
  const name = `${query.repository}:${query.tag}`;
  if (status === 200) {
    if (digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest)) return known(digest);
    return unknown(`${host} answered without a usable digest for ${name}`);
  }
  if (status === 401 || status === 403) return unknown(refused(query));
  if (status === 404)
    return unknown(`${name} not found at ${host}: no image with this tag was pushed, or the token may not read it`);
  if (status === 429) return unknown(`${host} has had too many requests (429), it is left alone for a while`);
  return unknown(`${host} answered ${status} for ${name}`);
}
