import { createServer } from 'node:https';
import { listen } from '../standins/listen.ts';
import type { World } from './world.ts';

/** A write as the API server is about to carry it out. */
export interface Write {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  resource: string;
  namespace: string;
  name: string;
  user: string;
  dryRun: boolean;
  /** The new object; the old one for a delete. */
  object: { metadata?: { uid?: string; annotations?: Record<string, string> }; [field: string]: unknown };
  /** Of a delete. */
  options?: { preconditions?: { uid?: string } } | undefined;
}

export interface WriteHook {
  /** Decides on each write; resolves when the write may go on, throws to have it refused. */
  onWrite(handler: (write: Write) => Promise<void>): void;
  stop(): Promise<void>;
}

interface Review {
  request: {
    uid: string;
    dryRun?: boolean;
    operation: Write['operation'];
    resource: { resource: string };
    namespace?: string;
    name: string;
    userInfo: { username: string };
    object: Write['object'] | null;
    oldObject: Write['object'] | null;
    options?: Write['options'] | null;
  };
}

const NAME = 'ordo-test-hook';

/**
 * A validating webhook of the test's own: the API server asks before each write of the given resources, so a test can
 * stop the world at exactly one write, kill somebody, and go on.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export async function startWriteHook(world: World, resources: readonly string[]): Promise<WriteHook> {
  const { cluster, authority } = world;
  const { cert, key } = await authority.issue('write-hook', { hosts: [cluster.nodeAddress] });
  let handler: (write: Write) => Promise<void> = async () => undefined;
  const server = createServer({ cert, key }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { request: review } = JSON.parse(body) as Review;
      const answer = (allowed: boolean, message = ''): void => {
        response.setHeader('content-type', 'application/json');
        const status = { message };
        response.end(
          JSON.stringify({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: { uid: review.uid, allowed, status },
          }),
        );
      };
      handler(writeOf(review)).then(
        () => answer(true),
        (error: unknown) => answer(false, String(error)),
      );
    });
  });
  const port = await listen(server, cluster.nodeAddress, 0);
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: NAME },
    webhooks: [
      {
        name: 'hook.ordo.test',
        clientConfig: {
          url: `https://${cluster.nodeAddress}:${port}/`,
          caBundle: Buffer.from(authority.ca).toString('base64'),
        },
        rules: [
          { operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: ['*'], apiVersions: ['*'], resources, scope: '*' },
        ],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 30,
        failurePolicy: 'Ignore',
      },
    ],
  };
  const made = await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(configuration));
  if (made.code !== 0) throw new Error(made.stderr);
  return {
    onWrite: (next) => void (handler = next),
    async stop() {
      handler = async () => undefined;
      await cluster.kubectl(['delete', 'validatingwebhookconfiguration', NAME, '--ignore-not-found']);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function writeOf(review: Review['request']): Write {
  const { operation, resource, namespace = '', name, userInfo, dryRun = false, object, oldObject, options } = review;
  return {
    operation,
    resource: resource.resource,
    namespace,
    name,
    user: userInfo.username,
    dryRun,
    object: object ?? oldObject ?? {},
    options: options ?? undefined,
  };
}
