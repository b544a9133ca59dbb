import { type X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Certificate } from '../store/certificate.js';
import { parseStoreName } from '../store/store-name.js';
import { openStore } from '../store/store.js';

/** Authorities above a leaf; Windows builds no longer chains either. */
const MAX_LENGTH = 16;

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
  const bySubject = groupBySubject(candidates);
  const chain: Element[] = [];
  let current = certificate;
  while (chain.length < MAX_LENGTH && !isSelfSigned(current)) {
    const issuer = (bySubject.get(current.issuer) ?? []).sort(best).find(({ x509 }) => issued(x509, current));
    // Two authorities that certified each other go round in circles.
    if (issuer === undefined || chain.includes(issuer)) break;
    chain.push(issuer);
    current = issuer.x509;
  }
  return chain;
}

function groupBySubject<Element extends ChainElement>(elements: readonly Element[]): Map<string, Element[]> {
  const groups = new Map<string, Element[]>();
  for (const element of elements) {
    const subject = subjectOf(element);
    if (subject === null) continue;
    const group = groups.get(subject);
    if (group === undefined) groups.set(subject, [element]);
    else group.push(element);
  }
  return groups;
}

/** Null for what OpenSSL cannot read: it could not check what that issued. */
function subjectOf(element: ChainElement): string | null {
  try {
    return element.x509.subject;
  } catch (error) {
    if (error instanceof SchannelError) return null;
    throw error;
  }
}

const best = (one: ChainElement, other: ChainElement): number =>
  Number(other.isValid()) - Number(one.isValid()) || other.validTo.getTime() - one.validTo.getTime();

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** By its signature: a name alone does not make a root. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  if (certificate.subject !== certificate.issuer) return false;
  try {
    return certificate.verify(certificate.publicKey);
  } catch {
    return false;
  }
}

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
