import { ApiError, type Client } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import type { State, StateStore } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Sources } from '../sources.ts';
import { ExternalError } from '../util/errors.ts';
import { nodeFindings, podFinding, stateFinding, versionFinding } from './cluster.ts';
import { diskFinding } from './disk.ts';
import { registryFindings, repositoryFindings } from './outside.ts';
import { ownRights, runnerRights } from './rights.ts';
import { tokenFindings } from './tokens.ts';

export interface CheckOptions {
  settings: Settings;
  /** What is odd about the settings. */
  warnings: readonly string[];
  client: Client;
  store: Pick<StateStore, 'read'>;
  /** The outside, asked anew: what an earlier pass remembers proves nothing about a token now. */
  sources: (settings: Settings) => Pick<Sources, 'head' | 'gitHead' | 'digests' | 'token'>;
  workFolder: string;
  namespace: string;
  /** The pod it runs in; '' outside of one. */
  pod: string;
  now?: Date;
}

const WAY = '; look at the API server, and at the way from the pod to it';
const POD = '; ORDO_POD has to name this pod, and its container has to be called ordo';
const NOTHING: Inventory = { version: 1, rollout: 0, commit: '', key: '', objects: [] };

/**
 * Looks at everything that Ordo stands on and says what is wrong with it, and what to do. Changes nothing. What fails
 * hides nothing else: only an API server that does not answer is asked no more.
 */
export async function check(options: CheckOptions): Promise<Finding[]> {
  const { settings, warnings, client, sources, workFolder } = options;
  const ofSettings = warnings.map((warning) => warn('settings', warning));
  const cluster = await part('cluster', async () => [await versionFinding(client)], WAY);
  const answers = cluster.every(({ level }) => level === 'ok');
  const { state, findings: ofState } = answers ? await readState(options.store) : { findings: [] };
  const { inventory } = state ?? { inventory: NOTHING };
  const parts = await Promise.all([
    answers ? clusterFindings(options, inventory) : [],
    repositoryFindings(settings, sources),
    registryFindings(settings, sources, inventory.objects),
    tokenFindings(settings, sources, options.now ?? new Date()),
    diskFinding(workFolder),
  ]);
  const ofAll = ofSettings.length > 0 ? ofSettings : [ok('settings', 'complete and understood')];
  return [...ofAll, ...cluster, ...ofState, ...parts.flat()];
}

async function clusterFindings({ client, namespace, pod }: CheckOptions, inventory: Inventory): Promise<Finding[]> {
  const parts = await Promise.all([
    part('own rights', async () => [await ownRights(client, namespace)]),
    part('rights of ordo-runner', async () => [await runnerRights(client, namespace, inventory)]),
    part('own pod', async () => (pod === '' ? [] : [await podFinding(client, namespace, pod)]), POD),
    part('nodes', () => nodeFindings(client)),
  ]);
  return parts.flat();
}

async function readState(store: CheckOptions['store']): Promise<{ state?: State; findings: Finding[] }> {
  let state: State | undefined;
  const findings = await part('state', async () => {
    state = await store.read();
    return [stateFinding(state)];
  });
  return { ...(state && { state }), findings };
}

/** What cannot be looked at is a finding too. */
async function part(what: string, look: () => Promise<Finding[]>, whatToDo = ''): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (![ApiError, ExternalError, StateError].some((kind) => error instanceof kind)) throw error;
    return [fail(what, `${(error as Error).message}${whatToDo}`)];
  }
}
