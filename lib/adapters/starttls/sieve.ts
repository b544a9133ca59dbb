import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import { readLineWithLiterals } from './literals.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * STARTTLS of ManageSieve (RFC 5804 §2.2): capabilities, STARTTLS, OK. After the handshake the server sends its
 * capabilities again, without being asked: they are the caller's.
 */
export const sieve: StartTlsProtocol = async (dialogue) => {
  const greeting = await readResponse(dialogue, 'the capabilities');
  if (greeting.status !== 'OK') {
    throw unexpectedReply('The server refused the connection', greeting.last);
  }
  if (!greeting.lines.some((line) => /^(?:"STARTTLS"|\{8\+?\}\r\nSTARTTLS)\s*$/i.test(line))) {
    return { ready: false, why: 'The server does not offer STARTTLS', reply: greeting.lines.join('\n') };
  }

  dialogue.send('STARTTLS');
  const { status, last } = await readResponse(dialogue, 'the reply to STARTTLS');
  if (status === 'OK') return { ready: true };
  if (status === 'NO') return { ready: false, why: 'The server refused STARTTLS', reply: last };
  throw unexpectedReply('The server ends the session', last);
};

interface Response {
  readonly status: 'OK' | 'NO' | 'BYE';
  readonly last: string;
  /** Those before it. */
  readonly lines: readonly string[];
}

async function readResponse(dialogue: Dialogue, waitingFor: string): Promise<Response> {
  const lines: string[] = [];
  for (;;) {
    const line = await readLineWithLiterals(dialogue, waitingFor);
    const [, status] = /^(OK|NO|BYE)(?=[\s(]|$)/i.exec(line) ?? [];
    if (status !== undefined) {
      return { status: status.toUpperCase() as Response['status'], last: line, lines };
    }
    if (!/^["{]/.test(line)) {
      throw unexpectedReply(`What arrived as ${waitingFor} is not a reply of this protocol`, line);
    }
    if (lines.length >= dialogue.limits.replyLines) {
      throw limitExceeded(
        `A reply of more than ${dialogue.limits.replyLines} lines arrived as ${waitingFor}`,
      );
    }
    lines.push(line);
  }
}
