import { printable } from '../../base/text/printable.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * TLS of MySQL and MariaDB ("Connection Phase" in their documentation): the server sends a greeting, and the client
 * answers with an SSLRequest and begins with TLS. There is no go-ahead.
 */
export const mysql: StartTlsProtocol = async (dialogue) => {
  const header = await dialogue.readBytes(4, 'the greeting');
  const length = header.readUIntLE(0, 3);
  if (length > LONGEST_GREETING) {
    throw limitExceeded(`A packet of more than ${LONGEST_GREETING} bytes arrived as the greeting`);
  }
  const packet = await dialogue.readBytes(length, 'the greeting');
  if (packet[0] === ERROR) {
    // A code, '#' and five characters of SQLSTATE (not always), a text.
    throw unexpectedReply('The server refused the connection', packet.toString('utf8', 3));
  }
  const greeting = header[3] === 0 ? readGreeting(packet) : null;
  if (greeting === null)
    throw unexpectedReply('The server did not begin with a greeting of MySQL', 'other bytes');
  if ((greeting.capabilities & CLIENT_SSL) === 0) {
    return { ready: false, why: 'The server does not offer TLS', reply: `version ${greeting.version}` };
  }

  const request = Buffer.alloc(4 + 32);
  request.writeUIntLE(32, 0, 3);
  request[3] = 1; // the second packet
  request.writeUInt32LE(FLAGS, 4);
  request.writeUInt32LE(LARGEST_PACKET, 8);
  request[12] = greeting.charset;
  dialogue.sendBytes(request);
  return { ready: true };
};

/** Most octets of the greeting. It has about a hundred. */
const LONGEST_GREETING = 4096;

const ERROR = 0xff;
const HANDSHAKE_V10 = 10;

const CLIENT_SSL = 0x800;
/** CLIENT_LONG_PASSWORD, CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH. */
const FLAGS = CLIENT_SSL | 0x1 | 0x200 | 0x8000 | 0x8_0000;
const LARGEST_PACKET = 0x100_0000;

interface Greeting {
  readonly version: string;
  readonly capabilities: number;
  readonly charset: number;
}

/** Null for something else. The parts that matter are before the first variable one but the version. */
function readGreeting(packet: Buffer): Greeting | null {
  const end = packet.indexOf(0, 1);
  // Connection number 4, salt 8, a zero, capabilities 2, character set 1.
  const capabilities = end + 1 + 4 + 8 + 1;
  if (packet[0] !== HANDSHAKE_V10 || end < 0 || packet.length < capabilities + 3) return null;
  return {
    version: printable(packet.toString('utf8', 1, end)),
    capabilities: packet.readUInt16LE(capabilities),
    charset: packet[capabilities + 2] ?? 0,
  };
}
