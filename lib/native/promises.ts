import { errorFromNative, errorFromStatus } from '../base/errors/from-status.js';
import { toError } from '../base/errors/to-error.js';
import type { ErrorPhase } from '../base/errors/schannel-error.js';
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

/**
 * What a native call does, for its error: the phase, and the beginning of the message if the phase's is too general.
 */
export interface NativeOperation {
  readonly phase: Extract<ErrorPhase, 'store' | 'key' | 'credential' | 'service' | 'policy' | 'binding'>;
  /** 'The certificate could not be added'. */
  readonly text?: string;
}

/**
 * The value of a native call.
 * @throws SchannelError ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_…, _SERVICE_…, _BINDING_…, _SYSTEM_…
 */
export const callNative = <Value>(
  operation: NativeOperation,
  start: (callback: Callback<NativeOutcome<Value>>) => void,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    try {
      start((outcome) => {
        if ('status' in outcome) reject(failureOf(operation, outcome));
        else resolve(outcome.value);
      });
    } catch (thrown) {
      reject(toError(errorFromNative(thrown, operation.phase, operation.text)));
    }
  });

/** Waits for the end of a native call that has no value. @throws SchannelError as {@link callNative} */
export const callNativeVoid = (
  operation: NativeOperation,
  start: (callback: Callback<NativeEnd>) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    try {
      start((end) => {
        if (end.status === 0) resolve();
        else reject(failureOf(operation, end));
      });
    } catch (thrown) {
      reject(toError(errorFromNative(thrown, operation.phase, operation.text)));
    }
  });

/** The error for a call that was refused. */
export const failureOf = ({ phase, text }: NativeOperation, { status, syscall }: NativeEnd): Error =>
  errorFromStatus({ status, syscall, phase, ...(text === undefined ? {} : { operation: text }) });
