import { redact } from '../util/redact.ts';
import type { RemoteSettings } from './git.ts';

interface FailureOptions {
  damaged?: boolean;
  isTooLarge?: boolean;
  cause?: unknown;
}

/**
 * Why git failed, in words for people. `damaged`: nothing else explains it, so the work folder itself may be broken.
 * `isTooLarge`: it would be the same with the same commit, and is not worth another download.
 */
export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  readonly damaged: boolean;
  readonly isTooLarge: boolean;

  constructor(reason: string, { damaged = false, isTooLarge = false, cause }: FailureOptions = {}) {
    super(reason, { cause });
    this.damaged = damaged;
    this.isTooLarge = isTooLarge;
  }
}

interface Place {
  host: string;
  where: string;
  setting: string;
  hasToken: boolean;
}

type Rule = [RegExp, (place: Place, found: RegExpExecArray) => string];

const HERE: Rule[] = [
  [/no space left on device|disk quota/i, () => 'no space left in the work folder'],
  [/spawn git ENOENT/, () => 'git is not installed'],
];

// Texts of git, curl, and GnuTLS or OpenSSL, in the language C; the first that fits counts.
const OUTSIDE: Rule[] = [
  [/recv (failure|error)|SSL_(read|write)|non-properly terminated/i, ({ host }) => broken(host)],
  [/connection (was )?reset|unexpected disconnect|hung up|empty reply|early EOF/i, ({ host }) => broken(host)],
  [/could not resolve host/i, ({ host }) => `DNS: the name ${host} cannot be resolved`],
  [
    /[^\n:]*(certificate|SSL|TLS)[^\n]*/,
    ({ host }, [text]) => `TLS: ${host} is not accepted (${text.trim().slice(0, 120)})`,
  ],
  [/connection refused|failed to connect/i, ({ host }) => `${host}: connection refused, or no route to it`],
  [/operation too slow|timed out|timeout/i, ({ host }) => `${host}: timed out`],
  // The host asks for a login, and git has nobody to ask.
  [/could not read (username|password)|authentication failed|returned error: 401/i, loginReason],
  [/repository [^\n]*not found|returned error: 404/i, notFound],
  [/returned error: (\d{3})/i, ({ host }, [, status]) => `${host} answered ${status}`],
  [/not our ref|unadvertised object/i, ({ where }) => `the commit is not in ${where} any more`],
  [/protocol "?http"?/i, ({ host }) => `${host}: a redirect to http is refused`],
  [/is this a git repository|dumb http/i, ({ host }) => `${host} answered something that is not git`],
  [/RPC failed/i, ({ host }) => `${host}: no usable answer`],
];

/** A failed git command as `GitFailure`; its text holds no token. Without a remote the cause can only be here. */
export function gitReason(error: unknown, remote: RemoteSettings | undefined): GitFailure {
  // An address may have any word in it.
  const text = (error instanceof Error ? error.message : String(error)).replace(/'https:[^']*'/g, "''");
  const { owner, name } = remote?.repository ?? { owner: '', name: '' };
  const place = {
    host: remote === undefined ? '' : new URL(remote.gitUrl).host,
    where: `${owner}/${name}`,
    setting: 'clone-yaml-token (or token, which stands in for it)',
    hasToken: remote?.cloneYamlToken !== undefined,
  };
  const secrets = [remote?.cloneYamlToken];
  for (const [pattern, describe] of remote === undefined ? HERE : [...HERE, ...OUTSIDE]) {
    const found = pattern.exec(text);
    if (found !== null) return new GitFailure(redact(describe(place, found), secrets), { cause: error });
  }
  const line = text.split('\n').find((each) => /^(fatal|error):/.test(each)) ?? text.split('\n')[0] ?? '';
  return new GitFailure(`git: ${redact(line, secrets).slice(0, 200)}`, { damaged: true, cause: error });
}

const broken = (host: string): string => `${host}: connection broken before the answer`;

function loginReason({ host, where, setting, hasToken }: Place): string {
  return hasToken
    ? `Bad credentials: ${host} refused the token in ${setting}; it is wrong, expired or revoked`
    : `repository ${where} not found, or it is private and no ${setting} is set`;
}

function notFound({ where, setting }: Place): string {
  return `repository ${where} not found, or the token in ${setting} may not read it`;
}
