import { numbersFrom } from '../support/mutations.js';

/**
 * Numbers that the bytes choose, one or two bytes each; behind their end a generator goes on. So what is tried changes
 * a little when a byte does.
 */
export function choicesOf(bytes: Uint8Array): (below: number) => number {
  let at = 0;
  const further = numbersFrom(bytes.length);
  return (below) => {
    if (at >= bytes.length) return further(below);
    const low = bytes[at++] ?? 0;
    return (below > 256 ? low | ((bytes[at++] ?? 0) << 8) : low) % below;
  };
}
