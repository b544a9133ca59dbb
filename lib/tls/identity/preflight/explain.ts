import type { NativeCertificate } from '../../../native/store-binding.js';
import { Certificate } from '../../../windows/store/certificate.js';
import type { IdentityRole } from './finding.js';
import { preflight } from './preflight.js';

/**
 * Why Windows may have refused a credential with this certificate, as advice of an error; null if no reason is found.
 */
export async function explainRefusal(
  certificate: NativeCertificate,
  role: IdentityRole,
): Promise<string | null> {
  try {
    // The certificate belongs to the caller and is not closed.
    const { findings } = await preflight(new Certificate(certificate, null), role);
    const gravest = findings.find(
      ({ severity, code }) => severity === 'error' || code === 'KEY_NEEDS_DIALOG',
    );
    return gravest === undefined ? null : `${gravest.meaning} ${gravest.remedy}`;
  } catch {
    // Without an explanation, the error still reports the refusal.
    return null;
  }
}
