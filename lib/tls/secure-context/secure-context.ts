import { authority, parseCaList, type Authority, type CaSource } from '../../windows/trust/ca-list.js';
import { parseRevocationLists, type RevocationList } from '../../formats/x509/revocation-list.js';
import { parseRequirements, type Requirements } from '../../windows/trust/requirements.js';
import { REVOCATION_MODES, type RevocationMode } from '../../windows/trust/revocation.js';
import { LONGEST_TIMER_MS } from '../../base/async/clock.js';
import { argumentError, invalidType, numberWithin } from '../../base/errors/argument-error.js';
import { windowHandle, type WindowHandle } from '../../windows/key/dialog.js';
import type { Identity } from '../identity/identity.js';
import { parseIdentity, type CertificateOptions } from './certificate-option.js';
import { parseCiphers, type CipherList } from './ciphers.js';
import { defaultAuthorities, extraAuthorities } from './default-authorities.js';
import { tlsDefaults } from './defaults.js';
import { protocolRange, type ProtocolOptions, type ProtocolRange } from './protocols.js';
import { rangeWithout } from './secure-options.js';
import { refuseUnsupportedOptions } from './unsupported-options.js';

/** Options of a SecureContext. The names are those of tls.createSecureContext(). */
export interface SecureContextOptions extends ProtocolOptions, CertificateOptions {
  /**
   * The only trusted CA certificates, as PEM, DER or P7B. Default: what Windows trusts. As in node:tls, the authorities
   * in `pfx` are trusted in addition to either. A file without a certificate is an error.
   */
  readonly ca?: CaSource | readonly CaSource[] | null | undefined;
  /**
   * Certificates that are trusted in addition to those of `ca`, or to what Windows trusts. Windows still decides about
   * its own roots, those that it fetches when they are needed, and what it distrusts. Forms as of `ca`. Default none.
   */
  readonly extraCa?: CaSource | readonly CaSource[] | null | undefined;
  /**
   * Extended key usages that the peer's certificate has to name, by name ('smartcardLogon') or identifier: all of them,
   * beside that for TLS. Default none.
   */
  readonly requiredUsages?: string | readonly string[] | null | undefined;
  /** Certificate policies, identifiers, one of which the peer's chain has to be issued under. Default any. */
  readonly requiredPolicies?: string | readonly string[] | null | undefined;
  /** Accept a certificate of `ca` as the end of a chain even if it is not self-signed. Default false. */
  readonly allowPartialTrustChain?: boolean | null | undefined;
  /**
   * OpenSSL's names of the suites that a connection may use (`ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA`). Windows
   * chooses by its own order and policy, and a connection with another suite is refused. Default tls.DEFAULT_CIPHERS,
   * which leaves the choice to Windows.
   */
  readonly ciphers?: string | null | undefined;
  /**
   * crypto.constants.SSL_OP_NO_TLSv1 and similar bits each remove a version. Bits for what Windows does anyway are
   * accepted (SSL_OP_LEGACY_SERVER_CONNECT, SSL_OP_ALL, …). Default 0.
   */
  readonly secureOptions?: number | null | undefined;
  /**
   * Revocation lists (PEM or DER) of the issuers of every certificate in the peer's chain but the last. A peer is
   * refused if a certificate is on a list, or if its issuer has no valid list. Default none; with `revocation`,
   * Windows fetches lists.
   */
  readonly crl?: CaSource | readonly CaSource[] | null | undefined;
  /** Whether Windows checks for revocation. Default 'off', as in node:tls. */
  readonly revocation?: RevocationMode | null | undefined;
  /**
   * Milliseconds that one verification may spend on revocation, and the same again for each issuer that it fetches.
   * Default 15,000; 0 uses Windows' limits.
   */
  readonly revocationTimeout?: number | null | undefined;
  /**
   * Whether issuers that a server did not send are fetched from the addresses in its certificates (Authority
   * Information Access, RFC 5280 §4.2.2.1). Default true, as in Windows. Use `false` in a program that connects to
   * addresses that strangers choose. Servers never fetch the issuers of their clients.
   */
  readonly fetchIssuers?: boolean | null | undefined;
  /**
   * The window that owns the dialogs of a key, such as one for the PIN of a smart card: a handle (HWND), or its bytes,
   * which Electron's `getNativeWindowHandle()` returns. Default none: they may open behind other windows.
   */
  readonly windowHandle?: WindowHandle | null | undefined;
  /** Seconds a session may be resumed. Default: Windows' ten hours. */
  readonly sessionTimeout?: number | null | undefined;
}

const REVOCATION_TIMEOUT_MS = 15_000;

/** What there may be defaults for. */
const DEFAULTED = ['identity', 'revocation', 'revocationTimeout', 'fetchIssuers'] as const;
type Defaulted = (typeof DEFAULTED)[number];

