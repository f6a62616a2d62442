import * as z from 'zod';
import type { Client } from '../cluster/client.ts';
import { configMaps } from '../cluster/config-maps.ts';
import type { Logger } from '../util/logger.ts';
import { createTurns } from '../util/turns.ts';
import { Override, Release, Retry, type Asked, type Request } from './asked.ts';

const NAME = 'ordo-asked';
const Requests = z.array(z.discriminatedUnion('kind', [Release, Retry, Override]));

/** What people asked for and no pass could carry out yet, in ConfigMap `ordo-asked`: it outlasts the controller's pod. */
export interface Kept {
  /** Takes up what a controller before this one has left; to be called until it has succeeded once. */
  takeUp(): Promise<void>;
  /** Writes down what waits now; nothing is written when that is written already. */
  keep(): Promise<void>;
}

export function keptRequests(asked: Asked, client: Client, namespace: string, log: Logger): Kept {
  const maps = configMaps(client, namespace);
  const inTurn = createTurns();
  /** As it is written; undefined: that was not read yet. */
  let written: string | undefined;
  return { takeUp: () => inTurn(takeUp), keep: () => inTurn(keep) };

  async function takeUp(): Promise<void> {
    if (written !== undefined) return;
    const text = (await maps.read(NAME))?.data?.['requests'] ?? '';
    written = text;
    for (const request of parsed(text)) {
      void asked.ask(request).then(({ text: answer }) => log.info({ request, answer }, 'asked of a controller before'));
    }
  }

  async function keep(): Promise<void> {
    await takeUp();
    const requests = asked.requests();
    const text = requests.length > 0 ? JSON.stringify(requests) : '';
    if (text === written) return;
    if (text === '') await maps.remove(NAME);
    else await maps.write(NAME, { data: { requests: text } });
    written = text;
  }

  /** What cannot be read is nobody's word. */
  function parsed(text: string): Request[] {
    if (text === '') return [];
    try {
      return Requests.parse(JSON.parse(text));
    } catch (error) {
      log.warn(
        { reason: String(error) },
        'ConfigMap ordo-asked cannot be read: what was asked for is to be asked again',
      );
      return [];
    }
  }
}
