import { readElement } from '../asn1/element.js';
import { sequence as fieldsOf, TAG } from '../asn1/fields.js';
import { objectIdentifier, sequence, setOf, tagged, utf8String } from '../asn1/der-writer.js';
import { signed, type Signer } from '../x509/signed.js';
import { ATTRIBUTE } from './attributes.js';
import type { CertificateRequest } from './certificate-request.js';

/**
 * The same request with a challenge password (RFC 2985 §5.4.1), signed again by its key. A password that it has is
 * replaced.
 *
 * @throws SchannelError as signRequest()
 */
export function withChallenge(request: CertificateRequest, password: string, key: Signer): Promise<Buffer> {
  const [info] = fieldsOf(readElement(request.der), 'a request');
  const [version, subject, publicKey, attributes] = fieldsOf(info, 'a request');
  const others = (attributes?.tag === TAG.context ? attributes.children : []).filter((each) => {
    const [type] = fieldsOf(each, 'an attribute');
    return Buffer.compare(type?.raw ?? Buffer.alloc(0), CHALLENGE) !== 0;
  });
  const all = [
    ...others.map(({ raw }) => Buffer.from(raw)),
    sequence(CHALLENGE, setOf(utf8String(password))),
  ];
  const parts = [version, subject, publicKey].flatMap((part) => (part === undefined ? [] : [part.raw]));
  const body = sequence(...parts, tagged(0, ...all.sort((one, other) => Buffer.compare(one, other))));
  return signed(() => body, key);
}

const CHALLENGE = objectIdentifier(ATTRIBUTE.challengePassword);
