import { ApiError, type Client } from '../cluster/client.ts';
import { readKinds } from '../cluster/kinds.ts';
import { lackingRights, type Account, type Right } from '../cluster/rights.ts';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';
import type { Inventory } from '../domain/inventory.ts';

const WRITE = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const RENEW = 'apply the files of deploy/1-ordo/ again, as ./deploy.sh does';

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

/** What this process may do by its own account, which in the pod is the controller's. */
export async function ownRights(client: Client, namespace: string): Promise<Finding> {
  const needed = controllerRights(namespace);
  const lacking = await lackingRights(client, needed);
  if (lacking.length === 0) return ok('own rights', `all ${needed.length} of them`);
  return fail('own rights', `may not ${rightsAsText(lacking)}: ${RENEW}`);
}

/**
 * What a rollout's Job may do. Its account has every right by default; bound to a role of the user's own it has to have
 * those for what is deployed.
 */
export async function runnerRights(client: Client, namespace: string, inventory: Inventory): Promise<Finding> {
  const account: Account = { namespace, name: 'ordo-runner' };
  const what = `rights of ${account.name}`;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts?fieldSelector=metadata.name%3D${account.name}`;
  if ((await client.get<{ items: object[] }>(accounts))?.items.length === 0) {
    return fail(what, `there is no service account ${account.name} in namespace ${namespace}: ${RENEW}`);
  }
  try {
    if ((await lackingRights(client, rights(['*'], ['*'], '*'), account)).length === 0) return ok(what, 'every right');
    const lacking = await lackingRights(client, await rightsFor(client, namespace, inventory), account);
    if (lacking.length === 0) {
      return warn(what, 'enough for what is deployed, but not every right: a step that lacks one fails and says which');
    }
    const role = 'ordo-runner (70-ordorunnerclusterrolebinding.yml) is bound to';
    return fail(what, `may not ${rightsAsText(lacking)}: add that to the role that ${role}, or ${RENEW}`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return warn(what, `not known: Ordo may not ask for it (create subjectaccessreviews): ${RENEW}`);
  }
}

/** The outcome of a rollout, and every kind that is deployed, where it is deployed. */
async function rightsFor(client: Client, namespace: string, { objects }: Inventory): Promise<Right[]> {
  const kinds = new Map((await readKinds(client)).map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  const needed = rights(['get', 'create', 'patch'], ['configmaps'], '', namespace);
  for (const object of objects) {
    const kind = kinds.get(`${object.group}/${object.kind}`);
    const where = object.namespace === '' ? undefined : object.namespace;
    if (kind) needed.push(...rights(['get', 'create', 'patch', 'delete'], [kind.plural], kind.group, where));
  }
  return [...new Map(needed.map((right) => [JSON.stringify(right), right])).values()];
}

function rights(verbs: readonly string[], resources: readonly string[], group: string, namespace?: string): Right[] {
  const where = namespace === undefined ? {} : { namespace };
  return resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource, ...where })));
}

/** `get, list configmaps in admin; list * of every group everywhere`. */
function rightsAsText(lacking: readonly Right[]): string {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource, namespace } of lacking) {
    const name = group === '*' ? `${resource} of every group` : [resource, group].filter(Boolean).join('.');
    const where = `${name} ${namespace === undefined ? 'everywhere' : `in ${namespace}`}`;
    verbs.set(where, [...(verbs.get(where) ?? []), verb]);
  }
  return [...verbs].map(([where, words]) => `${words.join(', ')} ${where}`).join('; ');
}
