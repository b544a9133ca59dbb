import {
  Message,
  readAuthorities,
  readCertificates,
  readStatus,
  type FlightMessage,
} from '../../formats/server-flight/flight-messages.js';
import { MalformedMessage } from '../../formats/tls-wire/byte-reader.js';
import { schemeName } from '../../formats/tls-wire/signature-schemes.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import { formatName, readName } from '../../formats/x509/distinguished-name.js';
import type { Asker } from './asker.js';
import { chainOf } from './chain.js';
import { refusalOf } from './eliminate.js';
import { flight13, type FlightOffer } from './open-flight.js';
import type { CertificateReport, Refusal } from './report.js';
import type { Clear, Opened } from './spoken.js';
import { ocspOf } from './staple.js';

const MOST_NAMES = 100;

/** Names of authorities as text; one that cannot be read as an empty one. */
const namesOf = (authorities: readonly Uint8Array[] | null): string[] =>
  (authorities ?? []).slice(0, MOST_NAMES).map((der) => {
    try {
      return formatName(readName(der));
    } catch {
      return '';
    }
  });

const isFlightEnd = ({ type }: { readonly type: number }): boolean => type === Message.ServerHelloDone;

/** A certificate, or why there is none. */
export type Shown = { readonly report: CertificateReport } | { readonly refusal: Refusal };

const NOT_SHOWN: Refusal = {
  kind: 'unsure',
  text: 'the answer ended before the certificate, or cannot be read',
};
const ANONYMOUS: Refusal = { kind: 'alert', text: 'no certificate' };

/** The certificate that the server shows with these suites, in a version before TLS 1.3. */
export async function certificatesBefore13(
  asker: Asker,
  { name, suites }: Clear,
  servername?: null,
): Promise<Shown> {
  const version = TLS_VERSIONS[name];
  const offer = { version, suites, ...(servername === null && { servername }) };
  const outcome = await asker.ask(offer, isFlightEnd);
  if (outcome.end !== 'answer') return { refusal: refusalOf(outcome) };
  const { messages } = outcome;
  const certificates = read(messages, Message.Certificate, readCertificates) ?? [];
  if (certificates.length === 0) return { refusal: messages.some(isFlightEnd) ? ANONYMOUS : NOT_SHOWN };
  const staple = read(messages, Message.CertificateStatus, readStatus);
  const authorities = read(messages, Message.CertificateRequest, (body) => readAuthorities(body, version));
  return {
    report: {
      version: name,
      scheme: null,
      staple: staple?.length ?? null,
      ocsp: ocspOf(staple, certificates[0]),
      clientAuthorities: authorities?.length ?? null,
      authorityNames: namesOf(authorities),
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

/** The certificate that the server shows in TLS 1.3. */
export async function certificatesIn13(asker: Asker, opened: Opened, offer: FlightOffer): Promise<Shown> {
  const { flight, refusal } = await flight13(asker, opened, offer);
  if (flight === null || refusal !== null) return { refusal: refusal ?? NOT_SHOWN };
  return {
    report: {
      version: 'TLSv1.3',
      scheme: flight.scheme === null ? null : schemeName(flight.scheme),
      staple: flight.staple?.length ?? null,
      ocsp: ocspOf(flight.staple, flight.certificates[0]),
      clientAuthorities: flight.authorities?.length ?? null,
      authorityNames: namesOf(flight.authorities),
      ...chainOf(flight.certificates),
    },
  };
}
