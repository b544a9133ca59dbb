import { SchannelError } from '../errors/schannel-error.js';

/** How much a file may ask for before it is refused; nothing is derived or decrypted beyond. */
export interface WorkLimits {
  /**
   * Iterations of one key derivation. Default 600,000: Windows itself takes no more ("PFX operation failed as
   * Iteration count…" in its event log).
   */
  readonly iterations: number;
  /**
   * Iterations of all key derivations of the file together. Default 1,200,000, a good second. An iteration of
   * PBKDF2, which runs inside OpenSSL, counts a quarter; one of the PKCS #12 derivation counts once for each block.
   */
  readonly totalIterations: number;
}

export const DEFAULT_WORK_LIMITS: WorkLimits = Object.freeze({
  iterations: 600_000,
  totalIterations: 1_200_000,
});

/** Counts what the key derivations of one file cost. */
export class WorkBudget {
  readonly #limits: WorkLimits;
  #spent = 0;

  constructor(limits: Partial<WorkLimits> = {}) {
    this.#limits = { ...DEFAULT_WORK_LIMITS, ...limits };
  }

  /**
   * To be called before a key is derived.
   *
   * @param iterations as the file says
   * @param weight what one iteration costs
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS
   */
  spend(iterations: number, weight: number): void {
    if (iterations > this.#limits.iterations) {
      throw tooMany(
        `The file asks for ${Number.isFinite(iterations) ? iterations : 'an absurd number of'} iterations of a key derivation, more than the ${this.#limits.iterations} allowed`,
      );
    }
    this.#spent += iterations * weight;
    if (this.#spent > this.#limits.totalIterations) {
      throw tooMany(
        `The key derivations of the file take more than the ${this.#limits.totalIterations} iterations allowed in all`,
      );
    }
  }
}

const tooMany = (message: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_IMPORT_ITERATIONS', message, {
    advice:
      'If the file is yours, export it with fewer iterations (Windows takes 600,000), or raise the limit.',
  });
