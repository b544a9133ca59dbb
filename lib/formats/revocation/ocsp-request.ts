import { dotted, eachSpan, MalformedDer, type Span, spanAt, spansIn } from '../asn1/der-spans.js';

/** A question about the revocation of certificates (RFC 6960 §4.1). */
export interface OcspRequest {
  readonly questions: readonly OcspQuestion[];
  /** Value of the extension, which the answer repeats; null if there is none. */
  readonly nonce: Uint8Array | null;
}

/** One certificate that is asked about. */
export interface OcspQuestion {
  /** CertID, which the answer repeats as it is. */
  readonly id: Uint8Array;
  /** How its issuer is identified; null for a hash that is not supported. */
  readonly hash: OcspHash | null;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content of the INTEGER. */
  readonly serialNumber: Uint8Array;
}

export type OcspHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** No client asks about more, and each takes time to answer. */
export const MOST_QUESTIONS = 20;

/** No request with that many questions is longer. */
export const LONGEST_REQUEST = 4096;

/** A nonce has 1 to 128 octets (RFC 9654 §2.1), and two more for its type and length. */
const LONGEST_NONCE = 131;

const TAG = {
  integer: 0x02,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  version: 0xa0,
  requestor: 0xa1,
  extensions: 0xa2,
} as const;

/**
 * Reads OCSPRequest. A signature on it is not checked, as responders may do (RFC 6960 §4.1.2).
 *
 * @throws MalformedDer for what is none, and for one beyond the limits
 */
export function readOcspRequest(der: Uint8Array): OcspRequest {
  if (der.length > LONGEST_REQUEST) throw malformed();
  const request = of(spanAt(der, 0), TAG.sequence);
  if (request.raw.length !== der.length) throw malformed();
  const fields = spansIn(of(spanAt(request.content, 0), TAG.sequence).content);
  if (fields[0]?.tag === TAG.version) fields.shift();
  if (fields[0]?.tag === TAG.requestor) fields.shift();
  const questions = questionsIn(of(fields.shift(), TAG.sequence));
  const extensions = fields.shift();
  if (fields.length > 0) throw malformed();
  return { questions, nonce: extensions === undefined ? null : nonceIn(of(extensions, TAG.extensions)) };
}

function questionsIn({ content }: Span): OcspQuestion[] {
  const questions: OcspQuestion[] = [];
  for (const request of eachSpan(content)) {
    if (questions.length === MOST_QUESTIONS) throw malformed();
    questions.push(questionOf(of(spanAt(of(request, TAG.sequence).content, 0), TAG.sequence)));
  }
  if (questions.length === 0) throw malformed();
  return questions;
}

/** CertID */
function questionOf({ raw, content }: Span): OcspQuestion {
  const [algorithm, name, key, serialNumber, ...more] = spansIn(content);
  if (more.length > 0) throw malformed();
  const identifier = of(spanAt(of(algorithm, TAG.sequence).content, 0), TAG.oid);
  return {
    id: raw,
    hash: HASHES[dotted(identifier.content)] ?? null,
    issuerNameHash: of(name, TAG.octetString).content,
    issuerKeyHash: of(key, TAG.octetString).content,
    serialNumber: of(serialNumber, TAG.integer).content,
  };
}

/** Windows and OpenSSL ask with SHA-1, which is no weakness here: it only names the issuer. */
const HASHES: Readonly<Record<string, OcspHash>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** id-pkix-ocsp-nonce */
export const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2';

function nonceIn({ content }: Span): Uint8Array | null {
  for (const extension of spansIn(of(spanAt(content, 0), TAG.sequence).content)) {
    const parts = spansIn(of(extension, TAG.sequence).content);
    if (dotted(of(parts[0], TAG.oid).content) !== OCSP_NONCE) continue;
    const value = of(parts.at(-1), TAG.octetString).content;
    if (value.length === 0 || value.length > LONGEST_NONCE) throw malformed();
    return value;
  }
  return null;
}

function of(span: Span | undefined, tag: number): Span {
  if (span?.tag !== tag) throw malformed();
  return span;
}

const malformed = (): MalformedDer => new MalformedDer('something that has no place in an OCSP request');
