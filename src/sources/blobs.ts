import { GitFailure } from './git-reason.ts';
import type { Git, RemoteSettings } from './git.ts';

/** A manifest that etcd takes is under 1.5 MiB; several may stand in a file. */
export const MOST_BYTES = 5 * 1024 * 1024;
/** All files together: what the controller's memory takes. */
const MOST_TOTAL = 32 * 1024 * 1024;

/** Contents by request. What has come stays when the link breaks in a later one, so a slow link gets there in the end. */
const MOST_BLOBS = 1000;

interface Access {
  remote: RemoteSettings;
  timeout: number;
  signal: AbortSignal;
}

/** Contents by blob id, without those over 5 MiB. What the work folder lacks is fetched, a thousand in one request. */
export async function loadBlobs(git: Git, ids: ReadonlySet<string>, access: Access): Promise<Map<string, Buffer>> {
  if (ids.size === 0) return new Map();
  const { timeout, signal } = access;
  const sizes = await sizesOf(git, [...ids], signal);
  const missing = [...ids].filter((id) => !sizes.has(id));
  if (missing.length > 0) {
    for (let at = 0; at < missing.length; at += MOST_BLOBS) {
      await fetchBlobs(git, missing.slice(at, at + MOST_BLOBS), access);
    }
    for (const [id, size] of await sizesOf(git, missing, signal)) sizes.set(id, size);
  }
  const wanted = [...ids].filter((id) => (sizes.get(id) ?? 0) <= MOST_BYTES);
  const total = wanted.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
  if (total > MOST_TOTAL) throw new GitFailure(`the watched folder holds over ${MOST_TOTAL / 1024 / 1024} MiB`);
  const output = await git.catFile(['--batch'], { input: lines(wanted), timeout, signal });
  return split(output, wanted);
}

/** Bytes of the blobs that are there. No remote, so git cannot go and fetch the others one by one. */
async function sizesOf(git: Git, ids: readonly string[], signal: AbortSignal): Promise<Map<string, number>> {
  const output = await git.catFile(['--batch-check'], { input: lines(ids), timeout: 30_000, signal });
  const found = output.toString('latin1').matchAll(/^([0-9a-f]+) blob (\d+)$/gm);
  return new Map([...found].map(([, id = '', size]) => [id, Number(size)]));
}

// As git itself fetches what a partial clone lacks (promisor-remote.c): without saying what it has, because whoever
// has the commit would be taken to have its files.
async function fetchBlobs(git: Git, ids: readonly string[], { remote, timeout, signal }: Access): Promise<void> {
  // Progress, because a silent git is taken for stalled (and simple-git waits 50 ms longer for its end).
  const what = ['--progress', '--no-tags', '--no-write-fetch-head', '--stdin'];
  const config = { 'fetch.negotiationAlgorithm': 'noop' };
  await git.text(['fetch', ...what, 'origin'], { input: lines(ids), config, remote, timeout, signal });
}

/** `ID blob SIZE`, newline, content, newline, for each: https://git-scm.com/docs/git-cat-file#_batch_output */
function split(output: Buffer, ids: readonly string[]): Map<string, Buffer> {
  const blobs = new Map<string, Buffer>();
  let at = 0;
  for (const id of ids) {
    const end = output.indexOf(0x0a, at);
    const [found, type, size] = output.toString('latin1', at, end).split(' ');
    if (found !== id || type !== 'blob') throw new GitFailure(`git: object ${id} is missing`, { damaged: true });
    at = end + 1 + Number(size) + 1;
    blobs.set(id, output.subarray(end + 1, at - 1));
  }
  return blobs;
}

const lines = (ids: readonly string[]): string => ids.map((id) => `${id}\n`).join('');
