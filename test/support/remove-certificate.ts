import { removeKey } from '#lib/windows/key/keys.js';
import { releaseUnusedResources } from 'schannel';
import { type Certificate, openStore } from 'schannel/store';

/** Takes a certificate out of CurrentUser\\MY, together with its key. */
export async function removeWithKey(certificate: Certificate): Promise<void> {
  const { thumbprint, keyLocation } = certificate;
  certificate.close();
  await releaseUnusedResources();
  using store = await openStore('MY');
  await store.remove(thumbprint);
  if (keyLocation !== null) await removeKey(keyLocation);
}
