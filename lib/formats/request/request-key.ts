import { createPublicKey, type KeyObject } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { dotted, type Span, spansIn } from '../asn1/der-spans.js';
import { readStrictDer } from '../asn1/strict-der.js';
import { damagedRequest } from './damaged-request.js';

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';

/** Curves by identifier, with the bytes of a coordinate. */
const CURVES: ReadonlyMap<string, number> = new Map([
  ['1.2.840.10045.3.1.7', 32],
  ['1.3.132.0.34', 48],
  ['1.3.132.0.35', 66],
]);

const NULL = 0x05;
const OBJECT_IDENTIFIER = 0x06;
const BIT_STRING = 0x03;

/**
 * The public key of a request. It is examined before OpenSSL uses it: what checking a signature costs is decided by the
 * numbers in the key, which its maker chose.
 *
 * @param info SubjectPublicKeyInfo
 * @throws SchannelError ERR_SCHANNEL_REQUEST_KEY, ERR_SCHANNEL_REQUEST_UNSUPPORTED, ERR_SCHANNEL_REQUEST_DAMAGED
 */
export function readRequestKey(info: Span): KeyObject {
  const [algorithm, bits, ...others] = spansIn(info.content);
  const [identifier, parameters, ...more] = algorithm === undefined ? [] : spansIn(algorithm.content);
  if (identifier?.tag !== OBJECT_IDENTIFIER || bits?.tag !== BIT_STRING || others.length + more.length > 0) {
    throw damagedRequest('something else where its public key belongs');
  }
  if (bits.content[0] !== 0) throw damagedRequest('a public key that is not made of whole bytes');
  const key = bits.content.subarray(1);
  switch (dotted(identifier.content)) {
    case RSA:
      if (parameters?.tag !== NULL || parameters.content.length > 0) {
        throw damagedRequest('an RSA key with parameters');
      }
      checkRsa(key);
      break;
    case EC:
      checkPoint(key, curveSize(parameters));
      break;
    default:
      throw unsupported(`a key of a kind that Windows' TLS does not use (${dotted(identifier.content)})`);
  }
  try {
    return createPublicKey({ key: Buffer.from(info.raw), format: 'der', type: 'spki' });
  } catch (cause) {
    throw weak('a public key that OpenSSL does not accept', cause);
  }
}

/** What Windows' providers can make and use. */
const LEAST_BITS = 2048;
const MOST_BITS = 16_384;
/** Windows has 32 bits for it in its older interfaces. Longer ones only make verification slow. */
const MOST_EXPONENT_BYTES = 8;

/** RSAPublicKey (RFC 8017 §A.1.1). */
function checkRsa(der: Uint8Array): void {
  const [modulus, exponent, ...others] = spansIn(readStrictDer(der, { elements: 3, depth: 1 }).content);
  if (modulus?.tag !== 0x02 || exponent?.tag !== 0x02 || others.length > 0) {
    throw damagedRequest('something else where the numbers of its RSA key belong');
  }
  const bits = bitsOf(modulus.content);
  if (bits < LEAST_BITS) throw weak(`an RSA key of ${bits} bits, and ${LEAST_BITS} are the least`);
  if (bits > MOST_BITS) throw weak(`an RSA key of ${bits} bits, and ${MOST_BITS} are the most`);
  if (isEven(modulus.content)) throw weak('an RSA key with an even modulus');
  const { content } = exponent;
  if (bitsOf(content) < 2 || isEven(content))
    throw weak('an RSA key with an exponent that is 1, even or negative');
  if (content.length > MOST_EXPONENT_BYTES + 1)
    throw weak('an RSA key with an exponent of more than 64 bits');
}

/** Bits of an INTEGER; 0 for a negative one. */
function bitsOf(content: Uint8Array): number {
  if ((content[0] ?? 0x80) >= 0x80) return 0;
  const magnitude = content[0] === 0 ? content.subarray(1) : content;
  return magnitude.length === 0 ? 0 : magnitude.length * 8 - (Math.clz32(magnitude[0] ?? 0) - 24);
}

const isEven = (content: Uint8Array): boolean => ((content.at(-1) ?? 0) & 1) === 0;

function curveSize(parameters: Span | undefined): number {
  // A curve that is spelled out may be another one with a known name's numbers (CVE-2020-0601).
  if (parameters?.tag !== OBJECT_IDENTIFIER)
    throw unsupported('a key on a curve that is given by its numbers');
  const curve = dotted(parameters.content);
  const size = CURVES.get(curve);
  if (size === undefined) throw unsupported(`a key on a curve that Windows' TLS does not use (${curve})`);
  return size;
}

function checkPoint(point: Uint8Array, size: number): void {
  if (point[0] === 0x02 || point[0] === 0x03) throw unsupported('a key whose point is compressed');
  if (point[0] !== 0x04 || point.length !== 1 + 2 * size) throw weak('a key whose point is not on its curve');
}

const weak = (what: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_REQUEST_KEY', `The request has ${what}`, {
    advice: 'Have a request made with a new key: RSA with 2048 bits or more, or on the curve P-256 or P-384.',
    ...(cause !== undefined && { cause }),
  });

/** ERR_SCHANNEL_REQUEST_UNSUPPORTED; `what` completes "The request has …". */
export const unsupported = (what: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_REQUEST_UNSUPPORTED', `The request has ${what}`, {
    advice: 'Have it made with RSA or on the curve P-256 or P-384, and signed with SHA-256 or longer.',
  });
