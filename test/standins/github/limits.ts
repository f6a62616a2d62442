import type { IncomingMessage } from 'node:http';
import type { Caller } from './access.ts';

/** Requests of one caller in one hour. */
export interface Budget {
  limit: number;
  used: number;
  /** When the hour ends, in seconds since 1970. */
  reset: number;
}

export interface Limits {
  /** The caller's budget: a token's own, else that of the address it comes from. */
  of(caller: Caller, request: IncomingMessage): Budget;
  /** Leaves a token (or, without one, every address) `remaining` requests; its hour ends in `resetIn` seconds. */
  setRemaining: (remaining: number, options?: { token?: string; resetIn?: number }) => void;
}

const hour = 3600;
const forAddress = 60;
const forToken = 5000;

/** GitHub's primary rate limit: 60 requests an hour by address, 5000 by token. */
export function createLimits(): Limits {
  const budgets = new Map<string, Budget>();
  let addresses: { remaining: number; reset: number } | undefined;
  return { of, setRemaining };

  function of(caller: Caller, request: IncomingMessage): Budget {
    if (caller.kind === 'token') return budget(`token ${caller.token}`, forToken);
    const key = `address ${request.socket.remoteAddress}`;
    if (addresses !== undefined && !budgets.has(key)) {
      budgets.set(key, { limit: forAddress, used: forAddress - addresses.remaining, reset: addresses.reset });
    }
    return budget(key, forAddress);
  }

  function budget(key: string, limit: number): Budget {
    const now = Math.floor(Date.now() / 1000);
    const known = budgets.get(key);
    if (known !== undefined && known.reset > now) return known;
    const fresh = { limit, used: 0, reset: now + hour };
    budgets.set(key, fresh);
    return fresh;
  }

  function setRemaining(remaining: number, { token, resetIn = hour }: { token?: string; resetIn?: number } = {}) {
    const reset = Math.floor(Date.now() / 1000) + resetIn;
    if (token !== undefined) {
      budgets.set(`token ${token}`, { limit: forToken, used: forToken - remaining, reset });
      return;
    }
    addresses = { remaining, reset };
    for (const key of budgets.keys()) if (key.startsWith('address ')) budgets.delete(key);
  }
}
