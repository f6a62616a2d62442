import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority } from '../cluster/authority.ts';
import { command } from '../cluster/command.ts';

/** A certificate for 127.0.0.1 that was good in January 2020, or will be in 2090; `openssl req` makes none of these. */
export async function issueBetween(
  authority: Authority,
  when: 'past' | 'future',
): Promise<{ cert: string; key: string }> {
  const at = (name: string): string => join(authority.folder, `${when}-${name}`);
  const [begin, end] =
    when === 'past' ? ['20200101000000Z', '20200201000000Z'] : ['20900101000000Z', '20910101000000Z'];
  await writeFile(at('index'), '');
  await writeFile(
    at('cnf'),
    [
      '[ca]\ndefault_ca=it\n[it]',
      `database=${at('index')}\nrand_serial=yes\nnew_certs_dir=${authority.folder}\ndefault_md=sha256\npolicy=any`,
      '[any]\ncommonName=supplied\n[names]\nsubjectAltName=IP:127.0.0.1\n[req]\ndistinguished_name=none\n[none]\n',
    ].join('\n'),
  );
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', at('key')];
  await command('openssl', ['req', '-new', '-config', at('cnf'), '-subj', '/CN=old', ...newKey, '-out', at('csr')]);
  await command('openssl', [
    ...['ca', '-batch', '-notext', '-config', at('cnf'), '-cert', authority.caFile, '-keyfile', authority.caKeyFile],
    ...['-startdate', begin ?? '', '-enddate', end ?? '', '-extensions', 'names', '-in', at('csr'), '-out', at('crt')],
  ]);
  return { cert: await readFile(at('crt'), 'utf8'), key: await readFile(at('key'), 'utf8') };
}
