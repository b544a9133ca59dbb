import type { Certificate } from '../../../windows/store/certificate.js';
import { OWN_PROPERTY, readProperty } from '../../../windows/store/properties.js';
import { objectOf } from '../http/json.js';

/**
 * What ties a certificate in a store to the manager that placed it, as a property of its entry. Not as the friendly
 * name: administrators change that.
 */
export interface Marker {
  readonly manager: string;
  readonly set: string;
  /** URL of the directory of the server that issued it. */
  readonly directory: string;
}

const HEADER = 'schannel-acme-1';

/** The value of the property. */
export const writeMarker = ({ manager, set, directory }: Marker): Buffer =>
  Buffer.from(`${HEADER}${JSON.stringify({ manager, set, directory })}`);

/** The manager that placed a certificate, and the server that issued it; null if no manager placed it. */
export const markerOf = ({ native }: Pick<Certificate, 'native'>): Marker | null =>
  readMarker(readProperty(native, OWN_PROPERTY.acmeManager));

/** Null for a certificate that no manager has placed. */
export function readMarker(property: Uint8Array | null): Marker | null {
  const text = property === null ? '' : Buffer.from(property).toString();
  if (!text.startsWith(HEADER)) return null;
  try {
    const { manager, set, directory } = objectOf(JSON.parse(text.slice(HEADER.length))) ?? {};
    if (typeof manager !== 'string' || typeof set !== 'string' || typeof directory !== 'string') return null;
    return { manager, set, directory };
  } catch {
    return null;
  }
}
