import { readFile, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { createApi, type Connection } from './api.ts';
import { systemClock } from './clock.ts';
import { COMMON, createKubectl, LANGUAGE } from './kubectl.ts';
import { jsonLog } from './log.ts';
import { readPlan } from './read-plan.ts';
import { runRollout } from './rollout.ts';

/** Written out because kubectl finds its service account by itself only when no flag at all touches the connection, a timeout included. */
const KUBECONFIG = '/tmp/kubeconfig';

/**
 * kubectl collects garbage when its memory has grown fivefold, not twofold: a sixth less of the processor. Above the limit
 * it collects more often: the Job has 320 MiB.
 */
const GARBAGE = { GOGC: '400', GOMEMLIMIT: '128MiB' };

const write = (line: string): boolean => process.stdout.write(line);
const log = jsonLog(systemClock, write);

main(process.env).then(
  (code) => process.exit(code),
  (error: unknown) => {
    log.error({ reason: String(error) }, 'the runner cannot start');
    process.exit(1);
  },
);

/** Runs in the rollout's Job: reads the plan from a folder, drives kubectl, answers with an outcome and an exit code: 2 for an unreadable plan. */
async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const { stop, kill } = signals();
  const rollout = await readPlan(env['ORDO_ROLLOUT_DIR'] ?? '/rollout').catch((error: unknown) => {
    log.error({ reason: error instanceof Error ? error.message : String(error) }, 'plan unreadable');
  });
  if (rollout === undefined) return 2;
  const account = env['ORDOTEST_SERVICE_ACCOUNT'] ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const connection = await inPod(env, account);
  await writeFile(KUBECONFIG, kubeconfig(connection.server, account));
  const kubectl = createKubectl({
    command: env['ORDO_KUBECTL'] ?? 'kubectl',
    args: COMMON,
    env: kubectlEnvironment(env),
    kill,
  });
  return runRollout(
    {
      api: createApi(connection, { clock: systemClock, signal: stop, kill }),
      kubectl,
      clock: systemClock,
      log: jsonLog(systemClock, write, { rollout: rollout.plan.rollout }),
      signal: stop,
    },
    rollout,
  );
}

// The first signal is obeyed between two steps, the second at once.
function signals(): { stop: AbortSignal; kill: AbortSignal } {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    log.warn({ name }, 'signal');
    if (stop.signal.aborted) kill.abort(new Error(`${name} again`));
    else stop.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return { stop: stop.signal, kill: kill.signal };
}

function kubeconfig(server: string, account: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'pod', cluster: { server, 'certificate-authority': join(account, 'ca.crt') } }],
    users: [{ name: 'pod', user: { tokenFile: join(account, 'token') } }],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
    'current-context': 'pod',
  });
}

async function inPod(env: NodeJS.ProcessEnv, account: string): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
    ca: await readFile(join(account, 'ca.crt'), 'utf8'),
    token: async () => (await readFile(join(account, 'token'), 'utf8')).trim(),
  };
}

// Nothing of the pod's environment but what kubectl needs: where the API server is, no user's preferences, a home that can be written.
function kubectlEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: env['PATH'], HOME: '/tmp', KUBECONFIG, KUBERC: 'off', ...GARBAGE, LC_ALL: LANGUAGE };
}
