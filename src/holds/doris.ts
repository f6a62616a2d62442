import type { Client } from '../cluster/client.ts';
import { findWorkloads } from '../cluster/workloads.ts';
import { DORIS } from '../manifests/images.ts';
import { heldByDoris } from '../plan/doris.ts';
import type { PlanInput } from '../plan/input.ts';

/** Why nothing may be rolled out now; undefined when DORIS is neither in the cluster nor in the repository. */
export async function dorisInTheWay(client: Client, input: PlanInput): Promise<string | undefined> {
  return heldByDoris(input, await findWorkloads(client, input.namespace, DORIS));
}
