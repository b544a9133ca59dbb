import { SchannelError } from '../../base/errors/schannel-error.js';

/** Errors of an authority that several files throw. */

/** What is asked for breaks the rules. */
export const refusedBecause = (reasons: readonly string[]): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_REFUSED', `The authority refuses: ${reasons.join('; ')}`, {
    reasons,
    advice: 'Change the request or the options; `--dry-run` shows what would be issued.',
  });

/** The folder cannot be used as it is. @param what completes "The authority in … " */
export const damagedAuthority = (folder: string, what: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_DAMAGED', `The authority in ${folder} ${what}`, {
    advice: 'Compare it with a backup. `schannel ca verify` checks all of it.',
    ...(cause !== undefined && { cause }),
  });

/** Another process changes it. @param who 'process 7 on HULK' @param lock the file */
export const lockedAuthority = (who: string, lock: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_LOCKED', `The authority is in use by ${who}`, {
    advice: `Wait until it has ended. If it is gone for certain, or its number belongs to another program by now, delete ${lock}.`,
  });

/** @param what completes "The template … " */
export const badTemplate = (what: string, cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_CA_TEMPLATE', `The template ${what}`, {
    advice: 'Compare it with those that `schannel ca templates` prints.',
    ...(cause !== undefined && { cause }),
  });
