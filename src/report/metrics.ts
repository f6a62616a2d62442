export interface Metric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  values: readonly { labels?: Readonly<Record<string, string>>; value: number }[];
}

/** Metrics in Prometheus' text format, version 0.0.4; those without a value are left out. */
export function metricsAsText(metrics: readonly Metric[]): string {
  const lines = metrics
    .filter(({ values }) => values.length > 0)
    .flatMap(({ name, type, help, values }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...values.map(({ labels = {}, value }) => `${name}${labelsAsText(labels)} ${value}`),
    ]);
  return `${lines.join('\n')}\n`;
}

function labelsAsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
