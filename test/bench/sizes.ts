import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../cluster/command.ts';
import type { Prepared } from '../cluster/prepare.ts';
import type { Figure } from './figure.ts';

const LIMIT_MB = 180;
const MEGABYTE = 1_000_000;

/** The image as a node pulls it, by part, and what of it is Ordo's own; read from the registry's files. */
export async function sizes(): Promise<Figure[]> {
  const { storage } = JSON.parse(process.env['ORDOTEST_PREPARED'] ?? '{}') as Prepared;
  const registry = join(storage, 'docker/registry/v2');
  const blob = (digest: string): string => join(registry, 'blobs/sha256', digest.slice(7, 9), digest.slice(7), 'data');
  const json = async <T>(digest: string): Promise<T> => JSON.parse(await readFile(blob(digest), 'utf8')) as T;

  const digest = await readFile(join(registry, 'repositories/acme/ordo/_manifests/tags/main/current/link'), 'utf8');
  const { layers, config } = await json<Manifest>(digest);
  const { history } = await json<Config>(config.digest);
  const made = history.filter((entry) => entry.empty_layer !== true);
  const parts = new Map<string, number>();
  for (const [index, { size }] of layers.entries()) {
    const name = nameOf(made[index]?.created_by ?? '');
    parts.set(name, (parts.get(name) ?? 0) + size);
  }
  const total = megabytes(layers.reduce((sum, { size }) => sum + size, 0));
  const image: Figure = {
    name: 'image, packed',
    value: total,
    unit: 'MB',
    target: `< ${LIMIT_MB} MB`,
    met: total < LIMIT_MB,
    detail: [...parts].map(([name, size]) => `${name} ${megabytes(size).toFixed(1)}`).join(', '),
  };
  return [image, ...(await bundles(blob(layers.at(-1)?.digest ?? '')))];
}

async function bundles(layer: string): Promise<Figure[]> {
  const lines = (await command('tar', ['-tvzf', layer])).split('\n').map((line) => line.trim().split(/\s+/));
  const bytes = (wanted: (path: string) => boolean): number =>
    lines.filter((fields) => wanted(fields.at(-1) ?? '')).reduce((sum, fields) => sum + Number(fields[2]), 0);
  const figure = (name: string, wanted: (path: string) => boolean, detail = ''): Figure => ({
    name,
    value: megabytes(bytes(wanted)),
    unit: 'MB',
    target: '',
    detail,
  });
  return [
    figure('bundle of the controller', (path) => path.endsWith('ordo.cjs')),
    figure('bundle of the runner', (path) => path.endsWith('runner.cjs')),
    figure(
      'compiled code of both',
      (path) => path.includes('/cache/'),
      'made when the image is built, saves the compiler',
    ),
  ];
}

interface Manifest {
  layers: { digest: string; size: number }[];
  config: { digest: string };
}

interface Config {
  history: { created_by?: string; empty_layer?: boolean }[];
}

function nameOf(by: string): string {
  if (by.includes('/usr/local/bin/kubectl')) return 'kubectl';
  if (by.includes('apt-get')) return 'git, certificates, tini';
  if (by.includes('/opt/ordo')) return 'Ordo';
  return 'Debian and Node';
}

const megabytes = (bytes: number): number => bytes / MEGABYTE;
