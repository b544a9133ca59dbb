import type { NativeProcesses } from './process-binding.js';

/**
 * The namespace of named objects that all processes of a user share. An app container has no 'Global\\', but its keys
 * and stores are separate too, so no process outside needs its objects. Elsewhere 'Local\\' would exclude the user's
 * other sessions.
 */
export const namespaceOf = (native: Pick<NativeProcesses, 'isAppContainer'>): 'Global' | 'Local' =>
  native.isAppContainer() ? 'Local' : 'Global';
