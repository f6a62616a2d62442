/** One file of the watched folder at one commit, with its path in the repository. What is no plain file, or too large to read, has no bytes. */
export interface SourceFile {
  path: string;
  kind: 'file' | 'symlink' | 'submodule' | 'too-large';
  bytes: Uint8Array;
}
