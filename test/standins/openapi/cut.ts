// Cuts GitHub's OpenAPI description to what the stand-in serves and turns its schemas into JSON Schema:
//   node test/standins/openapi/cut.ts PATH/generated/api.github.com.json
// The description comes from version 23.0.2 of the package @octokit/openapi (see NOTICE.md).
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const paths = ['/repos/{owner}/{repo}', '/repos/{owner}/{repo}/commits/{ref}', '/rate_limit'];
const mediaTypes = new Set(['application/json', 'application/vnd.github.sha']);
// Words for people, and vendors' extensions.
const dropped = /^(description|title|summary|examples?|deprecated|externalDocs|tags|parameters|operationId|x-.*)$/;

const [source = ''] = process.argv.slice(2);
const description = JSON.parse(await readFile(source, 'utf8')) as Record<string, Json>;
const components = new Map<string, Json>();
const operations = Object.fromEntries(paths.map((path) => [path, { get: cut(at(['paths', path, 'get'])) }]));
const result = { openapi: description['openapi'], info: info(), paths: operations, components: nested() };
await writeFile(join(import.meta.dirname, 'github.json'), `${JSON.stringify(result)}\n`);

function cut(value: Json): Json {
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== 'object' || value === null) return value;
  const reference = value['$ref'];
  if (typeof reference === 'string') keep(reference);
  const { nullable, ...rest } = value;
  const entries = Object.entries(rest).flatMap(([key, child]): [string, Json][] => {
    if (dropped.test(key)) return [];
    // Below these, keys are names of their own, not words of the schema.
    if (key === 'properties') return [[key, cutEach(named(child))]];
    if (key === 'content') return [[key, cutEach(named(child).filter(([type]) => mediaTypes.has(type)))]];
    return [[key, cut(child)]];
  });
  const schema = Object.fromEntries(entries);
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

function cutEach(entries: [string, Json][]): Json {
  return Object.fromEntries(entries.map(([name, child]) => [name, cut(child)]));
}

function keep(reference: string): void {
  if (components.has(reference)) return;
  components.set(reference, null);
  components.set(reference, cut(at(reference.split('/').slice(1))));
}

function at(path: string[]): Json {
  let value: Json = description;
  for (const key of path) value = (value as Record<string, Json>)[key] ?? null;
  return value;
}

function named(value: Json): [string, Json][] {
  return Object.entries(value as Record<string, Json>);
}

function nested() {
  const result: Record<string, Record<string, Json>> = {};
  for (const [reference, value] of [...components].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [kind = '', name = ''] = reference.split('/').slice(2);
    (result[kind] ??= {})[name] = value;
  }
  return result;
}

function info(): Json {
  const { title = null, version = null, license = null } = description['info'] as Record<string, Json>;
  return { title, version, license };
}
