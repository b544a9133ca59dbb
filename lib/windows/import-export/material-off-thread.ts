import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { FileBudget } from '../../formats/pbe/file-budget.js';
import { type Material, type MaterialRequest, readMaterial } from './material.js';

/**
 * What is tried on the calling thread: about fifty milliseconds, the time that a thread takes to start. Files with the
 * usual 2,000 to 10,000 iterations need less.
 */
export const AT_ONCE = {
  bytes: 128 << 10,
  totalIterations: 50_000,
  read: { elements: 8_192, identifierBytes: 16 << 10, textBytes: 128 << 10 },
} as const;

/** The answer of the thread. */
export type MaterialAnswer =
  | { readonly material: Material }
  | {
      readonly failure: { readonly code: string | null; readonly message: string; readonly advice?: string };
    };

/**
 * As {@link readMaterial}, but long work runs on a worker thread, so that the event loop is not blocked.
 *
 * @param signal ends the thread; the promise is then rejected with its reason
 */
export async function readMaterialOffThread(
  request: MaterialRequest,
  signal?: AbortSignal,
): Promise<Material> {
  signal?.throwIfAborted();
  if (request.bytes.length <= AT_ONCE.bytes) {
    try {
      return readMaterial(request, budgetAtOnce(request));
    } catch (error) {
      if (!mayDifferWithinAllLimits(error)) throw error;
    }
  }
  return inThread(request, signal);
}

const budgetAtOnce = ({ limits }: MaterialRequest): FileBudget => {
  const totalIterations = Math.min(limits.totalIterations, AT_ONCE.totalIterations);
  return new FileBudget({ ...limits, totalIterations }, AT_ONCE.read);
};

/** Too much work for this thread; or a wrong password, where more work might show that the file was changed instead. */
const mayDifferWithinAllLimits = (error: unknown): boolean =>
  error instanceof SchannelError && WITHIN_LESS.has(error.code);

const WITHIN_LESS: ReadonlySet<string> = new Set([
  'ERR_SCHANNEL_IMPORT_ITERATIONS',
  'ERR_SCHANNEL_IMPORT_TOO_LARGE',
  'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG',
]);

function inThread(request: MaterialRequest, signal: AbortSignal | undefined): Promise<Material> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(path.join(__dirname, 'material-worker.js'), {
      workerData: { ...request, bytes: Uint8Array.from(request.bytes) },
      // Without the program's --import and --require.
      execArgv: [],
    });
    const abort = (): void => {
      void worker.terminate();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.once('message', (answer: MaterialAnswer) => {
      if ('material' in answer) resolve(answer.material);
      else reject(errorOf(answer.failure));
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      signal?.removeEventListener('abort', abort);
      // No effect after the answer.
      reject(new SchannelError('ERR_SCHANNEL_SYSTEM_FAILURE', 'The thread that read the file ended early'));
    });
  });
}

function errorOf({ code, message, advice }: Extract<MaterialAnswer, { failure: object }>['failure']): Error {
  if (code === null) return new Error(message);
  return new SchannelError(code, message, advice === undefined ? {} : { advice });
}
