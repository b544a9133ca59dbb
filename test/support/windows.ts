import type { Capabilities } from '#lib/native/capabilities.js';
import { capabilitiesOf } from '#lib/native/capabilities.js';
import { native } from '#lib/native/load.js';
import { skip } from './skip.js';

/** Schannel and the keys are the double's (docs/double.md); stores and chains are still Wine's. */
export const onDouble = process.env['SCHANNEL_DOUBLE_SEED'] !== undefined;

/** Schannel and the keys are Wine's own. */
export const onWine = (): boolean => native().platform.wine !== null && !onDouble;

/** What the Windows that the test runs on can do. */
export function capabilities(): Capabilities {
  // In this order: the double replaces capabilitiesOf() when the add-on is loaded.
  const { platform } = native();
  return capabilitiesOf(platform);
}

/**
 * Between the positions of something that is tried at each one. Where the double takes the most common answers, and on
 * Windows itself, that is each byte. Wine, and the double with other answers, are given the same whole records by the
 * engine; there it is a prime, so that positions are odd and even by turns.
 */
export const strideOfBytes = (): number => {
  const isUsual = onDouble ? process.env['SCHANNEL_DOUBLE_GUARD'] !== '1' : !onWine();
  return isUsual ? 1 : 7;
};

/** Skips the running test if it is about TLS 1.3 and the Windows that it runs on has none. */
export function needsVersion(context: Mocha.Context, version: 'TLSv1.2' | 'TLSv1.3'): void {
  if (version === 'TLSv1.3' && !capabilities().tls13) skip(context, 'this Windows has no TLS 1.3');
}

/** Skips the running test, or a `before` hook's suite, on the double. @param reason why it can't be shown there */
export function skipOnDouble(context: Mocha.Context, reason: string): void {
  if (onDouble) skip(context, `on the double: ${reason}`);
}

/**
 * Skips the running test, or a `before` hook's suite, on a real Windows, which is somebody's and stays as it is.
 * @param what it would change there
 */
export function skipOnRealWindows(context: Mocha.Context, what: string): void {
  if (native().platform.wine === null) skip(context, `it would change ${what} of this Windows`);
}
