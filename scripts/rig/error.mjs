/**
 * Something about this machine that a person has to change first: shown as plain text, never as a stack
 * trace. `exitCode` is what the command should end with.
 */
export class RigError extends Error {
  name = 'RigError';
  exitCode = 2;
}
