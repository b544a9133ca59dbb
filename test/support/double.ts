import { native } from '#lib/native/load.js';

/** How the dialog ends that a key needs before each use. */
export type KeyDialogAnswer = 'none' | 'open' | 'answered' | 'cancelled' | 'cardCancelled' | 'wrongPin';

/** How the tests steer the double; its add-on exports it beside the library's functions. */
export interface Steering {
  /** Takes what callers did wrong since the last call. */
  violations(): readonly string[];
  /** Whether there is such a profile, which then counts. */
  profile(name: string): boolean;
  /** Whether there is such a choice, which then has this value; -1 leaves it to the seed. */
  fix(choice: string, value: number): boolean;
  /** Whether there is such an answer, which then counts for the key of CNG with this name. */
  keyDialog(name: string, answer: KeyDialogAnswer): boolean;
  /** LSASS finds no key the next times that it looks for one. */
  hideKeys(times: number): void;
  /**
   * The account that uses keys of CNG from now on, as its security identifier. It may open only what the rights of a
   * key let it, and may not change them. '' is the owner of all keys.
   */
  account(sid: string): void;
  /**
   * The add-on meets one fault: of its allocations and calls of SSPI from here on, that with this number fails. 0: none
   * does. Returns whether the fault before was met.
   */
  fault(number: number): boolean;
}

/** Only on the double. */
export const steer = (): Steering => (native() as unknown as { readonly double: Steering }).double;

/** Runs `body` while the double has chosen this, and lets the seed choose again. */
export async function whileFixed(choice: string, value: number, body: () => Promise<void>): Promise<void> {
  if (!steer().fix(choice, value)) throw new RangeError(`the double has no choice ${choice}`);
  try {
    await body();
  } finally {
    steer().fix(choice, -1);
  }
}
