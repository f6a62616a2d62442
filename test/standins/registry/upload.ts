import type { Pool } from 'undici';
import type { Image } from '../image.ts';
import type { Grant, Signer } from './tokens.ts';

/** Pushes images by the registry's API (OCI distribution specification, "Push"), children before their index. */
export function createUpload(pool: Pool, signer: Signer): (image: Image) => Promise<{ digest: string }> {
  /** Which repository already holds a blob: from there it is mounted, not sent. */
  const holders = new Map<string, string>();
  return push;

  async function push(image: Image): Promise<{ digest: string }> {
    const { repository, tag, index } = image;
    const blobs = [...image.blobs].filter(([digest]) => holders.get(digest) !== repository);
    const sources = blobs.flatMap(([digest]) => holders.get(digest) ?? []);
    const grants: Grant[] = [...new Set(sources)].map((source) => ({ repository: source, actions: ['pull'] }));
    const token = signer.sign([...grants, { repository, actions: ['pull', 'push'] }]);
    const authorization = `Bearer ${token}`;
    const root = `/v2/${repository}`;

    await Promise.all(blobs.map(([digest, content]) => pushBlob(digest, content)));
    await Promise.all(image.manifests.map(({ digest, mediaType, bytes }) => pushManifest(digest, mediaType, bytes)));
    await pushManifest(tag, index.mediaType, index.bytes);
    return { digest: index.digest };

    async function pushBlob(digest: string, content: Buffer) {
      const holder = holders.get(digest);
      const mount = holder === undefined ? '' : `?mount=${digest}&from=${holder}`;
      const begun = await call('POST', `${root}/blobs/uploads/${mount}`);
      if (begun.status === 202) {
        const { pathname, searchParams } = new URL(begun.location);
        searchParams.set('digest', digest);
        expect(201, await call('PUT', `${pathname}?${searchParams.toString()}`, content, 'application/octet-stream'));
      } else expect(201, begun);
      holders.set(digest, repository);
    }

    async function pushManifest(reference: string, mediaType: string, bytes: Buffer) {
      expect(201, await call('PUT', `${root}/manifests/${reference}`, bytes, mediaType));
    }

    async function call(method: 'POST' | 'PUT', path: string, content?: Buffer, type?: string) {
      const headers = { authorization, ...(type === undefined ? {} : { 'content-type': type }) };
      const reply = await pool.request({ method, path, headers, body: content ?? null });
      const text = await reply.body.text();
      return { status: reply.statusCode, location: String(reply.headers['location'] ?? ''), text };
    }
  }
}

function expect(wanted: number, { status, text }: { status: number; text: string }) {
  if (status !== wanted) throw new Error(`the registry answered a push with ${status}: ${text}`);
}
