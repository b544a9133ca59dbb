/** Writes the presentation language of TLS (RFC 8446 §3): numbers in network order, vectors behind their length. */

export const uint8 = (number: number): Uint8Array => Uint8Array.of(number);

export const uint16 = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 0xff);

export const uint24 = (number: number): Uint8Array =>
  Uint8Array.of(number >> 16, (number >> 8) & 0xff, number & 0xff);

export const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** The parts behind their length, a number of one to three bytes. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = joined(parts);
  const write = lengthBytes === 1 ? uint8 : lengthBytes === 2 ? uint16 : uint24;
  return joined([write(content.length), content]);
}

/** ASCII */
export const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
