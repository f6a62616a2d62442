import type { ApplyStep, RecreateStep } from '../../src/domain/plan.ts';
import type { Applying } from '../../src/runner/segments.ts';

/** What a test says of a step; the rest is filled in. */
export interface Wish {
  kind?: string;
  group?: string;
  namespace?: string;
  name?: string;
  /** Folder number and file number. */
  place?: [number, number];
  wait?: ApplyStep['wait'];
  /** Seconds. */
  timeout?: number;
  proven?: true;
  /** Makes it a recreate. */
  uid?: string;
  hash?: string;
  path?: string;
}

const version = 'v1';

/** An apply step, or a recreate when a uid is given, as a plan has it. */
export function applying(index: number, wish: Wish = {}): Applying {
  const { kind = 'Deployment', group = 'apps', namespace = 'shop', name = `n${index}`, place = [1, index] } = wish;
  const order = [place[0], place[1], `${place[0]}-g`, `${place[1]}-${name}.yml`, 0] as const;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  const common = {
    entry: {
      ...{ group, version, kind, namespace, name },
      ...{ source: `deploy/${order[2]}/${order[3]}`, order, hash: wish.hash ?? 'h', outcome: 'done' as const },
    },
    path: wish.path ?? `${root}${scope}/${kind.toLowerCase()}s/${name}`,
    place: order,
    reason: 'new',
    wait: wish.wait ?? ('ready' as const),
    timeout: wish.timeout ?? 300,
    ...(wish.proven && { proven: wish.proven }),
  };
  const step: ApplyStep | RecreateStep =
    wish.uid === undefined ? { kind: 'apply', ...common } : { kind: 'recreate', ...common, uid: wish.uid };
  return { index, step };
}
