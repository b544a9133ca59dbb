import { SchannelError } from '../../base/errors/schannel-error.js';

/** How much work a file may require. More is refused before it starts. */
export interface WorkLimits {
  /**
   * Iterations of one key derivation. Default 600,000: Windows itself accepts no more ("PFX operation failed as
   * Iteration count…" in its event log).
   */
  readonly iterations: number;
  /**
   * All work on the file, counted in iterations of the PKCS #12 derivation, of about a microsecond each. Default
   * 1,200,000, which is just over a second.
   */
  readonly totalIterations: number;
  /** Blocks of RC2 (8 bytes). JavaScript decrypts each in a microsecond. Default 131,072, which is 1 MiB. */
  readonly rc2Blocks: number;
}

export const DEFAULT_WORK_LIMITS: WorkLimits = Object.freeze({
  iterations: 600_000,
  totalIterations: 1_200_000,
  rc2Blocks: 131_072,
});

/** What one step costs. */
export interface Work {
  /** Iterations of a key derivation, as stated in the file. */
  readonly iterations?: number;
  /** All work, counted as for {@link WorkLimits.totalIterations}. */
  readonly units: number;
  readonly rc2Blocks?: number;
}

/** The sum of several steps. */
export const together = (...steps: readonly Work[]): Work => ({
  iterations: Math.max(0, ...steps.map(({ iterations = 0 }) => iterations)),
  units: steps.reduce((sum, { units }) => sum + units, 0),
  rc2Blocks: steps.reduce((sum, { rc2Blocks = 0 }) => sum + rc2Blocks, 0),
});

/** Counts the work on one file. */
export class WorkBudget {
  readonly #limits: WorkLimits;
  #units = 0;
  #rc2Blocks = 0;

  constructor(limits: Partial<WorkLimits> = {}) {
    this.#limits = { ...DEFAULT_WORK_LIMITS, ...limits };
  }

  /** The work done so far, counted as for {@link WorkLimits.totalIterations}. */
  get spent(): number {
    return this.#units;
  }

  /**
   * Call this before a step.
   *
   * @throws SchannelError ERR_SCHANNEL_IMPORT_ITERATIONS; ERR_SCHANNEL_IMPORT_TOO_LARGE for RC2
   */
  spend(work: Work): void {
    this.reserve([work]);
    this.#units += work.units;
    this.#rc2Blocks += work.rc2Blocks ?? 0;
  }

  /** Refuses steps that together exceed a limit, before the first one. @throws as {@link spend} */
  reserve(steps: readonly Work[]): void {
    let units = this.#units;
    let rc2Blocks = this.#rc2Blocks;
    for (const step of steps) {
      if ((step.iterations ?? 0) > this.#limits.iterations) throw tooMany(step.iterations, this.#limits);
      units += step.units;
      rc2Blocks += step.rc2Blocks ?? 0;
    }
    if (units > this.#limits.totalIterations) throw tooMuch(this.#limits);
    if (rc2Blocks > this.#limits.rc2Blocks) throw tooMuchRc2(this.#limits);
  }
}

const ADVICE =
  'If you trust the file, export it with fewer iterations (Windows accepts 600,000), or raise the limit.';

const tooMany = (iterations: number | undefined, limits: WorkLimits): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_ITERATIONS',
    `The file asks for ${Number.isFinite(iterations) ? iterations : 'an absurd number of'} iterations of a key derivation, more than the ${limits.iterations} allowed`,
    { advice: ADVICE },
  );

const tooMuch = ({ totalIterations }: WorkLimits): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_ITERATIONS',
    `The file takes more work than the ${totalIterations} iterations allowed in all`,
    { advice: ADVICE },
  );

const tooMuchRc2 = ({ rc2Blocks }: WorkLimits): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_TOO_LARGE',
    `The file has more data encrypted with RC2 than the ${rc2Blocks * 8} bytes allowed`,
    { advice: 'Export it again with AES-256 or 3DES, or raise the limit.' },
  );
