import { EventEmitter } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import { deprecate } from 'node:util';

import { argumentError } from '../../base/errors/argument-error.js';
import { SecureContext } from '../secure-context/secure-context.js';
import type { TLSSocketOptions } from './socket-options.js';
import { TLSSocket } from './tls-socket.js';

/**
 * One side of a TLS connection without a transport. What is written to `encrypted` is the peer's, and what is read from
 * it is for the peer. Emits 'secure' when its handshake is complete.
 */
export class SecurePair extends EventEmitter {
  /** Null if the options say what a context would. */
  readonly credentials: SecureContext | null;
  readonly cleartext: TLSSocket;
  readonly encrypted: Duplex;

  constructor(context: SecureContext | null, options: TLSSocketOptions) {
    super();
    const [inside, outside] = duplexPair();
    this.credentials = context;
    this.encrypted = outside;
    this.cleartext = new TLSSocket(inside, options);
    this.cleartext.once('secure', () => this.emit('secure'));
  }

  destroy(): void {
    this.cleartext.destroy();
    this.encrypted.destroy();
  }
}

/**
 * As in node:tls until Node 24, which no longer has it: `new TLSSocket(duplex, options)` does more. A client begins its
 * handshake with the first write.
 *
 * @param context null: what `options` say
 * @param rejectUnauthorized a peer that cannot be verified ends the connection
 * @throws TypeError ERR_TLS_INVALID_CONTEXT; otherwise as TLSSocket
 */
export const createSecurePair = deprecate(
  (
    context: SecureContext | null = new SecureContext(),
    isServer = false,
    requestCert = !isServer,
    rejectUnauthorized = false,
    options: TLSSocketOptions = {},
  ): SecurePair => {
    if (context !== null && !((context as unknown) instanceof SecureContext))
      throw argumentError('ERR_TLS_INVALID_CONTEXT', 'context must be a SecureContext');
    return new SecurePair(context, {
      secureContext: context,
      isServer,
      requestCert,
      rejectUnauthorized,
      ...options,
    });
  },
  'tls.createSecurePair() is deprecated. Please use tls.TLSSocket instead.',
  'DEP0064',
);
