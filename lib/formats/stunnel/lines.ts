import type { Place } from './configuration.js';
import { faultAt } from './fault.js';

/** A line that says something. */
export type Line =
  | { readonly kind: 'section'; readonly name: string; readonly place: Place }
  | { readonly kind: 'option'; readonly name: string; readonly value: string; readonly place: Place };

/** Counts the characters that were looked at, so that tests can show that the work is bounded. */
export interface Meter {
  steps: number;
}

/** stunnel's limit. */
export const LONGEST_LINE = 16_384;

const BYTE_ORDER_MARK = 0xfeff;
const REPLACEMENT = '\ufffd';

/**
 * The lines of a file that are neither empty nor a comment. Comments are whole lines: there are no quotation marks, no
 * continued lines, and a `;` within a value is part of it.
 *
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG
 */
export function* linesOf(file: string, bytes: Uint8Array, meter: Meter): Generator<Line, void, undefined> {
  const place = (line: number, column = 1): Place => ({ file, line, column });
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw faultAt(place(1), 'The file is in UTF-16', 'Save it as UTF-8.');
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let from = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  for (let number = 1; from < text.length; number += 1) {
    const found = text.indexOf('\n', from);
    const to = found === -1 ? text.length : found;
    meter.steps += to - from + 1;
    if (to - from > LONGEST_LINE) {
      throw faultAt(place(number), 'Line too long', `A line has at most ${String(LONGEST_LINE)} characters.`);
    }
    const line = readLine(text, trimmed(text, from, to), (at) => place(number, at - from + 1));
    if (line !== null) yield line;
    from = to + 1;
  }
}

/** A part of a text: `to` is the first character after it. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function readLine(text: string, span: Span, place: (at: number) => Place): Line | null {
  const { from, to } = span;
  const first = text[from];
  if (from === to || first === ';' || first === '#') return null;
  const line = text.slice(from, to);
  if (line.includes('\0') || line.includes(REPLACEMENT)) {
    throw faultAt(place(from), 'The line is not UTF-8 text', 'Save the file as UTF-8.');
  }
  if (first === '[' && line.endsWith(']')) {
    const name = line.slice(1, -1);
    if (name.trim() === '') throw faultAt(place(from), 'The section has no name');
    return { kind: 'section', name, place: place(from) };
  }
  const sign = line.indexOf('=');
  if (sign === -1) {
    throw faultAt(place(from), "No '=' found", 'Write "name = value", or begin a comment with ";" or "#".');
  }
  const name = trimmed(text, from, from + sign);
  const value = trimmed(text, from + sign + 1, to);
  return {
    kind: 'option',
    name: text.slice(name.from, name.to),
    value: text.slice(value.from, value.to),
    place: place(from),
  };
}

/** Without white space at its ends. */
function trimmed(text: string, from: number, to: number): Span {
  let [start, end] = [from, to];
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return { from: start, to: end };
}

/** White space of C, as stunnel has it: no-break spaces are not part of it. */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d);
