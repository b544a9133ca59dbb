import { DEFAULT_WORK_LIMITS, type WorkLimits } from '../pbe/limits.js';

/** What a PFX may at most be and ask for; beyond it is refused before any work is done on it. */
export interface PfxLimits extends WorkLimits {
  /** Bytes of the file. Default 4 MiB, more than a thousand certificates. */
  readonly bytes: number;
  /** Bags: keys, certificates and what else it holds. Default 1,000. */
  readonly bags: number;
}

export const DEFAULT_PFX_LIMITS: PfxLimits = Object.freeze({
  ...DEFAULT_WORK_LIMITS,
  bytes: 4 << 20,
  bags: 1_000,
});
