import { splitPem } from '../../../formats/pem/pem-reader.js';
import { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { parseCertificate } from '../../../formats/x509/certificate-of.js';
import { unusable } from './resources.js';

/** The longest chain of a public authority has four certificates. */
const MOST_CERTIFICATES = 10;

/**
 * The certificates of a chain (RFC 8555 §9.1), the server's own first. Each has to issue the one before it.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_ANSWER
 */
export function readChain(body: Buffer): readonly CertificateContents[] {
  const blocks = splitPem(body.toString('latin1'));
  if (blocks.length === 0 || blocks.length > MOST_CERTIFICATES)
    throw unusable(`a chain of ${blocks.length} certificates`);
  const chain = blocks.map(({ label, der }) => {
    if (label !== 'CERTIFICATE' || parseCertificate(der) === null)
      throw unusable('a chain in which something is no certificate');
    return new CertificateContents(der);
  });
  chain.slice(1).forEach((issuer, at) => {
    const issued = chain[at];
    if (issued?.x509.checkIssued(issuer.x509) !== true || !issued.x509.verify(issuer.publicKey))
      throw unusable('a chain in which a certificate did not issue the one before it');
  });
  return chain;
}
