import { constants, type KeyObject, verify } from 'node:crypto';
import { ReadBudget } from '../asn1/read-budget.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { kindOfDer, kindOfLabel } from '../pem/content-kind.js';
import { sourceOf, sourcesOf } from '../pem/option-sources.js';
import { otherContent } from '../pem/other-content.js';
import { recognize, type Source } from '../pem/source.js';
import { dotted, eachSpan, findSpan, MalformedDer, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { momentOf } from './outline.js';

/** A list of revoked certificates (RFC 5280 §5), given by the program rather than fetched by Windows. */
export interface RevocationList {
  readonly thisUpdate: Date;
  /** Null if the list has no nextUpdate. */
  readonly nextUpdate: Date | null;
  /** Grows with each list of an issuer (RFC 5280 §5.2.3); null if it has none, or more than 48 bits. */
  readonly number: number | null;
  /** It covers all certificates of its issuer, and has no critical extension that is not understood here. */
  readonly isComplete: boolean;
  /** Name of its issuer, DER. */
  readonly issuer: Uint8Array;
  /** @param serialNumber content of the INTEGER */
  revokes(serialNumber: Uint8Array): boolean;
  isSignedBy(key: KeyObject): boolean;
}

/**
 * The lists in the option `crl`, in order: PEM, any number in one string, or DER.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is neither string nor bytes
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for a list that cannot be read, and for a source without any
 */
export function parseRevocationLists(crl: Source | readonly Source[]): RevocationList[] {
  return sourcesOf(crl, 'options.crl').flatMap((source) => {
    const lists = encodedLists(source).map((der) =>
      listIn(der, 'The option crl holds a revocation list that cannot be read'),
    );
    if (lists.length > 0) return lists;
    // An empty option would silently revoke nothing.
    const { what } = otherContent(source);
    throw refusal(`The option crl holds no revocation list: it is ${what}`);
  });
}

/**
 * The DER of a single list.
 *
 * @param list DER or PEM
 * @throws TypeError ERR_INVALID_ARG_TYPE
 * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE for anything else than one list that can be read
 */
export function encodedList(list: Source): Uint8Array {
  const [only, ...others] = encodedLists(sourceOf(list, 'list'));
  if (only === undefined || others.length > 0) {
    const what = only === undefined ? otherContent(list).what : 'several revocation lists';
    throw refusal(`This is not a revocation list: it is ${what}`);
  }
  listIn(only, 'The revocation list cannot be read');
  return only;
}

/** Unknown content counts as a damaged list. */
function encodedLists(source: Source): readonly Uint8Array[] {
  const recognized = recognize(source, new ReadBudget());
  if (recognized.kind === 'pem') {
    return recognized.blocks
      .filter(({ label }) => kindOfLabel(label) === 'revocation list')
      .map(({ der }) => der);
  }
  const kind = kindOfDer(recognized.bytes);
  return kind === 'revocation list' || kind === null ? [recognized.bytes] : [];
}

function listIn(der: Uint8Array, message: string): RevocationList {
  try {
    return listOf(der);
  } catch (cause) {
    throw refusal(message, cause);
  }
}

/**
 * For the hash and the signature; null if the key type determines it (RFC 8410). Sources: RFC 3279, RFC 4055, RFC
 * 5758.
 */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
};

const PSS = '1.2.840.113549.1.1.10';

/** Digests of RSASSA-PSS-params (RFC 4055 §3.1). Without one it is SHA-1, which nobody signs lists with. */
const PSS_DIGESTS: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** How a list is signed. */
interface Scheme {
  /** Null if the key type determines it. */
  readonly digest: string | null;
  readonly isPss: boolean;
}

/** Null for an algorithm that is not supported. */
function schemeOf(algorithm: Span): Scheme | null {
  const isPss = identifierIn(algorithm) === PSS;
  const digest = isPss ? pssDigest(algorithm) : DIGESTS[identifierIn(algorithm)];
  return digest === undefined ? null : { digest, isPss };
}

