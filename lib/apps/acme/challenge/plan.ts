import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import type { Identifier } from '../protocol/resources.js';
import type { ChallengePlan } from './solver.js';

/** A text of a plan; '' if it has none, since a journal may be damaged. */
export function textOf(plan: ChallengePlan, member: string): string {
  const value = plan[member];
  return typeof value === 'string' ? value : '';
}

/** Why a solver that shows nothing in DNS can't serve a name (RFC 8555 §7.4.1). */
export const refusesWildcards = ({ value }: Identifier): string | null =>
  value.startsWith('*.') ? 'a wildcard needs a DNS record' : null;

/** The error of a solver that can't show its answer. An error of this library stays as it is. */
export function notShown(what: string, cause: unknown, advice: string): SchannelError {
  if (cause instanceof SchannelError) return cause;
  const error = toError(cause);
  return new SchannelError('ERR_SCHANNEL_ACME_CHALLENGE', `${what}: ${error.message}`, {
    advice,
    cause: error,
  });
}
