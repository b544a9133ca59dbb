import { createDecipheriv, createHash, createHmac, type CipherGCMTypes } from 'node:crypto';
import {
  Message,
  readAuthorities,
  readCertificates13,
  type FlightMessage,
} from '../../formats/server-flight/flight-messages.js';
import { MessageCutter } from '../../formats/server-flight/message-cutter.js';
import { RecordCutter, RecordType, type TlsRecord } from '../../formats/server-flight/record-cutter.js';
import {
  chosenProtocol,
  readExtensionList,
  readServerHello,
  type ServerHello,
} from '../../formats/server-flight/server-hello.js';
import { ByteReader, MalformedMessage } from '../../formats/tls-wire/byte-reader.js';
import { Extension } from '../../formats/tls-wire/extension-types.js';
import { joined, uint16, uint24, uint8, vector, ascii } from '../../formats/tls-wire/vectors.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import { FLIGHT_LIMIT } from './clear-reading.js';
import type { Hello } from './hellos.js';
import type { OwnShare } from './key-shares.js';
import type { Outcome, Reading } from './outcome.js';

/** What a server sends encrypted before it has heard more than a hello (RFC 8446 §2). */
export interface Flight13 {
  readonly alpn: string | null;
  readonly certificates: readonly Uint8Array[];
  readonly staple: Uint8Array | null;
  /** Names of authorities as DER if the server asks for a certificate; null if it does not. */
  readonly authorities: readonly Uint8Array[] | null;
  /** The signature scheme of CertificateVerify; null if the flight ended before it. */
  readonly scheme: number | null;
}

interface Cipher {
  readonly hash: 'sha256' | 'sha384';
  readonly name: string;
  readonly keyBytes: number;
  readonly tagBytes: number;
}

/** RFC 8446 §B.4 */
const CIPHERS: ReadonlyMap<number, Cipher> = new Map([
  [0x1301, { hash: 'sha256', name: 'aes-128-gcm', keyBytes: 16, tagBytes: 16 }],
  [0x1302, { hash: 'sha384', name: 'aes-256-gcm', keyBytes: 32, tagBytes: 16 }],
  [0x1303, { hash: 'sha256', name: 'chacha20-poly1305', keyBytes: 32, tagBytes: 16 }],
  [0x1304, { hash: 'sha256', name: 'aes-128-ccm', keyBytes: 16, tagBytes: 16 }],
  [0x1305, { hash: 'sha256', name: 'aes-128-ccm', keyBytes: 16, tagBytes: 8 }],
]);

/** Suites whose flight can be opened. */
export const OPENED_SUITES: readonly number[] = [...CIPHERS.keys()];

const IV_BYTES = 12;
const NOTHING = new Uint8Array(0);

/**
 * Opens a server's flight of TLS 1.3 with the share of its hello, and stops there: nothing is verified, and the
 * handshake is never finished. The secrets are worth nothing afterwards.
 */
export class Flight13Reading implements Reading {
  readonly hello: Uint8Array;
  readonly #message: Uint8Array;
  readonly #share: OwnShare;
  readonly #records = new RecordCutter(FLIGHT_LIMIT);
  readonly #clear = new MessageCutter(FLIGHT_LIMIT);
  readonly #sealed = new MessageCutter(FLIGHT_LIMIT);
  #chosen: ServerHello | null = null;
  #opener: RecordOpener | null = null;
  #flight: Flight13 = { alpn: null, certificates: [], staple: null, authorities: null, scheme: null };

  constructor(hello: Hello, share: OwnShare) {
    this.hello = hello.record;
    this.#message = hello.message;
    this.#share = share;
  }

  /** What was read; null if nothing could be opened. */
  get flight(): Flight13 | null {
    return this.#opener === null ? null : this.#flight;
  }

