import { readStapledResponse } from '../../formats/revocation/stapled-response.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import type { OcspReport } from './report.js';

/** What a stapled OCSP response says of the certificate that it was sent with; null without one. */
export function ocspOf(staple: Uint8Array | null, certificate: Uint8Array | undefined): OcspReport | null {
  if (staple === null) return null;
  const none = { thisUpdate: null, nextUpdate: null };
  try {
    const serialNumber = parseCertificate(certificate)?.serialNumber.toLowerCase().replace(/^0+/, '');
    const answer = readStapledResponse(staple).find((each) => each.serialNumber === serialNumber);
    if (answer === undefined) return { status: 'other', ...none };
    const { status, thisUpdate, nextUpdate } = answer;
    return {
      status,
      thisUpdate: thisUpdate.toISOString(),
      nextUpdate: nextUpdate?.toISOString() ?? null,
    };
  } catch {
    return { status: 'unreadable', ...none };
  }
}
