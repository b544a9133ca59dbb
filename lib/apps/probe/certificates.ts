import { createHash, type KeyObject } from 'node:crypto';
import {
  Message,
  readAuthorities,
  readCertificates,
  readStatus,
  type FlightMessage,
} from '../../formats/server-flight/flight-messages.js';
import { MalformedMessage } from '../../formats/tls-wire/byte-reader.js';
import { SIGNATURE_SCHEMES, schemeName } from '../../formats/tls-wire/signature-schemes.js';
import { CIPHER_SUITES } from '../../formats/tls-wire/suites.js';
import { TLS_VERSIONS, type TlsVersionName } from '../../formats/tls-wire/versions.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import type { Asker } from './asker.js';
import { Flight13Reading, type Flight13 } from './flight-13.js';
import { helloOf } from './hellos.js';
import { ownShare } from './key-shares.js';
import type { CertificateReport, ChainedCertificate } from './report.js';

const isFlightEnd = ({ type }: { readonly type: number }): boolean => type === Message.ServerHelloDone;

/** What one flight showed. */
export interface ShownCertificates {
  readonly certificates: readonly Uint8Array[];
  readonly report: CertificateReport;
}

/** The certificate that the server shows with these suites, in a version before TLS 1.3; null for none. */
export async function certificatesBefore13(
  asker: Asker,
  name: TlsVersionName,
  suites: readonly number[],
  servername?: null,
): Promise<ShownCertificates | null> {
  const version = TLS_VERSIONS[name];
  const offer = { version, suites, ...(servername === null && { servername }) };
  const outcome = await asker.ask(offer, isFlightEnd);
  if (outcome.end !== 'answer') return null;
  const { messages } = outcome;
  const certificates = read(messages, Message.Certificate, readCertificates) ?? [];
  if (certificates.length === 0) return null;
  const staple = read(messages, Message.CertificateStatus, readStatus);
  const authorities = read(messages, Message.CertificateRequest, (body) => readAuthorities(body, version));
  return {
    certificates,
    report: {
      version: name,
      scheme: null,
      staple: staple?.length ?? null,
      clientAuthorities: authorities?.length ?? null,
      ...chainOf(certificates),
    },
  };
}

function read<Value>(
  messages: readonly FlightMessage[],
  wanted: number,
  reader: (body: Uint8Array) => Value,
): Value | null {
  const message = messages.find(({ type }) => type === wanted);
  if (message === undefined) return null;
  try {
    return reader(message.body);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return null;
  }
}

/** The suites of each kind of certificate that there are. */
export const suitesByKey = (suites: readonly number[]): number[][] =>
  (['RSA', 'ECDSA', 'DSS'] as const)
    .map((key) => suites.filter((suite) => CIPHER_SUITES.get(suite)?.authentication === key))
    .filter((list) => list.length > 0);

/** Signature schemes of each kind of key, as far as TLS 1.3 has them. */
export const SCHEMES_BY_KEY: readonly (readonly number[])[] = [
  [
    SIGNATURE_SCHEMES.ecdsa_secp256r1_sha256,
    SIGNATURE_SCHEMES.ecdsa_secp384r1_sha384,
    SIGNATURE_SCHEMES.ecdsa_secp521r1_sha512,
  ],
  [
    SIGNATURE_SCHEMES.rsa_pss_rsae_sha256,
    SIGNATURE_SCHEMES.rsa_pss_rsae_sha384,
    SIGNATURE_SCHEMES.rsa_pss_rsae_sha512,
    SIGNATURE_SCHEMES.rsa_pss_pss_sha256,
    SIGNATURE_SCHEMES.rsa_pss_pss_sha384,
    SIGNATURE_SCHEMES.rsa_pss_pss_sha512,
    // For the signatures in the chain: it is not used in the handshake.
    SIGNATURE_SCHEMES.rsa_pkcs1_sha256,
  ],
  [SIGNATURE_SCHEMES.ed25519, SIGNATURE_SCHEMES.ed448],
];

/** A flight of TLS 1.3, opened by our half of a key exchange; null if the server refuses or it cannot be read. */
export async function flight13(
  asker: Asker,
  suites: readonly number[],
  group: number,
  offer: {
    readonly schemes?: readonly number[];
    readonly alpn?: readonly string[];
    readonly servername?: null;
  },
): Promise<Flight13 | null> {
  const share = ownShare(group);
  if (share === null) return null;
  let reading: Flight13Reading | null = null;
  await asker.visitor.ask(() => {
    const parts = { version: TLS_VERSIONS['TLSv1.3'], suites, groups: [group], shares: [share], ...offer };
    reading = new Flight13Reading(helloOf(asker.offerOf(parts)), share);
    return reading;
  });
  return (reading as Flight13Reading | null)?.flight ?? null;
}

/** The certificate of a flight of TLS 1.3; null for none. */
export function certificatesIn13(flight: Flight13 | null): ShownCertificates | null {
  if (flight === null || flight.certificates.length === 0) return null;
  const { certificates } = flight;
  return {
    certificates,
    report: {
      version: 'TLSv1.3',
      scheme: flight.scheme === null ? null : schemeName(flight.scheme),
      staple: flight.staple?.length ?? null,
      clientAuthorities: flight.authorities?.length ?? null,
      ...chainOf(certificates),
    },
  };
}

function chainOf(
  certificates: readonly Uint8Array[],
): Pick<CertificateReport, 'key' | 'chain' | 'isOrdered'> {
  const parsed = certificates.map((der) => parseCertificate(der));
  const isOrdered = parsed.every((certificate, index) => {
    const before = index === 0 ? null : parsed[index - 1];
    return index === 0 || (certificate !== null && before?.issuer === certificate.subject);
  });
  const chain = certificates.map((der) => factsOf(der));
  return { key: chain[0]?.key ?? null, chain, isOrdered };
}

function factsOf(der: Uint8Array): ChainedCertificate {
  const certificate = parseCertificate(der);
  const fingerprint256 = createHash('sha256').update(der).digest('hex').toUpperCase();
  if (certificate === null) {
    return {
      subject: null,
      issuer: null,
      names: null,
      validFrom: null,
      validTo: null,
      key: null,
      fingerprint256,
    };
  }
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: certificate.subjectAltName ?? null,
    validFrom: moment(certificate.validFrom),
    validTo: moment(certificate.validTo),
    key: keyOf(() => certificate.publicKey),
    fingerprint256,
  };
}

/** The most specific part first, as in RFC 4514. */
const oneLine = (name: string): string => name.split('\n').reverse().join(', ');

function moment(text: string): string | null {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function keyOf(key: () => KeyObject): string | null {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = key();
    const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
    const size = modulusLength ?? namedCurve;
    const type = (asymmetricKeyType ?? 'unknown').toUpperCase();
    return size === undefined ? type : `${type} ${size}`;
  } catch {
    return null;
  }
}
