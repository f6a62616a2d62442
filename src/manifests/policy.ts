import * as z from 'zod';
import { durationMs } from '../domain/duration.ts';
import { leadsIntoList } from '../domain/left-alone.ts';
import { canRestart, parseRestartOn, RESTART_ON_EXPECTED, type RestartOn } from '../domain/restarts.ts';
import { splitApiVersion, type KubeObject } from '../domain/object.ts';

const PREFIX = 'ordo.dev/';

const seconds = z
  .string()
  .regex(/^[1-9][0-9]{0,5}[smh]$/, 'expected a duration like 90s, 5m or 1h')
  .transform((text) => durationMs(text) / 1000);

const yes = z.literal('true', 'expected "true"').transform(() => true);

const restartOn = z.string().transform((text, context): RestartOn => {
  const value = parseRestartOn(text);
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: RESTART_ON_EXPECTED });
  return z.NEVER;
});

const Annotations = {
  update: z.enum(['recreate', 'rolling']),
  image: z.string().regex(/^[a-z0-9.:-]+\/[a-z0-9._/-]+:[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'expected HOST/PATH:TAG'),
  wait: z.enum(['none', 'complete']),
  timeout: seconds,
  run: z.enum(['on-config', 'on-change', 'once']),
  prune: z.literal('false', 'expected "false"').transform(() => false),
  'allow-delete': yes,
  drift: z.enum(['repair', 'report', 'off']),
  ignore: yes,
  before: yes,
  'restart-on': restartOn,
  'ignore-fields': z.string().transform((text) => text.split(',').map((path) => path.trim())),
} as const;

/** What people ask for on a manifest with `ordo.dev/` annotations; `timeout` in seconds. */
export type Policy = { [Name in keyof typeof Annotations]?: z.infer<(typeof Annotations)[Name]> };

/** Reads and checks them; a problem is one sentence that names the annotation. */
export function policyOf(object: KubeObject): { policy: Policy; problems: string[] } {
  const policy: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [annotation, text] of Object.entries(object.metadata.annotations ?? {})) {
    if (!annotation.startsWith(PREFIX)) continue;
    const name = annotation.slice(PREFIX.length);
    const parsed = Object.hasOwn(Annotations, name)
      ? Annotations[name as keyof typeof Annotations].safeParse(text)
      : undefined;
    if (parsed?.success) policy[name] = parsed.data;
    else if (parsed) problems.push(`annotation ${annotation}: ${parsed.error.issues[0]?.message ?? 'not usable'}`);
    else problems.push(`annotation ${annotation} is unknown; known are ${Object.keys(Annotations).join(', ')}`);
  }
  const fields = (policy as Policy)['ignore-fields'];
  if (policy['before'] === true && object.kind !== 'Job') {
    problems.push(`annotation ${PREFIX}before is for Jobs, and this is a ${object.kind}`);
    delete policy['before'];
  }
  const { group } = splitApiVersion(object.apiVersion);
  if (policy['restart-on'] !== undefined && !canRestart({ group, kind: object.kind })) {
    const kinds = 'Deployments, StatefulSets and DaemonSets';
    problems.push(`annotation ${PREFIX}restart-on is for ${kinds}, and this is a ${object.kind}`);
    delete policy['restart-on'];
  }
  if (fields) policy['ignore-fields'] = usableFields(object, fields, problems);
  return { policy, problems };
}

const FIELD_PATH = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
/** What makes the object what it is, or is nobody's to write. */
const NO_FIELD = /^(apiVersion|kind|metadata|status)(\.|$)/;

/** Those that can be left alone; the others become problems. */
function usableFields(object: KubeObject, paths: readonly string[], problems: string[]): string[] {
  return paths.filter((path) => {
    const reason = unusable(object, path);
    if (reason !== undefined) problems.push(`annotation ${PREFIX}ignore-fields: ${JSON.stringify(path)} ${reason}`);
    return reason === undefined;
  });
}

function unusable(object: KubeObject, path: string): string | undefined {
  if (!FIELD_PATH.test(path)) return 'is no path like spec.replicas';
  if (NO_FIELD.test(path)) return 'cannot be left alone';
  return leadsIntoList(object, path) ? 'leads into a list' : undefined;
}
