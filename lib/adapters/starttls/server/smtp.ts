import type { Dialogue } from '../dialogue.js';
import { readReply } from '../reply.js';
import { type Answer, type ServerProtocol, verbOf } from './protocol.js';

/** SMTP up to STARTTLS (RFC 3207 §4). */
export const smtp: ServerProtocol = {
  greeter: {
    own: (name) => `220 ${name} ESMTP\r\n`,
    passOn: async (backend) => {
      const { code, text } = await readReply(backend, 'the greeting');
      return { say: `${text.replaceAll('\n', '\r\n')}\r\n`, isWelcome: code === 220 };
    },
    sorry: (name) => `421 ${name} Service not available\r\n`,
  },
  next: async (dialogue, name) => answer(await readCommand(dialogue), name),
  enough: (name) => `421 ${name} Too many commands\r\n`,
};

/** A command of SMTP, IMAP or POP3. */
export const readCommand = (dialogue: Dialogue): Promise<string> => dialogue.readLine('a command');

/** "NOOP, EHLO, STARTTLS, or QUIT" are what a client may say before TLS; others get 530. */
function answer(line: string, name: string): Answer {
  const [, verb = '', rest = ''] = /^([a-z]*)(.*)$/is.exec(line) ?? [];
  switch (verb.toUpperCase()) {
    case 'EHLO':
      return { next: 'request', say: `250-${name}\r\n250 STARTTLS\r\n` };
    case 'HELO':
      return { next: 'request', say: `250 ${name}\r\n` };
    case 'NOOP':
    case 'RSET':
      return { next: 'request', say: '250 OK\r\n' };
    case 'STARTTLS':
      if (rest.trim() !== '') return { next: 'request', say: '501 STARTTLS has no parameters\r\n' };
      return { next: 'tls', say: '220 Ready to start TLS\r\n' };
    case 'QUIT':
      return { next: 'end', say: `221 ${name} Closing\r\n`, why: `The client sent ${verbOf(line)}` };
    default:
      return { next: 'request', say: '530 Must issue a STARTTLS command first\r\n' };
  }
}
