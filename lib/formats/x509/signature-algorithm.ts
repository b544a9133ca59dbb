import { type KeyObject } from 'node:crypto';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** How a certificate is signed. */
export interface SignatureAlgorithm {
  /** Its name in node:crypto. */
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  readonly identifier: AlgorithmIdentifier;
}

const algorithm = (
  digest: SignatureAlgorithm['digest'],
  oid: string,
  parameters?: null,
): SignatureAlgorithm => ({
  digest,
  identifier: new AlgorithmIdentifier({ algorithm: oid, ...(parameters === null && { parameters }) }),
});

/** ECDSA with the digest that fits the curve (RFC 5758 §3.2). */
const BY_CURVE: ReadonlyMap<string | undefined, SignatureAlgorithm> = new Map([
  ['prime256v1', algorithm('sha256', '1.2.840.10045.4.3.2')],
  ['secp384r1', algorithm('sha384', '1.2.840.10045.4.3.3')],
  ['secp521r1', algorithm('sha512', '1.2.840.10045.4.3.4')],
]);

/** RSA with PKCS #1 v1.5, which every provider supports, and NULL parameters (RFC 4055 §5). */
const RSA = algorithm('sha256', '1.2.840.113549.1.1.11', null);

/** @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED */
export function signatureAlgorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): SignatureAlgorithm {
  const found = asymmetricKeyType === 'rsa' ? RSA : BY_CURVE.get(asymmetricKeyDetails?.namedCurve);
  if (found !== undefined) return found;
  throw new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    'The private key is of a type that cannot sign certificates',
    { phase: 'key', advice: 'Use RSA, or the curve P-256, P-384 or P-521.' },
  );
}
