import { authority, parseCaList, type Authority, type CaSource } from '../../windows/trust/ca-list.js';
import { parseRevocationLists, type RevocationList } from '../../formats/x509/revocation-list.js';
import { REVOCATION_MODES, type RevocationMode } from '../../windows/trust/revocation.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { argumentError, invalidType, numberWithin } from '../../base/errors/argument-error.js';
import type { Identity } from '../identity/identity.js';
import { parseIdentity, type CertificateOptions } from './certificate-option.js';
import { parseCiphers, type CipherList } from './ciphers.js';
import { defaultAuthorities, extraAuthorities } from './default-authorities.js';
import { tlsDefaults } from './defaults.js';
import { protocolRange, type ProtocolOptions, type ProtocolRange } from './protocols.js';
import { rangeWithout } from './secure-options.js';
import { refuseUnsupportedOptions } from './unsupported-options.js';

/** What a SecureContext is made of; the names are those of tls.createSecureContext(). */
export interface SecureContextOptions extends ProtocolOptions, CertificateOptions {
  /**
   * CA certificates, PEM, DER or P7B, that alone are trusted. Default: what Windows trusts. The authorities in `pfx` are
   * trusted beside either, as in node:tls. A file without any certificate is an error.
   */
  readonly ca?: CaSource | readonly CaSource[] | null | undefined;
  /** Accept a certificate of `ca` as the end of a chain although it is not self-signed. Default false. */
  readonly allowPartialTrustChain?: boolean | null | undefined;
  /**
   * Names of the suites that a connection may have, OpenSSL's (`ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA`): Windows chooses by
   * its own order and policy, and what comes out with another one is refused. Default tls.DEFAULT_CIPHERS, which leaves
   * them to Windows.
   */
  readonly ciphers?: string | null | undefined;
  /**
   * crypto.constants.SSL_OP_NO_TLSv1 and its like take a version away, and what Windows does anyway may be asked for
   * (SSL_OP_LEGACY_SERVER_CONNECT, SSL_OP_ALL, …). Default 0.
   */
  readonly secureOptions?: number | null | undefined;
  /**
   * Revocation lists, PEM or DER, of the issuers of every certificate in the peer's chain but the last: who is on one is
   * refused, and so is whose issuer has none that is valid. Default none; `revocation` has Windows fetch them.
   */
  readonly crl?: CaSource | readonly CaSource[] | null | undefined;
  /** Whether revoked certificates are looked for by Windows. Default 'off', as in node:tls. */
  readonly revocation?: RevocationMode | null | undefined;
  /**
   * Milliseconds for all that one verification looks up about revocation, and as many for each issuer that it fetches.
   * Default 15,000; 0 leaves the limits to Windows.
   */
  readonly revocationTimeout?: number | null | undefined;
  /**
   * Whether issuers that a server did not send are fetched from the addresses in its certificates (Authority Information
   * Access, RFC 5280 §4.2.2.1). Default true, as Windows does; `false` for a program that connects to addresses of
   * strangers. Servers never fetch those of their clients.
   */
  readonly fetchIssuers?: boolean | null | undefined;
  /** Seconds a session may be resumed. Default: Windows' ten hours. */
  readonly sessionTimeout?: number | null | undefined;
}

const REVOCATION_TIMEOUT_MS = 15_000;

/**
 * The settings of TLS that many connections share: versions, trust, revocation, who one is. Immutable, and without a
 * handle of its own: connections with equal settings share the native ones, whatever context they were made with.
 */
export class SecureContext {
  readonly protocols: ProtocolRange;
  /** Suites that a connection may have; null leaves them to Windows. */
  readonly ciphers: CipherList;
  /** The only trusted certificates; null trusts what Windows trusts. */
  readonly authorities: readonly Authority[] | null;
  /**
   * What is trusted beside these: the certificates of `pfx`, and those of NODE_EXTRA_CA_CERTS where neither `ca` nor
   * setDefaultCACertificates() says what is trusted. Empty where `ca` is given.
   */
  readonly additionalAuthorities: readonly Authority[];
  /** Who a client is; the keys of files are in Windows only while a connection has use for them. */
  readonly identity: Identity;
  readonly partialChain: boolean;
  readonly revocation: RevocationMode;
  /** Those of `crl`. */
  readonly revocationLists: readonly RevocationList[];
  /** Milliseconds; 0 is Windows' own limit. */
  readonly revocationTimeout: number;
  /** Issuers that a server did not send are looked for on the network. */
  readonly fetchIssuers: boolean;
  /** Milliseconds; 0 is Windows' own. */
  readonly sessionLifespan: number;
  /** node:tls has OpenSSL's handle here; programs only ask whether it is there. */
  readonly context: object = Object.freeze({});

  constructor(options: SecureContextOptions = {}) {
    refuseUnsupportedOptions(options);
    this.protocols = Object.freeze(rangeWithout(protocolRange(options), options.secureOptions));
    this.ciphers = parseCiphers(options.ciphers ?? tlsDefaults().ciphers);
    // What is false asks for nothing, as in node:tls: an empty text, too.
    const trusted = options.ca ? parseCaList(options.ca) : null;
    const known = trusted?.map(({ der }) => der) ?? [];
    const { identity, authorities } = parseIdentity(options, known);
    this.identity = Object.freeze(identity);
    const ofPfx = authorities.map(authority);
    this.authorities = trusted ? Object.freeze([...trusted, ...ofPfx]) : defaultAuthorities();
    const extra = this.authorities === null ? extraAuthorities() : [];
    this.additionalAuthorities = Object.freeze(trusted ? [] : [...ofPfx, ...extra]);
    this.partialChain = options.allowPartialTrustChain === true;
    this.revocation = revocationMode(options.revocation);
    this.revocationLists = Object.freeze(options.crl ? parseRevocationLists(options.crl) : []);
    this.revocationTimeout = numberWithin(
      'options.revocationTimeout',
      options.revocationTimeout ?? REVOCATION_TIMEOUT_MS,
      0,
      LONGEST_TIMER_MS,
    );
    this.fetchIssuers = flag('options.fetchIssuers', options.fetchIssuers ?? true);
    this.sessionLifespan =
      1000 * numberWithin('options.sessionTimeout', options.sessionTimeout ?? 0, 0, LONGEST_TIMER_MS);
    Object.freeze(this);
  }
}

/**
 * As tls.createSecureContext().
 * @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for an option that Schannel cannot honour
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for a `ca` that cannot be read
 * @throws SchannelError ERR_SCHANNEL_IMPORT_… for a `cert`, `key` or `pfx` that cannot be read, ERR_SCHANNEL_KEY_MISMATCH
 *   for a key of another certificate, ERR_SCHANNEL_KEY_MISSING for a `certificate` or `pfx` without a key
 * @throws TypeError, RangeError with Node's codes for wrong values
 */
export function createSecureContext(options: SecureContextOptions = {}): SecureContext {
  return new SecureContext(options);
}

function revocationMode(mode: unknown): RevocationMode {
  if (mode === undefined || mode === null) return 'off';
  const known = REVOCATION_MODES.find((name) => name === mode);
  if (known) return known;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'options.revocation' must be one of: ${REVOCATION_MODES.join(', ')}. Received ${JSON.stringify(mode)}`,
  );
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidType(name, 'of type boolean', value);
}
