import { createHash, type KeyObject } from 'node:crypto';
import { SchannelError } from '../../../base/errors/schannel-error.js';

/** The key of an account. A key of Windows has these members, and so can a key in memory. */
export interface AccountKey {
  readonly publicKey: KeyObject;
  /** Signs as crypto.sign() does. ECDSA is asked for r‖s, which JSON Web Signatures have (RFC 7518 §3.4). */
  sign(
    digest: 'sha256' | 'sha384',
    data: Uint8Array,
    options?: { readonly dsaEncoding: 'ieee-p1363' },
  ): Promise<Uint8Array>;
}

/** The public key as JSON (RFC 7517): only the members that its thumbprint covers, in their order. */
export type PublicJwk = Readonly<Record<string, string>>;

/** How a key signs (RFC 7518 §3.1). */
export interface JwsAlgorithm {
  readonly name: 'RS256' | 'ES256' | 'ES384';
  readonly digest: 'sha256' | 'sha384';
}

const BY_CURVE: ReadonlyMap<string | undefined, JwsAlgorithm> = new Map([
  ['prime256v1', { name: 'ES256', digest: 'sha256' }],
  ['secp384r1', { name: 'ES384', digest: 'sha384' }],
]);

/** @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED */
export function jwsAlgorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): JwsAlgorithm {
  const found: JwsAlgorithm | undefined =
    asymmetricKeyType === 'rsa'
      ? { name: 'RS256', digest: 'sha256' }
      : BY_CURVE.get(asymmetricKeyDetails?.namedCurve);
  if (found !== undefined) return found;
  throw new SchannelError(
    'ERR_SCHANNEL_KEY_UNSUPPORTED',
    'The key is of a type that no ACME account can have',
    {
      phase: 'key',
      advice: 'Use RSA, or the curve P-256 or P-384.',
    },
  );
}

/** RFC 7638 §3.2: the required members, in the order of their names. */
export function jwkOf(publicKey: KeyObject): PublicJwk {
  jwsAlgorithmOf(publicKey);
  const { crv, e, kty, n, x, y } = publicKey.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
}

/** The key's name for challenges (RFC 7638): SHA-256, base64url. */
export const thumbprintOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(JSON.stringify(jwkOf(publicKey)))
    .digest('base64url');

/** What proves that this account asked for the challenge (RFC 8555 §8.1). */
export const keyAuthorization = (token: string, publicKey: KeyObject): string =>
  `${token}.${thumbprintOf(publicKey)}`;

/** The value of a TXT record (RFC 8555 §8.4): 43 characters. */
export const dnsAuthorization = (token: string, publicKey: KeyObject): string =>
  createHash('sha256').update(keyAuthorization(token, publicKey)).digest('base64url');