function pssDigest(algorithm: Span): string | undefined {
  const [, parameters] = spansIn(algorithm.content);
  const [hash] = spansIn(of(parameters, TAG.sequence).content);
  return hash?.tag === TAG.pssHash ? PSS_DIGESTS[identifierIn(spanAt(hash.content, 0))] : undefined;
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  extensions: 0xa0,
  pssHash: 0xa0,
} as const;

/** Reads only headers: lists of large authorities have a million entries. */
function listOf(der: Uint8Array): RevocationList {
  const [signed, algorithm, signature, ...more] = spansIn(of(spanAt(der, 0), TAG.sequence).content);
  if (more.length > 0) throw malformed();
  const scheme = schemeOf(of(algorithm, TAG.sequence));
  const bits = of(signature, TAG.bitString).content;
  if (bits[0] !== 0) throw malformed();
  const { raw } = of(signed, TAG.sequence);
  const fields = fieldsOf(raw);
  // RFC 5280 §5.1.1.2: both algorithm fields must be equal.
  if (Buffer.compare(fields.algorithm.raw, of(algorithm, TAG.sequence).raw) !== 0) throw malformed();
  const { serialNumbers, hasSpecial } = entriesOf(fields.revoked);
  return {
    thisUpdate: fields.thisUpdate,
    nextUpdate: fields.nextUpdate,
    number: numberIn(fields.extensions),
    isComplete: !hasSpecial && !fields.extensions.some(limitsScope),
    issuer: fields.issuer,
    revokes: (serialNumber) => serialNumbers.has(numberOf(serialNumber)),
    isSignedBy: remembered((key) => scheme !== null && isSignature(scheme, raw, key, bits.subarray(1))),
  };
}

interface Fields {
  readonly algorithm: Span;
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  /** SEQUENCE OF entries; null for none. */
  readonly revoked: Span | null;
  readonly extensions: readonly Extension[];
}

/** TBSCertList (RFC 5280 §5.1.2). */
function fieldsOf(tbs: Uint8Array): Fields {
  const spans = spansIn(spanAt(tbs, 0).content);
  const next = (...tags: readonly number[]): Span | null =>
    tags.includes(spans[0]?.tag ?? -1) ? (spans.shift() ?? null) : null;
  const version = next(TAG.integer);
  // Version 1 is not stated, so only version 2 can be.
  if (version !== null && Buffer.compare(version.content, Buffer.of(1)) !== 0) throw malformed();
  const fields = {
    algorithm: of(next(TAG.sequence), TAG.sequence),
    issuer: of(next(TAG.sequence), TAG.sequence).raw,
    thisUpdate: timeOf(next(TAG.utcTime, TAG.generalizedTime)),
    nextUpdate: optional(next(TAG.utcTime, TAG.generalizedTime), timeOf),
    revoked: next(TAG.sequence),
    extensions: extensionsIn(next(TAG.extensions)),
  };
  if (spans.length > 0) throw malformed();
  return fields;
}

interface Entries {
  /** As {@link numberOf} has them. */
  readonly serialNumbers: ReadonlySet<string>;
  /** An entry has an extension that is not understood, such as that another authority issued its certificate. */
  readonly hasSpecial: boolean;
}

function entriesOf(revoked: Span | null): Entries {
  const serialNumbers = new Set<string>();
  let hasSpecial = false;
  for (const entry of eachSpan(revoked?.content ?? new Uint8Array(0))) {
    const [serialNumber, date, extensions, ...more] = spansIn(of(entry, TAG.sequence).content);
    timeOf(date);
    if (more.length > 0) throw malformed();
    serialNumbers.add(numberOf(of(serialNumber, TAG.integer).content));
    hasSpecial ||= listedIn(extensions ?? null).some(limitsScope);
  }
  return { serialNumbers, hasSpecial };
}

/**
 * The octets of an INTEGER without leading zeros. So a number with its first bit set is equal to the one with the
 * leading zero that belongs there, which some authorities omit.
 */
