import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { command } from './command.ts';

export interface IssueOptions {
  /** The certificate's group: Kubernetes takes it from the subject's O. */
  organization?: string;
  /** DNS names and IP addresses that the certificate is good for. */
  hosts?: string[];
}

export interface Issued {
  certFile: string;
  keyFile: string;
  cert: string;
  key: string;
}

export interface Authority {
  folder: string;
  caFile: string;
  caKeyFile: string;
  ca: string;
  issue(name: string, options?: IssueOptions): Promise<Issued>;
}

/** Makes a certificate authority of its own in `folder`, good for ten days; keys are EC P-256. */
export async function createAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'];
  await request(folder, 'ca', '/CN=ordo test authority', extensions);
  return openAuthority(folder);
}

/** Opens an authority that `createAuthority` made, also in another process. */
export async function openAuthority(folder: string): Promise<Authority> {
  const caFile = join(folder, 'ca.crt');
  const caKeyFile = join(folder, 'ca.key');
  return { folder, caFile, caKeyFile, ca: await readFile(caFile, 'utf8'), issue };

  async function issue(name: string, { organization, hosts = [] }: IssueOptions = {}): Promise<Issued> {
    const subject = (organization === undefined ? '' : `/O=${escape(organization)}`) + `/CN=${escape(name)}`;
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=serverAuth,clientAuth',
      ...(hosts.length === 0 ? [] : [`subjectAltName=${hosts.map(alternative).join(',')}`]),
    ];
    const signer = ['-CA', caFile, '-CAkey', caKeyFile];
    const base = name.replace(/[^a-zA-Z0-9.-]/g, '-');
    const { certFile, keyFile } = await request(folder, base, subject, extensions, signer);
    return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  }
}

// `openssl req -x509` with -CA (OpenSSL 3) makes key and signed certificate in one go, with a random serial number.
async function request(folder: string, base: string, subject: string, extensions: string[], signer: string[] = []) {
  const certFile = join(folder, `${base}.crt`);
  const keyFile = join(folder, `${base}.key`);
  const config = join(folder, `${base}.cnf`);
  // The machine's openssl.cnf would add extensions of its own.
  await writeFile(
    config,
    `[req]\ndistinguished_name=none\nx509_extensions=wanted\n[none]\n[wanted]\n${extensions.join('\n')}\n`,
  );
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', keyFile];
  await command('openssl', [
    ...['req', '-x509', '-config', config, '-subj', subject, '-days', '10', '-utf8'],
    ...[...newKey, ...signer, '-out', certFile],
  ]);
  return { certFile, keyFile };
}

function alternative(host: string): string {
  return isIP(host) === 0 ? `DNS:${host}` : `IP:${host}`;
}

// In -subj a slash begins the next field.
function escape(text: string): string {
  return text.replace(/[\\/+]/g, '\\$&');
}
