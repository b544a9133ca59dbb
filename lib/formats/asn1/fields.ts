import { damagedFile } from './damaged-file.js';
import { type Element } from './element.js';

/**
 * Readers of elements of an expected type. Each throws ERR_SCHANNEL_IMPORT_DAMAGED for an element that is missing or
 * of another type, and names `what` was expected.
 */

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x10,
  set: 0x11,
  bmpString: 0x1e,
  context: 0x80,
} as const;

/** The parts of a SEQUENCE. */
export const sequence = (element: Element | undefined, what: string): readonly Element[] =>
  constructed(element, TAG.sequence, what).children;

/** The parts of a SET. */
export const set = (element: Element | undefined, what: string): readonly Element[] =>
  constructed(element, TAG.set, what).children;

/** The one part of [number] EXPLICIT. */
export function explicit(element: Element | undefined, number: number, what: string): Element {
  const [child] = constructed(element, TAG.context | number, what).children;
  return child ?? wrong(what);
}

/** An OBJECT IDENTIFIER in dots: '1.2.840.113549.1.7.1'. */
export function objectIdentifier(element: Element | undefined, what: string): string {
  const { content } = primitive(element, TAG.objectIdentifier, what);
  // No identifier in use is nearly this long, and a sum over many bytes would exceed the exact integers.
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > 32) return wrong(what);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) return wrong(what);
    if (byte >= 0x80) continue;
    // The first two arcs share a number (X.690 §8.19.4).
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(arc / 40), 2);
      arcs.push(first, arc - first * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** The bytes of an OCTET STRING: a view, or a copy if BER splits it into pieces. */
export const octets = (element: Element | undefined, what: string): Uint8Array =>
  stringBytes(element, TAG.octetString, what);

/** The bytes of [number] IMPLICIT OCTET STRING. */
export const implicitOctets = (element: Element | undefined, number: number, what: string): Uint8Array =>
  stringBytes(element, TAG.context | number, what);

function stringBytes(element: Element | undefined, tag: number, what: string): Uint8Array {
  if (element?.tag !== tag) return wrong(what);
  if (!element.constructed) return element.content;
  // All pieces are gathered first: pieces can be nested, and copying on each level would copy the whole again.
  return Buffer.concat(element.children.flatMap((piece) => piecesOf(piece, what)));
}

function piecesOf(element: Element, what: string): readonly Uint8Array[] {
  if (element.tag !== TAG.octetString) return wrong(what);
  return element.constructed ? element.children.flatMap((piece) => piecesOf(piece, what)) : [element.content];
}

/** A number from 0. Infinity for one beyond the exact integers, so that limits refuse it. */
export function count(element: Element | undefined, what: string): number {
  const { content } = primitive(element, TAG.integer, what);
  const [first] = content;
  if (first === undefined || first >= 0x80) return wrong(what);
  const value = content.reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : Infinity;
}

/** A number from 1, as {@link count}. */
export function positive(element: Element | undefined, what: string): number {
  const value = count(element, what);
  return value > 0 ? value : wrong(what);
}

/** The bytes of an INTEGER that is not negative, most significant first, without leading zeros. */
export function magnitude(element: Element | undefined, what: string): Uint8Array {
  const { content } = primitive(element, TAG.integer, what);
  const [first] = content;
  if (first === undefined || first >= 0x80) return wrong(what);
  const start = content.findIndex((byte) => byte !== 0);
  return start === -1 ? content.subarray(0, 0) : content.subarray(start);
}

/** The bytes of a BIT STRING of whole bytes. */
export function bits(element: Element | undefined, what: string): Uint8Array {
  const { content } = primitive(element, TAG.bitString, what);
  return content[0] === 0 ? content.subarray(1) : wrong(what);
}

/** The text of a BMPString: UTF-16, most significant byte first. */
export function bmpString(element: Element | undefined, what: string): string {
  const { content } = primitive(element, TAG.bmpString, what);
  if (content.length % 2 !== 0) return wrong(what);
  return Buffer.from(content).swap16().toString('utf16le');
}

function constructed(element: Element | undefined, tag: number, what: string): Element {
  return element?.tag === tag && element.constructed ? element : wrong(what);
}

function primitive(element: Element | undefined, tag: number, what: string): Element {
  return element?.tag === tag && !element.constructed ? element : wrong(what);
}

function wrong(what: string): never {
  throw damagedFile(`something else where ${what} belongs`);
}
