import type { Server } from 'node:net';

import { SchannelError } from '../../base/errors/schannel-error.js';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import type { StoredIdentity } from '../identity/choice.js';
import type { ParsedSearch } from '../identity/search.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { parseAlpnProtocols } from './alpn.js';
import { contextOf, isTruthy, type TLSSocketOptions } from './socket-options.js';

/** Hands the settings for a name over, at once or later; none: those of the server. */
export type SNIDone = (error: Error | null, context?: SecureContext | null) => void;

/** Which settings a client gets that asks for this name; called with the TLSSocket as `this`. */
export type SNICallback = (servername: string, done: SNIDone) => void;

/**
 * Chooses among the protocols that a client offers; undefined refuses the client. Called with the TLSSocket as
 * `this`.
 */
export type ALPNCallback = (offer: {
  /** '' when the client named none. */
  readonly servername: string;
  readonly protocols: string[];
}) => string | undefined;

/**
 * Answers TLS-ALPN-01 challenges (RFC 8737): an ACME server connects with nothing but the protocol 'acme-tls/1', and
 * expects a certificate that was made for the challenge.
 */
export interface TlsChallenges {
  /**
   * The certificate for an open challenge; null if there is none. Then the client is treated as any other.
   * @param servername as the client sent it, in lower case. For an address, it is the name of its reverse record
   *   ('1.2.0.192.in-addr.arpa', RFC 8738 §6)
   */
  contextFor(servername: string): SecureContext | null | Promise<SecureContext | null>;
}

/** Has the present certificate of a context that looks for one. */
export type Follow = (context: SecureContext, search: ParsedSearch) => Promise<StoredIdentity>;

/** What only a server has. */
export interface ServerSideOptions {
  readonly isServer?: boolean | null | undefined;
  /** The server that took the connection in; it hears of what happens before the connection is secure. */
  readonly server?: Server | null | undefined;
  /** Ask the client for a certificate. Default false; whatever is truthy asks. */
  readonly requestCert?: boolean | null | undefined;
  readonly SNICallback?: SNICallback | null | undefined;
  readonly ALPNCallback?: ALPNCallback | null | undefined;
  /** @internal See the option of createServer(). */
  readonly challenges?: TlsChallenges | null | undefined;
  /** @internal When the handshake may begin; its time runs anyway. Default: at once. */
  readonly turn?: Promise<void> | null | undefined;
  /** @internal Default: looks in the store for each connection. */
  readonly follow?: Follow | null | undefined;
}

/** What a server wants of its client. */
export interface ServerSettings {
  /** For every name that {@link selectContext} knows nothing of. */
  readonly context: SecureContext;
  readonly selectContext: SNICallback | null;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  /** As latin1 text, which is how a hello's are read; none: whatever the client offers is ignored. */
  readonly alpnProtocols: readonly string[];
  readonly selectProtocol: ALPNCallback | null;
  readonly challenges: TlsChallenges | null;
  readonly turn: Promise<void> | null;
  readonly follow: Follow | null;
}

/**
 * @throws TypeError, RangeError, SchannelError as createSecureContext(); TypeError
 * ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS
 */
export function parseServerOptions(options: TLSSocketOptions): ServerSettings {
  const { SNICallback, ALPNCallback, ALPNProtocols } = options;
  if (SNICallback && typeof SNICallback !== 'function')
    throw invalidType('options.SNICallback', 'of type function', SNICallback);
  if (ALPNCallback && typeof ALPNCallback !== 'function')
    throw invalidType('options.ALPNCallback', 'of type function', ALPNCallback);
  if (ALPNCallback && ALPNProtocols) throw alpnConflict();
  refusePins(options);
  return {
    context: contextOf(options),
    selectContext: SNICallback ?? null,
    requestCert: isTruthy(options.requestCert),
    rejectUnauthorized: isTruthy(options.rejectUnauthorized),
    alpnProtocols: parseAlpnProtocols(ALPNProtocols).map((name) => Buffer.from(name).toString('latin1')),
    selectProtocol: ALPNCallback ?? null,
    challenges: checkedChallenges(options.challenges),
    turn: options.turn ?? null,
    follow: options.follow ?? null,
  };
}

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkedChallenges(challenges: TlsChallenges | null | undefined): TlsChallenges | null {
  if (challenges == null) return null;
  if (typeof challenges === 'object' && typeof challenges.contextFor === 'function') return challenges;
  throw invalidType('options.challenges', 'an object with a method contextFor', challenges);
}

/** @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED: a server must not seem to check what it does not */
export function refusePins(options: object): void {
  if (!('pins' in options) || options.pins === undefined || options.pins === null) return;
  throw new SchannelError('ERR_SCHANNEL_OPTION_UNSUPPORTED', 'The option "pins" is for clients', {
    advice: 'In a server, compare getPeerX509Certificate().publicKey with the keys of its clients.',
  });
}

export const alpnConflict = (): Error =>
  argumentError(
    'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS',
    'The ALPNCallback and ALPNProtocols TLS options are mutually exclusive',
  );
