import { type KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { nothing, objectIdentifier, sequence } from '../asn1/der-writer.js';

/** How certificates, requests, revocation lists and OCSP responses are signed. */
export interface SignatureAlgorithm {
  /** Its name in node:crypto. */
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  /** AlgorithmIdentifier (RFC 5280 §4.1.1.2), DER. */
  readonly identifier: Uint8Array;
}

/** How RSA pads a signature, as in crypto.sign(). Keys on curves ignore it. */
export type RsaPadding = 'pkcs1' | 'pss';

const algorithm = (
  digest: SignatureAlgorithm['digest'],
  oid: string,
  ...parameters: readonly Uint8Array[]
): SignatureAlgorithm => ({
  digest,
  identifier: sequence(objectIdentifier(oid), ...parameters),
});

/** ECDSA with the digest that fits the curve (RFC 5758 §3.2). */
const BY_CURVE: ReadonlyMap<string | undefined, SignatureAlgorithm> = new Map([
  ['prime256v1', algorithm('sha256', '1.2.840.10045.4.3.2')],
  ['secp384r1', algorithm('sha384', '1.2.840.10045.4.3.3')],
  ['secp521r1', algorithm('sha512', '1.2.840.10045.4.3.4')],
]);

type DigestName = SignatureAlgorithm['digest'];

/** Every provider supports it; its parameters are NULL (RFC 4055 §5). */
const PKCS1: Readonly<Record<DigestName, SignatureAlgorithm>> = {
  sha256: algorithm('sha256', '1.2.840.113549.1.1.11', nothing()),
  sha384: algorithm('sha384', '1.2.840.113549.1.1.12', nothing()),
  sha512: algorithm('sha512', '1.2.840.113549.1.1.13', nothing()),
};

/**
 * RSASSA-PSS-params (RFC 4055 §3.1) with MGF1 of the same digest and a salt as long as that. Only the last byte of the
 * digest's identifier and the length of the salt differ.
 */
const pss = (digest: DigestName, identifier: string, saltLength: string): SignatureAlgorithm =>
  algorithm(
    digest,
    '1.2.840.113549.1.1.10',
    Buffer.from(
      `3030a00d300b06096086480165030402${identifier}a11a301806092a864886f70d010108300b06096086480165030402${identifier}a2030201${saltLength}`,
      'hex',
    ),
  );

const BY_PADDING: Readonly<Record<RsaPadding, Readonly<Record<DigestName, SignatureAlgorithm>>>> = {
  pkcs1: PKCS1,
  pss: {
    sha256: pss('sha256', '01', '20'),
    sha384: pss('sha384', '02', '30'),
    sha512: pss('sha512', '03', '40'),
  },
};

/** @param digest for RSA; curves have their own @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED */
export function signatureAlgorithmOf(
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  padding: RsaPadding = 'pkcs1',
  digest: DigestName = 'sha256',
): SignatureAlgorithm {
  const found =
    asymmetricKeyType === 'rsa'
      ? BY_PADDING[padding][digest]
      : BY_CURVE.get(asymmetricKeyDetails?.namedCurve);
  if (found !== undefined) return found;
  throw new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    'The private key is of a type that cannot sign certificates',
    { phase: 'key', advice: 'Use RSA, or the curve P-256, P-384 or P-521.' },
  );
}
