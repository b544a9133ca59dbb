import { SchannelError } from '../errors/schannel-error.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';
import { storedOf } from './certificate-option.js';
import type { StoredIdentity } from './identity-source.js';

/**
 * The certificate of this reference or thumbprint, with its key's place.
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_MISSING
 */
export async function findStored(name: string): Promise<StoredIdentity> {
  const { store: named, thumbprint } = parseReference(name);
  const paths = named === null ? ['CurrentUser\\MY', 'LocalMachine\\MY'] : [named.path];
  for (const path of paths) {
    const store = await openStore(path, { readOnly: true });
    try {
      const certificate = await store.findOne({ thumbprint });
      if (certificate !== null) return storedOf(certificate);
    } finally {
      store.close();
    }
  }
  throw new SchannelError('ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND', `There is no certificate '${name}'`, {
    phase: 'credential',
    advice: 'Look for it with "schannel cert ls"; another user has other stores.',
  });
}
