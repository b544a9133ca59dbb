import { type Measure } from '../asn1/measure.js';
import { ReadBudget } from '../asn1/read-budget.js';
import { WorkBudget, type WorkLimits } from './limits.js';

/** Bounds what one file may cost: one of these goes along to all that reads a part of it. */
export class FileBudget {
  /** For decoding. */
  readonly read: ReadBudget;
  /** For keys, certificates and what is under a password. */
  readonly work: WorkBudget;

  constructor(limits: Partial<WorkLimits> = {}, readLimits?: Measure) {
    this.read = new ReadBudget(readLimits);
    this.work = new WorkBudget(limits);
  }
}
