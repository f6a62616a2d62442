/** What an account may do; without a namespace in all of them. `*` stands for all, as in a role. */
export interface Right {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
}

/** A kind that a rollout writes, by API group and plural; where: '' for what has no namespace. */
export interface Written {
  group: string;
  plural: string;
  namespace: string;
}

/** The account of a rollout's Job, in Ordo's own namespace. */
export const RUNNER_ACCOUNT = 'ordo-runner';

const WRITE = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** What the controller's account needs: the rules of 30-ordoclusterrole.yml and 50-ordorole.yml in deploy/1-ordo/. */
export function controllerRights(namespace: string): Right[] {
  return [
    ...rights(['list', 'watch'], ['*'], '*'),
    ...rights(WRITE, ['configmaps', 'secrets'], '', namespace),
    ...rights(WRITE, ['jobs'], 'batch', namespace),
    ...rights(['get', 'list', 'watch'], ['pods'], '', namespace),
    ...rights(['create', 'patch'], ['events'], '', namespace),
    ...rights(['create', 'patch'], ['events'], 'events.k8s.io', namespace),
  ];
}

/** What a rollout's Job needs: to say its outcome, to keep what it may have to put back, and to write every kind where it is deployed. */
export function runnerRightsFor(namespace: string, written: readonly Written[]): Right[] {
  const needed = rights(['get', 'create', 'patch'], ['configmaps', 'secrets'], '', namespace);
  for (const { group, plural, namespace: where } of written) {
    needed.push(...rights(['get', 'create', 'patch', 'delete'], [plural], group, where === '' ? undefined : where));
  }
  return [...new Map(needed.map((right) => [JSON.stringify(right), right])).values()];
}

export function rights(
  verbs: readonly string[],
  resources: readonly string[],
  group: string,
  namespace?: string,
): Right[] {
  const where = namespace === undefined ? {} : { namespace };
  return resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource, ...where })));
}

/** `get, list configmaps in admin; list * of every group everywhere`. */
export function rightsAsText(lacking: readonly Right[]): string {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource, namespace } of lacking) {
    const name = group === '*' ? `${resource} of every group` : [resource, group].filter(Boolean).join('.');
    const where = `${name} ${namespace === undefined ? 'everywhere' : `in ${namespace}`}`;
    verbs.set(where, [...(verbs.get(where) ?? []), verb]);
  }
  return [...verbs].map(([where, words]) => `${words.join(', ')} ${where}`).join('; ');
}
