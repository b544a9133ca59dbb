import { invalidType } from '../../../base/errors/argument-error.js';

/**
 * The value is never part of the message.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE
 */
export function checkSecret(name: string, value: unknown): void {
  // In a header, and nothing that a header cannot have.
  if (typeof value === 'string' && /^[!-~]+$/.test(value)) return;
  throw invalidType(
    `options.${name}`,
    'printable text without blanks',
    typeof value === 'string' ? '…' : value,
  );
}
