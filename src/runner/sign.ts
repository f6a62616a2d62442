import { ALIVE } from '../domain/ordo.ts';
import type { Api } from './api.ts';
import { podsOf } from './gates/related.ts';
import type { Workload } from './gates/shapes.ts';
import { ready, waiting, type Verdict } from './gates/verdict.ts';

/** Whether one of the current pods of Ordo's own Deployment has said that it works. No pods at all give no sign either. */
export async function judgeSign(api: Api, workload: Workload): Promise<Verdict> {
  const { namespace = '' } = workload.metadata;
  const [pods = []] = await podsOf(api, [{ kind: 'Deployment', workload }]);
  const names = pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name);
  const sign = (await api.get(`/api/v1/namespaces/${namespace}/configmaps/${ALIVE}`)) as
    { data?: { pod?: string } } | undefined;
  if (names.includes(sign?.data?.pod ?? '')) return ready();
  return waiting(`no sign of life from ${names.length > 0 ? `pod ${names.join(', ')}` : 'any pod of it'}`);
}
