import type { Metadata as Stamped } from '../domain/stamps.ts';
import type { Client } from './client.ts';

/** As a watch sends it: without a list around it. */
export const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const PAGE = 500;

export interface Metadata extends Stamped {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  resourceVersion?: string;
}

interface List {
  metadata: { continue?: string; resourceVersion?: string };
  /** Of an empty list it may be null. */
  items: { metadata: Metadata }[] | null;
}

/** A page of a list; `version`: the resourceVersion from which a watch goes on. */
export interface Page {
  version: string;
  items: Metadata[];
}

/**
 * The metadata of the objects at a path, page by page; no page at all where the path is not served.
 *
 * @param path of a collection, without a query
 */
export async function* listPages(client: Client, path: string, selector: Record<string, string>): AsyncGenerator<Page> {
  let next = '';
  do {
    const query = new URLSearchParams({ ...selector, limit: String(PAGE), ...(next !== '' && { continue: next }) });
    const list = await client.get<List>(`${path}?${query.toString()}`, METADATA_LIST);
    if (list === undefined) return;
    yield { version: list.metadata.resourceVersion ?? '', items: (list.items ?? []).map(({ metadata }) => metadata) };
    next = list.metadata.continue ?? '';
  } while (next !== '');
}
