import { DEFAULT_WORK_LIMITS, type WorkLimits } from '../pbe/limits.js';

/** The limits for a PFX. A file that exceeds one is refused before any work is done on it. */
export interface PfxLimits extends WorkLimits {
  /** Bytes of the file. Default 4 MiB, more than a thousand certificates. */
  readonly bytes: number;
  /** Bags: keys, certificates and other items. Default 1,000. */
  readonly bags: number;
}

export const DEFAULT_PFX_LIMITS: PfxLimits = Object.freeze({
  ...DEFAULT_WORK_LIMITS,
  bytes: 4 << 20,
  bags: 1_000,
});
