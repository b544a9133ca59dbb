import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * The negotiation of RDP ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2): an X.224 connection request, and its confirmation with the
 * protocol that the server has selected. TLS comes next with both of those that are asked for. CredSSP, which Windows
 * insists on unless it is told otherwise, begins inside of it.
 */
export const rdp: StartTlsProtocol = async (dialogue) => {
  dialogue.sendBytes(REQUEST);
  const negotiation = readConfirm(await readPacket(dialogue));
  if (negotiation === null) throw notRdp();
  const { type, value } = negotiation;
  if (type === TYPE_NONE || (type === TYPE_RESPONSE && value === PROTOCOL_RDP)) {
    return { ready: false, why: 'The server does not use TLS', reply: 'standard RDP security' };
  }
  if (type === TYPE_FAILURE) {
    return { ready: false, why: 'The server refused TLS', reply: FAILURES.get(value) ?? `failure ${value}` };
  }
  if (value === PROTOCOL_SSL || value === PROTOCOL_HYBRID) return { ready: true };
  throw unexpectedReply('The server selected a protocol that was not asked for', `protocol ${value}`);
};

const PROTOCOL_RDP = 0;
const PROTOCOL_SSL = 1;
/** CredSSP. */
const PROTOCOL_HYBRID = 2;

/** TPKT of 19 octets, a connection request of 14 behind its length, RDP_NEG_REQ of 8 with the protocols. */
const REQUEST = Buffer.of(
  ...[3, 0, 0, 19],
  ...[14, 0xe0, 0, 0, 0, 0, 0],
  ...[1, 0, 8, 0, PROTOCOL_SSL | PROTOCOL_HYBRID, 0, 0, 0],
);

const WAITING_FOR = 'the connection confirm';

/** A confirmation has 11 octets, or 19. */
const LONGEST_PACKET = 512;

/** What follows the header of a TPKT (RFC 1006 §6). */
async function readPacket(dialogue: Dialogue): Promise<Buffer> {
  const header = await dialogue.readBytes(4, WAITING_FOR);
  if (header[0] !== 3) throw notRdp();
  const length = header.readUInt16BE(2);
  if (length > LONGEST_PACKET) {
    throw limitExceeded(`A packet of more than ${LONGEST_PACKET} bytes arrived as ${WAITING_FOR}`);
  }
  if (length < 4) throw notRdp();
  return dialogue.readBytes(length - 4, WAITING_FOR);
}

const CONNECTION_CONFIRM = 0xd0;

/** No answer to the request: the server is older than it. */
const TYPE_NONE = 0;
const TYPE_RESPONSE = 2;
const TYPE_FAILURE = 3;

interface Negotiation {
  readonly type: typeof TYPE_NONE | typeof TYPE_RESPONSE | typeof TYPE_FAILURE;
  /** The protocol, or the code of the failure. */
  readonly value: number;
}

/** Null for another message. Behind the length: code, two references of two octets, class, the negotiation. */
function readConfirm(packet: Buffer): Negotiation | null {
  const [length, code] = packet;
  if (packet.length < 7 || length !== packet.length - 1 || code !== CONNECTION_CONFIRM) return null;
  const negotiation = packet.subarray(7);
  if (negotiation.length === 0) return { type: TYPE_NONE, value: 0 };
  const [type] = negotiation;
  if (negotiation.length !== 8 || negotiation.readUInt16LE(2) !== 8) return null;
  return type === TYPE_RESPONSE || type === TYPE_FAILURE
    ? { type, value: negotiation.readUInt32LE(4) }
    : null;
}

/** [MS-RDPBCGR] 2.2.1.2.2. */
const FAILURES: ReadonlyMap<number, string> = new Map([
  [1, 'SSL_REQUIRED_BY_SERVER (1)'],
  [2, 'SSL_NOT_ALLOWED_BY_SERVER (2)'],
  [3, 'SSL_CERT_NOT_ON_SERVER (3)'],
  [4, 'INCONSISTENT_FLAGS (4)'],
  [5, 'HYBRID_REQUIRED_BY_SERVER (5)'],
  [6, 'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER (6)'],
]);

const notRdp = (): Error =>
  unexpectedReply('What arrived is not a connection confirm of RDP', 'other bytes than those of X.224');
