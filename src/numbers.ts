import type { CountingClient } from './cluster/client.ts';
import type { Settings } from './config/settings.ts';
import type { PassResult } from './controller.ts';
import type { Inventory } from './domain/inventory.ts';
import { metricsAsText, type Metric } from './report/metrics.ts';
import type { Status } from './report/status.ts';
import type { Budget } from './sources/budget.ts';

export interface NumbersOptions {
  budget: Pick<Budget, 'numbers'>;
  status: Pick<Status, 'unknownSince' | 'isRunning'>;
  /** Milliseconds from one pass to the next. */
  interval: () => number;
  settings: () => Pick<Settings, 'pollInterval'>;
  digestWatch: { count: () => number };
  client: Pick<CountingClient, 'writes'>;
}

/** What the controller counts, for `/metrics`. Keeps counts alone: what they are of may be large. */
export function createNumbers({ budget, status, interval, settings, digestWatch, client }: NumbersOptions) {
  const passes = new Map<PassResult, { count: number; seconds: number }>();
  let rollout = 0;
  let last: 'done' | 'failed' | undefined;
  let objects = { done: 0, failed: 0 };
  let images: string[] = [];
  let overrides: Inventory['overrides'];
  return { seen, passed, images: () => images, text };

  /** The state as a pass has read it. */
  function seen(inventory: Inventory): void {
    rollout = inventory.rollout;
    const failed = inventory.objects.filter(({ outcome }) => outcome === 'failed').length;
    objects = { failed, done: inventory.objects.length - failed };
    ({ overrides } = inventory);
    images = [...new Set(inventory.objects.flatMap((object) => Object.keys(object.images ?? {})))];
  }

  function passed(result: PassResult, ms: number): void {
    const { count, seconds } = passes.get(result) ?? { count: 0, seconds: 0 };
    passes.set(result, { count: count + 1, seconds: seconds + ms / 1000 });
    if (result !== 'unknown') last = result === 'failed' ? 'failed' : 'done';
  }

  function text(): string {
    const gauge = (name: string, help: string, values: Metric['values']): Metric => ({
      ...{ name: `ordo_${name}`, type: 'gauge', help, values },
    });
    const counter = (name: string, help: string, values: Metric['values']): Metric => ({
      ...{ name: `ordo_${name}`, type: 'counter', help, values },
    });
    const { requests, quotas, pauses, ahead } = budget.numbers();
    const tight = tightestByHost(quotas);
    const unknown = status.unknownSince();
    const results = [...passes];
    const state = status.isRunning() ? 'running' : last;
    return metricsAsText([
      counter(
        'requests_total',
        'Requests by host and class of the answer; 304 costs no quota; git: commands of git.',
        requests.map(({ host, result, count }) => ({ labels: { host, result }, value: count })),
      ),
      gauge(
        'quota_limit',
        'Requests that the host allows by its window.',
        by(tight, ({ limit }) => limit),
      ),
      gauge(
        'quota_remaining',
        'Requests that are left of it.',
        by(tight, ({ remaining }) => remaining),
      ),
      gauge(
        'quota_reset_timestamp_seconds',
        'When it is whole again.',
        by(tight, ({ reset }) => reset / 1000),
      ),
      gauge(
        'pause_until_timestamp_seconds',
        'Until when the host wants no request.',
        by(pauses, (one) => one.until / 1000),
      ),
      gauge(
        'host_clock_ahead_seconds',
        'How far the clock of the host is ahead.',
        by(ahead, ({ ms }) => ms / 1000),
      ),
      gauge('poll_interval_seconds', 'Time from one pass to the next.', one(interval() / 1000)),
      gauge('poll_interval_set_seconds', 'The same, as it is set.', one(settings().pollInterval / 1000)),
      counter(
        'passes_total',
        'Passes by how they ended.',
        results.map(([result, { count }]) => ({ labels: { result }, value: count })),
      ),
      counter(
        'pass_seconds_total',
        'Time that passes took, by how they ended.',
        results.map(([result, { seconds }]) => ({ labels: { result }, value: rounded(seconds) })),
      ),
      gauge(
        'unknown_since_timestamp_seconds',
        'Since when the outside does not say something that a plan needs.',
        unknown === undefined ? [] : [{ labels: { what: unknown.what }, value: unknown.since.getTime() / 1000 }],
      ),
      gauge(
        'unknown_digests',
        'Images in use of which the registry does not say the digest.',
        one(digestWatch.count()),
      ),
      counter('api_writes_total', 'Writes that the controller has sent to the API server.', one(client.writes())),
      gauge('last_rollout', 'Number of the last rollout whose end is recorded.', one(rollout)),
      gauge(
        'rollout_state',
        'How the last rollout stands.',
        state === undefined ? [] : [{ labels: { state }, value: 1 }],
      ),
      gauge(
        'objects',
        'Objects in the inventory.',
        (['done', 'failed'] as const).map((outcome) => ({ labels: { outcome }, value: objects[outcome] })),
      ),
      gauge(
        'override_until_timestamp_seconds',
        'Until when an object stays as people made it by hand.',
        (overrides ?? []).map(({ object, until }) => ({ labels: { object }, value: new Date(until).getTime() / 1000 })),
      ),
      gauge('resident_memory_bytes', 'Memory of the controller.', one(process.memoryUsage.rss())),
    ]);
  }
}

const one = (value: number): Metric['values'] => [{ value: rounded(value) }];

function by<T extends { host: string }>(list: readonly T[], value: (item: T) => number): Metric['values'] {
  return list.map((item) => ({ labels: { host: item.host }, value: rounded(value(item)) }));
}

/** Several tokens may ask one host: that with the least left counts. */
function tightestByHost<T extends { host: string; remaining: number }>(quotas: readonly T[]): T[] {
  const sorted = quotas.toSorted((a, b) => b.remaining - a.remaining);
  return [...new Map(sorted.map((quota) => [quota.host, quota])).values()];
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
