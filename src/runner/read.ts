import type { Api } from './api.ts';
import { ApiError } from './api.ts';
import type { Meta } from './gates/shapes.ts';

/** An object as read; `metadata` alone when only that was asked for. */
export interface Read {
  metadata: Meta;
}

const PAGE = 500;
const LIST_FROM = 6;

const single = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const listed = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

interface Page {
  metadata?: { continue?: string };
  items?: Read[];
}

export interface ListOptions {
  /** A label selector as the API takes it, not yet escaped. */
  selector?: string;
  /** A field selector as the API takes it, not yet escaped. */
  fields?: string;
  metadataOnly?: boolean;
}

/** All objects of a collection, page by page; none when the kind is unknown. */
export async function list(api: Api, collection: string, options: ListOptions = {}): Promise<Read[]> {
  const { selector, fields, metadataOnly = false } = options;
  const items: Read[] = [];
  let after = '';
  do {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (selector !== undefined) query.set('labelSelector', selector);
    if (fields !== undefined) query.set('fieldSelector', fields);
    if (after !== '') query.set('continue', after);
    const page = await pageOf(api, `${collection}?${query.toString()}`, metadataOnly ? listed : undefined);
    // The token of a page is good for five minutes: begin again.
    if (page === 'expired') return list(api, collection, options);
    items.push(...(page.items ?? []));
    after = page.metadata?.continue ?? '';
  } while (after !== '');
  return items;
}

async function pageOf(api: Api, path: string, accept: string | undefined): Promise<Page | 'expired'> {
  try {
    return ((await api.get(path, accept)) ?? {}) as Page;
  } catch (error) {
    if (error instanceof ApiError && error.status === 410) return 'expired';
    throw error;
  }
}

/** The objects at these API paths, by path; what is missing is not there. Many of one collection are read by one list. */
export async function readAll(
  api: Api,
  paths: readonly string[],
  { metadataOnly = false } = {},
): Promise<Map<string, Read>> {
  const found = new Map<string, Read>();
  const collections = Map.groupBy(new Set(paths), (path) => path.slice(0, path.lastIndexOf('/')));
  const reads = [...collections].map(async ([collection, members]) => {
    if (members.length < LIST_FROM) {
      await Promise.all(members.map((path) => one(path)));
      return;
    }
    const wanted = new Set(members);
    for (const item of await list(api, collection, { metadataOnly })) {
      const path = `${collection}/${encodeURIComponent(item.metadata.name)}`;
      if (wanted.has(path)) found.set(path, item);
    }
  });
  await Promise.all(reads);
  return found;

  async function one(path: string): Promise<void> {
    const object = await api.get(path, metadataOnly ? single : undefined);
    if (object !== undefined) found.set(path, object as Read);
  }
}
