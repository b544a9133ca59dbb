import type { NativeCertificate } from '../../../native/store-binding.js';
import { Certificate } from '../../../windows/store/certificate.js';
import type { IdentityRole } from './finding.js';
import { preflight } from './preflight.js';

/**
 * Why Windows may have refused a credential with this certificate, for the advice of an error; null when nothing is
 * found.
 */
export async function explainRefusal(
  certificate: NativeCertificate,
  role: IdentityRole,
): Promise<string | null> {
  try {
    // It stays the caller's, and is not closed.
    const { findings } = await preflight(new Certificate(certificate, null), role);
    const gravest = findings.find(
      ({ severity, code }) => severity === 'error' || code === 'KEY_NEEDS_DIALOG',
    );
    return gravest === undefined ? null : `${gravest.meaning} ${gravest.remedy}`;
  } catch {
    // What cannot be examined cannot be explained; the refusal itself is told.
    return null;
  }
}
