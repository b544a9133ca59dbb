import { printable } from '../../base/text/printable.js';
import type { Dialogue } from './dialogue.js';
import { limitExceeded, unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * StartTLS of LDAP (RFC 4511 §4.14): one extended request, and exactly one response. Its name stands for itself: a
 * referral to another server is a refusal.
 */
export const ldap: StartTlsProtocol = async (dialogue) => {
  dialogue.sendBytes(REQUEST);
  const answer = readResponse(await readMessage(dialogue));
  if (answer === null) throw notLdap();
  if (answer.messageId === 0) throw unexpectedReply('The server ends the session', describe(answer));
  if (answer.messageId !== MESSAGE_ID) throw notLdap();
  if (answer.resultCode === 0) return { ready: true };
  return { ready: false, why: 'The server refused StartTLS', reply: describe(answer) };
};

const MESSAGE_ID = 1;

/** LDAPMessage { 1, [APPLICATION 23] { [0] "1.3.6.1.4.1.1466.20037" } }. */
const OID = Buffer.from('1.3.6.1.4.1.1466.20037', 'ascii');
const REQUEST = Buffer.concat([
  Buffer.of(0x30, 7 + OID.length, 0x02, 1, MESSAGE_ID, 0x77, 2 + OID.length, 0x80, OID.length),
  OID,
]);

/** Most octets of the response: a code, and a text for people. */
const LONGEST_MESSAGE = 16_384;

/** What comes in place of an answer to this request. */
const WAITING_FOR = 'the response to StartTLS';

const SEQUENCE = 0x30;

/** The content of the LDAPMessage. Active Directory writes lengths in four octets, whatever they are. */
async function readMessage(dialogue: Dialogue): Promise<Buffer> {
  const [tag, first = 0] = await dialogue.readBytes(2, WAITING_FOR);
  const octets = first & 0x7f;
  // The indefinite form is not permitted (RFC 4511 §5.1).
  if (tag !== SEQUENCE || first === 0x80 || (first > 0x80 && octets > 4)) throw notLdap();
  const length = first < 0x80 ? first : (await dialogue.readBytes(octets, WAITING_FOR)).readUIntBE(0, octets);
  if (length > LONGEST_MESSAGE) {
    throw limitExceeded(`A message of more than ${LONGEST_MESSAGE} bytes arrived as ${WAITING_FOR}`);
  }
  return dialogue.readBytes(length, WAITING_FOR);
}

interface Response {
  readonly messageId: number;
  readonly resultCode: number;
  readonly diagnostic: string;
}

const INTEGER = 0x02;
const ENUMERATED = 0x0a;
const OCTET_STRING = 0x04;
/** [APPLICATION 24], ExtendedResponse. */
const EXTENDED_RESPONSE = 0x78;

/** Null for another message. Names and values behind the diagnostic message are left out. */
function readResponse(message: Buffer): Response | null {
  const [id, operation] = elementsOf(message, 2);
  if (id?.tag !== INTEGER || operation?.tag !== EXTENDED_RESPONSE) return null;
  const [code, matched, diagnostic] = elementsOf(operation.content, 3);
  if (code?.tag !== ENUMERATED || matched?.tag !== OCTET_STRING || diagnostic?.tag !== OCTET_STRING)
    return null;
  const messageId = numberIn(id.content);
  const resultCode = numberIn(code.content);
  if (messageId === null || resultCode === null) return null;
  return { messageId, resultCode, diagnostic: printable(diagnostic.content.toString('utf8')) };
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The first elements of BER with definite lengths; fewer if the octets end. */
function elementsOf(bytes: Buffer, most: number): Element[] {
  const elements: Element[] = [];
  let at = 0;
  while (elements.length < most && at + 2 <= bytes.length) {
    const [tag = 0, first = 0] = bytes.subarray(at, at + 2);
    const octets = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + octets;
    if (first === 0x80 || octets > 4 || start > bytes.length) break;
    const length = octets === 0 ? first : bytes.readUIntBE(at + 2, octets);
    if (start + length > bytes.length) break;
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** Null for none that is not negative and has at most four octets. */
const numberIn = (content: Buffer): number | null =>
  content.length >= 1 && content.length <= 4 && (content[0] ?? 0) < 0x80
    ? content.readUIntBE(0, content.length)
    : null;

/** Codes of RFC 4511 §4.1.9 that servers give for it. */
const RESULTS: ReadonlyMap<number, string> = new Map([
  [1, 'operationsError'],
  [2, 'protocolError'],
  [8, 'strongerAuthRequired'],
  [10, 'referral'],
  [51, 'busy'],
  [52, 'unavailable'],
  [53, 'unwillingToPerform'],
]);

function describe({ resultCode, diagnostic }: Response): string {
  const name = RESULTS.get(resultCode) ?? 'result';
  return `${name} (${resultCode})${diagnostic === '' ? '' : `: ${diagnostic}`}`;
}

const notLdap = (): Error =>
  unexpectedReply('What arrived is not a response to StartTLS', 'other bytes than those of LDAP');
