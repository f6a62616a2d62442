import { YAMLException, constructFromEvents, parseEvents } from 'js-yaml';
import { KUBECTL_MERGING_SCHEMA, KUBECTL_SCHEMA } from './dialect.ts';
import { refuseEscapes } from './escapes.ts';
import { isFields } from './pods.ts';

/**
 * One document of a file, counted from 1 as people do: its value (none when it is empty), or in `error` why it has none.
 * `unread`: what stands behind `...`, where kubectl does not look.
 */
export type ParsedDocument =
  { document: number; values: unknown[]; unread: unknown[]; warnings: string[] } | { document: number; error: string };

/** Bounds on hostile text: aliases are counted in each document, depth without them. */
const LIMITS = { maxAliases: 100, maxDepth: 100 };
/** What aliases may add to a document: in characters, and in levels. */
const UNFOLDED = { size: 1_000_000, depth: 200 };

/** The text of a file as kubectl takes it: UTF-8, or UTF-16 with its mark. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Parses a YAML or JSON file as kubectl does: cut at `---` lines first, then document by document. Empty ones are left out. */
export function parseDocuments(text: string): ParsedDocument[] {
  const startsAsJson = text.trimStart().startsWith('{');
  return split(text)
    .map((part, index) => parseOne(part, index + 1, startsAsJson && index === 0 && isJson(part)))
    .filter((parsed) => 'error' in parsed || parsed.values.length + parsed.unread.length > 0);
}

/** kubectl ends a document at a line that begins with `---`; what follows on that line may only be a comment. */
function split(text: string): string[] {
  const parts: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('---')) {
      lines.push(line);
      continue;
    }
    if (lines.some((content) => content.trim() !== '')) parts.push(lines.join('\n'));
    // Something behind the dashes is an error to kubectl; kept, so that the parser names it.
    lines = /^---\s*(#|$)/.test(line) ? [] : [line];
  }
  if (lines.some((content) => content.trim() !== '')) parts.push(lines.join('\n'));
  return parts;
}

/** kubectl takes a file's beginning for JSON when it looks and reads like it, and everything after it for YAML. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseOne(text: string, document: number, json: boolean): ParsedDocument {
  if (text.startsWith('---')) return { document, error: 'nothing but a comment may follow the document separator ---' };
  if (text.trimStart().startsWith('%')) return { document, error: 'kubectl does not take YAML directives (%)' };
  // YAML 1.1 ends lines and comments there, YAML 1.2 does not: what follows would mean two things.
  if (/[\u0085\u2028\u2029]/.test(text))
    return { document, error: 'U+0085, U+2028 and U+2029 must be written as escapes' };
  try {
    // Indentation says nothing in JSON.
    const { values, warnings } = load(json ? text.replace(/^(\s*?)[ \t]*\{/, '$1{') : text, json);
    const all = text.includes('*') ? unfolded(values, { left: text.length + UNFOLDED.size }) : values;
    const [first, ...rest] = all;
    return { document, values: [first].filter(isSomething), unread: rest.filter(isSomething), warnings };
  } catch (error) {
    return { document, error: explain(error) };
  }
}

const isSomething = (value: unknown): boolean => value !== undefined && value !== null;

function load(text: string, json: boolean): { values: unknown[]; warnings: string[] } {
  const events = parseEvents(text, LIMITS);
  refuseEscapes(text, events, json);
  const merges = text.includes('<<');
  const lastWins = { ...LIMITS, source: text, json: true, schema: merges ? KUBECTL_MERGING_SCHEMA : KUBECTL_SCHEMA };
  try {
    const values = constructFromEvents(events, { ...LIMITS, source: text, schema: KUBECTL_SCHEMA });
    return { values: merges ? constructFromEvents(events, lastWins) : values, warnings: [] };
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') throw error;
    const warning = `${explain(error)}: the last one counts, as kubectl has it`;
    return { values: constructFromEvents(events, lastWins), warnings: [warning] };
  }
}

/** The parser lets aliases share one value, even with itself; here each place gets its own copy, within bounds. */
function unfolded<T>(value: T, budget: { left: number }, depth = 0): T {
  budget.left -= 1 + (typeof value === 'string' ? value.length : 0);
  if (budget.left < 0 || depth > UNFOLDED.depth) throw new YAMLException('the aliases unfold to too much');
  if (Array.isArray(value)) return value.map((item: unknown) => unfolded(item, budget, depth + 1)) as T;
  if (!isFields(value)) return value;
  const copies = Object.entries(value).map(([key, inner]) => [
    unfolded(key, budget),
    unfolded(inner, budget, depth + 1),
  ]);
  return Object.fromEntries(copies) as T;
}

/** The parser's reason and place, without what it quotes of the text: a manifest may hold secrets. */
function explain(error: unknown): string {
  if (!(error instanceof YAMLException)) return 'not readable as YAML';
  const reason = error.reason
    .replace(/ ?(".*"|!<.*>)/s, '')
    .replace(/such characters: .*/s, 'such characters')
    .replace(/^cannot resolve a node .*/s, 'the value is not what its tag says; bytes of !!binary must be text');
  const place = error.mark ? ` (line ${error.mark.line + 1}, column ${error.mark.column + 1})` : '';
  return `${reason}${place}`;
}
