import type { Dialogue } from './dialogue.js';
import { unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';
import { type Reply, readReply, refusal } from './reply.js';

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
  // Servers that are older than FEAT refuse it, and may have AUTH.
  if (features.code !== 211) refusal('FEAT', features);
  else if (!features.lines.some((line) => /^AUTH\b.*\bTLS\b/i.test(line.trim()))) {
    return { ready: false, why: 'The server does not offer AUTH TLS', reply: features.text };
  }

  dialogue.send('AUTH TLS');
  const goAhead = await read(dialogue, 'the reply to AUTH TLS');
  return goAhead.code === 234 ? { ready: true } : refusal('AUTH TLS', goAhead);
};

const read = (dialogue: Dialogue, waitingFor: string): Promise<Reply> =>
  readReply(dialogue, waitingFor, 'ftp');
