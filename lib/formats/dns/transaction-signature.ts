import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  CLASS,
  MalformedDns,
  readAnswer,
  readName,
  RESPONSE_CODES,
  TYPE,
  uint16,
  uint32,
  uint48,
  writeName,
  writeRecord,
} from './message.js';

/** A key that a client and a DNS server share (RFC 8945). */
export interface TransactionKey {
  /** Its name at the server. */
  readonly name: string;
  readonly secret: Uint8Array;
  readonly algorithm: TransactionAlgorithm;
}

/** RFC 8945 §6. HMAC-MD5 is not here: it must not be used any more. */
export const TRANSACTION_ALGORITHMS = ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

export type TransactionAlgorithm = (typeof TRANSACTION_ALGORITHMS)[number];

/** How far the clocks may differ, in seconds (RFC 8945 §10). */
const FUDGE = 300;

/** RFC 8945 §5.2. */
const SIGNATURE_ERRORS: ReadonlyMap<number, string> = new Map([
  [16, 'BADSIG'],
  [17, 'BADKEY'],
  [18, 'BADTIME'],
  [22, 'BADTRUNC'],
]);

export interface SignedMessage {
  readonly message: Buffer;
  /** What the answer's signature covers, too. */
  readonly mac: Buffer;
}

/** @param seconds the time since 1970 */
export function signMessage(message: Buffer, key: TransactionKey, seconds: number): SignedMessage {
  const mac = hmac(key, message, variables(key, { seconds, fudge: FUDGE, error: 0, other: NOTHING }));
  const data = Buffer.concat([
    ...[writeName(key.algorithm), uint48(seconds), uint16(FUDGE), uint16(mac.length), mac],
    // The message's number, no error, no other data.
    ...[message.subarray(0, 2), uint16(0), uint16(0)],
  ]);
  const record = writeRecord({ name: key.name, type: TYPE.TSIG, class: CLASS.ANY, ttl: 0, data });
  const signed = Buffer.concat([message, record]);
  countAdditional(signed, 1);
  return { message: signed, mac };
}

const NOTHING = Buffer.alloc(0);

/**
 * What a server answered to a signed message.
 *
 * @returns 'NOERROR', or why it refused: 'REFUSED', 'NOTAUTH BADTIME'
 * @throws MalformedDns for an answer that is not signed by the same key, and can be believed by nobody
 */
export function verifyAnswer(answer: Buffer, request: SignedMessage, key: TransactionKey): string {
  const { code, records } = readAnswer(answer);
  const last = records.at(-1);
  if (last?.type !== TYPE.TSIG) {
    // A server that knows nothing of signatures, or refuses before it looks at them.
    if (code !== 'NOERROR') return code;
    throw new MalformedDns('no signature');
  }
  const { data } = last;
  const { end } = readName(data, 0);
  if (data.length < end + 16) throw new MalformedDns('a signature that is cut short');
  const length = data.readUInt16BE(end + 8);
  const rest = end + 10 + length;
  if (data.length < rest + 6) throw new MalformedDns('a signature that is cut short');
  const mac = data.subarray(end + 10, rest);
  const error = data.readUInt16BE(rest + 2);
  const other = data.subarray(rest + 6, rest + 6 + data.readUInt16BE(rest + 4));
  const named =
    error === 0 ? code : `${code} ${SIGNATURE_ERRORS.get(error) ?? RESPONSE_CODES.get(error) ?? error}`;
  // BADKEY and BADSIG can't be signed (RFC 8945 §5.3.2).
  if (length === 0 && code !== 'NOERROR') return named;
  // The signature is the last of the additional records (RFC 8945 §5.1).
  if (answer.readUInt16BE(10) === 0) throw new MalformedDns('a signature in the wrong place');
  const unsigned = Buffer.from(answer.subarray(0, last.start));
  countAdditional(unsigned, -1);
  const signature = { seconds: data.readUIntBE(end, 6), fudge: data.readUInt16BE(end + 6), error, other };
  const expected = hmac(key, uint16(request.mac.length), request.mac, unsigned, variables(key, signature));
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected))
    throw new MalformedDns('a wrong signature');
  return named;
}

interface SignatureFields {
  readonly seconds: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Uint8Array;
}

/** TSIG Variables (RFC 8945 §4.3.3). */
const variables = (key: TransactionKey, { seconds, fudge, error, other }: SignatureFields): Buffer =>
  Buffer.concat([
    ...[writeName(key.name), uint16(CLASS.ANY), uint32(0), writeName(key.algorithm)],
    ...[uint48(seconds), uint16(fudge), uint16(error), uint16(other.length), other],
  ]);

function hmac({ algorithm, secret }: TransactionKey, ...parts: readonly Uint8Array[]): Buffer {
  const digest = createHmac(algorithm.slice('hmac-'.length), secret);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function countAdditional(message: Buffer, by: number): void {
  message.writeUInt16BE(message.readUInt16BE(10) + by, 10);
}
