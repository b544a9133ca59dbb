import type { ChallengePlan } from './solver.js';

/** A text of a plan; '' if it has none, since a journal may be damaged. */
export function textOf(plan: ChallengePlan, member: string): string {
  const value = plan[member];
  return typeof value === 'string' ? value : '';
}
