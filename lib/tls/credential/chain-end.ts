import type { Native, Role } from '../../native/binding.js';
import { momentOf, outlineOf } from '../../formats/x509/outline.js';
import { cachedChain } from '../identity/cached-chain.js';

/**
 * When the first of the certificates runs out that Windows sends with this one: milliseconds since 1970. Null when none will,
 * or it can't be told. A credential goes on sending the chain that it was made with (dotnet/runtime#43879).
 *
 * @param now what has run out before does not count: a new chain is no better
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
    // It is for the sake of new connections, none of which shall fail for it.
    return null;
  }
}
