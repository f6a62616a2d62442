import assert from 'node:assert/strict';
import { NAMESPACE, type Site } from './site.ts';

/** A token plain, and as headers and docker configs have it. */
export const formsOf = (tokens: readonly string[], users: readonly string[]): string[] =>
  tokens.flatMap((token) => [token, base64(token), ...users.map((user) => base64(`${user}:${token}`))]);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Looks for texts in everything that people or machines may read freely: nothing of it may hold one. */
export async function assertNowhere(site: Site, texts: readonly string[]): Promise<void> {
  const places = {
    objects: await site.kubectl('get', 'jobs,pods,configmaps,events,deployments', '-A', '-o', 'yaml'),
    'log of the controller': await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=-1'),
    'logs of the runners': await site.kubectl('-n', NAMESPACE, 'logs', '-l', 'app=ordo-runner', '--tail=-1'),
    history: JSON.stringify(await site.history()),
    inventory: JSON.stringify(await site.inventory()),
  };
  for (const [where, content] of Object.entries(places)) {
    assert.ok(content.length > 100, `${where} was read`);
    for (const text of texts) assert.ok(!content.includes(text), `a token stands in the ${where}`);
  }
}
