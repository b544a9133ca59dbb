import { SchannelError } from '../../base/errors/schannel-error.js';
import { dotted, findSpan, MalformedDer, type Span, spansIn } from '../asn1/der-spans.js';
import { ReadBudget } from '../asn1/read-budget.js';
import { readStrictDer } from '../asn1/strict-der.js';
import { bareBase64 } from '../pem/bare-base64.js';
import { kindOfLabel } from '../pem/content-kind.js';
import { otherContent } from '../pem/other-content.js';
import { type Recognized, recognize, type Source } from '../pem/source.js';
import { sourceOf } from '../pem/option-sources.js';
import { textOf } from '../x509/distinguished-name.js';
import { ATTRIBUTE } from './attributes.js';
import { CertificateRequest } from './certificate-request.js';
import { damagedRequest, readPart } from './damaged-request.js';
import { readRequestedExtensions } from './requested-extensions.js';
import { readRequestKey } from './request-key.js';
import { checkSignature } from './request-signature.js';

/** Bytes of a request. A large one, with hundreds of names, has ten thousand. */
const MOST_BYTES = 64 << 10;
/** Text is longer: Base64, UTF-16, and what surrounds it. */
const MOST_TEXT = 256 << 10;
/** Each alternative name is one element. */
const LIMITS = Object.freeze({ elements: 4096, depth: 12 });

/**
 * Reads a certificate request (PKCS #10, RFC 2986): PEM, bare Base64 or DER. Anyone may have made it, so it is read
 * strictly and within limits, and its signature is verified: its maker had the key.
 *
 * All else in it is a wish. An authority must check each name by its own rules.
 *
 * @throws SchannelError
 * - ERR_SCHANNEL_REQUEST_DAMAGED: it is no request, or a malformed one
 * - ERR_SCHANNEL_REQUEST_SIGNATURE: its own key did not sign it
 * - ERR_SCHANNEL_REQUEST_KEY: its key is too weak
 * - ERR_SCHANNEL_REQUEST_UNSUPPORTED: its key or its signature is of another kind
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function readRequest(source: string | NodeJS.ArrayBufferView): CertificateRequest {
  const der = derOf(sourceOf(source, 'source'));
  const { raw, info, fields, algorithm, signature } = readPart('DER', () => partsOf(der));
  const [subject, keyInfo, attributes] = fields;
  const publicKey = readPart('a public key', () => readRequestKey(keyInfo));
  const proof = readPart('a signature', () => checkSignature(info.raw, algorithm, signature, publicKey));
  const { extensions, challengePassword } = readPart('attributes', () => readAttributes(attributes));
  return new CertificateRequest({
    der: Buffer.from(raw),
    encodedSubject: Buffer.from(subject.raw),
    publicKey,
    signature: proof,
    extensions: readPart('extensions', () => readRequestedExtensions(extensions, LIMITS)),
    challengePassword,
  });
}

/** The DER in a file. @throws SchannelError ERR_SCHANNEL_REQUEST_DAMAGED */
function derOf(source: Source): Uint8Array {
  if (source.length > MOST_TEXT) throw tooLarge(source.length, MOST_TEXT);
  const recognized = recognizedIn(source);
  if (recognized.kind === 'der') return bounded(recognized.bytes);
  const requests = recognized.blocks.filter(({ label }) => kindOfLabel(label) === 'request');
  const [request, ...others] = requests;
  if (others.length > 0) throw damagedRequest(`${others.length} more requests behind it in the file`);
  if (request !== undefined) return bounded(request.der);
  const bare = bareBase64(source);
  if (bare !== null) return bounded(bare);
  throw notARequest(source);
}

/** A text with thousands of lines that look like headers is no request. */
function recognizedIn(source: Source): Recognized {
  try {
    return recognize(source, new ReadBudget());
  } catch (cause) {
    throw damagedRequest('too many lines', cause);
  }
}

function bounded(der: Uint8Array): Uint8Array {
  if (der.length > MOST_BYTES) throw tooLarge(der.length, MOST_BYTES);
  return withoutPadding(der);
}

/** Files are often padded with zeros or line ends. Anything else behind the request is refused later. */
function withoutPadding(der: Uint8Array): Uint8Array {
  const whole = findSpan(der);
  if (whole === null) return der;
  return der.subarray(whole.raw.length).every((byte) => PADDING.has(byte)) ? whole.raw : der;
}

const PADDING: ReadonlySet<number> = new Set([0x00, 0x09, 0x0a, 0x0d, 0x1a, 0x20]);

const tooLarge = (length: number, most: number): SchannelError =>
  damagedRequest(`${length} bytes, more than the ${most} that a request may have`);

function notARequest(source: Source): SchannelError {
  const { what } = otherContent(source);
  return new SchannelError(
    'ERR_SCHANNEL_REQUEST_DAMAGED',
    `The file holds no certificate request: it is ${what}`,
    { advice: 'Give the file with "-----BEGIN CERTIFICATE REQUEST-----".' },
  );
}

/** CertificationRequest (RFC 2986 §4), undecoded. */
interface Parts {
  readonly raw: Uint8Array;
  /** What is signed. */
  readonly info: Span;
  readonly fields: readonly [subject: Span, keyInfo: Span, attributes: Span | null];
  readonly algorithm: Span;
  readonly signature: Span;
}

function partsOf(der: Uint8Array): Parts {
  const { raw, content } = readStrictDer(der, LIMITS);
  const [info, algorithm, signature, ...rest] = spansIn(content);
  if (
    info?.tag !== SEQUENCE ||
    algorithm?.tag !== SEQUENCE ||
    signature?.tag !== BIT_STRING ||
    rest.length > 0
  ) {
    throw notARequest(der);
  }
  const [version, subject, keyInfo, attributes, ...more] = spansIn(info.content);
  if (version?.tag !== INTEGER || subject?.tag !== SEQUENCE || keyInfo?.tag !== SEQUENCE)
    throw notARequest(der);
  if (version.content.length !== 1 || version.content[0] !== 0) throw damagedRequest('an unknown version');
  if ((attributes?.tag ?? ATTRIBUTES) !== ATTRIBUTES || more.length > 0) throw notARequest(der);
  return { raw, info, fields: [subject, keyInfo, attributes ?? null], algorithm, signature };
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const SET = 0x31;
/** [0] IMPLICIT. Some programs leave it out when it is empty. */
const ATTRIBUTES = 0xa0;

interface Attributes {
  readonly extensions: Span | null;
  readonly challengePassword: string | null;
}

/** What other attributes say (client information, key provider) is for statistics. */
function readAttributes(attributes: Span | null): Attributes {
  let extensions: Span | null = null;
  let challengePassword: string | null = null;
  for (const { content } of attributes === null ? [] : spansIn(attributes.content)) {
    const [type, values, ...others] = spansIn(content);
    if (type === undefined || values?.tag !== SET || others.length > 0)
      throw new MalformedDer('no attribute');
    const oid = dotted(type.content);
    if (oid === ATTRIBUTE.extensionRequest || oid === ATTRIBUTE.windowsExtensions) {
      if (extensions !== null) throw damagedRequest('its extensions twice');
      extensions = onlyValue(values);
    } else if (oid === ATTRIBUTE.challengePassword) {
      if (challengePassword !== null) throw damagedRequest('two passwords for the authority');
      challengePassword = textOf(onlyValue(values));
    }
  }
  return { extensions, challengePassword };
}

function onlyValue({ content }: Span): Span {
  const [value, ...others] = spansIn(content);
  if (value === undefined || others.length > 0)
    throw damagedRequest('an attribute without exactly one value');
  return value;
}
