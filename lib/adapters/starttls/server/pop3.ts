import { readStatus } from '../pop3.js';
import { type Answer, type ServerProtocol, verbOf } from './protocol.js';
import { readCommand } from './smtp.js';

/** POP3 up to STLS (RFC 2595 §4). */
export const pop3: ServerProtocol = {
  greeter: {
    own: (name) => `+OK ${name} ready\r\n`,
    // With the timestamp of APOP, which is still needed over TLS.
    passOn: async (backend) => {
      const { ok, line } = await readStatus(backend, 'the greeting');
      return { say: `${line}\r\n`, isWelcome: ok };
    },
    sorry: () => '-ERR [SYS/TEMP] Service not available\r\n',
  },
  next: async (dialogue) => answer(await readCommand(dialogue)),
  enough: () => '-ERR Too many commands\r\n',
};

function answer(line: string): Answer {
  switch (line.trimEnd().toUpperCase()) {
    case 'CAPA':
      return { next: 'request', say: '+OK\r\nSTLS\r\n.\r\n' };
    case 'STLS':
      return { next: 'tls', say: '+OK Begin TLS negotiation\r\n' };
    case 'QUIT':
      return { next: 'end', say: '+OK Goodbye\r\n', why: `The client sent ${verbOf(line)}` };
    default:
      return { next: 'request', say: '-ERR Use STLS first\r\n' };
  }
}
