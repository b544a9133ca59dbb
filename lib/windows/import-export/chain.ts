import { type X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { issuersAbove } from '../../formats/x509/issuers.js';
import type { Certificate } from '../store/certificate.js';
import { parseStoreName } from '../store/store-name.js';
import { openStore } from '../store/store.js';

/** What a chain is built of. */
export interface ChainElement {
  readonly x509: X509Certificate;
  readonly validTo: Date;
  isValid(): boolean;
}

/**
 * The authorities above a certificate, its issuer first, as far as they are known; a self-signed root included.
 *
 * @param candidates authorities in any order. Of several that issued one, by name and signature, a valid one is taken
 * before others, then that which is valid longest
 */
export function chainAbove<Element extends ChainElement>(
  certificate: X509Certificate,
  candidates: readonly Element[],
): Element[] {
  const elements = new Map<X509Certificate, Element>();
  for (const element of [...candidates].sort(best)) {
    const x509 = x509Of(element);
    if (x509 !== null && !elements.has(x509)) elements.set(x509, element);
  }
  return issuersAbove(certificate, [...elements.keys()], 'signature').flatMap(
    (issuer) => elements.get(issuer) ?? [],
  );
}

/** Null for what OpenSSL cannot read: it could not check what that issued. */
function x509Of(element: ChainElement): X509Certificate | null {
  try {
    return element.x509;
  } catch (error) {
    if (error instanceof SchannelError) return null;
    throw error;
  }
}

const best = (one: ChainElement, other: ChainElement): number =>
  Number(other.isValid()) - Number(one.isValid()) || other.validTo.getTime() - one.validTo.getTime();

/**
 * The authorities above a certificate that are in the stores CA and Root of its own location; of the user where it is in
 * no store. DER.
 */
export async function chainFromStores(certificate: Certificate): Promise<Buffer[]> {
  const location = locationOf(certificate);
  const stores = [];
  try {
    for (const name of ['CA', 'Root']) stores.push(await openStore(name, { location, readOnly: true }));
    const candidates = (await Promise.all(stores.map((store) => store.all()))).flat();
    return chainAbove(certificate.x509, candidates).map(({ raw }) => Buffer.from(raw));
  } finally {
    for (const store of stores) store.close();
  }
}

/** The user's stores show those of the machine as well. */
function locationOf({ reference }: Certificate): 'CurrentUser' | 'LocalMachine' {
  if (reference === null) return 'CurrentUser';
  const { location } = parseStoreName(reference.slice(0, reference.lastIndexOf('\\')));
  return location.startsWith('CurrentUser') ? 'CurrentUser' : 'LocalMachine';
}
