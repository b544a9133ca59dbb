import type { OnReadOpts } from 'node:net';

import type { CheckServerIdentity } from '../../windows/trust/identity.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { argumentError, numberWithin } from '../../base/errors/argument-error.js';
import { makeSecureContext } from '../secure-context/factory.js';
import { SecureContext, type SecureContextOptions } from '../secure-context/secure-context.js';
import { refuseUnsupportedOptions } from '../secure-context/unsupported-options.js';
import type { ALPNProtocolsOption } from './alpn.js';
import type { ServerSideOptions } from './server-options.js';

/** Options of a TLSSocket; the names are those of node:tls. */
export interface TLSSocketOptions extends SecureContextOptions, ServerSideOptions {
  /** Settings made beforehand; the options of createSecureContext() are not looked at then. */
  readonly secureContext?: SecureContext | null | undefined;
  /** Name for SNI, and to verify the certificate against. '' sends none. An IP address is never sent. */
  readonly servername?: string | null | undefined;
  /**
   * false: accept the peer with any certificate; `authorized` has the result. Default true, for a bare TLSSocket
   * false. What is no boolean counts as true for connect() and a server, as in node:tls, and for a bare TLSSocket
   * when it is truthy.
   */
  readonly rejectUnauthorized?: boolean | null | undefined;
  readonly checkServerIdentity?: CheckServerIdentity | null | undefined;
  /**
   * As a client, refuse a server unless one of these public keys is in the chain that was verified: its own, or that of
   * an authority above it. 'sha256/' and the SHA-256 of the SubjectPublicKeyInfo in Base64, also as curl has it. With
   * `rejectUnauthorized: false` it has to be the server's own. Default: any key.
   */
  readonly pins?: string | readonly string[] | null | undefined;
  /** Names in order of preference, or all of them in wire format. */
  readonly ALPNProtocols?: ALPNProtocolsOption | null | undefined;
  /** Milliseconds from the transport's connection to 'secureConnect'. Default 120,000; 0 = no limit. */
  readonly handshakeTimeout?: number | null | undefined;
  /**
   * true: an end of the transport without close_notify is the error ERR_SCHANNEL_PEER_TRUNCATED. Default false: see
   * `truncated`.
   */
  readonly requireCloseNotify?: boolean | null | undefined;
  /**
   * As a client, ask the server to staple an OCSP response: 'OCSPResponse' has it (DER, RFC 6960), or null. Default
   * false; `revocation` asks for one, and uses it.
   */
  readonly requestOCSP?: boolean | null | undefined;
  /**
   * As a client, refuse a server whose Diffie-Hellman parameters have fewer bits. Default 1024; Windows may want
   * more.
   */
  readonly minDHSize?: number | null | undefined;
  readonly allowHalfOpen?: boolean | null | undefined;
  readonly highWaterMark?: number | null | undefined;
  readonly onread?: OnReadOpts | null | undefined;
  /** Begin paused; the handshake is made anyway. Default false. */
  readonly pauseOnConnect?: boolean | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** What both sides go by, after parsing: nothing optional, nothing to check again. */
export interface SocketSettings {
  readonly handshakeTimeout: number;
  readonly requireCloseNotify: boolean;
  readonly onread: OnReadOpts | null;
}

/** Milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 120_000;

/** @throws TypeError, RangeError */
export function parseSocketOptions(options: TLSSocketOptions): SocketSettings {
  return {
    handshakeTimeout: numberWithin(
      'options.handshakeTimeout',
      options.handshakeTimeout ?? HANDSHAKE_TIMEOUT_MS,
      0,
      LONGEST_TIMER_MS,
    ),
    requireCloseNotify: options.requireCloseNotify === true,
    onread: options.onread ?? null,
  };
}

/**
 * The context that was given, or one made of the options. Options that Schannel can't honour are refused in either
 * case.
 * @throws as createSecureContext()
 */
export function contextOf(options: TLSSocketOptions): SecureContext {
  const { secureContext } = options;
  if (secureContext == null) return makeSecureContext(options);
  refuseUnsupportedOptions(options);
  if (secureContext instanceof SecureContext) return secureContext;
  throw argumentError('ERR_TLS_INVALID_CONTEXT', 'secureContext must be a SecureContext of this library');
}

/** Node's rule for a TLSSocket's `requestCert` and `rejectUnauthorized` that are no booleans, though they should be. */
export const isTruthy = (option: unknown): boolean => Boolean(option);
