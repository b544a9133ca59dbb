import { SchannelError } from '../../base/errors/schannel-error.js';
import type { NativeCredentialRequest, Role } from '../../native/binding.js';
import type { Capabilities } from '../../native/capabilities.js';
import { disabledBits, enabledBits, protocolsIn, type ProtocolRange } from './protocols.js';

/** What a credential depends on, its certificates aside. */
export interface CredentialSettings {
  /** Default 'client'. */
  readonly role?: Role;
  readonly protocols: ProtocolRange;
  /** Milliseconds a session may be resumed; 0 = Windows' default of ten hours. */
  readonly sessionLifespan: number;
  /** Sessions may be resumed. Default true. */
  readonly resumes?: boolean;
  /** As a client, ask the server for a stapled OCSP answer. */
  readonly stapling: boolean;
  /** Of a server: DER of the authorities that it names to clients when it asks for a certificate. Default: none. */
  readonly issuers?: readonly Uint8Array[];
}

/**
 * dwFlags of SCH_CREDENTIALS and SCHANNEL_CRED (schannel.h). Of a server: certificates of clients are not mapped to
 * accounts of Windows, which would ask a domain for each of their issuers.
 */
const SCH_CRED_NO_SYSTEM_MAPPER = 0x2;
const SCH_CRED_MANUAL_CRED_VALIDATION = 0x8;
/** Without it Schannel picks a certificate of the user's store and sends it, unasked. */
const SCH_CRED_NO_DEFAULT_CREDS = 0x10;
/** With manual validation this only makes Schannel send status_request; the answer rides on the peer's certificate. */
const SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT = 0x400;
/**
 * The chain above a server's certificate is built of what Windows has: nobody's handshake waits for downloads of
 * issuers.
 */
const SCH_CRED_CACHE_ONLY_URL_RETRIEVAL_ON_CREATE = 0x20000;
/** Under TLS 1.0 a record is sent in two, against guesses at the next initialization vector (CVE-2011-3389). */
const SCH_SEND_AUX_RECORD = 0x00200000;
/** No RC4, 3DES and their like, where the machine still has them. */
const SCH_USE_STRONG_CRYPTO = 0x00400000;

/** dwSessionLifespan -1: no session is kept; .NET says it so. */
const NO_LIFESPAN = 0xffffffff;

/**
 * What to ask Windows for: SCH_CREDENTIALS, without which there is no TLS 1.3, from the build on that has it, and
 * SCHANNEL_CRED before, as curl does. Neither is ever tried in the place of the other: what Windows says of a structure
 * it does not know, it also says of a key that it cannot use.
 * @throws SchannelError ERR_SCHANNEL_SYSTEM_UNSUPPORTED when only TLS 1.3 will do and this Windows has none.
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

/** The versions are given one by one, so that the first flag takes none of them away; .NET sets it for all of them. */
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
