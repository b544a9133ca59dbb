import { errorFromStatus } from '../base/errors/from-status.js';
import type { Phase } from '../base/errors/schannel-error.js';
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

/** What is being done, for the error: its phase, and the beginning of the message if the phase's own says too little. */
export interface Undertaking {
  readonly phase: Extract<Phase, 'store' | 'key'>;
  /** 'The certificate could not be added'. */
  readonly text?: string;
}

/** The value of a native call. @throws SchannelError ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_…, ERR_SCHANNEL_SYSTEM_… */
export const outcomeOf = <Value>(
  undertaking: Undertaking,
  start: (callback: Callback<NativeOutcome<Value>>) => void,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    start((outcome) => {
      if ('status' in outcome) reject(failureOf(undertaking, outcome));
      else resolve(outcome.value);
    });
  });

/** Waits for the end of a native call that has no value. @throws SchannelError as {@link outcomeOf} */
export const endOf = (
  undertaking: Undertaking,
  start: (callback: Callback<NativeEnd>) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    start((end) => {
      if (end.status === 0) resolve();
      else reject(failureOf(undertaking, end));
    });
  });

/** The error for a call that was refused. */
export const failureOf = ({ phase, text }: Undertaking, { status, syscall }: NativeEnd): Error =>
  errorFromStatus({ status, syscall, phase, ...(text === undefined ? {} : { undertaking: text }) });