/** Of each context: what of it the options say. */
const GIVEN = new WeakMap<SecureContext, ReadonlySet<Defaulted>>();

/**
 * The TLS settings that many connections share: versions, trust, revocation, and one's own certificate. It is immutable
 * and has no native handle: connections with equal settings share native handles, even if their contexts differ.
 */
export class SecureContext {
  readonly protocols: ProtocolRange;
  /** Suites that a connection may use; null leaves the choice to Windows. */
  readonly ciphers: CipherList;
  /** The only trusted certificates; null trusts what Windows trusts. */
  readonly authorities: readonly Authority[] | null;
  /**
   * What is trusted in addition: the certificates of `extraCa` and `pfx`, and those of NODE_EXTRA_CA_CERTS if neither
   * `ca` nor setDefaultCACertificates() says what is trusted. Empty if `ca` is given.
   */
  readonly additionalAuthorities: readonly Authority[];
  /** What is required of peers' certificates beyond what TLS does. */
  readonly requirements: Requirements;
  /** What is shown to peers. Keys from files are in Windows only while a connection uses them. */
  readonly identity: Identity;
  readonly partialChain: boolean;
  readonly revocation: RevocationMode;
  /** The lists of `crl`. */
  readonly revocationLists: readonly RevocationList[];
  /** Milliseconds; 0 is Windows' own limit. */
  readonly revocationTimeout: number;
  /** Issuers that a server did not send are fetched from the network. */
  readonly fetchIssuers: boolean;
  /** HWND of the window that owns dialogs; 0 = none. */
  readonly window: number;
  /** Milliseconds; 0 is Windows' own. */
  readonly sessionLifespan: number;
  /** node:tls has OpenSSL's handle here. Programs only check that it exists. */
  readonly context: object = Object.freeze({});

  constructor(options: SecureContextOptions = {}) {
    refuseUnsupportedOptions(options);
    this.protocols = Object.freeze(rangeWithout(protocolRange(options), options.secureOptions));
    this.ciphers = parseCiphers(options.ciphers ?? tlsDefaults().ciphers);
    // As in node:tls, a falsy option counts as not given, even an empty string.
    const trusted = options.ca ? parseCaList(options.ca) : null;
    const known = trusted?.map(({ der }) => der) ?? [];
    const { identity, authorities } = parseIdentity(options, known);
    this.identity = Object.freeze(identity);
    const given = options.extraCa == null ? [] : parseCaList(options.extraCa, 'extraCa');
    const added = [...given, ...authorities.map(authority)];
    this.authorities = trusted ? Object.freeze([...trusted, ...added]) : defaultAuthorities();
    const extra = this.authorities === null ? extraAuthorities() : [];
    this.additionalAuthorities = Object.freeze(trusted ? [] : [...added, ...extra]);
    this.requirements = Object.freeze(parseRequirements(options.requiredUsages, options.requiredPolicies));
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
    this.window = windowHandle('options.windowHandle', options.windowHandle ?? 0);
    this.sessionLifespan =
      1000 * numberWithin('options.sessionTimeout', options.sessionTimeout ?? 0, 0, LONGEST_TIMER_MS);
    // With `certificate: null` a program says that it wants to show none.
    const hasIdentity = options.certificate === null || identity.kind !== 'none' || identity.lacks !== null;
    const said = DEFAULTED.filter((name) => (name === 'identity' ? hasIdentity : options[name] != null));
    GIVEN.set(this, new Set(said));
    Object.freeze(this);
  }

  /** @internal This context, with what `defaults` were given and it was not. */
  filledFrom(defaults: SecureContext): this {
    const [given, others] = [GIVEN.get(this), GIVEN.get(defaults)];
    const missing = DEFAULTED.filter((name) => others?.has(name) && !given?.has(name));
    if (missing.length === 0) return this;
    const filled = Object.create(SecureContext.prototype) as this;
    const values = Object.fromEntries(missing.map((name) => [name, defaults[name]]));
    return Object.freeze(Object.assign(filled, this, values));
  }
}

/**
 * As tls.createSecureContext().
 * @throws SchannelError
 * - ERR_SCHANNEL_OPTION_UNSUPPORTED for an option that Schannel can't honour
 * - ERR_SCHANNEL_OPTION_CERTIFICATE for a `ca` that can't be read
 * - ERR_SCHANNEL_IMPORT_… for a `cert`, `key` or `pfx` that can't be read
 * - ERR_SCHANNEL_KEY_MISMATCH for the key of another certificate
 * - ERR_SCHANNEL_KEY_MISSING for a `certificate` or `pfx` without a key
 * @throws TypeError, RangeError with Node's codes for invalid values
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
