import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';

interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Description {
  /**
   * Says what GitHub's description has against an answer to `GET path` (as the description writes it, with braces);
   * nothing is good. An error that an operation does not list is held against GitHub's general form of errors.
   */
  problems(path: string, reply: Reply): string[];
}

interface Listed {
  content?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  $ref?: string;
}

const generalError = '#/components/schemas/basic-error';

/** Reads the cut of GitHub's OpenAPI description that lies beside this file. */
export async function openDescription(): Promise<Description> {
  const text = await readFile(join(import.meta.dirname, 'github.json'), 'utf8');
  const description = JSON.parse(text) as { paths: Record<string, { get: { responses: Record<string, Listed> } }> };
  const formats = {
    uri: (value: string) => URL.canParse(value),
    'date-time': isTime,
    email: /@/,
    int64: true as const,
  };
  const ajv = new Ajv({ allErrors: true, strictTypes: false, formats });
  ajv.addVocabulary(['openapi', 'info', 'paths', 'components']);
  ajv.addSchema({ $id: 'github', ...description });
  return { problems };

  function problems(path: string, { status, headers, body }: Reply): string[] {
    const responses = description.paths[path]?.get.responses;
    if (responses === undefined) return [`the description has no ${path}`];
    const listed = responses[status];
    if (listed === undefined && status < 400) return [`${path} never answers ${status}`];
    const place = listed?.$ref ?? (listed && `#/paths/${escape(path)}/get/responses/${status}`);
    const { content, headers: wanted = {} } = listed?.$ref === undefined ? (listed ?? {}) : resolve(listed.$ref);
    const missing = Object.keys(wanted).filter((name) => headers[name.toLowerCase()] === undefined);
    const found = missing.map((name) => `header ${name} is missing`);
    const [type = ''] = (headers['content-type'] ?? '').split(';');
    if (place === undefined) return [...found, ...violations(generalError, type, body)];
    if (content === undefined) return body === '' ? found : [...found, 'the body should be empty'];
    if (!(type in content)) return [...found, `${type} is none of ${Object.keys(content).join(', ')}`];
    return [...found, ...violations(`${place}/content/${escape(type)}/schema`, type, body)];
  }

  function violations(place: string, type: string, body: string): string[] {
    const value: unknown = type === 'application/json' ? JSON.parse(body) : body;
    const validate = ajv.compile({ $ref: `github${encodeURI(place)}` });
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  function resolve(reference: string): Listed {
    const names = reference.split('/').slice(1);
    let value: unknown = description;
    for (const name of names) value = (value as Record<string, unknown>)[name];
    return value as Listed;
  }
}

// RFC 6901: a slash in a name is written ~1.
function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
}
