import type { Pod } from './shapes.ts';

/**
 * Whether a kubelet's pull message names a cause that waiting does not cure: the registry's 401, 403 or 404, or an image
 * without this platform. Texts of containerd, CRI-O and Docker. Timeouts, DNS, rate limits and 5xx are not definite.
 */
export function isDefinitePullError(message: string, image: string): boolean {
  // An image may be called `not-found:401`.
  const text = message.replaceAll(image, '').replaceAll(/"[^"]*"/g, '');
  return !PASSING.test(text) && DEFINITE.test(text);
}

/** The kubelet tries again after 10 s and after 20 more. */
const WITHOUT_SECRET_MS = 30_000;

/**
 * How long a pod's pull has to fail like this until only a change helps, in ms; Infinity: it may always pass. A kubelet
 * that is too busy to read a pull secret within a second pulls without it, is refused, and tries again.
 * https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff
 */
export function definiteAfter({ spec }: Pod, message: string, image: string): number {
  if (!isDefinitePullError(message, image)) return Infinity;
  const hasSecrets = (spec?.imagePullSecrets ?? []).length > 0;
  return hasSecrets && message.includes('anonymous token') ? WITHOUT_SECRET_MS : 0;
}

const PASSING =
  /time(d )?-?out|deadline exceeded|no such host|lookup |connection (refused|reset)|unreachable|\b5\d\d\b|\b429\b|too ?many ?requests|rate limit|unexpected EOF|unavailable|temporar/i;

const DEFINITE = new RegExp(
  [
    String.raw`\b40[134] (Unauthorized|Forbidden|Not Found)\b`,
    String.raw`status(?: code)?:? (?:\[[^\]]*\]: )?40[134]\b`,
    'code = (NotFound|PermissionDenied|Unauthenticated)',
    ': not found',
    '(manifest|name|repository|blob) unknown',
    'insufficient_scope',
    'authorization failed',
    'authentication required',
    'access denied',
    'access to the resource is denied',
    String.raw`\bunauthorized\b`,
    String.raw`\bdenied: `,
    'no match for platform',
    'no matching manifest',
    'no image found in (image index|manifest list)',
    'no child with platform',
  ].join('|'),
  'i',
);
