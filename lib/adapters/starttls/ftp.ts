import type { Dialogue } from './dialogue.js';
import { unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';
import { type Reply, readReply } from './reply.js';

/**
 * AUTH TLS of FTP (RFC 4217): greeting, FEAT, AUTH TLS, 234. The caller continues with PBSZ and PROT on the secure
 * socket.
 */
export const ftp: StartTlsProtocol = async (dialogue) => {
  let greeting = await read(dialogue, 'the greeting');
  // "Service ready in nnn minutes" (RFC 959 §5.4).
  if (greeting.code === 120) greeting = await read(dialogue, 'the greeting');
  if (greeting.code !== 220) throw unexpectedReply('The server refused the connection', greeting.text);

  dialogue.send('FEAT');
  const features = await read(dialogue, 'the reply to FEAT');
  if (features.code === 421) throw unexpectedReply('The server ends the session', features.text);
  // Servers that are older than FEAT may have AUTH.
  if (features.code === 211 && !features.lines.some((line) => /^AUTH\b.*\bTLS\b/i.test(line.trim()))) {
    return { ready: false, why: 'The server does not offer AUTH TLS', reply: features.text };
  }

  dialogue.send('AUTH TLS');
  const goAhead = await read(dialogue, 'the reply to AUTH TLS');
  if (goAhead.code === 234) return { ready: true };
  if (goAhead.code >= 400) return { ready: false, why: 'The server refused AUTH TLS', reply: goAhead.text };
  throw unexpectedReply('The server did not answer AUTH TLS with 234', goAhead.text);
};

const read = (dialogue: Dialogue, waitingFor: string): Promise<Reply> =>
  readReply(dialogue, waitingFor, 'ftp');
