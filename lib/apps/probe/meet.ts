import { alertName } from '../../base/errors/alerts.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { notTls, unreachable } from './errors.js';
import { suitesFor } from './offered-suites.js';
import type { Outcome } from './outcome.js';
import type { HelloVersion } from './versions.js';

/** The first hellos to a server, until one is answered. */
const FIRST: readonly HelloVersion[] = ['TLSv1.2', 'TLSv1.3', 'TLSv1'];

/**
 * Finds out whether there is a TLS server at all, and whether it wants to hear its name.
 *
 * @returns what was answered meanwhile
 * @throws {SchannelError} ERR_SCHANNEL_PROBE_TARGET, ERR_SCHANNEL_PROBE_NOT_TLS; what startTls() throws
 */
export async function meet(asker: Asker): Promise<ReadonlyMap<HelloVersion, Outcome>> {
  const met = new Map<HelloVersion, Outcome>();
  for (const name of FIRST) {
    const offer = { version: TLS_VERSIONS[name], suites: suitesFor(name).first };
    let outcome = await asker.ask(offer);
    if (isNameRefused(outcome) && asker.servername !== null) {
      asker.unsure.push('The server refuses this name. What follows is what it accepts without a name.');
      asker.servername = null;
      asker.isNameRefused = true;
      outcome = await asker.ask(offer);
    }
    if (outcome.end === 'unreachable') throw unreachable(outcome.error);
    if (outcome.end === 'starttls') throw outcome.error;
    if (outcome.end === 'not-tls') throw notTls(outcome.text);
    if (outcome.end === 'answer' || outcome.end === 'alert') met.set(name, outcome);
    if (outcome.end === 'answer') return met;
  }
  return met;
}

const isNameRefused = (outcome: Outcome): boolean =>
  outcome.end === 'alert' && alertName(outcome.alert) === 'unrecognized_name';
