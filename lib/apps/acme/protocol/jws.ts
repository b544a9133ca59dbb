import { createHmac, type KeyObject } from 'node:crypto';
import { type AccountKey, jwkOf, jwsAlgorithmOf, type PublicJwk } from './account-key.js';

/** A flattened JSON Web Signature (RFC 7515 §7.2.2), as ACME has it (RFC 8555 §6.2). */
export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** Who signs: an account by its URL, or a key that has none yet. */
export type JwsSender = { readonly kid: string } | { readonly jwk: PublicJwk };

/** @param payload null is "POST as GET": an empty payload (RFC 8555 §6.3) */
export async function signJws(
  key: AccountKey,
  sender: JwsSender,
  { url, nonce }: { readonly url: string; readonly nonce?: string },
  payload: object | null,
): Promise<Jws> {
  const { name, digest } = jwsAlgorithmOf(key.publicKey);
  const header = { alg: name, ...sender, ...(nonce !== undefined && { nonce }), url };
  const input = signingInput(header, payload);
  const data = Buffer.from(`${input.protected}.${input.payload}`);
  const signature =
    name === 'RS256'
      ? await key.sign(digest, data)
      : await key.sign(digest, data, { dsaEncoding: 'ieee-p1363' });
  return { ...input, signature: Buffer.from(signature).toString('base64url') };
}

/**
 * Ties a new account to one that the authority knows by other means (RFC 8555 §7.3.4).
 *
 * @param macKey base64url, as the authority gives it
 */
export function bindExternalAccount(
  { kid, macKey }: { readonly kid: string; readonly macKey: string },
  publicKey: KeyObject,
  url: string,
): Jws {
  const input = signingInput({ alg: 'HS256', kid, url }, jwkOf(publicKey));
  const secret = Buffer.from(macKey, 'base64url');
  try {
    const signature = createHmac('sha256', secret).update(`${input.protected}.${input.payload}`);
    return { ...input, signature: signature.digest('base64url') };
  } finally {
    secret.fill(0);
  }
}

const signingInput = (header: object, payload: object | null): Omit<Jws, 'signature'> => ({
  protected: encoded(header),
  payload: payload === null ? '' : encoded(payload),
});

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