  push(chunk: Uint8Array): Outcome | null {
    const { records, fault } = this.#records.push(chunk);
    try {
      for (const record of records) {
        const outcome = this.#take(record);
        if (outcome !== null) return outcome;
      }
    } catch {
      // Malformed, a share that is no point, or a record that does not open: what was read before stays.
      return this.partial() ?? { end: 'garbled' };
    }
    if (fault === null) return null;
    if (fault === 'not-tls')
      return { end: 'not-tls', text: Buffer.from(this.#records.rest).toString('latin1') };
    return this.partial() ?? { end: fault };
  }

  partial(): Outcome | null {
    return this.#chosen && { end: 'answer', hello: this.#chosen, messages: [] };
  }

  #take({ type, header, fragment }: TlsRecord): Outcome | null {
    if (type === RecordType.Alert) return this.partial() ?? { end: 'alert', alert: fragment[1] ?? 0 };
    if (type === RecordType.Handshake && this.#chosen === null) return this.#takeClear(fragment);
    if (type !== RecordType.ApplicationData || this.#opener === null) return null;
    const inner = this.#opener.open(header, fragment);
    if (inner.type === RecordType.Alert && this.#flight.certificates.length === 0) {
      return { end: 'alert', alert: inner.content[1] ?? 0 };
    }
    if (inner.type !== RecordType.Handshake) return this.partial();
    const messages = this.#sealed.push(inner.content);
    if (messages === null) return this.partial();
    for (const message of messages) {
      this.#read(message);
      if (message.type === Message.CertificateVerify) return this.partial();
    }
    return null;
  }

  #takeClear(fragment: Uint8Array): Outcome | null {
    const [message] = this.#clear.push(fragment) ?? [];
    if (message === undefined) return null;
    if (message.type !== Message.ServerHello) return { end: 'garbled' };
    const hello = readServerHello(message.body);
    this.#chosen = hello;
    const cipher = CIPHERS.get(hello.suite);
    const canOpen = cipher !== undefined && hello.share !== null && hello.group === this.#share.group;
    if (!canOpen) return this.partial();
    const own = joined([uint8(message.type), uint24(message.body.length), message.body]);
    const transcript = createHash(cipher.hash).update(this.#message).update(own).digest();
    this.#opener = new RecordOpener(
      cipher,
      trafficSecret(cipher.hash, this.#share.agree(hello.share), transcript),
    );
    return null;
  }

  #read({ type, body }: FlightMessage): void {
    if (type === Message.EncryptedExtensions) {
      const extensions = readExtensionList(new ByteReader(body).vector(2));
      this.#flight = { ...this.#flight, alpn: chosenProtocol(extensions.get(Extension.Alpn)) };
    }
    if (type === Message.CertificateRequest) {
      this.#flight = { ...this.#flight, authorities: readAuthorities(body, TLS_VERSIONS['TLSv1.3']) };
    }
    if (type === Message.Certificate) this.#flight = { ...this.#flight, ...readCertificates13(body) };
    if (type === Message.CertificateVerify) {
      this.#flight = { ...this.#flight, scheme: new ByteReader(body).uint16() };
    }
  }
}

/** Opens records of the server's handshake keys (RFC 8446 §5.2, §7.3). */
class RecordOpener {
  readonly #cipher: Cipher;
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #count = 0;

  constructor(cipher: Cipher, secret: Buffer) {
    this.#cipher = cipher;
    this.#key = expandLabel(cipher.hash, secret, 'key', NOTHING, cipher.keyBytes);
    this.#iv = expandLabel(cipher.hash, secret, 'iv', NOTHING, IV_BYTES);
  }

  /** @throws MalformedMessage, an error of OpenSSL */
  open(header: Uint8Array, body: Uint8Array): { readonly type: number; readonly content: Uint8Array } {
    const { name, tagBytes } = this.#cipher;
    if (body.length < tagBytes) throw new MalformedMessage('a record shorter than its tag');
    const nonce = Buffer.from(this.#iv);
    // The count has 64 bits; a flight of 64 KiB has far fewer records than 32 of them.
    nonce.writeUInt32BE((nonce.readUInt32BE(IV_BYTES - 4) ^ this.#count) >>> 0, IV_BYTES - 4);
    this.#count += 1;
    const end = body.length - tagBytes;
    const opener = createDecipheriv(name as CipherGCMTypes, this.#key, nonce, { authTagLength: tagBytes });
    opener.setAuthTag(body.subarray(end));
    opener.setAAD(header, { plaintextLength: end });
    const plain = Buffer.concat([opener.update(body.subarray(0, end)), opener.final()]);
    let last = plain.length - 1;
    while (last > 0 && plain[last] === 0) last -= 1;
    return { type: plain[last] ?? 0, content: plain.subarray(0, Math.max(last, 0)) };
  }
}

/** The server's handshake traffic secret (RFC 8446 §7.1), without a pre-shared key. */
function trafficSecret(hash: Cipher['hash'], shared: Buffer, transcript: Buffer): Buffer {
  const zeros = Buffer.alloc(transcript.length);
  const nothing = createHash(hash).digest();
  const early = extract(hash, zeros, zeros);
  const handshake = extract(hash, expandLabel(hash, early, 'derived', nothing, zeros.length), shared);
  shared.fill(0);
  return expandLabel(hash, handshake, 's hs traffic', transcript, zeros.length);
}

const extract = (hash: string, salt: Uint8Array, secret: Uint8Array): Buffer =>
  createHmac(hash, salt).update(secret).digest();

/** HKDF-Expand-Label, of which one block is always enough here. */
function expandLabel(
  hash: string,
  secret: Buffer,
  label: string,
  context: Uint8Array,
  length: number,
): Buffer {
  const info = joined([uint16(length), vector(1, ascii(`tls13 ${label}`)), vector(1, context)]);
  return createHmac(hash, secret).update(info).update(Uint8Array.of(1)).digest().subarray(0, length);
}
