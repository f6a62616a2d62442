import * as z from 'zod';
import * as value from './values.ts';

/** Every key that a settings file or, as `ORDO_KEY`, a variable may have. The texts are trimmed, and not empty. */
export const keys = z.strictObject({
  'user-account': value.account,
  'repo-name': value.repository,
  'folder-name': value.folder.default('deploy'),
  branch: value.branch.optional(),
  'custom-container-prefix': value.prefix.default(''),
  'image-account': value.imagePath.optional(),
  'image-tag': value.tag.default('main'),
  registry: value.registryHost.default('ghcr.io'),
  'registry-url': value.httpsUrl.optional(),
  'api-url': value.httpsUrl.default('https://api.github.com'),
  'git-url': value.httpsUrl.default('https://github.com'),
  'ca-certificates': value.certificates.optional(),
  token: value.token.optional(),
  'yaml-commit-checker-token': value.token.optional(),
  'clone-yaml-token': value.token.optional(),
  'package-checker-token': value.token.optional(),
  'pull-ghcr-image-token': value.pullToken.optional(),
  'poll-interval': value.duration.default(20_000),
  'ready-timeout': value.duration.default(300_000),
  commits: value.oneOf('each', 'newest').default('each'),
  update: value.oneOf('recreate', 'rolling').default('recreate'),
  'on-failure': value.oneOf('rollback', 'stop').default('rollback'),
  drift: value.oneOf('repair', 'report', 'off').default('repair'),
  'max-deletes': value.count.default(10),
  'update-window': value.updateWindow.optional(),
  'restart-namespaces': value.namespaces.optional(),
  'required-labels': value.requiredLabels.optional(),
  'required-labels-mode': value.oneOf('report', 'hold').default('report'),
  'log-format': value.oneOf('json', 'pretty').default('json'),
  'pvc-name': z.string().optional(),
});

/** What the process runs by: texts parsed, defaults filled in, tokens resolved. Durations are milliseconds, addresses have no slash at the end. */
export const Settings = keys.transform((given) => ({
  userAccount: given['user-account'],
  repository: { owner: given['repo-name'].owner ?? given['user-account'], name: given['repo-name'].name },
  /** Without slashes around it. */
  folderName: given['folder-name'],
  /** Undefined: the repository's default. */
  branch: given.branch,
  customContainerPrefix: given['custom-container-prefix'],
  imageAccount: given['image-account'] ?? given['user-account'].toLowerCase(),
  imageTag: given['image-tag'],
  /** The name in images. */
  registry: given.registry,
  /** Where digests are asked. */
  registryUrl: given['registry-url'] ?? `https://${given.registry}`,
  apiUrl: given['api-url'],
  gitUrl: given['git-url'],
  /** PEM, on top of the usual roots. */
  caCertificates: given['ca-certificates'],
  yamlCommitCheckerToken: given['yaml-commit-checker-token'] ?? given.token,
  cloneYamlToken: given['clone-yaml-token'] ?? given.token,
  packageCheckerToken: given['package-checker-token'] ?? given.token,
  /** A plain token or a base64 docker config. */
  pullGhcrImageToken: given['pull-ghcr-image-token'] ?? given.token,
  pollInterval: given['poll-interval'],
  readyTimeout: given['ready-timeout'],
  commits: given.commits,
  update: given.update,
  onFailure: given['on-failure'],
  drift: given.drift,
  maxDeletes: given['max-deletes'],
  /** Undefined: workloads may be stopped at any time. */
  updateWindow: given['update-window'],
  /** Where changed configuration restarts workloads; undefined: everywhere, none of them: nowhere. */
  restartNamespaces: given['restart-namespaces'],
  /** Of what runs pods or carries configuration; without labels nothing is required. */
  requiredLabels: { labels: given['required-labels'] ?? [], mode: given['required-labels-mode'] },
  logFormat: given['log-format'],
}));
export type Settings = Readonly<z.infer<typeof Settings>>;

/** The tokens in force: what no line of the log may hold. */
export const tokensOf = (settings: Settings): (string | undefined)[] => [
  settings.yamlCommitCheckerToken,
  settings.cloneYamlToken,
  settings.packageCheckerToken,
  settings.pullGhcrImageToken,
];

/** A key whose value is never shown: a token, or pages of PEM that may hold a key by mistake. */
export const isSecret = (key: string): boolean => key.endsWith('token') || key === 'ca-certificates';

/** What `ordo restarts` runs by: it needs no repository. */
export const restartKeys = keys.pick({ 'restart-namespaces': true, 'update-window': true, 'log-format': true });
export const RestartSettings = restartKeys.transform((given) => ({
  restartNamespaces: given['restart-namespaces'],
  updateWindow: given['update-window'],
  logFormat: given['log-format'],
}));
export type RestartSettings = Readonly<z.infer<typeof RestartSettings>>;
