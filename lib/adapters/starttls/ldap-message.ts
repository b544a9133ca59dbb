import type { Dialogue } from './dialogue.js';
import { limitExceeded } from './errors.js';

/** The name of StartTLS (RFC 4511 §4.14.1). */
export const START_TLS = Buffer.from('1.3.6.1.4.1.1466.20037', 'ascii');

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const OCTET_STRING = 0x04;
export const ENUMERATED = 0x0a;
export const SEQUENCE = 0x30;
/** [APPLICATION 24]. */
export const EXTENDED_RESPONSE = 0x78;

/** Most octets of a message before TLS: a name, a code, a text for people. */
const LONGEST_MESSAGE = 16_384;

/**
 * The content of the next LDAPMessage; null if it isn't one. Active Directory writes lengths in four octets, whatever
 * they are.
 *
 * @throws as {@link Dialogue.readBytes}
 */
export async function readMessage(dialogue: Dialogue, waitingFor: string): Promise<Buffer | null> {
  const [tag, first = 0] = await dialogue.readBytes(2, waitingFor);
  const octets = first & 0x7f;
  // The indefinite form is not permitted (RFC 4511 §5.1).
  if (tag !== SEQUENCE || first === 0x80 || (first > 0x80 && octets > 4)) return null;
  const length = first < 0x80 ? first : (await dialogue.readBytes(octets, waitingFor)).readUIntBE(0, octets);
  if (length > LONGEST_MESSAGE) {
    throw limitExceeded(
      `A message of more than ${LONGEST_MESSAGE} bytes arrived as ${waitingFor}`,
      dialogue.peer,
    );
  }
  return dialogue.readBytes(length, waitingFor);
}

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** The first elements of BER with definite lengths; fewer if the octets end. */
export function elementsOf(bytes: Buffer, most: number): Element[] {
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
export const numberIn = (content: Buffer): number | null =>
  content.length >= 1 && content.length <= 4 && (content[0] ?? 0) < 0x80
    ? content.readUIntBE(0, content.length)
    : null;
