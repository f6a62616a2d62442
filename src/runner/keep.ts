import { ApiError, type Api } from './api.ts';
import { withPatience, type Waiting } from './transient.ts';

/** What Ordo keeps for itself beside what it rolls out: a ConfigMap or Secret of its own namespace. */
export interface Kept {
  kind: 'ConfigMap' | 'Secret';
  metadata: { name: string; namespace: string; labels: Record<string, string>; annotations?: Record<string, string> };
  /** Base64 by key; in a ConfigMap binary data. */
  data: Record<string, string>;
}

/**
 * Writes them one after another by server-side apply, over the runner's own connection: a kubectl for it would cost as much
 * of the processor as the one that does the work. Asked once; rejects as `Api.apply` does.
 */
export async function keepOnce(api: Api, manager: string, objects: readonly Kept[]): Promise<void> {
  for (const { kind, metadata, data } of objects) {
    const path = `/api/v1/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${metadata.name}`;
    const content = kind === 'Secret' ? { data } : { binaryData: data };
    await api.apply(path, { apiVersion: 'v1', kind, metadata, ...content }, manager);
  }
}

/** The same with patience: rejects with TransientError after about a minute. Answers with why it was refused for good. */
export async function keep(
  tools: Waiting & { api: Api },
  manager: string,
  objects: readonly Kept[],
): Promise<string | undefined> {
  try {
    await withPatience(() => keepOnce(tools.api, manager, objects), tools);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}
