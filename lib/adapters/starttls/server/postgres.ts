import type { Dialogue } from '../dialogue.js';
import type { Answer, ServerProtocol } from './protocol.js';

/** PostgreSQL up to SSLRequest ("SSL Session Encryption" in its documentation). */
export const postgres: ServerProtocol = {
  greeter: null,
  next: async (dialogue) => answer(await readStart(dialogue)),
  enough: () => fatal('08P01', 'too many requests before TLS'),
};

const WAITING_FOR = 'a request for TLS';

/** A message of these two numbers and nothing else. */
const REQUEST_BYTES = 8;
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;

interface Start {
  /** Of the whole message, in bytes. */
  readonly length: number;
  /** A version, or a request. */
  readonly code: number;
}

/** The beginning of a message. What follows in longer ones is not wanted: names of users and databases, or a key. */
async function readStart(dialogue: Dialogue): Promise<Start> {
  const start = await dialogue.readBytes(REQUEST_BYTES, WAITING_FOR);
  return { length: start.readUInt32BE(0), code: start.readUInt32BE(4) };
}

function answer({ length, code }: Start): Answer {
  if (length === REQUEST_BYTES && code === SSL_REQUEST) return { next: 'tls', say: 'S' };
  // The other kind of encryption there is not.
  if (length === REQUEST_BYTES && code === GSS_REQUEST) return { next: 'request', say: 'N' };
  // "The server will process this request and then close the connection", and no client reads an answer.
  if (code === CANCEL_REQUEST) return { next: 'end', say: '', why: 'The client sent CancelRequest' };
  return {
    next: 'end',
    say: fatal('28000', 'TLS is required: connect with sslmode=require or higher'),
    why: 'The client began a session',
  };
}

/** ErrorResponse, after which the server closes. */
function fatal(state: string, message: string): Uint8Array {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${state}\0M${message}\0\0`, 'utf8');
  const head = Buffer.alloc(5, 'E');
  head.writeUInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
}
