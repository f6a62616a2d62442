import type { Right } from '../domain/rights.ts';
import type { Client } from './client.ts';

/** A service account. */
export interface Account {
  namespace: string;
  name: string;
}

const REVIEWS = '/apis/authorization.k8s.io/v1';

/**
 * Those of the rights that the account lacks, as the API server's own authorisers say; without an account the one that
 * asks. Everybody may ask for himself; to ask for another account takes the right to create SubjectAccessReviews, which
 * are answered and never stored: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export async function lackingRights(client: Client, rights: readonly Right[], account?: Account): Promise<Right[]> {
  const kind = account === undefined ? 'SelfSubjectAccessReview' : 'SubjectAccessReview';
  const subject = account === undefined ? {} : subjectOf(account);
  const lacking: Right[] = [];
  for (const right of rights) {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind,
      spec: { ...subject, resourceAttributes: right },
    };
    const answer = await client.create<{ status: { allowed: boolean } }>(`${REVIEWS}/${kind.toLowerCase()}s`, review);
    if (!answer.status.allowed) lacking.push(right);
  }
  return lacking;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens */
const subjectOf = ({ namespace, name }: Account): object => ({
  user: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});
