import { TLS_VERSIONS, type TlsVersionName } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { flight13 } from './certificates.js';

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
  before13: TlsVersionName | null,
  suites: readonly number[],
  suites13: readonly number[],
  group: number | null,
): Promise<readonly string[] | null> {
  const inClear = before13 !== null && before13 !== 'SSLv3';
  if (!inClear && (group === null || suites13.length === 0)) return null;
  const choose = async (alpn: readonly string[]): Promise<string | null> => {
    if (!inClear) return (await flight13(asker, suites13, group ?? 0, { alpn }))?.alpn ?? null;
    const outcome = await asker.ask({ version: TLS_VERSIONS[before13], suites, alpn });
    return outcome.end === 'answer' ? outcome.hello.alpn : null;
  };
  const found: string[] = [];
  for (;;) {
    const left = NAMES.filter((name) => !found.includes(name));
    const chosen = left.length === 0 ? null : await choose(left);
    if (chosen === null || !left.includes(chosen)) return found;
    found.push(chosen);
  }
}
