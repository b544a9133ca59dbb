import type { Native, NativeCredential, Role } from '../../native/binding.js';
import { capabilitiesOf } from '../../native/capabilities.js';
import { callNative, callNativeVoid } from '../../native/promises.js';

/** SCH_CRED_MANUAL_CRED_VALIDATION and SCH_CRED_NO_DEFAULT_CREDS, for a client. */
const CLIENT_FLAGS = 0x8 | 0x10;
/** SCH_CRED_NO_SYSTEM_MAPPER and SCH_CRED_MANUAL_CRED_VALIDATION, for a server. */
const SERVER_FLAGS = 0x2 | 0x8;

/**
 * SP_PROT_* bits that Schannel reports for a new credential with defaults (SECPKG_ATTR_SUPPORTED_PROTOCOLS), 0 if it
 * reports none. A server's has no certificate, which Windows may refuse.
 * @throws SchannelError ERR_SCHANNEL_SYSTEM_…
 */
export async function effectiveBits(
  native: Pick<Native, 'acquireCredential' | 'platform'>,
  role: Role,
): Promise<number> {
  const credential = await callNative<NativeCredential>(
    { phase: 'credential', text: 'The credential could not be acquired' },
    (callback) => {
      native.acquireCredential(
        {
          structure: capabilitiesOf(native.platform).tls13 ? 5 : 4,
          role,
          flags: role === 'client' ? CLIENT_FLAGS : SERVER_FLAGS,
          protocols: 0,
          sessionLifespan: 0,
          certificates: [],
        },
        callback,
      );
    },
  );
  const bits = credential.supportedProtocols;
  await callNativeVoid({ phase: 'credential', text: 'The credential could not be closed' }, (callback) => {
    credential.close(callback);
  });
  return bits;
}
