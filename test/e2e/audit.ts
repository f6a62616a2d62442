import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { World } from './world.ts';

/** A write that the API server answered, as its audit log has it; times in microseconds since 1970. */
export interface AuditedWrite {
  verb: string;
  user: string;
  resource: string;
  namespace: string;
  name: string;
  code: number;
  received: number;
  answered: number;
}

interface AuditLine {
  verb: string;
  user: { username: string };
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code?: number };
  requestURI: string;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
}

/** What Ordo keeps for itself: outcomes, bundles, restore copies, pods that pull images. */
const OWN = /^ordo-(outcome|bundle|restore|pull)-/;

/** What Ordo's Jobs wrote, in the order of the answers; what Ordo keeps for itself is left out. */
export async function runnerWrites({ cluster }: World, since = 0): Promise<AuditedWrite[]> {
  const writes = await auditedWrites(cluster.auditLog);
  return writes.filter(
    ({ user, name, received }) => user.endsWith(':ordo-runner') && !OWN.test(name) && received >= since,
  );
}

/** Every write that the API server answered, in the order of the answers, without dry runs; `from`: a place in the file, in bytes. */
export async function auditedWrites(path: string, from = 0): Promise<AuditedWrite[]> {
  const lines = (await text(createReadStream(path, { start: from }))).split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as AuditLine)
    .filter(({ objectRef }) => objectRef?.resource !== undefined && objectRef.subresource === undefined)
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .filter(({ requestURI }) => !requestURI.includes('dryRun='))
    .map(({ verb, user, objectRef, responseStatus, requestReceivedTimestamp, stageTimestamp }) => ({
      verb,
      user: user.username,
      resource: objectRef?.resource ?? '',
      namespace: objectRef?.namespace ?? '',
      name: objectRef?.name ?? '',
      code: responseStatus?.code ?? 0,
      received: micros(requestReceivedTimestamp),
      answered: micros(stageTimestamp),
    }));
}

/** RFC 3339 with six decimals; Date knows only three. */
export function micros(time: string): number {
  const [, whole = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return new Date(`${whole}Z`).getTime() * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
