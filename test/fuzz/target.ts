/** Something that reads what a peer or a file says, and what has to hold whatever that is. */
export interface FuzzTarget {
  /** Completes "It reads …". */
  readonly what: string;
  /** Bytes of the longest input that is tried. */
  readonly longest: number;
  /** What the search starts from, besides what it found before. */
  readonly seeds: () => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
  /** Throws, or rejects, if something does not hold for these bytes. */
  readonly fuzz: (data: Buffer) => void | Promise<void>;
  /** fuzz() returns a promise. */
  readonly waits?: true;
}
