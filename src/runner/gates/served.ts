import type { Api } from '../api.ts';
import type { Workload } from './shapes.ts';

// What kubectl asks for: one document of all groups, made by the aggregator up to a second after a CRD is established.
const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

interface Definition {
  spec?: { group?: string; names?: { plural?: string }; versions?: { name: string; served?: boolean }[] };
}

interface Discovery {
  kind?: string;
  /** APIGroupDiscoveryList */
  items?: { metadata?: { name?: string }; versions?: { version?: string; resources?: { resource?: string }[] }[] }[];
  /** APIGroupList, of servers before Kubernetes 1.26 */
  groups?: { name?: string; versions?: { version?: string }[] }[];
}

/** Whether kubectl, asking for the API's kinds, will find all versions that this CustomResourceDefinition serves. */
export async function isServed(api: Api, crd: Workload): Promise<boolean> {
  const { group, names, versions = [] } = (crd as Definition).spec ?? {};
  const answer = ((await api.get('/apis', AGGREGATED)) ?? {}) as Discovery;
  const known =
    answer.groups?.find(({ name }) => name === group)?.versions ??
    answer.items
      ?.find(({ metadata }) => metadata?.name === group)
      ?.versions?.filter(({ resources = [] }) => resources.some(({ resource }) => resource === names?.plural)) ??
    [];
  return versions
    .filter(({ served }) => served === true)
    .every(({ name }) => known.some((found) => found.version === name));
}
