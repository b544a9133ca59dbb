import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import type { Upgrade } from './protocol.js';

/** A reply of SMTP, LMTP, FTP or NNTP: three digits and one or more lines (RFC 5321 §4.2.1, RFC 959 §4.2). */
export interface Reply {
  readonly code: number;
  /** The lines without code and separator. */
  readonly lines: readonly string[];
  /** The reply as received, lines joined by \n. */
  readonly text: string;
}

const REPLY_LINE = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s;
/** FTP also has replies that announce another one. */
const FTP_REPLY_LINE = /^([1-5][0-9]{2})(?:([ -])(.*))?$/s;

/** 'ftp': the lines between the first and the last are free text. Otherwise each line begins with the code. */
export type ReplyForm = 'smtp' | 'ftp';

/**
 * Reads the next complete reply. @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY when it is not one, and as
 * {@link Dialogue.readLine}
 */
export async function readReply(
  dialogue: Dialogue,
  waitingFor: string,
  form: ReplyForm = 'smtp',
): Promise<Reply> {
  const lines: string[] = [];
  const raw: string[] = [];
  let code: string | null = null;
  for (;;) {
    const line = await dialogue.readLine(waitingFor);
    raw.push(line);
    const [, digits, separator, text] = (form === 'ftp' ? FTP_REPLY_LINE : REPLY_LINE).exec(line) ?? [];
    const isFree = form === 'ftp' && code !== null && (digits !== code || separator === '-');
    if (isFree) {
      lines.push(line);
    } else if (digits === undefined || (code !== null && digits !== code)) {
      throw unexpectedReply(`What arrived as ${waitingFor} is not a reply of this protocol`, raw.join('\n'));
    } else {
      code = digits;
      lines.push(text ?? '');
      if (separator !== '-') return { code: Number(code), lines, text: raw.join('\n') };
    }
    if (lines.length >= dialogue.limits.replyLines) {
      throw limitExceeded(
        `A reply of more than ${dialogue.limits.replyLines} lines arrived as ${waitingFor}`,
      );
    }
  }
}

/** With these the server ends the session (RFC 5321 §3.8 and RFC 959 §5.4, RFC 3977 §3.2.1). */
const GOODBYES: readonly number[] = [421, 400];

/**
 * What a reply means that is not the expected one: a refusal, after which the session goes on.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PEER_STARTTLS_REPLY for a goodbye, and for what is no refusal
 */
export function refusal(request: string, { code, text }: Reply): Upgrade {
  if (GOODBYES.includes(code)) throw unexpectedReply('The server ends the session', text);
  if (code < 400)
    throw unexpectedReply(`What the server answered to ${request} is not an answer to it`, text);
  return { ready: false, why: `The server refused ${request}`, reply: text };
}

/**
 * Reads the lines of a list that ends with a point (POP3, NNTP), without the points that double a first one. @throws as
 * {@link readReply}
 */
export async function readDottedLines(dialogue: Dialogue, waitingFor: string): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await dialogue.readLine(waitingFor);
    if (line === '.') return lines;
    if (lines.length >= dialogue.limits.replyLines) {
      throw limitExceeded(`A list of more than ${dialogue.limits.replyLines} lines arrived as ${waitingFor}`);
    }
    lines.push(line.startsWith('.') ? line.slice(1) : line);
  }
}
