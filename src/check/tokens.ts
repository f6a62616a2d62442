import type { Settings } from '../config/settings.ts';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';
import type { Known } from '../domain/known.ts';
import { kindOfToken, type TokenFacts, type TokenKind } from '../domain/token.ts';
import type { Sources } from '../sources.ts';
import { pullLogin } from './pull-token.ts';

type AskToken = (settings: Settings) => Pick<Sources, 'token'>;

/** A token, the settings that it stands in, and the hosts that it is for. */
interface InUse {
  token: string;
  settings: string[];
  hosts: string[];
}

const DAY = 86_400_000;
/** Before its end a token is warned of for so long. */
const WARN_DAYS = 14;
const RENEW = 'make a new one and put it into the settings Secret; it is used at the next pass';
const KINDS: Record<TokenKind, string> = {
  classic: 'classic token',
  'fine-grained': 'fine-grained token',
  app: 'token of an app or of GitHub Actions, which ends within hours: take a personal access token',
  oauth: 'OAuth token',
  unknown: 'token of a kind that Ordo does not know',
};

/** What each token is, what it may and until when: one finding for each, and one for the settings that have none. */
export async function tokenFindings(settings: Settings, ask: AskToken, now: Date): Promise<Finding[]> {
  const { inUse, without } = tokensInUse(settings);
  const findings = inUse.map(async (one) => {
    const isGitHubs = one.hosts.some((host) => isOneHouse(new URL(settings.apiUrl).hostname, host));
    return judge(one, isGitHubs ? await ask(settings).token(one.token) : undefined, now);
  });
  const none =
    without.length === 0 ? [] : [ok('token', `${without.join(', ')}: none, only what is public can be read`)];
  return [...(await Promise.all(findings)), ...none];
}

/** What a person is to know of one token. Not asked (`undefined`): its host is another than that of the API. */
function judge({ token, settings }: InUse, facts: Known<TokenFacts> | undefined, now: Date): Finding {
  const kind = kindOfToken(token);
  const about = `${settings.join(', ')}: ${KINDS[kind]}`;
  const forPackages = settings.filter((name) => /^(package|pull)/.test(name));
  // That GitHub does not answer is told where it is asked for the commit.
  if (facts?.known === false) return ok('token', `${about}; its expiry is not known: ${facts.reason}`);
  if (facts === undefined) return level(kind)('token', `${about}, not one of the API's host`);
  const { isGood, scopes, expires } = facts.value;
  if (!isGood) return fail('token', `${about}, refused: it is wrong, expired or revoked; ${RENEW}`);
  const parts = [
    about,
    scopes && (scopes.length === 0 ? 'no scopes' : `scopes ${scopes.join(', ')}`),
    end(expires, now),
  ];
  const text = parts.filter(Boolean).join(', ');
  if (expires && expires.getTime() - now.getTime() <= WARN_DAYS * DAY) return warn('token', `${text}; ${RENEW}`);
  if (kind === 'fine-grained' && forPackages.length > 0) {
    return warn('token', `${text}; GitHub's registry takes classic tokens only, for ${forPackages.join(', ')}`);
  }
  if (forPackages.length > 0 && scopes && !scopes.some((scope) => /^(read|write):packages$/.test(scope))) {
    return warn('token', `${text}; for images that are not public ${forPackages.join(', ')} needs read:packages`);
  }
  return level(kind)('token', text);
}

const level = (kind: TokenKind) => (kind === 'app' ? warn : ok);

/** `expires 2026-12-04 (in 13 days)`. */
function end(expires: Date | undefined, now: Date): string {
  if (expires === undefined) return 'no expiry told';
  const days = Math.floor((expires.getTime() - now.getTime()) / DAY);
  const left = days < 0 ? 'is over' : days === 0 ? 'within a day' : `in ${days} day${days === 1 ? '' : 's'}`;
  return `expires ${expires.toISOString().slice(0, 10)} (${left})`;
}

function tokensInUse(settings: Settings): { inUse: InUse[]; without: string[] } {
  const { pullGhcrImageToken: pull, registry, registryUrl, imageAccount } = settings;
  const roles: [string, string | undefined, string][] = [
    ['yaml-commit-checker-token', settings.yamlCommitCheckerToken, settings.apiUrl],
    ['clone-yaml-token', settings.cloneYamlToken, settings.gitUrl],
    ['package-checker-token', settings.packageCheckerToken, registryUrl],
    ['pull-ghcr-image-token', pull && pullLogin(pull, registry, imageAccount)?.password, registryUrl],
  ];
  const inUse = new Map<string, InUse>();
  const without: string[] = [];
  for (const [name, token, url] of roles) {
    if (token === undefined) {
      without.push(name);
      continue;
    }
    const one = inUse.get(token) ?? { token, settings: [], hosts: [] };
    one.settings.push(name);
    one.hosts.push(new URL(url).hostname);
    inUse.set(token, one);
  }
  return { inUse: [...inUse.values()], without };
}

/** Whether a token for one host may be shown to the other: it would be given away if it were somebody else's. */
function isOneHouse(api: string, host: string): boolean {
  if (api === 'api.github.com') return ['api.github.com', 'github.com', 'ghcr.io'].includes(host);
  const base = api.replace(/^api\./, '');
  return host === base || host.endsWith(`.${base}`);
}
