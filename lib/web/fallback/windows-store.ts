import { createSelfSigned } from '../../windows/issue/self-signed.js';
import type { Certificate } from '../../windows/store/certificate.js';
import { type CertificateQuery, matcherOf } from '../../windows/store/query.js';
import { openStore } from '../../windows/store/store.js';
import { FALLBACK_NAME, type FallbackEntry, type FallbackStore } from './fallback-certificate.js';

/** Certificates of public authorities are backdated by an hour at most; the fall-back is older than all of them. */
const BACKDATED_MS = 25 * 3_600_000;

/** Below the 825 days beyond which Apple's systems refuse certificates of servers altogether. */
const DAYS = 800;

/** A store of Windows. @param searches what the site looks for in it */
export const windowsFallbackStore = (path: string, searches: readonly CertificateQuery[]): FallbackStore => ({
  async visit(work) {
    const store = await openStore(path);
    try {
      const certificates = await store.find({ hasPrivateKey: true, eku: 'serverAuth' });
      const known = new Map(certificates.map((certificate) => [entryOf(certificate), certificate]));
      return await work({
        entries: [...known.keys()],
        searches: searches.map(matcherOf).map((matches) => async (entry) => {
          const certificate = known.get(entry);
          return certificate !== undefined && (await matches(certificate));
        }),
        make: async ({ dns, ip }) => {
          const made = await createSelfSigned({
            dns,
            ip,
            store,
            friendlyName: FALLBACK_NAME,
            usages: ['server'],
            days: DAYS,
            validFrom: new Date(Date.now() - BACKDATED_MS),
          });
          made.close();
        },
        remove: ({ thumbprint }) => store.remove(thumbprint, { withKey: true }),
      });
    } finally {
      store.close();
    }
  },
});

function entryOf(certificate: Certificate): FallbackEntry {
  const { thumbprint, dnsNames, ipAddresses, validTo, friendlyName } = certificate;
  return {
    ...{ thumbprint, dnsNames, ipAddresses, validTo, friendlyName },
    isValid: (at) => certificate.isValid(at),
    isUsable: async () => (await certificate.inspectKey())?.usable === true,
  };
}
