import type { Client } from '../../src/cluster/client.ts';
import type { Right } from '../../src/domain/rights.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Finding } from '../../src/domain/finding.ts';

interface Review {
  kind: string;
  spec: { user?: string; groups?: string[]; resourceAttributes: Right };
}

/** An API server that answers these paths (up to the query) and reviews; any other path is not there. */
export function fakeClient(
  paths: Record<string, unknown>,
  allows: (review: Review) => boolean = () => true,
): { client: Client; reviews: Review[] } {
  const reviews: Review[] = [];
  const client: Partial<Client> = {
    async get<T>(path: string) {
      const answer = paths[path.split('?')[0] ?? ''];
      if (answer instanceof Error) throw answer;
      return answer as T | undefined;
    },
    async create<T>(_: string, body: object) {
      reviews.push(body as Review);
      return { status: { allowed: allows(body as Review) } } as T;
    },
  };
  return { client: client as Client, reviews };
}

export function settingsOf(given: Record<string, string> = {}): Settings {
  const texts = { 'user-account': 'acme', 'repo-name': 'shop', ...given };
  const named = Object.entries(texts).map(([key, text]) => [`ORDO_${key.toUpperCase().replaceAll('-', '_')}`, text]);
  return loadSettings({ directory: '/nowhere', env: Object.fromEntries(named) }).settings;
}

export const lines = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, what, reason }) => `${level} ${what}: ${reason}`);
