import { SchannelError } from '../../base/errors/schannel-error.js';
import { Certificate, type CertificateHome } from './certificate.js';
import { parseReference } from './reference.js';
import { native } from '../../native/load.js';
import { listNative, withStore } from './store-access.js';
import { parseStoreName, type StoreName } from './store-name.js';
import { openStore } from './store.js';

/** Where a thumbprint without a store is searched, in this order. */
const PERSONAL = ['CurrentUser\\MY', 'LocalMachine\\MY'] as const;

/**
 * The certificate of a reference, 'CurrentUser\\MY\\<thumbprint>' (SHA-1 or SHA-256), archived or not. A bare
 * thumbprint is searched in the personal certificates of the user, then in those of the machine. No open store is
 * needed. Close the certificate after use.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME, ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND,
 *   ERR_SCHANNEL_STORE_NOT_FOUND, ERR_SCHANNEL_STORE_ACCESS_DENIED
 */
export async function findCertificate(reference: string): Promise<Certificate> {
  const { store, thumbprint } = parseReference(reference);
  const stores = store === null ? PERSONAL.map((path) => parseStoreName(path)) : [store];
  for (const each of stores) {
    const certificate = await findIn(each, thumbprint);
    if (certificate !== null) return certificate;
  }
  const paths = stores.map(({ path }) => path).join(' nor in ');
  throw new SchannelError(
    'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
    `There is no certificate ${thumbprint} in ${paths}`,
    { phase: 'store', advice: 'Look for it with "schannel cert ls"; another user has other stores.' },
  );
}

const findIn = (name: StoreName, thumbprint: string): Promise<Certificate | null> =>
  withStore(native(), name, { readOnly: true, create: false, archived: true }, async (store) => {
    const certificates = (await listNative(store)).map((each) => new Certificate(each, homeIn(name)));
    const found = certificates.find((each) =>
      thumbprint.length === 40 ? each.thumbprint === thumbprint : each.thumbprint256 === thumbprint,
    );
    for (const each of certificates) if (each !== found) each.close();
    return found ?? null;
  });

/** The store is opened again for each change. */
const homeIn = (name: StoreName): CertificateHome => ({
  path: name.path,
  forget: () => undefined,
  async change(certificate, work) {
    const store = await openStore(name.path, { archived: true });
    try {
      await store.change(certificate, work);
    } finally {
      store.close();
    }
  },
});
