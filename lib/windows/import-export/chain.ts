import { type X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { issuersAbove } from '../../formats/x509/issuers.js';
import type { Certificate } from '../store/certificate.js';
import { parseStoreName } from '../store/store-name.js';
import { openStore } from '../store/store.js';

/** A candidate for a chain. */
export interface ChainElement {
  readonly x509: X509Certificate;
  readonly validTo: Date;
  isValid(): boolean;
}

/**
 * The authorities above a certificate, its issuer first, as far as they are known; including a self-signed root.
 *
 * @param candidates authorities in any order. If several issued a certificate, by name and signature, valid ones are
 *   preferred, then those that are valid longest
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

/** Null for what OpenSSL cannot read: it cannot verify what that issued. */
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
 * The authorities (DER) above a certificate from the stores CA and Root of its location; the user's if it is in no
 * store.
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

/** The user's stores also contain those of the machine. */
function locationOf({ reference }: Certificate): 'CurrentUser' | 'LocalMachine' {
  if (reference === null) return 'CurrentUser';
  const { location } = parseStoreName(reference.slice(0, reference.lastIndexOf('\\')));
  return location.startsWith('CurrentUser') ? 'CurrentUser' : 'LocalMachine';
}
