import type { SchannelErrorCode } from '../../base/errors/codes.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

/** An error about TLS settings. */
export const policyError = (
  code: SchannelErrorCode & `ERR_SCHANNEL_POLICY_${string}`,
  message: string,
  advice: string,
  cause?: unknown,
): SchannelError =>
  new SchannelError(code, message, { phase: 'policy', advice, ...(cause === undefined ? {} : { cause }) });
