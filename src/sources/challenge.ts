/** How a registry wants to be asked (RFC 9110 section 11.6.1; the fields of RFC 6750 and the distribution project's token specification). */
export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | undefined };

/** Reads `WWW-Authenticate`; undefined when it names no scheme that Ordo knows. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const scheme = /^\s*(bearer|basic)\b/i.exec(header ?? '')?.[1]?.toLowerCase();
  if (scheme === 'basic') return { scheme };
  const realm = field(header, 'realm');
  return scheme === 'bearer' && realm !== undefined ? { scheme, realm, service: field(header, 'service') } : undefined;
}

function field(header: string | null, name: string): string | undefined {
  return new RegExp(`[\\s,]${name}="([^"]*)"`, 'i').exec(header ?? '')?.[1];
}
