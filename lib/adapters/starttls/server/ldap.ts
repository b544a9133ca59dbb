import type { Dialogue } from '../dialogue.js';
import {
  BOOLEAN,
  type Element,
  elementsOf,
  ENUMERATED,
  EXTENDED_RESPONSE,
  INTEGER,
  numberIn,
  OCTET_STRING,
  readMessage,
  SEQUENCE,
  START_TLS,
} from '../ldap-message.js';
import type { Answer, ServerProtocol } from './protocol.js';

/** LDAP up to StartTLS (RFC 4511 §4.14). Operations are over when they are answered: none is outstanding. */
export const ldap: ServerProtocol = {
  greeter: null,
  next: async (dialogue: Dialogue) => {
    const message = await readMessage(dialogue, 'a request');
    const request = message && readRequest(message);
    return request === null ? MALFORMED : answer(request);
  },
  enough: () => disconnection(UNWILLING_TO_PERFORM, 'Too many requests before StartTLS'),
};

const PROTOCOL_ERROR = 2;
const UNAVAILABLE_CRITICAL_EXTENSION = 12;
const CONFIDENTIALITY_REQUIRED = 13;
const UNWILLING_TO_PERFORM = 53;

/** Tags of requests (RFC 4511 §4.2 to §4.12), and of what answers them; null for those without an answer. */
const RESPONSES: ReadonlyMap<number, number | null> = new Map([
  [0x60, 0x61], // bind
  [0x42, null], // unbind
  [0x63, 0x65], // search: its end
  [0x66, 0x67], // modify
  [0x68, 0x69], // add
  [0x4a, 0x6b], // delete
  [0x6c, 0x6d], // modify DN
  [0x6e, 0x6f], // compare
  [0x50, null], // abandon
  [0x77, EXTENDED_RESPONSE],
]);
const UNBIND = 0x42;
const EXTENDED_REQUEST = 0x77;
const REQUEST_NAME = 0x80;
const CONTROLS = 0xa0;

interface Request {
  /** As the client wrote it. */
  readonly id: Buffer;
  readonly operation: Element;
  readonly response: number | null;
  readonly controls: Element | undefined;
}

/** Null for a message that is none: "the server MUST immediately terminate the LDAP session" (RFC 4511 §4.1.1). */
function readRequest(message: Buffer): Request | null {
  const [id, operation, controls] = elementsOf(message, 3);
  if (id?.tag !== INTEGER || operation === undefined) return null;
  const response = RESPONSES.get(operation.tag);
  // Zero is for messages that nobody has asked for (RFC 4511 §4.4).
  if ((numberIn(id.content) ?? 0) === 0 || response === undefined) return null;
  return { id: id.content, operation, response, controls };
}

function answer({ id, operation, response, controls }: Request): Answer {
  if (operation.tag === UNBIND) return { next: 'end', say: '', why: 'The client unbound' };
  if (response === null) return { next: 'request', say: '' };
  const [name, value] = operation.tag === EXTENDED_REQUEST ? elementsOf(operation.content, 2) : [];
  if (name?.tag !== REQUEST_NAME || !name.content.equals(START_TLS)) {
    const say = result(id, response, CONFIDENTIALITY_REQUIRED, 'Use StartTLS first');
    return { next: 'request', say };
  }
  if (value !== undefined) {
    return { next: 'request', say: result(id, response, PROTOCOL_ERROR, 'StartTLS has no value') };
  }
  if (hasCriticalControl(controls)) {
    const say = result(id, response, UNAVAILABLE_CRITICAL_EXTENSION, 'StartTLS has no controls');
    return { next: 'request', say };
  }
  return { next: 'tls', say: result(id, response, 0, '') };
}

/** Control ::= SEQUENCE { type, criticality BOOLEAN DEFAULT FALSE, value OPTIONAL } (RFC 4511 §4.1.11). */
function hasCriticalControl(controls: Element | undefined): boolean {
  if (controls?.tag !== CONTROLS) return false;
  return elementsOf(controls.content, Infinity).some((control) => {
    const [, criticality] = elementsOf(control.content, 2);
    return criticality?.tag === BOOLEAN && criticality.content[0] !== 0;
  });
}

const element = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const whole = Buffer.concat(content);
  // The texts here are short, so that one octet has the length.
  return Buffer.concat([Buffer.of(tag, whole.length), whole]);
};

const text = (value: string): Buffer => element(OCTET_STRING, Buffer.from(value, 'utf8'));

/** LDAPResult without a name, which is for errors of other operations. */
const result = (id: Uint8Array, response: number, code: number, diagnostic: string): Buffer =>
  element(
    SEQUENCE,
    element(INTEGER, id),
    element(response, element(ENUMERATED, Buffer.of(code)), text(''), text(diagnostic)),
  );

const RESPONSE_NAME = 0x8a;
const NOTICE_OF_DISCONNECTION = Buffer.from('1.3.6.1.4.1.1466.20036', 'ascii');

/** RFC 4511 §4.4.1 */
const disconnection = (code: number, diagnostic: string): Buffer =>
  element(
    SEQUENCE,
    element(INTEGER, Buffer.of(0)),
    element(
      EXTENDED_RESPONSE,
      element(ENUMERATED, Buffer.of(code)),
      text(''),
      text(diagnostic),
      element(RESPONSE_NAME, NOTICE_OF_DISCONNECTION),
    ),
  );

const MALFORMED: Answer = {
  next: 'end',
  say: disconnection(PROTOCOL_ERROR, 'This is no request of LDAP'),
  why: 'The client sent no request of LDAP',
};
