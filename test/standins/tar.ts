export interface TarEntry {
  path: string;
  /** A file's bytes; a directory and a link have none. */
  content?: Uint8Array;
  /** Where a symbolic link leads. */
  link?: string;
  directory?: true;
  mode?: number;
}

const block = 512;

/** A tar archive (POSIX ustar, names up to 100 bytes) with no time and no owner in it: equal entries give equal bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? new Uint8Array();
    return [header(entry, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
  });
  // Two empty blocks end an archive.
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header({ path, link, directory, mode = directory ? 0o755 : 0o644 }: TarEntry, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for a tar header`);
  const bytes = Buffer.alloc(block);
  bytes.write(path, 0);
  bytes.write(octal(mode, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  // The checksum is taken with its own field full of spaces.
  bytes.write(' '.repeat(8), 148);
  bytes.write(directory ? '5' : link === undefined ? '0' : '2', 156);
  bytes.write(link ?? '', 157);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}
