import { YAMLException, loadAll } from 'js-yaml';
import { KUBECTL_SCHEMA } from './dialect.ts';

/** One document of a file, counted from 1 as people do; `error` says why it has no value. */
export type ParsedDocument =
  { document: number; value: unknown; warnings: string[] } | { document: number; error: string };

/** Bounds on hostile text: aliases are counted in each document, depth without them. */
const LIMITS = { schema: KUBECTL_SCHEMA, maxAliases: 100, maxDepth: 100 };

/** Parses a YAML or JSON file as kubectl does: cut at `---` lines first, then document by document. Empty ones are left out. */
export function parseDocuments(text: string): ParsedDocument[] {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return split(source)
    .map((part, index) => parseOne(part, index + 1))
    .filter((parsed) => 'error' in parsed || (parsed.value !== undefined && parsed.value !== null));
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
    lines = /^---\s*(#.*)?$/.test(line) ? [] : [line];
  }
  if (lines.some((content) => content.trim() !== '')) parts.push(lines.join('\n'));
  return parts;
}

function parseOne(text: string, document: number): ParsedDocument {
  const first = text.trimStart();
  if (first.startsWith('---'))
    return { document, error: 'nothing but a comment may follow the document separator ---' };
  if (/^%/m.test(text) && first.startsWith('%'))
    return { document, error: 'kubectl does not take YAML directives (%)' };
  try {
    const { values, warnings } = load(text);
    if (values.length > 1) warnings.push('what follows "..." is ignored, as kubectl does; separate documents with ---');
    return { document, value: values[0], warnings };
  } catch (error) {
    return { document, error: explain(error) };
  }
}

function load(text: string): { values: unknown[]; warnings: string[] } {
  try {
    return { values: loadAll(text, LIMITS), warnings: [] };
  } catch (error) {
    if (!(error instanceof YAMLException) || !error.message.includes('duplicated mapping key')) throw error;
    const warning = `${explain(error)}: the last one counts, as kubectl has it`;
    return { values: loadAll(text, { ...LIMITS, json: true }), warnings: [warning] };
  }
}

/** The parser's reason and place, without the excerpt of the text that it prints: a manifest may hold secrets. */
function explain(error: unknown): string {
  if (!(error instanceof YAMLException)) return 'not readable as YAML';
  const place = error.mark ? ` (line ${error.mark.line + 1}, column ${error.mark.column + 1})` : '';
  return `${error.reason}${place}`;
}
