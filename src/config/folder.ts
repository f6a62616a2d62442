import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

export interface FolderTexts {
  /** Trimmed texts by file name. */
  texts: Map<string, string>;
  /** What could not be read, and why. */
  problems: string[];
}

/**
 * The texts of a directory of settings. Names that begin with `.` are not settings: the kubelet puts the link `..data`
 * there, which it moves when the Secret changes. Reading through its target gives files of one version, never a mix
 * (https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod).
 */
export function readFolder(directory: string): FolderTexts {
  const folder = snapshotOf(directory);
  const first = readAll(folder, directory);
  // The target went away while it was read: the link points to a new one.
  return first.problems.length > 0 && snapshotOf(directory) !== folder
    ? readAll(snapshotOf(directory), directory)
    : first;
}

function snapshotOf(directory: string): string {
  try {
    return realpathSync(join(directory, '..data'));
  } catch {
    return directory;
  }
}

function readAll(folder: string, directory: string): FolderTexts {
  const texts = new Map<string, string>();
  const problems: string[] = [];
  for (const name of namesIn(folder, directory, problems)) {
    try {
      texts.set(name, readFileSync(join(folder, name), 'utf8').trim());
    } catch (error) {
      problems.push(`${join(directory, name)}: expected a readable file, found ${codeOf(error)}`);
    }
  }
  return { texts, problems };
}

function namesIn(folder: string, directory: string, problems: string[]): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      problems.push(`${directory}: expected a directory of settings, found ${codeOf(error)}`);
    return [];
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
