import { redact as hide } from '../util/redact.ts';

/** Takes what must not leave the Job out of a text, and cuts it. */
export type Redact = (text: string) => string;

export const LONGEST = 1_000;

/** kubectl and the API server quote values in their errors; `manifests` are the plan's, their Secrets' values are never shown. */
export function redactor(manifests: Iterable<Record<string, unknown>>): Redact {
  const clean = hider(secretsIn(manifests));
  return (text) => cut(clean(text.trim()), LONGEST);
}

/** The same for texts of any length, with these secrets. */
export function hider(secrets: ReadonlySet<string>): Redact {
  // Longest first: a secret may be part of another.
  const sorted = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => hide(withoutValues(text), sorted);
}

/** The values of all Secrets among these objects, in every form in which a message may quote them. */
export function secretsIn(objects: Iterable<Record<string, unknown>>): Set<string> {
  const secrets = new Set<string>();
  for (const object of objects) if (object['kind'] === 'Secret') collect(object, secrets);
  return secrets;
}

function withoutValues(text: string): string {
  return (
    text
      // To the end of the value that the sentence follows, which itself may hold anything but a line break.
      .replaceAll(
        /Invalid value: .*: (field is immutable|may not change once set|cannot change roleRef|may not be changed)/g,
        'Invalid value: …: $1',
      )
      .replaceAll(/Invalid value: [{[].*[}\]]/g, 'Invalid value: …')
      .replaceAll(/&value\.valueUnstructured\{.*\}/g, '…')
      .replaceAll(/(unable to decode|error decoding|strict decoding error).*"[^"]{65,}"/g, '$1 …')
  );
}

function collect({ data, stringData }: Record<string, unknown>, into: Set<string>): void {
  for (const encoded of texts(data)) {
    into.add(encoded);
    addForms(Buffer.from(encoded, 'base64').toString('utf8'), into);
  }
  for (const text of texts(stringData)) addForms(text, into);
}

// A message may quote a value whole, escaped, line by line, or a part of a JSON document (a docker config's password).
export function addForms(text: string, into: Set<string>): void {
  into.add(text);
  into.add(text.trim());
  for (const line of text.split('\n')) if (line.trim().length > 8) into.add(line.trim());
  for (const inner of credentials(text)) into.add(inner);
}

function credentials(text: string): string[] {
  if (!text.trimStart().startsWith('{')) return [];
  const found: string[] = [];
  try {
    JSON.parse(text, (key, value: unknown) => {
      if (typeof value === 'string' && /pass|auth|token|secret|key/i.test(key)) found.push(value);
      return value;
    });
  } catch {
    return [];
  }
  return found;
}

function texts(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.values(part).filter((value) => typeof value === 'string');
}

export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
