import { type KeyObject } from 'node:crypto';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** How certificates, requests, revocation lists and OCSP responses are signed. */
export interface SignatureAlgorithm {
  /** Its name in node:crypto. */
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  readonly identifier: AlgorithmIdentifier;
}

/** How RSA pads a signature, as in crypto.sign(). Keys on curves ignore it. */
export type RsaPadding = 'pkcs1' | 'pss';

const algorithm = (
  digest: SignatureAlgorithm['digest'],
  oid: string,
  parameters?: Uint8Array | null,
): SignatureAlgorithm => ({
  digest,
  identifier: new AlgorithmIdentifier({
    algorithm: oid,
    ...(parameters !== undefined && {
      parameters: parameters === null ? null : Uint8Array.from(parameters).buffer,
    }),
  }),
});

/** ECDSA with the digest that fits the curve (RFC 5758 §3.2). */
const BY_CURVE: ReadonlyMap<string | undefined, SignatureAlgorithm> = new Map([
  ['prime256v1', algorithm('sha256', '1.2.840.10045.4.3.2')],
  ['secp384r1', algorithm('sha384', '1.2.840.10045.4.3.3')],
  ['secp521r1', algorithm('sha512', '1.2.840.10045.4.3.4')],
]);

const BY_PADDING: Readonly<Record<RsaPadding, SignatureAlgorithm>> = {
  /** Every provider supports it; its parameters are NULL (RFC 4055 §5). */
  pkcs1: algorithm('sha256', '1.2.840.113549.1.1.11', null),
  /** RSASSA-PSS-params for SHA-256, MGF1 with SHA-256, and a salt of 32 bytes (RFC 4055 §3.1). They never change. */
  pss: algorithm(
    'sha256',
    '1.2.840.113549.1.1.10',
    Buffer.from(
      '3030a00d300b0609608648016503040201a11a301806092a864886f70d010108300b0609608648016503040201a203020120',
      'hex',
    ),
  ),
};

/** @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED */
export function signatureAlgorithmOf(
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  padding: RsaPadding = 'pkcs1',
): SignatureAlgorithm {
  const found =
    asymmetricKeyType === 'rsa' ? BY_PADDING[padding] : BY_CURVE.get(asymmetricKeyDetails?.namedCurve);
  if (found !== undefined) return found;
  throw new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    'The private key is of a type that cannot sign certificates',
    { phase: 'key', advice: 'Use RSA, or the curve P-256, P-384 or P-521.' },
  );
}
