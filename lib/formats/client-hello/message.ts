import { ByteReader, MalformedMessage } from '../tls-wire/byte-reader.js';
import { isGrease, type ClientHello } from './client-hello.js';
import { NO_EXTENSIONS, readExtensions } from './extensions.js';

const RANDOM_LENGTH = 32;

/**
 * Reads the body of a ClientHello (RFC 8446 §4.1.2; RFC 5246 §7.4.1.2).
 * @throws MalformedMessage
 */
export function readMessage(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint16();
  reader.bytes(RANDOM_LENGTH);
  reader.vector(1); // legacy_session_id
  const cipherSuites = reader.vector(2, 2).uint16s();
  reader.vector(1, 1); // legacy_compression_methods
  // SSL 3 clients end here.
  const extensions = reader.left === 0 ? NO_EXTENSIONS : readExtensions(reader.vector(2));
  reader.end();
  return {
    format: 'tls',
    legacyVersion,
    ...extensions,
    versions: extensions.versions.length > 0 ? extensions.versions : [legacyVersion],
    cipherSuites: cipherSuites.filter((suite) => !isGrease(suite)),
  };
}

/**
 * Reads a hello in the format of SSL 2, without its two length bytes and its type byte (RFC 5246 §E.2).
 * @throws MalformedMessage
 */
export function readSsl2Message(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint16();
  const [suites, sessionId, challenge] = [reader.uint16(), reader.uint16(), reader.uint16()];
  if (suites === 0 || suites % 3 !== 0)
    throw new MalformedMessage(`${String(suites)} bytes of cipher suites`);
  const cipherSuites: number[] = [];
  for (let count = 0; count < suites; count += 3) {
    const kind = reader.uint8();
    const suite = reader.uint16();
    if (kind === 0) cipherSuites.push(suite); // others are SSL 2's own
  }
  reader.bytes(sessionId);
  reader.bytes(challenge);
  reader.end();
  return { format: 'ssl2', legacyVersion, ...NO_EXTENSIONS, versions: [legacyVersion], cipherSuites };
}
