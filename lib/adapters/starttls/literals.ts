import type { Dialogue } from './dialogue.js';
import { limitExceeded } from './errors.js';

/** Most octets of a literal. A capability or a text for people has a few. */
const LONGEST_LITERAL = 8192;

/**
 * Reads a line of IMAP or ManageSieve with its literals, which may contain line ends and whatever looks like a reply
 * (RFC 9051 §4.3, RFC 5804 §1.2). @throws as {@link Dialogue.readLine}
 */
export async function readLineWithLiterals(dialogue: Dialogue, waitingFor: string): Promise<string> {
  let whole = '';
  for (;;) {
    const line = await dialogue.readLine(waitingFor);
    const [, digits] = /\{(\d+)\+?\}$/.exec(line) ?? [];
    if (digits === undefined) return whole + line;
    const length = Number(digits);
    if (length > LONGEST_LITERAL) {
      throw limitExceeded(`A literal of more than ${LONGEST_LITERAL} bytes arrived as ${waitingFor}`);
    }
    const literal = await dialogue.readBytes(length, waitingFor);
    whole += `${line}\r\n${literal.toString('utf8')}`;
  }
}
