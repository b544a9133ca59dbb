import type { Native, NativeVerifyOutcome } from '../../native/binding.js';

/** Nothing is fetched: a handshake waits, and Windows sends only what it has. */
const CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL = 0x4;

/**
 * The chain that Windows builds for a certificate of ours from its stores and its cache.
 *
 * @param issuers further candidates (DER)
 */
export const cachedChain = (
  certificate: Uint8Array,
  role: 'client' | 'server',
  addon: Pick<Native, 'verifyChain'>,
  issuers: readonly Uint8Array[] = [],
): Promise<NativeVerifyOutcome> =>
  new Promise((resolve) => {
    addon.verifyChain(
      {
        session: null,
        certificates: [certificate, ...issuers],
        trust: null,
        usage: '',
        role,
        chainFlags: CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL,
        policyFlags: 0,
        urlTimeout: 0,
      },
      resolve,
    );
  });
