/** What a GitHub token is, as its beginning says; other registries' passwords have none of these. */
export type TokenKind = 'classic' | 'fine-grained' | 'app' | 'oauth' | 'unknown';

// https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
const BEGINNINGS: [string, TokenKind][] = [
  ['ghp_', 'classic'],
  ['github_pat_', 'fine-grained'],
  ['ghs_', 'app'],
  ['ghu_', 'app'],
  ['gho_', 'oauth'],
];

export const kindOfToken = (token: string): TokenKind =>
  BEGINNINGS.find(([beginning]) => token.startsWith(beginning))?.[1] ?? 'unknown';

/** What GitHub says of a token when it is shown. */
export interface TokenFacts {
  /** Whether it was taken at all. */
  isGood: boolean;
  /** Of classic tokens; undefined where GitHub names none. */
  scopes: string[] | undefined;
  /** Undefined: never, or not said. */
  expires: Date | undefined;
}
