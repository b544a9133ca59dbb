import { damagedFile } from '../asn1/damaged-file.js';
import { type Element } from '../asn1/element.js';
import { explicit, objectIdentifier, sequence, TAG } from '../asn1/fields.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';

/**
 * The certificates of a P7B (SignedData of PKCS #7, RFC 2315 §9.1): the form in which Windows and many authorities
 * distribute chains. They are in no particular order.
 *
 * @throws SchannelError ERR_SCHANNEL_IMPORT_DAMAGED
 */
export function certificatesOfP7b(p7b: Element): Buffer[] {
  const [type, content] = sequence(p7b, 'a P7B');
  if (objectIdentifier(type, 'the kind of a P7B') !== SIGNED_DATA) {
    throw damagedFile('something else where a P7B belongs');
  }
  const fields = sequence(explicit(content, 0, 'the content of a P7B'), 'the content of a P7B');
  const certificates = fields.find(({ tag }) => tag === TAG.context);
  return (certificates?.children ?? [])
    .filter(({ tag }) => tag === TAG.sequence)
    .map(({ raw }) => Buffer.from(raw));
}

/** Whether an element starts like a P7B. */
export function isP7b(element: Element): boolean {
  const [type, content] = element.tag === TAG.sequence ? element.children : [];
  return type?.tag === TAG.objectIdentifier && content?.tag === TAG.context;
}
