import { unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';
import { readDottedLines, readReply, refusal } from './reply.js';

/** STARTTLS of NNTP (RFC 4642): greeting, CAPABILITIES, STARTTLS, 382. */
export const nntp: StartTlsProtocol = async (dialogue) => {
  const greeting = await readReply(dialogue, 'the greeting');
  if (greeting.code !== 200 && greeting.code !== 201) {
    throw unexpectedReply('The server refused the connection', greeting.text);
  }

  dialogue.send('CAPABILITIES');
  const answer = await dialogue.readLine('the reply to CAPABILITIES');
  if (/^101(\s|$)/.test(answer)) {
    const offer = await readDottedLines(dialogue, 'the capabilities');
    if (!offer.some((line) => line.trim().toUpperCase() === 'STARTTLS')) {
      return { ready: false, why: 'The server does not offer STARTTLS', reply: offer.join('\n') };
    }
  } else if (!/^5\d\d(\s|$)/.test(answer)) {
    // Servers that are older than CAPABILITIES may have STARTTLS.
    throw unexpectedReply('The server did not answer CAPABILITIES with 101', answer);
  }

  dialogue.send('STARTTLS');
  const goAhead = await readReply(dialogue, 'the reply to STARTTLS');
  return goAhead.code === 382 ? { ready: true } : refusal('STARTTLS', goAhead);
};
