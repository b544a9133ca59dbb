import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { refusalOf } from './eliminate.js';
import { Flight13Reading, type Flight13 } from './flight-13.js';
import { helloOf } from './hellos.js';
import { ownShare } from './key-shares.js';
import type { Refusal } from './report.js';
import type { Opened } from './spoken.js';

/** A flight, or why there is none. */
export interface OpenedFlight {
  readonly flight: Flight13 | null;
  /** Null if the flight was read up to the certificate. */
  readonly refusal: Refusal | null;
}

/** What is offered besides suites and a group. */
export interface FlightOffer {
  readonly schemes?: readonly number[];
  readonly alpn?: readonly string[];
  readonly servername?: null;
}

/** Opens a flight of TLS 1.3 by our half of a key exchange. */
export async function flight13(
  asker: Asker,
  { suites, group }: Opened,
  offer: FlightOffer = {},
): Promise<OpenedFlight> {
  const share = ownShare(group);
  if (share === null)
    return { flight: null, refusal: { kind: 'unsure', text: 'a group that we do not have' } };
  const readings: Flight13Reading[] = [];
  const outcome = await asker.visitor.ask(() => {
    const parts = { version: TLS_VERSIONS['TLSv1.3'], suites, groups: [group], shares: [share], ...offer };
    const reading = new Flight13Reading(helloOf(asker.offerOf(parts)), share);
    readings.push(reading);
    return reading;
  });
  const flight = readings.at(-1)?.flight ?? null;
  if (outcome.end !== 'answer') return { flight, refusal: refusalOf(outcome) };
  const isRead = flight !== null && flight.certificates.length > 0;
  return { flight, refusal: isRead ? null : UNREAD };
}

const UNREAD: Refusal = {
  kind: 'unsure',
  text: 'the answer ended before the certificate, or cannot be read',
};
