import { nameOf, type Identity } from '../domain/identity.ts';
import { splitApiVersion, type KubeObject } from '../domain/object.ts';
import {
  canRestart,
  ON_TRIGGER,
  parseRestartOn,
  RESTART_ON,
  RESTART_ON_EXPECTED,
  TRIGGER,
  type RestartOn,
} from '../domain/restarts.ts';

/** What of an object's metadata decides. */
export interface Marks {
  annotations?: Record<string, string> | undefined;
  labels?: Record<string, string> | undefined;
}

/** The labels `app` and `env`: both have to be there, and equal. */
export interface Pair {
  app: string;
  env: string;
}

/** What a workload is restarted for. */
export interface Wish {
  /** Every ConfigMap and Secret of its namespace that triggers restarts and has these labels. */
  pair?: Pair;
  on?: RestartOn;
  /** What is wrong with it, for people. */
  problems: string[];
}

/** Undefined: it does not want to be restarted. */
export function wishOf(identity: Identity, marks: Marks): Wish | undefined {
  const { [ON_TRIGGER]: onTrigger, [RESTART_ON]: restartOn } = marks.annotations ?? {};
  if (onTrigger !== 'true' && restartOn === undefined) return undefined;
  const wish: Wish = { problems: [] };
  if (onTrigger === 'true') {
    const pair = pairOf(marks);
    if (pair) wish.pair = pair;
    else wish.problems.push(`${nameOf(identity)}: ${ON_TRIGGER} needs the labels app and env on it`);
  }
  if (restartOn !== undefined) {
    const on = parseRestartOn(restartOn);
    if (on !== undefined) wish.on = on;
    else wish.problems.push(`${nameOf(identity)}: ${RESTART_ON}: ${RESTART_ON_EXPECTED}`);
  }
  return wish;
}

/** A ConfigMap or Secret that triggers restarts; undefined: it does not. */
export function triggerOf(identity: Identity, marks: Marks): { pair?: Pair; problems: string[] } | undefined {
  if (marks.annotations?.[TRIGGER] !== 'true') return undefined;
  const pair = pairOf(marks);
  return pair
    ? { pair, problems: [] }
    : { problems: [`${nameOf(identity)}: ${TRIGGER} needs the labels app and env on it`] };
}

export const isPair = (a: Pair | undefined, b: Pair | undefined): boolean =>
  a !== undefined && b !== undefined && a.app === b.app && a.env === b.env;

function pairOf({ labels }: Marks): Pair | undefined {
  const { app, env } = labels ?? {};
  return app && env ? { app, env } : undefined;
}

/** What a manifest says in Git: whether a change of this ConfigMap or Secret restarts the workload, so that it is not made anew as well. */
export function isRestartedFor(user: KubeObject, configuration: KubeObject | undefined, use: string): boolean {
  const identity = identityOf(user);
  if (!canRestart(identity)) return false;
  const wish = wishOf(identity, user.metadata);
  if (wish?.on !== undefined && (wish.on === 'auto' || wish.on.includes(use))) return true;
  return isPair(wish?.pair, configuration && triggerOf(identityOf(configuration), configuration.metadata)?.pair);
}

function identityOf({ apiVersion, kind, metadata: { namespace = '', name } }: KubeObject): Identity {
  return { group: splitApiVersion(apiVersion).group, kind, namespace, name };
}
