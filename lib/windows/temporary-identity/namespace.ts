import type { NativeProcesses } from '../../native/process-binding.js';

/**
 * Where named objects are that all processes of a user see. An app container has no 'Global\\', but keys and stores of its
 * own too, so that nobody outside asks for its objects. Elsewhere 'Local\\' would leave out the user's other sessions.
 */
export const namespaceOf = (native: Pick<NativeProcesses, 'isAppContainer'>): 'Global' | 'Local' =>
  native.isAppContainer() ? 'Local' : 'Global';
