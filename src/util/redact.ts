const HIDDEN = '[redacted]';

// GitHub: https://github.blog/engineering/behind-githubs-new-authentication-token-formats/ ; user:password@ in a URL;
// what follows an authentication scheme (RFC 9110 section 11.4); a JSON Web Token.
const PATTERNS: [RegExp, string][] = [
  [/\b(?:gh[a-z]_|github_pat_)[A-Za-z0-9_]{10,}/g, HIDDEN],
  [/:\/\/[^\s/@"']+@/g, `://${HIDDEN}@`],
  [/\b(Basic|Bearer)\s+[A-Za-z0-9+/._~=-]{16,}/gi, `$1 ${HIDDEN}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, HIDDEN],
];

/**
 * The text without the given secrets, also as JSON writes them, and without anything that looks like a token. Secrets
 * under 4 characters are left: they would only tear words apart.
 */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret === undefined || secret.length < 4) continue;
    clean = clean.replaceAll(secret, HIDDEN).replaceAll(JSON.stringify(secret).slice(1, -1), HIDDEN);
  }
  for (const [pattern, instead] of PATTERNS) clean = clean.replace(pattern, instead);
  return clean;
}
