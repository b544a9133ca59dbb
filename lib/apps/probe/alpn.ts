import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { refusalOf } from './eliminate.js';
import { flight13 } from './open-flight.js';
import type { Refusal } from './report.js';
import type { Clear, Opened } from './spoken.js';

/** Names that servers have (IANA, "TLS ALPN Protocol IDs"). None of them does more than to be chosen. */
const NAMES = [
  'h2',
  'http/1.1',
  'http/1.0',
  'smtp',
  'imap',
  'pop3',
  'managesieve',
  'ftp',
  'xmpp-client',
  'xmpp-server',
  'irc',
  'nnsp',
  'dot',
  'mqtt',
  'postgresql',
  'tds/8.0',
  'radius/1.1',
  'stun.turn',
  'webrtc',
  'sip/2',
  'ntske/1',
  'acme-tls/1',
];

/**
 * The names that the server chooses, by elimination: in the clear where a version before TLS 1.3 is spoken, and
 * otherwise by opening flights of TLS 1.3. Null if nothing could be asked.
 */
export async function alpnOf(
  asker: Asker,
  clear: Clear | null,
  opened: Opened | null,
): Promise<readonly string[] | null> {
  const found: string[] = [];
  for (;;) {
    const left = NAMES.filter((name) => !found.includes(name));
    if (left.length === 0) return found;
    const choice = await choose(asker, clear, opened, left);
    if (choice === null) return null;
    if ('refusal' in choice) asker.doubt('ALPN', choice.refusal);
    if ('refusal' in choice || choice.chosen === null || !left.includes(choice.chosen)) return found;
    found.push(choice.chosen);
  }
}

type Chosen = { readonly chosen: string | null } | { readonly refusal: Refusal };

async function choose(
  asker: Asker,
  clear: Clear | null,
  opened: Opened | null,
  alpn: readonly string[],
): Promise<Chosen | null> {
  if (clear !== null && clear.name !== 'SSLv3') {
    const outcome = await asker.ask({ version: TLS_VERSIONS[clear.name], suites: clear.suites, alpn });
    return outcome.end === 'answer' ? { chosen: outcome.hello.alpn } : { refusal: refusalOf(outcome) };
  }
  if (opened === null) return null;
  const { flight, refusal } = await flight13(asker, opened, { alpn });
  return refusal === null ? { chosen: flight?.alpn ?? null } : { refusal };
}
