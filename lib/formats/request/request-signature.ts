import { constants, type KeyObject, verify } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { dotted, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { damagedRequest } from './damaged-request.js';
import { unsupported } from './request-key.js';

/** How a request is signed. */
export interface RequestSignature {
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  readonly padding: 'pkcs1' | 'pss' | null;
}

interface Algorithm extends RequestSignature {
  readonly key: 'rsa' | 'ec';
  readonly saltLength: number;
}

const PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

const DIGESTS: ReadonlyMap<string, RequestSignature['digest']> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

const rsa = (digest: Algorithm['digest']): Algorithm => ({
  digest,
  padding: 'pkcs1',
  key: 'rsa',
  saltLength: 0,
});
const ec = (digest: Algorithm['digest']): Algorithm => ({ digest, padding: null, key: 'ec', saltLength: 0 });

const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['1.2.840.113549.1.1.11', rsa('sha256')],
  ['1.2.840.113549.1.1.12', rsa('sha384')],
  ['1.2.840.113549.1.1.13', rsa('sha512')],
  ['1.2.840.10045.4.3.2', ec('sha256')],
  ['1.2.840.10045.4.3.3', ec('sha384')],
  ['1.2.840.10045.4.3.4', ec('sha512')],
]);

/** Names of algorithms that are refused, for people. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.3.14.3.2.29', 'SHA-1'],
  ['1.2.840.10045.4.1', 'SHA-1'],
]);

/**
 * Checks that the request's own key signed it (RFC 2986 §3).
 *
 * @param signed CertificationRequestInfo as it came, not encoded again
 * @throws SchannelError ERR_SCHANNEL_REQUEST_SIGNATURE, ERR_SCHANNEL_REQUEST_UNSUPPORTED, ERR_SCHANNEL_REQUEST_DAMAGED
 */
export function checkSignature(
  signed: Uint8Array,
  algorithm: Span,
  signature: Span,
  key: KeyObject,
): RequestSignature {
  const { digest, padding, saltLength, key: type } = algorithmOf(algorithm);
  if (signature.content[0] !== 0) throw damagedRequest('a signature that is not made of whole bytes');
  if (type !== key.asymmetricKeyType) throw notItsKey();
  const verifier = padding === 'pss' ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : key;
  if (!isSignature(digest, signed, verifier, signature.content.subarray(1))) throw notItsKey();
  return { digest, padding };
}

/** OpenSSL throws for some malformed signatures. */
function isSignature(
  digest: string,
  signed: Uint8Array,
  verifier: Parameters<typeof verify>[2],
  signature: Uint8Array,
): boolean {
  try {
    return verify(digest, signed, verifier, signature);
  } catch {
    return false;
  }
}

function algorithmOf({ content }: Span): Algorithm {
  const [identifier, parameters, ...others] = spansIn(content);
  if (identifier?.tag !== 0x06 || others.length > 0) throw damagedRequest('no algorithm of its signature');
  const oid = dotted(identifier.content);
  if (oid === PSS) return pssOf(parameters);
  const known = ALGORITHMS.get(oid);
  if (known === undefined)
    throw unsupported(`a signature of a kind that is refused (${REFUSED.get(oid) ?? oid})`);
  // NULL for RSA, nothing for ECDSA (RFC 4055 §5, RFC 5758 §3.2); both are left out or NULL in the wild.
  if (parameters !== undefined && parameters.raw.length > 2)
    throw damagedRequest('a signature with parameters');
  return known;
}

/** RSASSA-PSS-params (RFC 4055 §3.1). Its default digest is SHA-1. */
function pssOf(parameters: Span | undefined): Algorithm {
  const fields = parameters?.tag === 0x30 ? spansIn(parameters.content) : [];
  const [hash, mask, salt, ...others] = fields;
  if (hash?.tag !== 0xa0 || mask?.tag !== 0xa1 || salt?.tag !== 0xa2 || others.length > 0) {
    throw unsupported('a PSS signature with SHA-1, or with parameters that nobody uses');
  }
  const digest = digestOf(spanAt(hash.content, 0));
  const [generator, maskHash] = spansIn(spanAt(mask.content, 0).content);
  const isMgf1 = generator !== undefined && dotted(generator.content) === MGF1;
  if (!isMgf1 || maskHash === undefined || digestOf(maskHash) !== digest) {
    throw unsupported('a PSS signature whose mask has another digest');
  }
  const { content } = spanAt(salt.content, 0);
  if (content.length !== 1 || (content[0] ?? 0x80) >= 0x80)
    throw unsupported('a PSS signature with an odd salt');
  return { digest, padding: 'pss', key: 'rsa', saltLength: content[0] ?? 0 };
}

function digestOf({ content }: Span): Algorithm['digest'] {
  const [identifier] = spansIn(content);
  const digest = identifier === undefined ? undefined : DIGESTS.get(dotted(identifier.content));
  if (digest === undefined) throw unsupported('a PSS signature with a digest other than SHA-2');
  return digest;
}

const notItsKey = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_REQUEST_SIGNATURE',
    'The request is not signed by its own key: its sender may not have the key',
    { advice: 'Have the request made or copied again.' },
  );
