import { createHash } from 'node:crypto';

import { dotted, spanAt, spansIn } from '../asn1/der-spans.js';

/** Signature algorithms and their hash; MD5 and SHA-1 are replaced by SHA-256 (RFC 5929 §4.1). */
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'sha256', // md5WithRSAEncryption
  '1.2.840.113549.1.1.5': 'sha256', // sha1WithRSAEncryption
  '1.2.840.113549.1.1.14': 'sha224',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha256', // ecdsa-with-SHA1
  '1.2.840.10045.4.3.1': 'sha224',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const RSASSA_PSS = '1.2.840.113549.1.1.10';

/** Hashes in the parameters of RSASSA-PSS (RFC 4055 §3.1). */
const PSS_HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha256', // SHA-1
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const HASH_PARAMETER = 0xa0;

/**
 * The channel binding 'tls-server-end-point' of a server with this certificate (RFC 5929 §4.1): its hash, by the hash
 * of its signature.
 * @returns null if the signature has none, such as Ed25519, or if the certificate cannot be read
 */
export function endPointBinding(certificate: Uint8Array): Buffer | null {
  try {
    const whole = spanAt(certificate, 0);
    const hash = hashOf(spansIn(whole.content)[1]?.content);
    return hash === undefined ? null : createHash(hash).update(whole.raw).digest();
  } catch {
    return null;
  }
}

/** @param algorithm content of an AlgorithmIdentifier */
function hashOf(algorithm: Uint8Array | undefined): string | undefined {
  const [identifier, parameters] = algorithm ? spansIn(algorithm) : [];
  if (identifier === undefined) return undefined;
  const oid = dotted(identifier.content);
  if (oid !== RSASSA_PSS) return HASHES[oid];
  const hash = (parameters ? spansIn(parameters.content) : []).find(({ tag }) => tag === HASH_PARAMETER);
  // SHA-1 is the default.
  if (hash === undefined) return 'sha256';
  const [name] = spansIn(spanAt(hash.content, 0).content);
  return name && PSS_HASHES[dotted(name.content)];
}
