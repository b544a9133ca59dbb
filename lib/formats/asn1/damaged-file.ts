import { SchannelError } from '../../base/errors/schannel-error.js';

/** ERR_SCHANNEL_IMPORT_DAMAGED; `what` completes "The file has …". */
export function damagedFile(what: string, cause?: unknown): SchannelError {
  return new SchannelError('ERR_SCHANNEL_IMPORT_DAMAGED', `The file has ${what}`, {
    advice: 'Copy or export it again; it may be incomplete or changed.',
    ...(cause !== undefined && { cause }),
  });
}
