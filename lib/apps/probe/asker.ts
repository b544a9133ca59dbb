import { randomBytes } from 'node:crypto';
import { ssl2Hello } from '../../formats/client-hello/write-hello.js';
import type { FlightMessage } from '../../formats/server-flight/flight-messages.js';
import { ClearReading, Ssl2Reading } from './clear-reading.js';
import { helloOf, type Offer } from './hellos.js';
import type { Outcome } from './outcome.js';
import type { Refusal } from './report.js';
import type { Visitor } from './visitor.js';

/** An offer to the server of this probe, whose name every hello has unless another is given. */
export type OwnOffer = Omit<Offer, 'servername'> & { readonly servername?: null };

/** Asks the server by hellos. */
export class Asker {
  readonly visitor: Visitor;
  servername: string | null;
  /** The server has refused the name, and is asked without one. */
  isNameRefused = false;
  /** What could not be found out, in sentences. */
  readonly unsure: string[] = [];

  constructor(visitor: Visitor, servername: string | null) {
    this.visitor = visitor;
    this.servername = servername;
  }

  /** @param isLast as for {@link ClearReading} */
  ask(offer: OwnOffer, isLast?: (message: FlightMessage) => boolean): Promise<Outcome> {
    return this.visitor.ask(() => new ClearReading(helloOf(this.offerOf(offer)).record, isLast));
  }

  /** Keeps in mind what could not be found out, if the refusal is none. @returns whether it is none */
  doubt(what: string, refusal: Refusal | null): boolean {
    if (refusal?.kind !== 'unsure') return false;
    const text = `${what}: ${refusal.text}.`;
    if (!this.unsure.includes(text)) this.unsure.push(text);
    return true;
  }

  askSsl2(): Promise<Outcome> {
    return this.visitor.ask(() => new Ssl2Reading(ssl2Hello(randomBytes(16))));
  }

  /** The offer with the name of the server. */
  offerOf(offer: OwnOffer): Offer {
    return { servername: this.servername, ...offer };
  }
}
