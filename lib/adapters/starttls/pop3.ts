import type { Dialogue } from './dialogue.js';
import { unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';
import { readDottedLines } from './reply.js';

/** STLS of POP3 (RFC 2595 §4): greeting, CAPA, STLS, +OK. */
export const pop3: StartTlsProtocol = async (dialogue) => {
  const greeting = await readStatus(dialogue, 'the greeting');
  if (!greeting.ok) throw unexpectedReply('The server refused the connection', greeting.line);

  dialogue.send('CAPA');
  const capa = await readStatus(dialogue, 'the reply to CAPA');
  // Servers that are older than CAPA may have STLS.
  if (capa.ok) {
    const offer = await readDottedLines(dialogue, 'the capabilities');
    if (!offer.some((line) => line.trim().toUpperCase() === 'STLS')) {
      return { ready: false, why: 'The server does not offer STLS', reply: offer.join('\n') };
    }
  }

  dialogue.send('STLS');
  const goAhead = await readStatus(dialogue, 'the reply to STLS');
  return goAhead.ok ? { ready: true } : { ready: false, why: 'The server refused STLS', reply: goAhead.line };
};

/** Reads a line that says yes or no. @throws as readReply() */
export async function readStatus(
  dialogue: Dialogue,
  waitingFor: string,
): Promise<{ readonly ok: boolean; readonly line: string }> {
  const line = await dialogue.readLine(waitingFor);
  if (/^\+OK(\s|$)/i.test(line)) return { ok: true, line };
  if (/^-ERR(\s|$)/i.test(line)) return { ok: false, line };
  throw unexpectedReply(`What arrived as ${waitingFor} is not a reply of this protocol`, line);
}
