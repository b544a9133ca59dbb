import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { SecureContext } from '../secure-context/secure-context.js';

/**
 * Deprecated in node:tls (DEP0064), and gone from Node 24.
 * @throws TypeError ERR_TLS_INVALID_CONTEXT; SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED always
 */
export function createSecurePair(context: SecureContext): never {
  if (!((context as unknown) instanceof SecureContext))
    throw argumentError('ERR_TLS_INVALID_CONTEXT', 'context must be a SecureContext');
  throw new SchannelError('ERR_SCHANNEL_OPTION_UNSUPPORTED', 'createSecurePair() is not offered', {
    advice: 'Use new TLSSocket(duplex, options): it takes any Duplex, as node:tls advises (DEP0064).',
  });
}
