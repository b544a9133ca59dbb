import { type Measure } from '../asn1/measure.js';
import { ReadBudget } from '../asn1/read-budget.js';
import { WorkBudget, type WorkLimits } from './limits.js';

/** Limits what one file may cost. All readers of its parts share it. */
export class FileBudget {
  /** For decoding. */
  readonly read: ReadBudget;
  /** For keys, certificates and encrypted parts. */
  readonly work: WorkBudget;

  constructor(limits: Partial<WorkLimits> = {}, readLimits?: Measure) {
    this.read = new ReadBudget(readLimits);
    this.work = new WorkBudget(limits);
  }
}
