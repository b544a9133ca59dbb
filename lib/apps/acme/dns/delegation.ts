import { randomBytes } from 'node:crypto';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { DnsLookup } from './lookup.js';

/** Where a name leads to by CNAME records. */
export interface Delegation {
  /** The name that has the records: the last one of the chain. */
  readonly name: string;
  /** Why the chain was not followed to its end, as a sentence; null if it was. */
  readonly problem: string | null;
}

/** Let's Encrypt follows as many. */
const MOST_ALIASES = 10;

/**
 * A name goes into arguments of programs and into URLs. An answer of DNS may have anything, and need not come from the
 * owner of the zone.
 */
const HOST = /^\w[\w-]{0,62}(?:\.\w[\w-]{0,62})*$/;

/**
 * Follows CNAME records from the name of a challenge. An ACME server does the same, so that
 * '_acme-challenge.bar.example' can have its records in another zone, which is easier to give away.
 *
 * A wildcard CNAME of the zone is no delegation: it is no longer there once the name itself has a record.
 */
export async function followDelegation(
  start: string,
  lookup: DnsLookup,
  signal?: AbortSignal,
): Promise<Delegation> {
  const chain = [start];
  let name = start;
  try {
    while (chain.length <= MOST_ALIASES) {
      const target = await lookup.cname(name);
      if (target === null || (await isFromWildcard(name, target, lookup))) return { name, problem: null };
      if (!HOST.test(target) || target.length > 253)
        return {
          name: start,
          problem: `The CNAME records of ${start} lead to a name that is none of a host.`,
        };
      if (chain.includes(target))
        return { name: start, problem: `The CNAME records of ${start} lead back to ${target}.` };
      chain.push(target);
      name = target;
    }
    return { name, problem: `${start} leads to more than ${MOST_ALIASES} CNAME records.` };
  } catch (error) {
    signal?.throwIfAborted();
    const { message } = toError(error);
    return { name, problem: `The CNAME records of ${name} could not be looked up: ${printable(message)}.` };
  }
}

async function isFromWildcard(name: string, target: string, lookup: DnsLookup): Promise<boolean> {
  const sibling = name.replace(/^[^.]+/, `_${randomBytes(8).toString('hex')}`);
  return (await lookup.cname(sibling)) === target;
}
