import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import { PreloginStream } from './prelogin-stream.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * The encryption of TDS 7 ([MS-TDS] 2.2.6.5), the protocol of SQL Server: the client sends PRELOGIN, the server answers
 * with its own, and the handshake of TLS follows in more messages of this kind. TDS 8 has no such dialogue: it begins
 * with TLS.
 */
export const tds: StartTlsProtocol = async (dialogue) => {
  dialogue.sendBytes(REQUEST);
  const encryption = encryptionIn(await readMessage(dialogue));
  switch (encryption) {
    case ENCRYPT_ON:
    case ENCRYPT_REQ:
      return { ready: true, carry: (clear) => new PreloginStream(clear) };
    case ENCRYPT_OFF:
      // TLS would end behind the login.
      return { ready: false, why: 'The server encrypts the login only', reply: 'ENCRYPT_OFF' };
    case ENCRYPT_NOT_SUP:
      return { ready: false, why: 'The server does not use TLS', reply: 'ENCRYPT_NOT_SUP' };
    default:
      throw notTds();
  }
};

const ENCRYPT_OFF = 0;
const ENCRYPT_ON = 1;
const ENCRYPT_NOT_SUP = 2;
const ENCRYPT_REQ = 3;

const VERSION = 0;
const ENCRYPTION = 1;
const INSTOPT = 2;
const THREADID = 3;
const TERMINATOR = 0xff;

/** Options of five octets: token, offset from here, length. */
const OPTIONS = Buffer.of(
  ...[VERSION, 0, 21, 0, 6],
  ...[ENCRYPTION, 0, 27, 0, 1],
  ...[INSTOPT, 0, 28, 0, 1],
  ...[THREADID, 0, 29, 0, 4],
  TERMINATOR,
);
/** Version 0, encryption for all that follows, no name of an instance, no thread. */
const VALUES = Buffer.of(...[0, 0, 0, 0, 0, 0], ENCRYPT_ON, 0, ...[0, 0, 0, 0]);

/** Type, the bit of a last packet, length, two octets of SPID, number, window. */
const HEADER_LENGTH = 8;
const LAST = 0x01;
const TYPE_PRELOGIN = 0x12;
const TYPE_RESPONSE = 0x04;

const REQUEST = Buffer.concat([
  Buffer.of(TYPE_PRELOGIN, LAST, 0, HEADER_LENGTH + OPTIONS.length + VALUES.length, 0, 0, 1, 0),
  OPTIONS,
  VALUES,
]);

const WAITING_FOR = 'the answer to PRELOGIN';

/** Most octets of the answer. It has about fifty. */
const LONGEST_MESSAGE = 4096;

/** The content of a message, which may have several packets. */
async function readMessage(dialogue: Dialogue): Promise<Buffer> {
  let message = Buffer.alloc(0);
  for (let isLast = false; !isLast;) {
    const header = await dialogue.readBytes(HEADER_LENGTH, WAITING_FOR);
    const [type, status = 0] = header;
    const length = header.readUInt16BE(2) - HEADER_LENGTH;
    // Packets without content would have no end.
    if (type !== TYPE_RESPONSE || length < 1) throw notTds();
    if (message.length + length > LONGEST_MESSAGE) {
      throw limitExceeded(`A message of more than ${LONGEST_MESSAGE} bytes arrived as ${WAITING_FOR}`);
    }
    message = Buffer.concat([message, await dialogue.readBytes(length, WAITING_FOR)]);
    isLast = (status & LAST) !== 0;
  }
  return message;
}

/** The value of the option ENCRYPTION; null for another message, such as an error. */
function encryptionIn(message: Buffer): number | null {
  let encryption: number | null = null;
  for (let at = 0; at < message.length && message[at] !== TERMINATOR; at += 5) {
    if (at + 5 > message.length) return null;
    const offset = message.readUInt16BE(at + 1);
    const length = message.readUInt16BE(at + 3);
    if (offset + length > message.length || (at === 0) !== (message[at] === VERSION)) return null;
    if (message[at] !== ENCRYPTION) continue;
    if (length !== 1 || encryption !== null) return null;
    encryption = message[offset] ?? null;
  }
  return encryption;
}

const notTds = (): Error =>
  unexpectedReply('What arrived is not an answer to PRELOGIN', 'other bytes than those of TDS');
