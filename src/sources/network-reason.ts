// Node's and OpenSSL's codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/;

/** Why there is no answer, in words for people: from the codes of Node, never from texts that may quote a request. */
export function networkReason(error: unknown, { host, timeout }: { host: string; timeout: number }): string {
  const chain = causes(error);
  const codes = chain.map((each) => each.code).filter((code) => typeof code === 'string');
  const has = (...wanted: string[]): boolean => codes.some((code) => wanted.includes(code));
  if (chain.some((each) => each.name === 'TimeoutError')) return `${host}: timed out after ${timeout / 1000} s`;
  if (has('ETIMEDOUT')) return `${host}: timed out while connecting`;
  if (has('ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL')) return `DNS: the name ${host} cannot be resolved`;
  if (has('ECONNREFUSED')) return `${host}: connection refused`;
  if (has('ECONNRESET', 'EPIPE')) return `${host}: connection broken before the answer`;
  if (has('EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL')) return `${host}: no route to it, the network is away`;
  const tls = codes.find((code) => TLS.test(code));
  if (tls !== undefined) return `TLS: ${tlsReason(tls, host)} (${tls})`;
  const own = chain.find((each) => each.name === 'ExternalError');
  return `${host}: ${own?.message ?? `no answer (${codes[0] ?? 'no code'})`}`;
}

function tlsReason(code: string, host: string): string {
  const clock = `or the clock here is wrong, which says ${new Date().toISOString()}`;
  if (code === 'CERT_HAS_EXPIRED') return `the certificate of ${host} has expired, ${clock}`;
  if (code === 'CERT_NOT_YET_VALID') return `the certificate of ${host} is not valid yet, ${clock}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate of ${host} is for another name`;
  if (/^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA)/.test(code)) {
    return `the certificate of ${host} is from an authority that is not known here, ca-certificates takes it`;
  }
  return `the certificate or protocol of ${host} is not accepted`;
}

interface Coded {
  name: string;
  message: string;
  code?: unknown;
}

/** The error, its causes, and the parts of aggregates (one per address tried), outermost first. */
function causes(error: unknown, depth = 0): Coded[] {
  // TimeoutError is a DOMException, whose `code` is a number.
  if (!(error instanceof Error) || depth > 5) return [];
  const parts: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...parts].flatMap((each) => causes(each, depth + 1))];
}
