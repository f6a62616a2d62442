/** A file's content, a symbolic link, or its removal. A rename is a removal and a new file. */
type FileContent = string | Uint8Array | { link: string } | null;
/** By path; a list of pairs can also carry paths that are not UTF-8. */
export type Files = Record<string, FileContent> | ReadonlyArray<readonly [string | Buffer, FileContent]>;

export interface CommitOptions {
  branch: string;
  message: string;
  /** The commit it goes on from; the first commit has none. */
  parent: string | undefined;
  /** A second parent: the commit is a merge. */
  merge: string | undefined;
}

const mark = ':1';
const author = 'ordo test <test@ordo.invalid>';

/** The `git fast-import` stream of one commit; git prints the new commit's id. */
export function commitStream(files: Files, { branch, message, parent, merge }: CommitOptions): Buffer {
  const parts: Buffer[] = [];
  line(`commit refs/heads/${branch}`);
  line(`mark ${mark}`);
  line(`committer ${author} now`);
  data(Buffer.from(message));
  if (parent !== undefined) line(`from ${parent}`);
  if (merge !== undefined) line(`merge ${merge}`);
  const pairs: Iterable<readonly [string | Buffer, FileContent]> = isPairs(files) ? files : Object.entries(files);
  for (const [path, content] of pairs) file(quote(path), content);
  line(`get-mark ${mark}`);
  line('done');
  return Buffer.concat(parts);

  function file(path: Buffer, content: FileContent) {
    if (content === null) {
      parts.push(Buffer.from('D '), path, Buffer.from('\n'));
      return;
    }
    const isLink = typeof content === 'object' && 'link' in content;
    parts.push(Buffer.from(`M ${isLink ? '120000' : '100644'} inline `), path, Buffer.from('\n'));
    data(Buffer.from(isLink ? content.link : content));
  }

  function data(content: Buffer) {
    line(`data ${content.length}`);
    parts.push(content, Buffer.from('\n'));
  }

  function line(text: string) {
    parts.push(Buffer.from(`${text}\n`));
  }
}

function isPairs(files: Files): files is ReadonlyArray<readonly [string | Buffer, FileContent]> {
  return Array.isArray(files);
}

// As a C string, byte for byte: quotes, backslashes and control characters by their octal number.
function quote(path: string | Buffer): Buffer {
  const bytes = Buffer.from(path).toString('latin1');
  // oxlint-disable-next-line no-control-regex
  const quoted = bytes.replace(/["\\\x00-\x1f]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return Buffer.from(`"${quoted}"`, 'latin1');
}
