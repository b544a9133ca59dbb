import { findCertificate } from '../../windows/store/find-certificate.js';
import { storedOf } from './choice.js';
import type { StoredIdentity } from './identity-source.js';

/**
 * The certificate of this reference or thumbprint, with its key's place.
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_MISSING
 */
export async function findStored(name: string): Promise<StoredIdentity> {
  const certificate = await findCertificate(name);
  try {
    return storedOf(certificate);
  } finally {
    certificate.close();
  }
}
