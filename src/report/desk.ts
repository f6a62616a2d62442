import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What can be asked: the path at the socket, and the command. */
export type Question = 'plan' | 'check' | 'history' | 'why' | 'release' | 'retry' | 'override';

/** A socket in the work folder: only who is in the pod can ask. */
const socketIn = (folder: string): string => join(folder, 'ordo.sock');

/** Answers each question at the socket with JSON, until the signal ends it. What a controller before this one left is replaced. */
export async function openDesk(
  folder: string,
  answers: Partial<Record<Question, (details: unknown) => Promise<unknown>>>,
  signal: AbortSignal,
): Promise<void> {
  const path = socketIn(folder);
  await rm(path, { force: true });
  const server = createServer((request, response) => {
    const { url = '' } = request;
    const all = new Map(Object.entries(answers));
    const answer = all.get(url.slice(1));
    if (answer === undefined) {
      const known = [...all.keys()].map((name) => `ordo ${name}`).join(', ');
      response
        .writeHead(404)
        .end(`"ordo ${url.slice(1)}" is not for the controller that runs here; it answers ${known}`);
      return;
    }
    const answered = text(request).then(async (body) => answer(body === '' ? undefined : JSON.parse(body)));
    answered.then(
      (value) => response.end(JSON.stringify(value)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen({ path, signal });
  await once(server, 'listening');
}

/** What the controller in this pod answers; undefined when none listens there. */
export async function askDesk(
  folder: string,
  question: Question,
  signal: AbortSignal,
  details?: object,
): Promise<unknown> {
  const asked = request({ socketPath: socketIn(folder), method: 'POST', path: `/${question}`, agent: false, signal });
  asked.end(details && JSON.stringify(details));
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const body = await text(response);
    if (response.statusCode === 404) throw new Error(body);
    if (response.statusCode !== 200) throw new Error(`the controller answered: ${body}`);
    return JSON.parse(body);
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}