function numberOf(content: Uint8Array): string {
  const start = content.findIndex((octet) => octet !== 0);
  const octets = start < 0 ? content.subarray(0, 0) : content.subarray(start);
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
}

interface Extension {
  readonly identifier: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** [0] EXPLICIT Extensions. */
const extensionsIn = (field: Span | null): Extension[] =>
  field === null ? [] : listedIn(spanAt(field.content, 0));

function listedIn(extensions: Span | null): Extension[] {
  if (extensions === null) return [];
  return spansIn(of(extensions, TAG.sequence).content).map((extension) => {
    const [identifier, ...rest] = spansIn(of(extension, TAG.sequence).content);
    const critical = rest[0]?.tag === TAG.boolean ? rest.shift() : undefined;
    const value = of(rest[0], TAG.octetString).content;
    return {
      value,
      identifier: dotted(of(identifier, TAG.oid).content),
      isCritical: critical?.content.some((octet) => octet !== 0) ?? false,
    };
  });
}

const CRL_NUMBER = '2.5.29.20';

function numberIn(extensions: readonly Extension[]): number | null {
  const found = extensions.find(({ identifier }) => identifier === CRL_NUMBER);
  const span = found === undefined ? null : findSpan(found.value);
  if (span?.tag !== TAG.integer) return null;
  const { content } = span;
  const octets = Buffer.from(content).subarray(content[0] === 0 ? 1 : 0);
  if (octets.length > 6 || (content[0] ?? 0) >= 0x80) return null;
  return octets.length === 0 ? 0 : octets.readUIntBE(0, octets.length);
}

/** RFC 5280 §5.2.4, §5.2.5 and §5.3.3: changes to another list, a part of all certificates, those of another issuer. */
const SCOPES = new Set(['2.5.29.27', '2.5.29.28', '2.5.29.29']);

/** They must be critical, but count even if they are not: a partial list must not pass for a complete one. */
const limitsScope = ({ identifier, isCritical }: Extension): boolean => isCritical || SCOPES.has(identifier);

const identifierIn = (algorithm: Span | undefined): string =>
  dotted(of(spanAt(of(algorithm, TAG.sequence).content, 0), TAG.oid).content);

function timeOf(span: Span | null | undefined): Date {
  const moment = momentOf(of(span, span?.tag === TAG.utcTime ? TAG.utcTime : TAG.generalizedTime));
  if (Number.isNaN(moment.getTime())) throw malformed();
  return moment;
}

const optional = <Value>(span: Span | null, read: (span: Span) => Value): Value | null =>
  span === null ? null : read(span);

/** The element, which has to be one of this kind. */
function of(span: Span | null | undefined, tag: number): Span {
  if (span?.tag !== tag) throw malformed();
  return span;
}

/** Cached: each connection asks, and lists may have megabytes. */
function remembered(test: (key: KeyObject) => boolean): (key: KeyObject) => boolean {
  const answers = new Map<string, boolean>();
  return (key) => {
    const name = key.export({ format: 'der', type: 'spki' }).toString('base64');
    const answer = answers.get(name) ?? test(key);
    answers.set(name, answer);
    return answer;
  };
}

/** OpenSSL throws if the key is of another type than the signature. */
function isSignature(
  { digest, isPss }: Scheme,
  signed: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  try {
    // OpenSSL finds the length of the salt, and takes the digest for the mask too. Any other mask does not verify.
    const by = isPss ? { key, padding: constants.RSA_PKCS1_PSS_PADDING } : key;
    return verify(digest, signed, by, signature);
  } catch {
    return false;
  }
}

const malformed = (): MalformedDer => new MalformedDer('something that has no place in a revocation list');

const refusal = (message: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_OPTION_CERTIFICATE', message, {
    phase: 'credential',
    advice: 'Check that the file is complete, that it is PEM ("X509 CRL") or DER, and a revocation list.',
    ...(cause === undefined ? {} : { cause }),
  });
