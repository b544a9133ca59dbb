import { Alert, alertDetails } from '../../base/errors/alerts.js';
import { printableList } from '../../base/text/printable.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeSessionInfo, Role } from '../../native/binding.js';
import { allowsCipher } from '../secure-context/ciphers.js';
import { protocolsIn } from '../secure-context/protocols.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { cipherOf, ephemeralKeyOf, protocolOf } from './session-info.js';
import type { Refusal } from './connection-side.js';

/** What speaks against the connection as it was negotiated. */
export function refusedOutcome(facts: NativeSessionInfo, context: SecureContext, role: Role): Refusal | null {
  return refusedProtocol(facts, context, role) ?? refusedCipher(facts, context);
}

/** A server may choose one of the application protocols that were offered, or none (RFC 7301 §3.2). */
export function refusedApplication(
  { alpnProtocol }: NativeSessionInfo,
  offered: readonly Uint8Array[],
): Refusal | null {
  if (!alpnProtocol || offered.some((name) => Buffer.compare(name, alpnProtocol) === 0)) return null;
  const name = printableList([Buffer.from(alpnProtocol).toString('latin1')]);
  const error = new SchannelError(
    'ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE',
    `the server chose the application protocol ${name}, which was not offered`,
    {
      phase: 'handshake',
      alert: alertDetails(Alert.IllegalParameter, 'sent'),
      advice: 'The server is broken or hostile: update it.',
    },
  );
  return { error, alert: Alert.IllegalParameter };
}

/** Windows' own least size of Diffie-Hellman parameters, in bits ("TLS registry settings", ClientMinKeyBitLength). */
const LEAST_DH_SIZE = 1024;

/** A client may want larger Diffie-Hellman parameters than Windows does. */
export function refusedParameters(facts: NativeSessionInfo, minDHSize: number): Refusal | null {
  // Wine does not tell the size.
  const { type, size = LEAST_DH_SIZE } = ephemeralKeyOf(facts);
  if (type !== 'DH' || size >= minDHSize) return null;
  const error = new SchannelError(
    'ERR_TLS_DH_PARAM_SIZE',
    `DH parameter size ${String(size)} is less than ${String(minDHSize)}`,
    {
      phase: 'handshake',
      alert: alertDetails(Alert.InsufficientSecurity, 'sent'),
      advice: 'Have the server offer larger ones, or ECDHE; or lower minDHSize.',
    },
  );
  return { error, alert: Alert.InsufficientSecurity };
}

/** Windows may negotiate a version that was not allowed, where it does not take limits: Wine takes none from SCH_CREDENTIALS. */
function refusedProtocol(facts: NativeSessionInfo, context: SecureContext, role: Role): Refusal | null {
  const protocol = protocolOf(facts);
  if (!protocol || protocolsIn(context.protocols).includes(protocol)) return null;
  const [did, peer] = role === 'client' ? ['server chose', 'server'] : ['client came with', 'client'];
  const error = new SchannelError(
    'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
    `the ${did} ${protocol}, which minVersion and maxVersion do not allow`,
    {
      phase: 'handshake',
      advice: `Widen minVersion and maxVersion, or enable a newer TLS version on the ${peer}.`,
    },
  );
  return { error, alert: Alert.ProtocolVersion };
}

/** Windows takes no list of suites for a connection, so that what it chose is looked at. */
function refusedCipher(facts: NativeSessionInfo, { ciphers }: SecureContext): Refusal | null {
  if (ciphers === null) return null;
  const name = cipherOf(facts)?.name ?? 'an unknown suite';
  if (allowsCipher(ciphers, name)) return null;
  const error = new SchannelError(
    'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
    `Windows and the peer agreed on ${name}, which the option ciphers does not list`,
    {
      phase: 'handshake',
      advice: 'Add it to ciphers, or change the order of suites on this machine (Disable-TlsCipherSuite).',
    },
  );
  return { error, alert: Alert.HandshakeFailure };
}
