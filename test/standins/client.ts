import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { createAuthority, type Authority } from '../cluster/authority.ts';

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Client {
  /** A fresh folder, gone after the tests. */
  work: string;
  authority: Authority;
  /** One request that trusts the authority alone. */
  ask(url: string, headers?: Record<string, string>, method?: 'GET' | 'HEAD'): Promise<Reply>;
  stop(): Promise<void>;
}

/** What each test of a stand-in needs: a folder, an authority, and a client that trusts it. */
export async function createClient(): Promise<Client> {
  const work = await mkdtemp(join(tmpdir(), 'ordo-standins-'));
  const authority = await createAuthority(join(work, 'authority'));
  const agent = new Agent({ connect: { ca: authority.ca } });
  return { work, authority, ask, stop };

  async function ask(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
    const sent = { 'user-agent': 'ordo-test', ...headers };
    const reply = await request(url, { dispatcher: agent, method, headers: sent });
    return { status: reply.statusCode, headers: plain(reply.headers), body: await reply.body.text() };
  }

  async function stop() {
    await agent.close();
    await rm(work, { recursive: true, force: true });
  }
}

function plain(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]));
}
