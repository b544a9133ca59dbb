import { printable } from '../../base/text/printable.js';
import { unexpectedReply } from './errors.js';
import {
  elementsOf,
  ENUMERATED,
  EXTENDED_RESPONSE,
  INTEGER,
  numberIn,
  OCTET_STRING,
  readMessage,
  START_TLS,
} from './ldap-message.js';
import type { StartTlsProtocol } from './protocol.js';

/**
 * StartTLS of LDAP (RFC 4511 §4.14): one extended request, and exactly one response. Its name stands for itself: a
 * referral to another server is a refusal.
 */
export const ldap: StartTlsProtocol = async (dialogue) => {
  dialogue.sendBytes(REQUEST);
  const message = await readMessage(dialogue, 'the response to StartTLS');
  const answer = message && readResponse(message);
  if (answer === null) throw notLdap();
  if (answer.messageId === 0) throw unexpectedReply('The server ends the session', describe(answer));
  if (answer.messageId !== MESSAGE_ID) throw notLdap();
  if (answer.resultCode === 0) return { ready: true };
  return { ready: false, why: 'The server refused StartTLS', reply: describe(answer) };
};

const MESSAGE_ID = 1;

/** LDAPMessage { 1, [APPLICATION 23] { [0] "1.3.6.1.4.1.1466.20037" } }. */
const REQUEST = Buffer.concat([
  Buffer.of(
    0x30,
    7 + START_TLS.length,
    0x02,
    1,
    MESSAGE_ID,
    0x77,
    2 + START_TLS.length,
    0x80,
    START_TLS.length,
  ),
  START_TLS,
]);

interface Response {
  readonly messageId: number;
  readonly resultCode: number;
  readonly diagnostic: string;
}

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
