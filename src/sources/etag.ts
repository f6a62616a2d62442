import type { Octokit } from '@octokit/rest';
import type { Cache } from '../util/cache.ts';

export interface CachedAnswer {
  etag: string;
  data: unknown;
}

/**
 * Makes an octokit's GET requests conditional: a 304 answers with what was read before, and costs an authorised caller
 * no quota (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate).
 * `owner` stands for the token, because an answer is good only for who asked.
 */
export function conditional(octokit: Octokit, cache: Cache<CachedAnswer>, owner: string): void {
  octokit.hook.wrap('request', async (request, options) => {
    if (options.method !== 'GET') return request(options);
    const key = `${octokit.request.endpoint(options).url} ${String(options.headers.accept)} ${owner}`;
    const cached = cache.get(key);
    if (cached !== undefined) options.headers['if-none-match'] = cached.etag;
    try {
      const response = await request(options);
      if (response.headers.etag !== undefined) cache.set(key, { etag: response.headers.etag, data: response.data });
      return response;
    } catch (error) {
      // octokit throws a 304.
      if (cached === undefined || !(error instanceof Error) || !('status' in error) || error.status !== 304)
        throw error;
      return { status: 200, url: key, headers: {}, data: cached.data };
    }
  });
}
