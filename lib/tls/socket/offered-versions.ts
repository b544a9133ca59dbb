import type { ClientHello } from '../../formats/client-hello/client-hello.js';
import { Alert, alertDetails } from '../../base/errors/alerts.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { protocolOfWire, PROTOCOLS, protocolsIn, type ProtocolRange } from '../secure-context/protocols.js';
import type { Refusal } from './connection-side.js';

/**
 * Refuses a client that offers no version of the range (RFC 8446 §4.2.1). Windows would too, where it takes the range;
 * Wine would go through the whole handshake with a version that is then refused.
 */
export function refusedVersions(
  { versions, legacyVersion }: ClientHello,
  range: ProtocolRange,
): Refusal | null {
  const offered = [...new Set(versions)].map(protocolOfWire).filter((version) => version !== null);
  const allowed = protocolsIn(range);
  if (offered.some((version) => allowed.includes(version))) return null;
  const newest = protocolOfWire(legacyVersion);
  // Without supported_versions, all below are offered as well.
  const isWithoutList = versions.length === 1 && versions[0] === legacyVersion;
  if (isWithoutList && newest !== null && PROTOCOLS.indexOf(newest) > PROTOCOLS.indexOf(range.max))
    return null;
  const error = new SchannelError(
    'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM',
    `the client offers ${offered.join(', ') || 'no version that is known'}, which minVersion and maxVersion do not allow`,
    {
      phase: 'handshake',
      alert: alertDetails(Alert.ProtocolVersion, 'sent'),
      advice: 'Widen minVersion and maxVersion, or enable a newer TLS version on the client.',
    },
  );
  return { error, alert: Alert.ProtocolVersion };
}
