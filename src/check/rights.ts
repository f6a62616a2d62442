import { ApiError, type Client } from '../cluster/client.ts';
import { readKinds } from '../cluster/kinds.ts';
import { lackingRights, type Account } from '../cluster/rights.ts';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';
import type { Inventory } from '../domain/inventory.ts';
import {
  controllerRights,
  rights,
  rightsAsText,
  RUNNER_ACCOUNT,
  runnerRightsFor,
  type Right,
} from '../domain/rights.ts';

const RENEW = 'apply the files of deploy/1-ordo/ again, as ./deploy.sh does';

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
  const account: Account = { namespace, name: RUNNER_ACCOUNT };
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

/** Every kind that is deployed, where it is deployed. */
async function rightsFor(client: Client, namespace: string, { objects }: Inventory): Promise<Right[]> {
  const kinds = new Map((await readKinds(client)).map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  const written = objects.flatMap(({ group, kind, namespace: where }) => {
    const plural = kinds.get(`${group}/${kind}`)?.plural;
    return plural === undefined ? [] : [{ group, plural, namespace: where }];
  });
  return runnerRightsFor(namespace, written);
}
