import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonical } from '../../src/manifests/canonical.ts';
import { decodeText, parseDocuments } from '../../src/manifests/documents.ts';
import { attempt } from '../cluster/command.ts';

/** kubectl, asked what files mean. */
export interface Oracle {
  folder: string;
  /** The objects of each file, which bear its number as `head` says it, as canonical JSON; undefined for a file that is refused. */
  read(files: readonly (string | Buffer)[]): Promise<(string | undefined)[]>;
  close(): Promise<void>;
}

/** The beginning of the file with this number. */
export const head = (index: number): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: case-${index}}\n`;

export async function openOracle(kubectl: string): Promise<Oracle> {
  const folder = await mkdtemp(join(tmpdir(), 'dialect-'));
  let count = 0;
  return {
    folder,
    async read(files) {
      const own = join(folder, String(count++));
      await mkdir(own);
      await Promise.all(files.map((bytes, index) => writeFile(join(own, `${index}.yaml`), bytes)));
      // It needs no server, names the files that it cannot read, goes on, and ends with code 1.
      const { stdout } = await attempt(kubectl, ['annotate', '--local', '-o', 'json', '-f', own, 'zz=1']);
      const objects = Map.groupBy(
        stdout
          .split(/(?<=^\})$/m)
          .filter(isText)
          .map(parse),
        ({ name }) => name,
      );
      return files.map((_, index) =>
        objects
          .get(`case-${index}`)
          ?.map(({ text }) => text)
          .join('\n'),
      );
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const isText = (text: string): boolean => text.trim() !== '';

function parse(text: string): { name: string; text: string } {
  const object = JSON.parse(text, exactly) as { metadata: { name: string; annotations?: unknown } };
  delete object.metadata.annotations;
  return { name: object.metadata.name, text: canonical(object) };
}

/** JSON numbers that JavaScript would change must not look like what Ordo made of them. */
function exactly(_key: string, value: unknown, context?: { source: string }): unknown {
  const lost =
    typeof value === 'number' && /^-?\d{16,}$/.test(context?.source ?? '') && String(value) !== context?.source;
  return lost && Math.abs(value as number) < 2 ** 63 ? `exactly ${context?.source}` : value;
}

/** The same by Ordo's own reader; an empty text where there is no object. */
export function readByOrdo(file: string | Buffer): { ordo: string | undefined; reason: string } {
  const parsed = parseDocuments(decodeText(Buffer.from(file)));
  const values = parsed.flatMap((one) => ('error' in one ? [] : [one.values[0]]));
  const reason = parsed.flatMap((one) => ('error' in one ? [one.error] : [])).join('; ');
  const readable = reason === '' && values.length > 0 && !values.includes(undefined);
  return { ordo: readable ? values.map((value) => canonical(value)).join('\n') : undefined, reason };
}
