import { momentOf, outlineOf } from '../../formats/x509/outline.js';
import type { NativeVerifyRequest } from '../../native/binding.js';
import { storeWrites } from '../../windows/store/store-writes.js';
import type { Verdict } from '../../windows/trust/verify.js';

/**
 * For how many milliseconds a verdict holds for other connections. A change of trust by another program counts that
 * much later, which is no more than a verification may take by itself.
 */
const FRESH_MS = 1000;
/** How many verdicts are kept. */
const MOST = 32;

interface Entry {
  readonly request: NativeVerifyRequest;
  readonly certificates: readonly Uint8Array[];
  readonly verdict: Verdict;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  readonly storeWrites: number;
}

/**
 * Verdicts of the last second. Building a chain is the longest step of a client's handshake, and many connections at a
 * time are usually with the same peer, who shows each the same certificates. Only the verdict of Windows on the chain
 * is shared. What else decides, such as the name, is checked for each connection.
 *
 * Only a verdict in favour of the peer is kept: what was refused may be trusted a moment later, by a program that has
 * just mended it. One for which revocation was checked is not kept.
 */
export class RecentVerdicts {
  readonly #now: () => number;
  /** Oldest first. */
  #entries: Entry[] = [];

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param certificates DER as the peer sent them */
  find(request: NativeVerifyRequest, certificates: readonly Uint8Array[]): Verdict | null {
    const [now, writes] = [this.#now(), storeWrites.count];
    // A clock that is set back makes the present the past of an entry.
    this.#entries = this.#entries.filter(
      (entry) => entry.from <= now && now < entry.until && entry.storeWrites === writes,
    );
    const found = this.#entries.find(
      (entry) => isSameRequest(entry.request, request) && areEqual(entry.certificates, certificates),
    );
    return found ? { ...found.verdict, chain: asSent(found.verdict.chain, certificates, copy) } : null;
  }

  /**
   * Notes what is about to be verified.
   * @returns keeps the verdict for others, if it may be kept
   */
  begin(request: NativeVerifyRequest, certificates: readonly Uint8Array[]): (verdict: Verdict) => void {
    const [from, writes] = [this.#now(), storeWrites.count];
    return (verdict) => {
      if (!verdict.authorized || verdict.revocation !== 'not-checked') return;
      const until = Math.min(from + FRESH_MS, endOf(verdict.chain));
      this.#entries = this.#entries.slice(1 - MOST);
      this.#entries.push({
        request: { ...request, session: null },
        certificates: copies(certificates),
        verdict: { ...verdict, chain: copies(verdict.chain) },
        from,
        until,
        storeWrites: writes,
      });
    };
  }
}

/** When the first certificate of the chain expires; the past where that is unknown. */
function endOf(chain: readonly Uint8Array[]): number {
  try {
    return Math.min(...chain.map((der) => momentOf(outlineOf(der).notAfter).getTime()));
  } catch {
    return -Infinity;
  }
}

/** The session is left out, which only holds the certificates. */
const isSameRequest = (a: NativeVerifyRequest, b: NativeVerifyRequest): boolean =>
  a.trust === b.trust &&
  a.usage === b.usage &&
  a.role === b.role &&
  a.chainFlags === b.chainFlags &&
  a.policyFlags === b.policyFlags &&
  a.urlTimeout === b.urlTimeout;

const areEqual = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((der, index) => Buffer.compare(der, b[index] ?? NOTHING) === 0);

const NOTHING = new Uint8Array(0);

/**
 * A chain without a second copy of what the peer sent, which the connection keeps anyway.
 * @param other gives what the connection may keep of the rest
 */
export const asSent = (
  chain: readonly Uint8Array[],
  sent: readonly Uint8Array[],
  other: (der: Uint8Array) => Uint8Array = (der) => der,
): Uint8Array[] => chain.map((der) => sent.find((each) => Buffer.compare(each, der) === 0) ?? other(der));

/**
 * Who changes the bytes of one connection must not change what is decided about another one. The memory is its own: a
 * connection that keeps a piece of Node's pool for long keeps all of that.
 */
function copy(der: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(der.length);
  bytes.set(der);
  return bytes;
}

const copies = (list: readonly Uint8Array[]): Uint8Array[] => list.map(copy);
