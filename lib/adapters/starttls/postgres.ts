import { unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * SSLRequest of PostgreSQL ("SSL Session Encryption" in its documentation): the server answers with one byte. An error
 * message in its place is that of an attacker or of a very old server, and not shown (CVE-2024-10977).
 */
export const postgres: StartTlsProtocol = async (dialogue) => {
  dialogue.sendBytes(SSL_REQUEST);
  const [answer] = await dialogue.readBytes(1, 'the answer to SSLRequest');
  if (answer === YES) return { ready: true };
  if (answer === NO) return { ready: false, why: 'The server does not use TLS', reply: 'N' };
  throw unexpectedReply('The server did not answer SSLRequest with S or N', 'another byte');
};

/** Length 8, and 1234 5679 in place of a version. */
const SSL_REQUEST = Buffer.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);
const YES = 'S'.charCodeAt(0);
const NO = 'N'.charCodeAt(0);
