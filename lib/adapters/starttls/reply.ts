import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';

/** A reply of SMTP, LMTP or FTP: three digits and one or more lines (RFC 5321 §4.2.1, RFC 959 §4.2). */
export interface Reply {
  readonly code: number;
  /** The lines without code and separator. */
  readonly lines: readonly string[];
  /** The reply as received, lines joined by \n. */
  readonly text: string;
}

const REPLY_LINE = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s;

/**
 * Reads the next complete reply. @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY when it is not one, and as
 * {@link Dialogue.readLine}
 */
export async function readReply(dialogue: Dialogue, waitingFor: string): Promise<Reply> {
  const lines: string[] = [];
  const raw: string[] = [];
  let code: string | null = null;
  for (;;) {
    const line = await dialogue.readLine(waitingFor);
    raw.push(line);
    const [, digits, separator, text] = REPLY_LINE.exec(line) ?? [];
    if (digits === undefined || (code !== null && digits !== code)) {
      throw unexpectedReply(`What arrived as ${waitingFor} is not a reply of this protocol`, raw.join('\n'));
    }
    code = digits;
    lines.push(text ?? '');
    if (separator !== '-') return { code: Number(code), lines, text: raw.join('\n') };
    if (lines.length >= dialogue.limits.replyLines) {
      throw limitExceeded(
        `A reply of more than ${dialogue.limits.replyLines} lines arrived as ${waitingFor}`,
      );
    }
  }
}
