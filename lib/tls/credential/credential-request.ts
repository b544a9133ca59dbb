import { SchannelError } from '../../base/errors/schannel-error.js';
import { outlineOf } from '../../formats/x509/outline.js';
import type { NativeCredentialRequest, NativePlatform, Role } from '../../native/binding.js';
import { capabilitiesOf, type Capabilities } from '../../native/capabilities.js';
import { anchorsFor } from '../../windows/trust/ca-list.js';
import { disabledBits, enabledBits, protocolsIn, type ProtocolRange } from '../secure-context/protocols.js';
import type { SecureContext } from '../secure-context/secure-context.js';

/** What a connection uses its credential for. */
export type CredentialUse =
  | {
      readonly role: 'client';
      /** Ask the server for a stapled OCSP response; `revocation` asks for one too. Default false. */
      readonly requestOCSP?: boolean;
      /** Windows may resume sessions. Default true. */
      readonly resumes?: boolean;
    }
  /** `requestCert`: clients are asked for a certificate. */
  | { readonly role: 'server'; readonly requestCert: boolean };

/** What a credential depends on besides its certificates. */
export interface CredentialSettings {
  /** Default 'client'. */
  readonly role?: Role;
  readonly protocols: ProtocolRange;
  /** Milliseconds a session may be resumed; 0 = Windows' default of ten hours. */
  readonly sessionLifespan: number;
  /** Sessions may be resumed. Default true. */
  readonly resumes?: boolean;
  /** As a client, ask the server for a stapled OCSP response. */
  readonly stapling: boolean;
  /** Of a server: DER of the authorities that it names to clients when it asks for a certificate. Default: none. */
  readonly issuers?: readonly Uint8Array[];
}

/**
 * dwFlags of SCH_CREDENTIALS and SCHANNEL_CRED (schannel.h). For servers: client certificates are not mapped to Windows
 * accounts, for which Windows would query a domain about each of their issuers.
 */
const SCH_CRED_NO_SYSTEM_MAPPER = 0x2;
const SCH_CRED_MANUAL_CRED_VALIDATION = 0x8;
/** Without this flag, Schannel picks a certificate of the user's store and sends it. */
const SCH_CRED_NO_DEFAULT_CREDS = 0x10;
/**
 * With manual validation, its only effect is that Schannel sends status_request. The response comes with the peer's
 * certificate.
 */
const SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT = 0x400;
/** The chain of a server's certificate is built from what Windows has, so no handshake waits for downloads. */
const SCH_CRED_CACHE_ONLY_URL_RETRIEVAL_ON_CREATE = 0x20000;
/** TLS 1.0 records are sent in two parts, so the next initialization vector can't be predicted (CVE-2011-3389). */
const SCH_SEND_AUX_RECORD = 0x00200000;
/** Excludes RC4, 3DES and similar ciphers that the machine may still allow. */
const SCH_USE_STRONG_CRYPTO = 0x00400000;

/** dwSessionLifespan -1: no session is kept, as .NET does it. */
const NO_LIFESPAN = 0xffffffff;

/**
 * What to ask Windows for with these settings.
 * @throws SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED if they allow only TLS 1.3 and this Windows has none
 */
export function requestFor(
  context: SecureContext,
  use: CredentialUse,
  platform: NativePlatform,
): NativeCredentialRequest {
  const { protocols, sessionLifespan, revocation } = context;
  const capabilities = capabilitiesOf(platform);
  if (use.role === 'server') {
    const issuers = use.requestCert ? namedIssuers(context) : [];
    const settings = { role: 'server', protocols, sessionLifespan, stapling: false, issuers } as const;
    return credentialRequest(settings, capabilities);
  }
  const { requestOCSP = false, resumes = true } = use;
  const stapling = requestOCSP || revocation !== 'off';
  return credentialRequest({ protocols, sessionLifespan, resumes, stapling }, capabilities);
}

/**
 * SCH_CREDENTIALS on builds that have TLS 1.3, which needs it, and SCHANNEL_CRED on older ones, as curl does. Neither
 * is tried after the other was refused: Windows answers a structure that it does not know with the same status as a
 * key that it cannot use.
 * @throws SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED if the settings allow only TLS 1.3 and this Windows has none
 */
export function credentialRequest(
  settings: CredentialSettings,
  capabilities: Capabilities,
): NativeCredentialRequest {
  const range = offered(settings.protocols, capabilities);
  const { role = 'client', resumes = true, issuers = [] } = settings;
  const common = {
    role,
    flags: flagsOf(role, settings.stapling) | versionFlags(range),
    sessionLifespan: resumes ? settings.sessionLifespan : NO_LIFESPAN,
    ...(issuers.length > 0 ? { issuers } : {}),
  };
  const isModern = capabilities.tls13 && (capabilities.tlsParameters || range.max === 'TLSv1.3');
  return isModern
    ? { ...common, structure: 5, protocols: disabledBits(range, role) }
    : { ...common, structure: 4, protocols: enabledBits(range, role) };
}

/** All versions are given explicitly, so the first flag removes none of them. .NET sets it for all versions too. */
function versionFlags(range: ProtocolRange): number {
  const isOld = protocolsIn(range).includes('TLSv1');
  return SCH_USE_STRONG_CRYPTO | (isOld ? SCH_SEND_AUX_RECORD : 0);
}

function flagsOf(role: Role, stapling: boolean): number {
  if (role === 'server') return SCH_CRED_NO_SYSTEM_MAPPER | SCH_CRED_CACHE_ONLY_URL_RETRIEVAL_ON_CREATE;
  const asks = stapling ? SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT : 0;
  return SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS | asks;
}

function offered(range: ProtocolRange, capabilities: Capabilities): ProtocolRange {
  if (capabilities.tls13 || range.max !== 'TLSv1.3') return range;
  if (range.min === 'TLSv1.3') {
    throw new SchannelError('ERR_SCHANNEL_SYSTEM_UNSUPPORTED', 'this Windows has no TLS 1.3', {
      phase: 'credential',
      advice: 'TLS 1.3 needs Windows 11 or Windows Server 2022; allow TLSv1.2, or use node:tls.',
    });
  }
  return { min: range.min, max: 'TLSv1.2' };
}

/**
 * Schannel cuts the list of authorities in a certificate request at 16 KiB (it logs event 36885), and uses some of that
 * for framing ("TLS registry settings", SendTrustedIssuerList).
 */
const LONGEST_LIST = 16_000;

/** Two octets before each name hold its length (RFC 5246 §7.4.4). */
const LENGTH_OCTETS = 2;

const issuerLists = new WeakMap<SecureContext, readonly Uint8Array[]>();

/**
 * DER of the authorities that a server names when it asks for a certificate: all of `ca`, or none if Schannel would cut
 * the list. Clients show only certificates of the authorities on the list, and any certificate if there is no list.
 */
function namedIssuers(context: SecureContext): readonly Uint8Array[] {
  const known = issuerLists.get(context);
  if (known !== undefined) return known;
  const authorities = anchorsFor(context.authorities ?? [], 'client');
  const octets = authorities.reduce((sum, der) => sum + LENGTH_OCTETS + outlineOf(der).subject.length, 0);
  const issuers = octets > LONGEST_LIST ? [] : authorities;
  issuerLists.set(context, issuers);
  return issuers;
}
