import { ANNOTATION_POD, ANNOTATION_SECRETS, LABEL_ROLLOUT } from '../domain/stamps.ts';
import type { Self } from './self.ts';

export const rolloutName = (rollout: number): string => `ordo-rollout-${rollout}`;

const DAY_SECONDS = 86_400;
/** The runner talks to the API server alone, whose authority it is given: Node's own 150 are not read at its start. */
const AUTHORITIES = '--use-openssl-ca';
const MOUNT = '/rollout';

interface JobOptions {
  deadlineSeconds: number;
  /** It stays until it is taken away: its ended pod keeps the kubelet from collecting the image that it ran. */
  isKept: boolean;
}

/**
 * The Job that carries out one rollout: created suspended, resumed when its Secrets are there. Exit codes 1 and 2 fail it
 * for good, everything else is tried again; a disruption (drain, eviction) does not count.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export function rolloutJob(
  rollout: number,
  secrets: readonly string[],
  self: Self,
  { deadlineSeconds, isKept }: JobOptions,
): object {
  const name = rolloutName(rollout);
  const labels = { app: 'ordo-runner', [LABEL_ROLLOUT]: String(rollout) };
  const annotations = { [ANNOTATION_SECRETS]: String(secrets.length), [ANNOTATION_POD]: self.pod };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels, annotations },
    spec: {
      suspend: true,
      backoffLimit: 20,
      // The default starts a second pod while the first still ends: two runners at once.
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2] } },
        ],
      },
      activeDeadlineSeconds: deadlineSeconds,
      ...(!isKept && { ttlSecondsAfterFinished: DAY_SECONDS }),
      template: { metadata: { labels }, spec: podSpec(secrets, self) },
    },
  };
}

function podSpec(secrets: readonly string[], { image, pullSecrets }: Self): object {
  return {
    restartPolicy: 'Never',
    serviceAccountName: 'ordo-runner',
    imagePullSecrets: pullSecrets,
    enableServiceLinks: false,
    // It must run on a device that is full, or that reports pressure: it may carry the repair.
    priorityClassName: 'system-cluster-critical',
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'runner',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/usr/bin/tini', '--', 'node', AUTHORITIES, '/opt/ordo/runner.cjs'],
        env: [{ name: 'ORDO_ROLLOUT_DIR', value: MOUNT }],
        resources: { requests: { cpu: '25m', memory: '64Mi' }, limits: { memory: '320Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'rollout', mountPath: MOUNT, readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'rollout', projected: { sources: secrets.map(secretSource) } },
      { name: 'tmp', emptyDir: { sizeLimit: '128Mi' } },
    ],
  };
}

const secretSource = (name: string, index: number): object => ({
  secret: { name, items: [{ key: 'part', path: `part-${index}` }] },
});
