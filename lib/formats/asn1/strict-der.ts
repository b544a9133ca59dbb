import { MalformedDer, type Span, spanAt } from './der-spans.js';

/** What {@link readStrictDer} accepts at most. */
export interface DerLimits {
  readonly elements: number;
  /** Elements inside elements. */
  readonly depth: number;
}

const CONSTRUCTED = 0x20;
const UNIVERSAL = 0xc0;
const INTEGER = 0x02;
/** SEQUENCE and SET are the only types of DER that have elements inside (X.690 §10.2). */
const COLLECTIONS: ReadonlySet<number> = new Set([0x30, 0x31]);

/**
 * The one element that the bytes are, if they are DER all the way down: lengths and numbers in their shortest form, no
 * string in pieces, nothing behind it (X.690 §10 and §8.3.2). Two readers that are less strict may see two different
 * things in the same signed bytes.
 *
 * Nothing is decoded, and what an OCTET STRING or a BIT STRING holds is not examined.
 *
 * @throws MalformedDer
 */
export function readStrictDer(bytes: Uint8Array, limits: DerLimits): Span {
  const ends: number[] = [];
  let elements = 0;
  for (let at = 0; at < bytes.length || ends.length > 0;) {
    const end = ends.at(-1);
    if (end !== undefined && at === end) {
      ends.pop();
      continue;
    }
    if (end === undefined && elements > 0) throw new MalformedDer('something behind its end');
    elements += 1;
    if (elements > limits.elements) throw new MalformedDer('too many parts');
    const { tag, content, raw } = spanAt(bytes.subarray(0, end), at);
    checkForm(tag, content, raw);
    if ((tag & CONSTRUCTED) === 0) {
      at += raw.length;
      continue;
    }
    if (ends.length >= limits.depth) throw new MalformedDer('parts that are nested too deeply');
    ends.push(at + raw.length);
    at += raw.length - content.length;
  }
  return spanAt(bytes, 0);
}

function checkForm(tag: number, content: Uint8Array, raw: Uint8Array): void {
  if (raw.length - content.length !== 1 + lengthOctets(content.length)) {
    throw new MalformedDer('a length that is not in its shortest form');
  }
  if ((tag & UNIVERSAL) === 0 && ((tag & CONSTRUCTED) !== 0) !== COLLECTIONS.has(tag | CONSTRUCTED)) {
    throw new MalformedDer('a value in pieces');
  }
  if (tag === INTEGER && !isShortest(content))
    throw new MalformedDer('a number that is not in its shortest form');
}

function lengthOctets(length: number): number {
  if (length < 0x80) return 1;
  return 1 + Math.ceil((32 - Math.clz32(length)) / 8);
}

/** The first nine bits of a number are neither all zero nor all one (X.690 §8.3.2). */
function isShortest(content: Uint8Array): boolean {
  const [first, second] = content;
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !(first === 0x00 && second < 0x80) && !(first === 0xff && second >= 0x80);
}
