import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { Authority } from '../cluster/authority.ts';
import { createFaults, type Fault } from './faults.ts';
import type { Image } from './image.ts';
import { close, confess, listen } from './listen.ts';
import { createLog, type Answered } from './log.ts';
import { startDistribution } from './registry/distribution.ts';
import { asked, createFront, type Asked } from './registry/front.ts';
import { createTokenServer, passwordOf, type Rights, type TokenServer } from './registry/token-server.ts';
import { createSigner } from './registry/tokens.ts';
import { createUpload } from './registry/upload.ts';

interface RegistryRequest extends Answered, Asked {
  /** Its User-Agent: whether Ordo or a node asked. */
  agent: string;
  /** The password it showed: the token endpoint is asked with tokens, everything else with what that gave. */
  password: string | undefined;
}

export interface RegistryOptions {
  work: string;
  address: string;
  port: number;
  authority: Authority;
  /** A docker-registry's root folder to begin with; it is copied. */
  storage?: string | undefined;
  /** Passwords of the token endpoint and what they allow. */
  accounts?: Readonly<Record<string, Rights>>;
}

export interface Registry {
  /** ADDRESS:PORT */
  host: string;
  url: string;
  caFile: string;
  addToken: TokenServer['addToken'];
  removeToken: TokenServer['removeToken'];
  setPrivate: TokenServer['setPrivate'];
  /** What others asked so far (not this handle's own pushes), in the order of the answers. */
  requests(): readonly RegistryRequest[];
  /** Makes requests fail from now on; `undefined` ends it. */
  fail(fault: Fault | undefined): void;
  /** Pushes an image under its tag; answers with the digest of its index. Pushing it again changes nothing. */
  push(image: Image): Promise<{ digest: string }>;
  stop(): Promise<void>;
}

const service = 'ghcr.io';
const issuer = 'ordo-test';

/** Starts docker-registry in the part of ghcr.io, with its token endpoint at /token, on one HTTPS port (0: any). */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { work, address, authority } = options;
  const door = await authority.issue('registry', { hosts: [address] });
  const seal = await authority.issue('registry-tokens');
  const faults = createFaults();
  const log = createLog<Omit<RegistryRequest, keyof Answered>>();
  /** Whoever asks before everything is there waits: an open port that never answers would hold up a node's pull for ever. */
  const handler = Promise.withResolvers<typeof handle>();
  const server = createServer({ cert: door.cert, key: door.key }, (request, response) => {
    handler.promise.then((answer) => answer(request, response)).catch((error: unknown) => confess(response, error));
  });
  const port = await listen(server, address, options.port);
  const host = `${address}:${port}`;
  const url = `https://${host}`;

  const setup = { work: join(work, 'registry'), storage: options.storage, url, issuer, service };
  const distribution = await startDistribution({ ...setup, certFile: seal.certFile }).catch(async (error: unknown) => {
    await close(server);
    throw error;
  });
  const signer = createSigner({ key: seal.key, issuer, service });
  const tokens = createTokenServer(signer, distribution.repositories);
  for (const [token, rights] of Object.entries(options.accounts ?? {})) tokens.addToken(token, rights);
  const front = createFront(distribution.socketPath);
  handler.resolve(handle);

  return {
    host,
    url,
    caFile: authority.caFile,
    addToken: tokens.addToken,
    removeToken: tokens.removeToken,
    setPrivate: tokens.setPrivate,
    requests: log.list,
    fail: faults.set,
    push: createUpload(distribution.pool, signer),
    async stop() {
      await close(server);
      front.stop();
      await distribution.stop();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = new URL(request.url ?? '/', url);
    const { 'user-agent': agent = '', authorization } = request.headers;
    log.add(request, response, { ...asked(target), agent, password: passwordOf(authorization) });
    if (await faults.meet(request, response)) return;
    if (target.pathname === '/token') tokens.answer(request, response, target);
    else front.pass(request, response);
  }
}
