import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ExternalError } from '../util/errors.ts';
import type { Access } from './access.ts';

/** The current context of the kubeconfig, with whatever login it names: for people's machines. */
export function kubeconfigAccess(): Access {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined) throw new ExternalError('no cluster: neither a service account nor a kubeconfig was found');
  return {
    server,
    async identity() {
      const options: RequestOptions = {};
      await kubeConfig.applyToHTTPSOptions(options);
      const text = (pem: RequestOptions['ca']): string | undefined =>
        pem === undefined ? undefined : [pem].flat().join('\n');
      const headers = (options.headers ?? {}) as Record<string, string>;
      return {
        headers,
        ca: text(options.ca),
        cert: text(options.cert),
        key: text(options.key as string | Buffer | undefined),
      };
    },
  };
}
