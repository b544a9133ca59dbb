import assert from 'node:assert/strict';
import { createHash, type KeyObject } from 'node:crypto';
import { SchannelError } from '#lib/base/errors/schannel-error.js';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The bytes of the one block in a PEM text. */
export const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');

/** The code of the SchannelError that a call throws; null when it throws none. Any other error goes on. */
export function codeOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof SchannelError) return error.code;
    throw error;
  }
}

/** Fails unless two private keys are equal. KeyObject.equals() compares only their public halves. */
export const assertSameKey = (one: KeyObject, other: KeyObject): void =>
  assert.deepEqual(
    one.export({ type: 'pkcs8', format: 'der' }),
    other.export({ type: 'pkcs8', format: 'der' }),
  );
