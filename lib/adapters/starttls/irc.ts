import { limitExceeded, unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * STARTTLS of IRC (the `tls` extension of IRCv3, which recommends the port for TLS instead): the client sends STARTTLS
 * before it registers, and the server answers with numeric 670.
 */
export const irc: StartTlsProtocol = async (dialogue) => {
  let lines = 0;
  const next = async (waitingFor: string): Promise<Message> => {
    const line = await dialogue.readLine(waitingFor);
    lines += 1;
    if (lines > dialogue.limits.replyLines) {
      throw limitExceeded(`More than ${dialogue.limits.replyLines} lines arrived before TLS`);
    }
    const command = MESSAGE.exec(line)?.[1]?.toUpperCase();
    if (command === undefined) throw unexpectedReply('What arrived is not a message of IRC', line);
    if (command === 'ERROR') throw unexpectedReply('The server ends the session', line);
    return { command, line };
  };

  // Servers begin with notices whenever they like.
  while (dialogue.hasArrived) {
    const { command, line } = await next('the notices');
    if (!isChat(command)) throw unexpectedReply('The server answered before it was asked', line);
  }
  dialogue.send('STARTTLS');
  for (;;) {
    const { command, line } = await next('the reply to STARTTLS');
    if (command === RPL_STARTTLS) return { ready: true };
    if (REFUSALS.has(command)) return { ready: false, why: 'The server refused STARTTLS', reply: line };
    if (!isChat(command)) throw unexpectedReply('The server did not answer STARTTLS with 670', line);
  }
};

interface Message {
  readonly command: string;
  readonly line: string;
}

/** Tags and source, each with a space behind it, then the command (RFC 2812 §2.3.1, IRCv3 message tags). */
const MESSAGE = /^(?:@\S+ +)?(?::\S+ +)?([A-Z]+|\d{3})(?: |$)/i;

const RPL_STARTTLS = '670';

/** ERR_STARTTLS, ERR_UNKNOWNCOMMAND, ERR_NOTREGISTERED, ERR_ALREADYREGISTRED. */
const REFUSALS: ReadonlySet<string> = new Set(['691', '421', '451', '462']);

/** What servers say to a client that has not registered: notices, 020 (please wait), a PING that it need not answer. */
const isChat = (command: string): boolean => ['NOTICE', '020', 'PING'].includes(command);
