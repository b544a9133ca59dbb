import { findCertificate } from '../store/find-certificate.js';
import { writeProperty } from '../store/properties.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';

/** CERT_RENEWAL_PROP_ID: the SHA-1 of the successor. Programs that look for a renewed certificate follow it. */
const RENEWAL_PROPERTY = 64;

/** What is needed of the stores. */
export interface SuccessorStores {
  readonly findCertificate: typeof findCertificate;
  readonly openStore: typeof openStore;
}

/**
 * Has a certificate name the one that renews it.
 *
 * @param renewed reference of the former certificate; null for none
 * @param thumbprint of its successor
 * @returns the reference if it could be done. The successor is installed by now, so nothing is thrown: the former
 *   certificate may be gone, belong to an administrator, or be damaged
 */
export async function nameSuccessor(
  renewed: string | null,
  thumbprint: string,
  stores: SuccessorStores = { findCertificate, openStore },
): Promise<string | null> {
  if (renewed === null) return null;
  try {
    const { store, thumbprint: former } = parseReference(renewed);
    if (store === null || former === thumbprint) return null;
    using certificate = await stores.findCertificate(renewed);
    using opened = await stores.openStore(store.path, { archived: true });
    await opened.change(certificate, (each) =>
      writeProperty(each, RENEWAL_PROPERTY, Buffer.from(thumbprint, 'hex')),
    );
    return renewed;
  } catch {
    return null;
  }
}
