import type { Settings } from '../config/settings.ts';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import type { Known } from '../domain/known.ts';
import type { Sources } from '../sources.ts';
import { pullLogin } from './pull-token.ts';

/** The outside with the given settings. */
type Ask = (settings: Settings) => Pick<Sources, 'head' | 'gitHead' | 'digests'>;
type AskDigests = (settings: Settings) => Pick<Sources, 'digests'>;

/** Reasons that speak of the way to a host and not of what it says. */
const NO_ANSWER = /^(DNS|TLS)\b|timed out|connection|no route|answered \d{3}|not git/;
const SHOWN = 5;

/** Whether a finding says that a host was not to be asked, and so nothing of what was to be learned there. */
export const isNoAnswer = (reason: string): boolean =>
  NO_ANSWER.test(reason) || /\b(DNS|TLS):|expiry is not known|rate limit|no requests until/.test(reason);

/** The head commit by the API, if there is a token for it, and by git. */
export async function repositoryFindings(settings: Settings, ask: Ask): Promise<Finding[]> {
  const sources = ask(settings);
  const { owner, name } = settings.repository;
  const judge = (what: string, setting: string, head: Known<string>): Finding =>
    head.known
      ? ok(what, `the head of ${owner}/${name} is ${head.value.slice(0, 10)}`)
      : fail(what, withHint(head.reason, setting));
  const api = async (): Promise<Finding[]> =>
    settings.yamlCommitCheckerToken === undefined ? [] : [judge('API', 'api-url', await sources.head())];
  const git = async (): Promise<Finding[]> => [judge('git', 'git-url', await sources.gitHead())];
  return (await Promise.all([api(), git()])).flat();
}

/** A digest for each image in use, with the token that asks for digests; and with the one that nodes pull with, if it is another. */
export async function registryFindings(
  settings: Settings,
  ask: Ask,
  objects: readonly InventoryObject[],
): Promise<Finding[]> {
  const images = imagesOf(objects, settings);
  return (await Promise.all([checkToken(settings, ask, images), pullFindings(settings, ask, images)])).flat();
}

async function checkToken(settings: Settings, ask: Ask, images: readonly string[]): Promise<Finding[]> {
  return imageFindings('images', await ask(settings).digests(images));
}

/** Whether the token that nodes pull with, if it is another one, may read the images of its registry. */
export async function pullFindings(settings: Settings, ask: AskDigests, images: readonly string[]): Promise<Finding[]> {
  const { pullGhcrImageToken: token, packageCheckerToken, imageAccount, registry } = settings;
  const own = images.filter((image) => image.startsWith(`${registry}/`));
  if (token === undefined || token === packageCheckerToken || own.length === 0) return [];
  const login = pullLogin(token, registry, imageAccount);
  if (login === undefined) {
    return [warn('pull token', `pull-ghcr-image-token is a docker config without a login for ${registry}: add one`)];
  }
  const asPuller = { ...settings, packageCheckerToken: login.password, imageAccount: login.user };
  return imageFindings('pull token', await ask(asPuller).digests(own)).map((finding) => ({
    ...finding,
    reason: finding.reason.replaceAll('package-checker-token', 'pull-ghcr-image-token'),
  }));
}

/** What is deployed; before anything is, Ordo's own image. */
function imagesOf(objects: readonly InventoryObject[], settings: Settings): string[] {
  const used = new Set(objects.flatMap(({ images = {} }) => Object.keys(images)));
  if (used.size > 0) return [...used].sort();
  const { registry, imageAccount, customContainerPrefix: prefix, imageTag } = settings;
  return [`${registry}/${imageAccount}/${prefix === '' ? '' : `${prefix}-`}ordo:${imageTag}`];
}

/** One finding for all that is well and one for each reason: a registry that is away is one thing, not one for each image. */
function imageFindings(what: string, digests: ReadonlyMap<string, Known<string>>): Finding[] {
  const byReason = new Map<string, string[]>();
  for (const [image, digest] of digests) {
    const reason = digest.known ? '' : digest.reason;
    byReason.set(reason, [...(byReason.get(reason) ?? []), image]);
  }
  return [...byReason].map(([reason, images]) =>
    reason === ''
      ? ok(what, `the registry says the digest of ${some(images)}`)
      : fail(what, `${some(images)}: ${withHint(reason, 'registry, registry-url')}`),
  );
}

function some(images: readonly string[]): string {
  const rest = images.length - SHOWN;
  return [...images.slice(0, SHOWN), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

const withHint = (reason: string, setting: string): string =>
  NO_ANSWER.test(reason)
    ? `${reason}; try again, and look at ${setting}, ca-certificates and the way from the pod to there`
    : reason;
