import type { Native, NativeCredential, NativeCredentialRequest, Role } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { callNative, callNativeVoid } from '../../native/promises.js';
import type { NativeCertificate } from '../../native/store-binding.js';

/** SCH_CRED_MANUAL_CRED_VALIDATION and SCH_CRED_NO_DEFAULT_CREDS, for a client. */
const CLIENT_FLAGS = 0x8 | 0x10;
/** SCH_CRED_NO_SYSTEM_MAPPER and SCH_CRED_MANUAL_CRED_VALIDATION, for a server. */
const SERVER_FLAGS = 0x2 | 0x8;

export interface CredentialWish {
  readonly role: Role;
  readonly certificates?: readonly NativeCertificate[];
  /** In addition to the usual flags. */
  readonly flags?: number;
}

/** A credential with the system's default versions. */
export function acquire(
  native: Pick<Native, 'acquireCredential' | 'platform'>,
  { role, certificates = [], flags = 0 }: CredentialWish,
): Promise<NativeCredential> {
  return one(native, {
    structure: capabilitiesOf(native.platform).tls13 ? 5 : 4,
    role,
    flags: (role === 'client' ? CLIENT_FLAGS : SERVER_FLAGS) | flags,
    protocols: 0,
    sessionLifespan: 0,
    certificates,
  });
}

/** Closes it, and waits until it is closed: only then may its keys be deleted. */
export const release = (credential: NativeCredential): Promise<void> =>
  callNativeVoid({ phase: 'key', text: 'The credential could not be closed' }, (callback) => {
    credential.close(callback);
  });

const one = (
  native: Pick<Native, 'acquireCredential'>,
  request: NativeCredentialRequest,
): Promise<NativeCredential> =>
  callNative({ phase: 'key', text: 'The credential could not be acquired' }, (callback) => {
    native.acquireCredential(request, callback);
  });
