import type { Native, Role } from '../../native/binding.js';
import { momentOf, outlineOf } from '../../formats/x509/outline.js';
import { cachedChain } from '../../windows/trust/cached-chain.js';

/**
 * When the first certificate that Windows sends with this one expires, in milliseconds since 1970; null if none will,
 * or if that is unknown. A credential keeps sending the chain that it was made with (dotnet/runtime#43879).
 *
 * @param now certificates that have expired before don't count, because a new chain would be no better
 */
export async function chainEnd(
  certificate: Uint8Array,
  role: Role,
  addon: Pick<Native, 'verifyChain'>,
  now = Date.now(),
): Promise<number | null> {
  try {
    const { elements } = await cachedChain(certificate, role, addon);
    const ends = elements
      .map((element) => outlineOf(element.certificate))
      .filter(({ issuer, subject }, index) => index === 0 || Buffer.compare(issuer, subject) !== 0)
      .map(({ notAfter }) => momentOf(notAfter).getTime())
      .filter((end) => end > now);
    return ends.length === 0 ? null : Math.min(...ends);
  } catch {
    // Without an answer, the credential is only renewed later. No connection may fail for that.
    return null;
  }
}
