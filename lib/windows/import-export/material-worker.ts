/** The worker of readMaterialOffThread(): reads one file, answers, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { type MaterialAnswer } from './material-off-thread.js';
import { type MaterialRequest, readMaterial } from './material.js';

function answer(request: MaterialRequest): MaterialAnswer {
  try {
    return { material: readMaterial(request) };
  } catch (error) {
    if (!(error instanceof SchannelError)) return { failure: { code: null, message: String(error) } };
    const { code, message, advice } = error;
    return { failure: { code, message, ...(advice !== undefined && { advice }) } };
  }
}

const given = answer(workerData as MaterialRequest);
// Moved, not copied.
const moved = 'material' in given ? given.material.certificates.map(({ der }) => der.buffer) : [];
parentPort?.postMessage(given, moved);
