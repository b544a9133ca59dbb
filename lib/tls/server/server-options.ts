import type net from 'node:net';

import {
  alpnConflict,
  type ALPNCallback,
  checkedChallenges,
  refusePins,
  type SNICallback,
  type TlsChallenges,
} from '../socket/server-options.js';
import type { ALPNProtocolsOption } from '../socket/alpn.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { invalidType, numberWithin } from '../../base/errors/argument-error.js';
import { HANDSHAKE_TIMEOUT_MS } from '../socket/socket-options.js';
import type { SecureContextOptions } from '../secure-context/secure-context.js';

/** Options of createServer(): those of tls.createServer(), of net.createServer() and of createSecureContext(). */
export interface ServerOptions extends SecureContextOptions, Omit<net.ServerOpts, 'signal'> {
  /** Ask clients for a certificate. Default false. */
  readonly requestCert?: boolean | null | undefined;
  /** With `requestCert`, refuse clients without a certificate that can be verified. Default true. */
  readonly rejectUnauthorized?: boolean | null | undefined;
  /** Names in order of preference. Clients that offer only other protocols are refused. */
  readonly ALPNProtocols?: ALPNProtocolsOption | null | undefined;
  readonly ALPNCallback?: ALPNCallback | null | undefined;
  /** Default: the contexts of addContext(). */
  readonly SNICallback?: SNICallback | null | undefined;
  /**
   * Answers ACME's TLS-ALPN-01 challenges beside the other connections (RFC 8737), such as `tlsAlpn()` of
   * `schannel/acme`. Their connections end after the handshake: 'secureConnection' isn't emitted, and no callback
   * is asked. Default none.
   */
  readonly challenges?: TlsChallenges | null | undefined;
  /** Milliseconds from a connection to 'secureConnection'. Default 120,000. */
  readonly handshakeTimeout?: number | null | undefined;
  /** How many handshakes may run at the same time; others wait. Default 1,000. */
  readonly maxHandshakes?: number | null | undefined;
  /** Connections begin paused; handshakes still run. Default false. */
  readonly pauseOnConnect?: boolean | undefined;
}

/** How a server accepts connections. */
export interface AcceptSettings {
  readonly handshakeTimeout: number;
  readonly maxHandshakes: number;
  readonly selectContext: SNICallback | null;
}

const HANDSHAKES = 1000;

/** @throws TypeError, RangeError with Node's codes */
export function parseAcceptSettings(options: ServerOptions): AcceptSettings {
  const { ALPNCallback, ALPNProtocols, SNICallback, handshakeTimeout, maxHandshakes } = options;
  if (ALPNCallback && ALPNProtocols) throw alpnConflict();
  refusePins(options);
  if (SNICallback && typeof SNICallback !== 'function')
    throw invalidType('options.SNICallback', 'of type function', SNICallback);
  checkedChallenges(options.challenges);
  return {
    handshakeTimeout: numberWithin(
      'options.handshakeTimeout',
      handshakeTimeout === 0 ? HANDSHAKE_TIMEOUT_MS : (handshakeTimeout ?? HANDSHAKE_TIMEOUT_MS),
      0,
      LONGEST_TIMER_MS,
    ),
    maxHandshakes: numberWithin('options.maxHandshakes', maxHandshakes ?? HANDSHAKES, 1, 0x7fffffff),
    selectContext: SNICallback ?? null,
  };
}

/** The first argument of a server, which may be its listener. @throws TypeError ERR_INVALID_ARG_TYPE */
export function givenOptions(options: unknown): object {
  if (options === undefined || options === null || typeof options === 'function') return {};
  if (typeof options === 'object') return options;
  throw invalidType('options', 'of type object', options);
}
