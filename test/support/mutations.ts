/** A generator of the same numbers in each run (mulberry32). */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Mutation = (bytes: Buffer, below: (limit: number) => number) => Buffer;

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

const MUTATIONS: readonly Mutation[] = [
  (bytes, below) => {
    const copy = Buffer.from(bytes);
    const at = below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    return copy;
  },
  (bytes, below) => {
    const copy = Buffer.from(bytes);
    copy[below(copy.length)] = INTERESTING[below(INTERESTING.length)] ?? 0;
    return copy;
  },
  (bytes, below) => bytes.subarray(0, 1 + below(bytes.length)),
  (bytes, below) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))]);
  },
  (bytes, below) => {
    const [at, from] = [below(bytes.length), below(bytes.length)];
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + below(40)), bytes.subarray(at)]);
  },
];

/** What one to three accidents make of some bytes. */
export function mutated(original: Buffer, below: (limit: number) => number): Buffer {
  let bytes = original;
  for (let count = 1 + below(3); count > 0 && bytes.length > 0; count -= 1) {
    bytes = MUTATIONS[below(MUTATIONS.length)]?.(bytes, below) ?? bytes;
  }
  return bytes;
}
