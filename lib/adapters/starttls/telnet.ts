import { unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * START_TLS of Telnet (draft-altman-telnet-starttls-02): the server begins with DO START_TLS, the client agrees and
 * says that TLS follows, and so does the server.
 */
export const telnet: StartTlsProtocol = async (dialogue) => {
  // It comes before all other options, so that nothing needs to be negotiated without TLS.
  const request = await dialogue.readBytes(DO_START_TLS.length, 'the request for START_TLS');
  if (request[0] !== IAC) {
    throw unexpectedReply('The server did not begin with an option of Telnet', 'other bytes');
  }
  if (!request.equals(DO_START_TLS)) {
    return { ready: false, why: 'The server does not ask for START_TLS', reply: request.toString('hex') };
  }

  dialogue.sendBytes(Buffer.concat([WILL_START_TLS, FOLLOWS]));
  const answer = await dialogue.readBytes(FOLLOWS.length, 'the answer to START_TLS');
  if (answer.equals(FOLLOWS)) return { ready: true };
  throw unexpectedReply('The server did not say that TLS follows', answer.toString('hex'));
};

const IAC = 255;
const SE = 240;
const SB = 250;
const WILL = 251;
const DO = 253;
const START_TLS = 46;

const DO_START_TLS = Buffer.of(IAC, DO, START_TLS);
const WILL_START_TLS = Buffer.of(IAC, WILL, START_TLS);
/** The subcommand FOLLOWS, 1. */
const FOLLOWS = Buffer.of(IAC, SB, START_TLS, 1, IAC, SE);
