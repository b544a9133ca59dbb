import { isAccepted } from '../../../tls/identity/candidates.js';
import { preflight } from '../../../tls/identity/preflight/preflight.js';
import type { Native } from '../../../native/binding.js';
import { openStore } from '../../../windows/store/store.js';
import type { OwnCertificate } from './evidence.js';

const PERSONAL = ['CurrentUser\\MY', 'LocalMachine\\MY'] as const;

/** Keys sign for a trial, some of them on a smart card. */
const MOST = 50;

/**
 * The certificates that a client could show, or not and why: those of the user, then of the machine.
 * @param issuers DER of the names of accepted authorities; null or none: any
 */
export async function ownCertificates(
  issuers: readonly Uint8Array[] | null,
  addon: Pick<Native, 'verifyChain'>,
): Promise<OwnCertificate[]> {
  const found = new Map<string, OwnCertificate>();
  for (const path of PERSONAL) {
    const store = await openStore(path, { readOnly: true });
    try {
      for (const certificate of await store.all()) {
        // Wine lists the machine's certificates in the user's store too.
        if (found.size >= MOST || found.has(certificate.thumbprint)) continue;
        const { subject, thumbprint, validTo, raw } = certificate;
        const { findings } = await preflight(certificate, 'client');
        found.set(thumbprint, {
          ...{ subject, thumbprint, store: path },
          validTo: Number.isNaN(validTo.getTime()) ? 'unreadable' : validTo.toISOString(),
          accepted: await isAccepted(raw, issuers, addon),
          problems: findings
            .filter(({ severity }) => severity === 'error')
            .map(({ code, meaning, remedy }) => ({ code, meaning, remedy })),
        });
      }
    } finally {
      store.close();
    }
  }
  return [...found.values()];
}
