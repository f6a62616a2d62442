import { join } from 'node:path';
import type { z } from 'zod';
import { redact } from '../util/redact.ts';
import { readFolder } from './folder.ts';
import { isSecret, keys, restartKeys, RestartSettings, Settings } from './settings.ts';

/** Every bad setting at once; exit code 2. No text of it holds a token. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `${problems.length === 1 ? 'a setting is' : `${problems.length} settings are`} wrong:\n  ${problems.join('\n  ')}`,
    );
    this.problems = problems;
  }
}

export interface Loaded<T = Settings> {
  settings: T;
  warnings: string[];
}

const KEYS = Object.keys(keys.shape);
const variableOf = (key: string): string => `ORDO_${key.toUpperCase().replaceAll('-', '_')}`;
const KEY_OF = new Map(KEYS.map((key) => [variableOf(key), key]));
// They say where the process is, not what it shall do; main.ts reads them.
const NOT_SETTINGS = new Set(['ORDO_NAMESPACE', 'ORDO_POD', 'ORDO_SETTINGS_DIR', 'ORDO_WORK_DIR']);

/**
 * Settings from a directory of files, one key per file, overridden by `ORDO_*` of `env`. A missing directory counts as
 * empty. An empty value counts as not set. Reads the directory anew at each call and keeps nothing.
 * Throws `SettingsError` with all problems.
 */
export const loadSettings = (from: From): Loaded => load(from, Settings, KEYS);

/** The few of `ordo restarts`; all others may be there, and are not looked at. */
export const loadRestartSettings = (from: From): Loaded<RestartSettings> =>
  load(from, RestartSettings, Object.keys(restartKeys.shape));

interface From {
  directory: string;
  env: NodeJS.ProcessEnv;
}

function load<T>({ directory, env }: From, schema: z.ZodType<T>, wanted: readonly string[]): Loaded<T> {
  const { texts, problems } = readFolder(directory);
  const given = new Map<string, Given>([...texts].map(([key, text]) => [key, { text, where: join(directory, key) }]));
  const warnings: string[] = [];
  for (const name of Object.keys(env).filter((each) => each.startsWith('ORDO_') && !NOT_SETTINGS.has(each))) {
    const key = KEY_OF.get(name);
    if (key === undefined) warnings.push(`${name}: no setting is called so, the variable is ignored`);
    else given.set(key, { text: env[name]?.trim() ?? '', where: name });
  }
  // An unknown one stays, so that the schema names it.
  const filled = [...given].filter(([key, { text }]) =>
    KEYS.includes(key) ? text !== '' && wanted.includes(key) : true,
  );
  const parsed = schema.safeParse(Object.fromEntries(filled.map(([key, { text }]) => [key, text])));
  if (parsed.success && problems.length === 0) return { settings: parsed.data, warnings };
  const secrets = filled.filter(([key]) => isSecret(key)).map(([, { text }]) => text);
  const wrong = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => describe(issue, given, { directory, secrets }));
  throw new SettingsError([...problems, ...wrong]);
}

interface Given {
  text: string;
  where: string;
}

function describe(
  issue: z.core.$ZodIssue,
  given: ReadonlyMap<string, Given>,
  { directory, secrets }: { directory: string; secrets: readonly string[] },
): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${join(directory, key)}: unknown setting, expected one of ${KEYS.join(', ')}`);
  }
  const key = String(issue.path[0]);
  const { text, where } = given.get(key) ?? {};
  if (text === undefined) return [`${key}: missing, ${issue.message} in ${join(directory, key)} or ${variableOf(key)}`];
  if (text === '') return [`${key}: empty in ${where}, ${issue.message}`];
  if (isSecret(key)) return [`${key} (${where}): ${issue.message}`];
  // A token may stand where none belongs; it goes before the cut, so that no half of it is left.
  return [`${key} (${where}): ${issue.message}, found ${JSON.stringify(redact(text, secrets).slice(0, 100))}`];
}
