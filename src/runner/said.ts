import type { FieldOwner } from '../domain/field-owner.ts';
import type { Said } from './kubectl.ts';
import type { Line } from './lines.ts';

/** Everything on stderr that is neither a warning nor kubectl's log of its requests and of the answers that it quotes. */
export function errorText({ lines, code }: Said): string {
  const text: string[] = [];
  let isQuote = false;
  for (const line of lines) {
    if (line.from !== 'err') continue;
    if (isQuote) isQuote = line.text !== '}]';
    else if (isLog(line.text)) isQuote = line.text.endsWith('[{');
    else if (!isWarning(line.text)) text.push(line.text);
  }
  return text.length > 0 ? text.join('\n') : `kubectl ended with code ${code} and said nothing`;
}

/** Worth another try: the cluster is away, starting or overloaded. kubectl always ends with code 1, so only its text tells. */
export function isTransient(said: Said): boolean {
  if (said.code < 0) return true;
  const text = errorText(said);
  if (isTooEarly(text)) return true;
  return !DEFINITE.test(text) && PASSING.test(text);
}

/** What it needs was made a moment ago: its controller is still at it. */
export function isTooEarly(text: string): boolean {
  return /serviceaccount "[^"]*" not found|status unknown for quota/.test(text);
}

/** The API server would take the object, but not as a change of the one that is there. */
export function isImmutable({ stderr }: Said): boolean {
  return IMMUTABLE.test(stderr);
}

/** The namespace has no more of something to give. */
export function isOverQuota(said: Said): boolean {
  return /exceeded quota/.test(errorText(said));
}

/** The object with that uid is not there (any more): absent, or another one has its name. */
export function isGone(said: Said): boolean {
  return /^Error from server \((NotFound|Conflict)\)/m.test(said.stderr);
}

// First the answers of a healthy API server to a bad object: they quote it, and it may quote anything. A typed patch
// with an unknown field is answered 500.
const DEFINITE =
  /^The .* is invalid:|^Error from server \((BadRequest|Forbidden|NotFound|AlreadyExists|Invalid|MethodNotAllowed)\)|field not declared in schema|failed to create typed patch object/m;

const IMMUTABLE =
  /is invalid:[\s\S]*(field is immutable|may not change once set|Forbidden: ((pod )?updates (to|may not)|[\w.]+ is immutable|may not be changed)|cannot change roleRef)/;

const PASSING =
  /connection (refused|reset)|i\/o timeout|Client\.Timeout|TLS handshake timeout|deadline exceeded|EOF\b|http2: |no route to host|network is unreachable|dial tcp|etcdserver|leader changed|too ?many ?requests|Unauthorized|^Error from server \((InternalError|Timeout|ServerTimeout|ServiceUnavailable|Conflict)\)|currently unable to handle the request|Internal error occurred|shutting down/im;

const DELETING = /^Warning: Detected changes to resource .* which is currently being deleted/;

/** kubectl applied onto an object that is going away: it will vanish with what was applied. */
export function hitDeleting({ lines }: Said): boolean {
  return lines.some(({ text }) => DELETING.test(text));
}

/**
 * Warnings by the position of the object among those that were applied; only for a run without a failure. The request for an
 * object stands before its warnings in the log (`-v=6`); a second one for the same object is no other object.
 */
export function warningsByPosition({ lines }: Said): Map<number, string[]> {
  const warnings = new Map<number, string[]>();
  let position = -1;
  let last: string | undefined;
  for (const line of lines) {
    const applied = APPLIED.exec(line.text)?.[1];
    if (applied !== undefined && applied !== last) position += 1;
    last = applied ?? last;
    if (isKept(line)) warnings.set(position, [...(warnings.get(position) ?? []), line.text]);
  }
  return warnings;
}

const APPLIED = /^I\d{4} .* verb="PATCH" url="([^"?]*)[^"]*" status="20[01] /;

/** Who owns which fields of each applied object, as the API server answered; nothing when it is not said of each. */
export function ownersByPosition({ lines }: Said, count: number): FieldOwner[][] {
  const printed = lines.filter(({ from, text }) => from === 'out' && text !== '');
  if (printed.length !== count) return [];
  return printed.map(({ text }) => JSON.parse(text) as FieldOwner[]);
}

function isLog(text: string): boolean {
  return /^I\d{4} /.test(text);
}

function isWarning(text: string): boolean {
  return text.startsWith('Warning:') || text.startsWith('W0');
}

function isKept({ text }: Line): boolean {
  return text.startsWith('Warning:') && !DELETING.test(text);
}
