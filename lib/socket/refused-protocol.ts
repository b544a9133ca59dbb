import { SchannelError } from '../errors/schannel-error.js';
import type { NativeConnection, Role } from '../native/binding.js';
import { protocolsIn } from '../secure-context/protocols.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { protocolOf } from './connection-facts.js';
import type { Refusal } from './connection-side.js';

const PROTOCOL_VERSION = 70;

/** Windows may negotiate a version that was not allowed, where it does not take limits: Wine takes none from SCH_CREDENTIALS. */
export function refusedProtocol(facts: NativeConnection, context: SecureContext, role: Role): Refusal | null {
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
  return { error, alert: PROTOCOL_VERSION };
}
