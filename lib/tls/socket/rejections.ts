import { Alert } from '../../base/errors/alerts.js';
import { printableList } from '../../base/text/printable.js';
import { rejection, type Rejection } from '../../base/errors/rejection.js';
import type { ClientHello } from '../../formats/client-hello/client-hello.js';
import type { NativeSessionInfo, Role } from '../../native/binding.js';
import { allowsCipher } from '../secure-context/ciphers.js';
import { PROTOCOLS, protocolOfWire, protocolsIn, type ProtocolRange } from '../secure-context/protocols.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { cipherOf, ephemeralKeyOf, protocolOf } from './session-info.js';

/**
 * Rejects a client that offers no version of the range (RFC 8446 §4.2.1). Windows would too, where it takes the range;
 * Wine would go through the whole handshake with a version that is then rejected.
 */
export function checkVersions(
  { versions, legacyVersion }: ClientHello,
  range: ProtocolRange,
): Rejection | null {
  const offered = [...new Set(versions)].map(protocolOfWire).filter((version) => version !== null);
  const allowed = protocolsIn(range);
  if (offered.some((version) => allowed.includes(version))) return null;
  const newest = protocolOfWire(legacyVersion);
  // Without supported_versions, all below are offered as well.
  const isWithoutList = versions.length === 1 && versions[0] === legacyVersion;
  if (isWithoutList && newest !== null && PROTOCOLS.indexOf(newest) > PROTOCOLS.indexOf(range.max))
    return null;
  return rejection(
    'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
    Alert.ProtocolVersion,
    `the client offers ${offered.join(', ') || 'no version that is known'}, which minVersion and maxVersion do not allow`,
    'handshake',
    'Widen minVersion and maxVersion, or enable a newer TLS version on the client.',
  );
}

/** Checks the version and the cipher suite that were negotiated. */
export function checkOutcome(info: NativeSessionInfo, context: SecureContext, role: Role): Rejection | null {
  return checkProtocol(info, context, role) ?? checkCipher(info, context);
}

/** A server may choose one of the application protocols that were offered, or none (RFC 7301 §3.2). */
export function checkApplication(
  { alpnProtocol }: NativeSessionInfo,
  offered: readonly Uint8Array[],
): Rejection | null {
  if (!alpnProtocol || offered.some((name) => Buffer.compare(name, alpnProtocol) === 0)) return null;
  const name = printableList([Buffer.from(alpnProtocol).toString('latin1')]);
  return rejection(
    'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE',
    Alert.IllegalParameter,
    `the server chose the application protocol ${name}, which was not offered`,
    'handshake',
    'The server is broken or hostile: update it.',
  );
}

/** Windows' own least size of Diffie-Hellman parameters, in bits ("TLS registry settings", ClientMinKeyBitLength). */
const LEAST_DH_SIZE = 1024;

/** A client may require larger Diffie-Hellman parameters than Windows does. */
export function checkParameters(info: NativeSessionInfo, minDHSize: number): Rejection | null {
  // Wine does not report the size.
  const { type, size = LEAST_DH_SIZE } = ephemeralKeyOf(info);
  if (type !== 'DH' || size >= minDHSize) return null;
  return rejection(
    'ERR_TLS_DH_PARAM_SIZE',
    Alert.InsufficientSecurity,
    `DH parameter size ${String(size)} is less than ${String(minDHSize)}`,
    'handshake',
    'Have the server offer larger ones, or ECDHE; or lower minDHSize.',
  );
}

/**
 * Windows may negotiate a version that was not allowed, where it does not take limits: Wine takes none from
 * SCH_CREDENTIALS.
 */
function checkProtocol(info: NativeSessionInfo, context: SecureContext, role: Role): Rejection | null {
  const protocol = protocolOf(info);
  if (!protocol || protocolsIn(context.protocols).includes(protocol)) return null;
  const [did, peer] = role === 'client' ? ['server chose', 'server'] : ['client came with', 'client'];
  return rejection(
    'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
    Alert.ProtocolVersion,
    `the ${did} ${protocol}, which minVersion and maxVersion do not allow`,
    'handshake',
    `Widen minVersion and maxVersion, or enable a newer TLS version on the ${peer}.`,
  );
}

/** Windows takes no list of suites for a connection, so its choice is checked. */
function checkCipher(info: NativeSessionInfo, { ciphers }: SecureContext): Rejection | null {
  if (ciphers === null) return null;
  const name = cipherOf(info)?.name ?? 'an unknown suite';
  if (allowsCipher(ciphers, name)) return null;
  return rejection(
    'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
    Alert.HandshakeFailure,
    `Windows and the peer agreed on ${name}, which the option ciphers does not list`,
    'handshake',
    'Add it to ciphers, or change the order of suites on this machine (Disable-TlsCipherSuite).',
  );
}
