import { ByteReader, MalformedMessage } from '../tls-wire/byte-reader.js';
import { Extension } from '../tls-wire/extension-types.js';
import { TLS_VERSIONS, versionName } from '../tls-wire/versions.js';

/** What a server chose: its ServerHello, or a HelloRetryRequest, which has the same form (RFC 8446 §4.1.3). */
export interface ServerHello {
  /** That of supported_versions if it is there. */
  readonly version: number;
  readonly suite: number;
  readonly compression: number;
  /** The server asks for another hello, with a share of {@link group}. */
  readonly isRetry: boolean;
  /** Of key_share; null without one, as in TLS 1.2 and below. */
  readonly group: number | null;
  /** The server's share; null in a retry, and without key_share. */
  readonly share: Uint8Array | null;
  /** As latin1 text; null if none was chosen. */
  readonly alpn: string | null;
  /** Numbers of all extensions. */
  readonly extensions: readonly number[];
}

/** SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3). */
const RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** Reads the body of the message. @throws MalformedMessage */
export function readServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint16();
  const isRetry = Buffer.from(reader.bytes(32)).toString('hex') === RETRY;
  reader.vector(1); // session id
  const suite = reader.uint16();
  const compression = reader.uint8();
  const extensions = reader.left === 0 ? new Map<number, Uint8Array>() : readExtensionList(reader.vector(2));
  reader.end();
  const versions = extensions.get(Extension.SupportedVersions);
  const shares = extensions.get(Extension.KeyShare);
  return {
    version: versionOf(legacyVersion, versions),
    suite,
    compression,
    isRetry,
    ...keyShareOf(shares, isRetry),
    alpn: chosenProtocol(extensions.get(Extension.Alpn)),
    extensions: [...extensions.keys()],
  };
}

/** TLS 1.3 and later are only in supported_versions, and earlier versions never are (RFC 8446 §4.2.1). */
function versionOf(legacyVersion: number, extension: Uint8Array | undefined): number {
  const version = extension === undefined ? legacyVersion : new ByteReader(extension).uint16();
  const isNew = version > TLS_VERSIONS['TLSv1.2'];
  const isPlausible = extension === undefined ? !isNew : isNew && legacyVersion === TLS_VERSIONS['TLSv1.2'];
  if (!isPlausible) throw new MalformedMessage(`version ${versionName(version)} in the wrong place`);
  return version;
}

/** Each extension once; of two, the later. @throws MalformedMessage */
export function readExtensionList(list: ByteReader): Map<number, Uint8Array> {
  const extensions = new Map<number, Uint8Array>();
  while (list.left > 0) extensions.set(list.uint16(), list.vector(2).rest());
  return extensions;
}

/** The one protocol in the server's ALPN extension; null without it. @throws MalformedMessage */
export function chosenProtocol(content: Uint8Array | undefined): string | null {
  if (content === undefined) return null;
  return Buffer.from(new ByteReader(content).vector(2, 2).vector(1, 1).rest()).toString('latin1');
}

function keyShareOf(
  content: Uint8Array | undefined,
  isRetry: boolean,
): { readonly group: number | null; readonly share: Uint8Array | null } {
  if (content === undefined) return { group: null, share: null };
  const reader = new ByteReader(content);
  return { group: reader.uint16(), share: isRetry ? null : reader.vector(2, 1).rest() };
}
