import { unexpectedReply } from '../errors.js';
import { type Answer, type ServerProtocol, verbOf } from './protocol.js';
import { readCommand } from './smtp.js';

/** What there is before TLS. LOGINDISABLED: "Clients MUST NOT" log in (RFC 9051 §6.2.3). */
const CAPABILITIES = 'IMAP4rev1 STARTTLS LOGINDISABLED';

/** IMAP up to STARTTLS (RFC 9051 §6.2.1). */
export const imap: ServerProtocol = {
  greeter: {
    own: (name) => `* OK [CAPABILITY ${CAPABILITIES}] ${name} ready\r\n`,
    passOn: async (backend) => {
      const line = await backend.readLine('the greeting');
      const [, status = '', text = ''] = GREETING.exec(line) ?? [];
      // PREAUTH: such a session has no STARTTLS, and the client would take TLS for the way to one that has login.
      if (!/^(OK|BYE)$/i.test(status)) throw unexpectedReply('This is no session before login', line);
      if (status.toUpperCase() === 'BYE') return { say: `${line}\r\n`, isWelcome: false };
      // What the server behind us is capable of in the clear is not for this client.
      return {
        say: `* OK [CAPABILITY ${CAPABILITIES}] ${text === '' ? 'ready' : text}\r\n`,
        isWelcome: true,
      };
    },
    sorry: () => '* BYE [UNAVAILABLE] Service not available\r\n',
  },
  next: async (dialogue) => answer(await readCommand(dialogue)),
  enough: () => '* BYE Too many commands\r\n',
};

/** Status, response code, text for people. */
const GREETING = /^\* ([a-z]+)(?: \[[^\]]*\])?(?: +(.*))?$/is;

/** The tag is of ASTRING-CHARs without "+" (RFC 9051 §9). */
const COMMAND = /^([!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]{1,64}) +([a-z]+)(.*)$/is;

function answer(line: string): Answer {
  // Nobody waits before what is announced so: it can't be told from the next command.
  if (/\{\d+\+\}$/.test(line)) {
    return {
      next: 'end',
      say: '* BYE No literals before TLS\r\n',
      why: 'The client sent a literal',
    };
  }
  const [, tag, verb = '', rest = ''] = COMMAND.exec(line) ?? [];
  if (tag === undefined) return { next: 'request', say: '* BAD This is no command\r\n' };
  const known = rest.trim() === '' ? verb.toUpperCase() : '';
  switch (known) {
    case 'CAPABILITY':
      return { next: 'request', say: `* CAPABILITY ${CAPABILITIES}\r\n${tag} OK Done\r\n` };
    case 'NOOP':
      return { next: 'request', say: `${tag} OK Done\r\n` };
    case 'STARTTLS':
      return { next: 'tls', say: `${tag} OK Begin TLS negotiation now\r\n` };
    case 'LOGOUT':
      return {
        next: 'end',
        say: `* BYE Goodbye\r\n${tag} OK Done\r\n`,
        why: `The client sent ${verbOf(verb)}`,
      };
    default:
      // RFC 5530 §3: what is asked for needs privacy.
      return { next: 'request', say: `${tag} NO [PRIVACYREQUIRED] Use STARTTLS first\r\n` };
  }
}
