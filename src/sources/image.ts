export interface ImageSettings {
  /** The host in image names that the settings are about, and where it is asked. */
  registry: string;
  registryUrl: string;
  imageAccount: string;
  packageCheckerToken: string | undefined;
  /** PEM, trusted besides the usual roots. */
  caCertificates: string | undefined;
}

/** Where and as whom a tag's digest is asked. */
export interface TagQuery {
  registryUrl: string;
  repository: string;
  tag: string;
  token: string | undefined;
  account: string;
}

// The grammar of a reference; what tells a host from the first part of a path is a dot, a port or `localhost`:
// https://pkg.go.dev/github.com/distribution/reference
const HOST = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const IMAGE = new RegExp(
  `^(?=[^/]*[.:]|localhost/)(${HOST})/(${COMPONENT}(?:/${COMPONENT})*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$`,
);

/**
 * `HOST/PATH:TAG` as a question to its registry; undefined when it is not such a name. The token goes to the settings'
 * registry alone: other hosts are asked as anybody.
 */
export function tagQuery(image: string, settings: ImageSettings): TagQuery | undefined {
  const [, host, path, tag] = IMAGE.exec(image) ?? [];
  if (host === undefined || path === undefined || tag === undefined) return undefined;
  const own = host === settings.registry;
  const hub = host === 'docker.io' || host === 'index.docker.io';
  const url = own ? settings.registryUrl : `https://${host}`;
  return {
    registryUrl: hub && url === `https://${host}` ? 'https://registry-1.docker.io' : url,
    repository: hub && !path.includes('/') ? `library/${path}` : path,
    tag,
    token: own ? settings.packageCheckerToken : undefined,
    account: settings.imageAccount,
  };
}

/** Why there is nothing to ask. A path is never lower-cased here: that would be another package than the one that is named. */
export function notAnImage(image: string): string {
  const isCapital = /\/[^:@]*[A-Z]/.test(image);
  const hint = isCapital ? ' (its path has no capital letters, so neither may the label app that it is made of)' : '';
  return `not an image name with host and tag: ${image.slice(0, 200)}${hint}`;
}
