/** The TLS record layer's framing (RFC 8446 §5.1): a header of type, version and length before each fragment. */

export const HEADER_LENGTH = 5;

/** Largest fragment of a TLS 1.2 record: 2^14 plus 2048 for protection (RFC 5246 §6.2.3). */
export const MAXIMUM_FRAGMENT = 16384 + 2048;

/** Largest fragment of a TLS 1.3 record: 2^14 plus 256 (RFC 8446 §5.2). */
export const MAXIMUM_FRAGMENT_TLS13 = 16384 + 256;

export const ContentType = { ChangeCipherSpec: 20, Alert: 21, Handshake: 22, ApplicationData: 23 } as const;

/** Why the bytes at a place cannot begin a record. */
export type RecordFault = 'not-tls' | 'too-long';

/**
 * Length of the record that begins at `at`, header included; 0 while its header is incomplete; or what is wrong with
 * it.
 */
export function recordLength(
  bytes: Uint8Array,
  at: number,
  end: number,
  maximumFragment: number,
): number | RecordFault {
  const available = end - at;
  if (available > 0 && !isContentType(bytes[at])) return 'not-tls';
  if (available > 1 && bytes[at + 1] !== 3) return 'not-tls';
  if (available < HEADER_LENGTH) return 0;
  const fragment = fragmentLength(bytes, at);
  return fragment > maximumFragment ? 'too-long' : HEADER_LENGTH + fragment;
}

/** Where the last whole record before `end` ends, and what stopped the search if it was a fault. */
export function wholeRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  maximumFragment: number,
): { readonly end: number; readonly fault: RecordFault | null } {
  let at = start;
  for (;;) {
    const length = recordLength(bytes, at, end, maximumFragment);
    if (typeof length === 'string') return { end: at, fault: length };
    if (length === 0 || at + length > end) return { end: at, fault: null };
    at += length;
  }
}

/**
 * Cuts whole records into the pieces a handshake call gets: a run of handshake and change_cipher_spec records is one
 * piece, and every other record is a separate piece. Under TLS 1.3 application data and handshake records look alike,
 * so they must not be run together: data behind the peer's Finished would be swallowed with it.
 * @param tried whole records at the start that were of no use by themselves; they are in one piece with what follows
 * @param most pieces; what is beyond is left out
 */
export function handshakePortions(records: Uint8Array, tried = 0, most = Infinity): Uint8Array[] {
  const portions: Uint8Array[] = [];
  let runStart = -1;
  let at = tried;
  while (at < records.length && portions.length < most) {
    const type = records[at];
    const next = at + HEADER_LENGTH + fragmentLength(records, at);
    const joins = type === ContentType.Handshake || type === ContentType.ChangeCipherSpec;
    if (joins && runStart < 0) runStart = at;
    if (!joins) {
      if (runStart >= 0) portions.push(records.subarray(runStart, at));
      runStart = -1;
      portions.push(records.subarray(at, next));
    }
    at = next;
  }
  if (runStart >= 0 && portions.length < most) portions.push(records.subarray(runStart, at));
  const [first] = portions;
  return first && tried > 0 ? [records.subarray(0, tried + first.length), ...portions.slice(1)] : portions;
}

/** How many records lie in `bytes[start, end)`, all of them whole. */
export function countRecords(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += HEADER_LENGTH + fragmentLength(bytes, at)) count += 1;
  return count;
}

/** The length field of the record at `at`. */
export function fragmentLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
}

function isContentType(type: number | undefined): boolean {
  return type !== undefined && type >= ContentType.ChangeCipherSpec && type <= ContentType.ApplicationData;
}
