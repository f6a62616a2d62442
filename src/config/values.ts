import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { durationMs } from '../domain/duration.ts';
import { parseRequiredLabels } from '../domain/required-label.ts';
import { parseWindow } from './window.ts';

/** A setting's text, read by `parse`; `undefined` from it is an error that says what was expected. */
function setting<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string({ error: `expected ${expected}` }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });
}

const matching = (expected: string, pattern: RegExp) =>
  setting(expected, (text) => (pattern.test(text) ? text : undefined));

export const oneOf = <const T extends string>(...words: readonly T[]) =>
  setting(words.join(' or '), (text) => words.find((word) => word === text));

const ACCOUNT = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const REPOSITORY = /^(?!\.\.?$)(?!.*\.git$)[A-Za-z0-9_.-]{1,100}$/;

export const account = matching('the name of a GitHub user or organisation', ACCOUNT);

/** `name` or `owner/name`; the owner is left open when it is not written. */
export const repository = setting('a repository as NAME or OWNER/NAME, without .git', (text) => {
  const [name = '', owner, ...rest] = text.split('/').toReversed();
  const good = rest.length === 0 && REPOSITORY.test(name) && (owner === undefined || ACCOUNT.test(owner));
  return good ? { owner, name } : undefined;
});

/** A path inside the repository; slashes around it are dropped. */
export const folder = setting('a folder of the repository such as deploy, without . and .. in it', (text) => {
  const path = text.replace(/^\/+|\/+$/g, '');
  const bad = path.split('/').some((part) => part === '' || part === '.' || part === '..');
  // oxlint-disable-next-line no-control-regex
  return bad || /[\u0000-\u001f\u007f]/.test(path) ? undefined : path;
});

/** The rules of `git check-ref-format --branch`: https://git-scm.com/docs/git-check-ref-format */
export const branch = setting('a branch name that git accepts, such as main', (text) => {
  // oxlint-disable-next-line no-control-regex
  const bad = /^[-/]|[/.]$|^@$|\.\.|@\{|\/\/|[\u0000- \u007f~^:?*[\\]/.test(text);
  const badPart = text.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  return text === '' || bad || badPart ? undefined : text;
});

// Path components of the OCI distribution specification: https://github.com/opencontainers/distribution-spec
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const IMAGE_PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

export const imagePath = setting('a part of an image name such as my-project', (text) => {
  const path = text.toLowerCase();
  return IMAGE_PATH.test(path) ? path : undefined;
});

export const prefix = matching('the first part of image names in lower case, such as my-project', IMAGE_PATH);

export const tag = matching('an image tag such as main', /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);

export const registryHost = matching(
  'a registry host such as ghcr.io, without https:// and path',
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$/,
);

/** Without a slash at the end. */
export const httpsUrl = setting('an https:// address without credentials (http is refused everywhere)', (text) => {
  const url = URL.parse(text);
  const plain = url?.protocol === 'https:' && url.username + url.password + url.search + url.hash === '';
  return url && plain ? url.href.replace(/\/+$/, '') : undefined;
});

/** Goes into a header: visible ASCII only. */
export const token = matching('a token in one line without spaces', /^[\u0021-\u007e]+$/);

/** A plain token or a base64 docker config, whose line breaks are dropped. */
export const pullToken = setting('a token, or a docker config in base64', (text) => {
  const joined = text.replace(/\s+/g, '');
  return /^[\u0021-\u007e]+$/.test(joined) ? joined : undefined;
});

/** PEM text of at least one certificate, each of them readable. */
export const certificates = setting('certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE', (text) => {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  return blocks.length > 0 && blocks.length === begun && blocks.every(isCertificate)
    ? blocks.join('\n') + '\n'
    : undefined;
});

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

// What a timer of Node can wait.
const LONGEST = 2 ** 31 - 1;

/** Milliseconds. */
export const duration = setting('a duration from 1s to 596h, as 20s, 5m or 1h', (text) => {
  const ms = durationMs(text);
  return ms >= 1000 && ms <= LONGEST ? ms : undefined;
});

export const count = setting('a whole number from 0 to 1000000', (text) =>
  /^[0-9]{1,7}$/.test(text) && Number(text) <= 1_000_000 ? Number(text) : undefined,
);

const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** None of them where `none` is said. */
export const namespaces = setting('namespaces separated by commas, as shop,shop-test, or none', (text) => {
  const names = text === 'none' ? [] : text.split(',').map((name) => name.trim());
  return names.every((name) => NAMESPACE.test(name)) ? [...new Set(names)] : undefined;
});

export const requiredLabels = setting('labels separated by commas, as env=test|prod, app', parseRequiredLabels);

export const updateWindow = setting(
  'days, hours and a time zone, as Mon-Fri 22:00-05:00, Sat-Sun 00:00-24:00 Europe/Berlin',
  parseWindow,
);
