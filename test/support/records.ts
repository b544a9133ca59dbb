import { ContentType, HEADER_LENGTH } from '#lib/tls/engine/record.js';

type Payload = string | readonly number[] | Uint8Array;

const bytesOf = (payload: Payload): Buffer =>
  typeof payload === 'string' ? Buffer.from(payload, 'latin1') : Buffer.from(payload);

/** A TLS record with this fragment; text stands for its bytes, so that a failing test can be read. */
export function record(type: number, payload: Payload): Buffer {
  const fragment = bytesOf(payload);
  const header = Buffer.of(type, 3, 3, fragment.length >> 8, fragment.length & 0xff);
  return Buffer.concat([header, fragment]);
}

/** A handshake message (RFC 8446 §4) with this body. */
export function handshakeMessage(body: Payload, type = 1): Buffer {
  const bytes = bytesOf(body);
  return Buffer.concat([Buffer.of(type, bytes.length >> 16, bytes.length >> 8, bytes.length), bytes]);
}

/** A record with one whole handshake message. */
export const handshakeRecord = (body: Payload): Buffer =>
  record(ContentType.Handshake, handshakeMessage(body));
export const changeCipherSpec = (): Buffer => record(ContentType.ChangeCipherSpec, [1]);
export const dataRecord = (payload: Payload): Buffer => record(ContentType.ApplicationData, payload);

/** An alert in the clear: levels and numbers of RFC 8446 §6. */
export const alertRecord = (description: number, level: 'warning' | 'fatal' = 'fatal'): Buffer =>
  record(ContentType.Alert, [level === 'fatal' ? 2 : 1, description]);

/** Only the header, for a fragment of `length` bytes. */
export const headerOf = (type: number, length: number): Buffer =>
  Buffer.of(type, 3, 3, length >> 8, length & 0xff);

/**
 * The records that `bytes` consists of; null when they are not whole. Written apart from the engine's own framing,
 * which it checks.
 */
export function splitRecords(bytes: Uint8Array): Buffer[] | null {
  const records: Buffer[] = [];
  let rest = Buffer.from(bytes);
  while (rest.length > 0) {
    if (rest.length < HEADER_LENGTH) return null;
    const length = HEADER_LENGTH + rest.readUInt16BE(3);
    if (rest.length < length) return null;
    records.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return records;
}

/** What stands in a record, header left out. */
export const fragmentOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes).subarray(HEADER_LENGTH);
