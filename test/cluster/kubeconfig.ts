import { writeFile } from 'node:fs/promises';
import type { Authority, IssueOptions } from './authority.ts';

/** Writes a kubeconfig (JSON, which is YAML) for the user `name` with a client certificate of its own, all inline. */
export async function writeKubeconfig(
  file: string,
  server: string,
  authority: Authority,
  name: string,
  options: IssueOptions = {},
): Promise<string> {
  const { cert, key } = await authority.issue(name, options);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'world', cluster: { server, 'certificate-authority-data': base64(authority.ca) } }],
    users: [{ name, user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
    contexts: [{ name: 'world', context: { cluster: 'world', user: name } }],
    'current-context': 'world',
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
