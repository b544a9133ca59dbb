/** The machine lacks something that only its owner can give: one text, the command that would help, no stack. */
export class Refusal extends Error {
  name = 'Refusal';
  exitCode = 2;

  /**
   * @param {string} what what is missing and why it matters
   * @param {string} [help] the command to type
   */
  constructor(what, help) {
    super(help === undefined ? what : `${what}\n  ${help}`);
  }
}

/** A step of the build failed; the message says everything, and the stack would be that of our scripts. */
export class StepFailure extends Error {
  name = 'StepFailure';
  exitCode = 1;
}

/**
 * Prints an error the way its kind deserves.
 * @returns {number} the exit code
 */
export function explain(error) {
  const known = typeof error?.exitCode === 'number';
  console.error(known ? error.message : error);
  return known ? error.exitCode : 1;
}
