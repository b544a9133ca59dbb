import { isIPv4, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dialogue } from './dialogue.js';
import { unexpectedReply } from './errors.js';
import { fullHostname } from './full-hostname.js';
import type { StartTlsProtocol, Upgrade, UpgradeContext } from './protocol.js';
import { readReply, refusal } from './reply.js';

/** STARTTLS of SMTP (RFC 3207): greeting, EHLO, STARTTLS, 220. */
export const smtp: StartTlsProtocol = (dialogue, context) => upgrade(dialogue, context, 'EHLO');

/** The same for LMTP, with LHLO instead of EHLO (RFC 2033 §4.1). */
export const lmtp: StartTlsProtocol = (dialogue, context) => upgrade(dialogue, context, 'LHLO');

async function upgrade(
  dialogue: Dialogue,
  context: UpgradeContext,
  hello: 'EHLO' | 'LHLO',
): Promise<Upgrade> {
  const greeting = await readReply(dialogue, 'the greeting');
  if (greeting.code !== 220) throw unexpectedReply('The server refused the connection', greeting.text);

  dialogue.send(`${hello} ${context.name ?? ownName(dialogue.socket)}`);
  const welcome = await readReply(dialogue, `the reply to ${hello}`);
  if (welcome.code !== 250) return refusal(hello, welcome);
  if (!offersStartTls(welcome.lines)) {
    return { ready: false, why: 'The server does not offer STARTTLS', reply: welcome.text };
  }

  dialogue.send('STARTTLS');
  const goAhead = await readReply(dialogue, 'the reply to STARTTLS');
  return goAhead.code === 220 ? { ready: true } : refusal('STARTTLS', goAhead);
}

/**
 * The first line of the reply to EHLO is the server's name, and each other line is an extension (RFC 5321 §4.1.1.1).
 */
function offersStartTls(lines: readonly string[]): boolean {
  return lines.slice(1).some((line) => line.trimEnd().toUpperCase() === 'STARTTLS');
}

/** This machine's full name, or else, as in RFC 5321 §4.1.3, the connection's address in brackets. */
export function ownName(socket: Duplex): string {
  const name = fullHostname();
  if (name !== null) return name;
  const address =
    'localAddress' in socket && typeof socket.localAddress === 'string' ? socket.localAddress : '';
  if (isIPv4(address)) return `[${address}]`;
  return isIPv6(address) ? `[IPv6:${address}]` : '[127.0.0.1]';
}
