import { errorCode } from '../../../base/errors/error-code.js';

/** Whether an error has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly (string | RegExp)[]): boolean {
  const code = errorCode(error);
  return codes.some((each) => (typeof each === 'string' ? code === each : each.test(code)));
}

/** The number of the alert that the peer sent; null if it sent none. */
export function receivedAlert(error: unknown): number | null {
  const alert: unknown = error instanceof Error ? Reflect.get(error, 'alert') : undefined;
  if (typeof alert !== 'object' || alert === null) return null;
  const { direction, description } = alert as { direction?: unknown; description?: unknown };
  return direction === 'received' && typeof description === 'number' ? description : null;
}

/** What it advises; null for nothing. */
export function adviceOf(error: unknown): string | null {
  const advice: unknown = error instanceof Error ? Reflect.get(error, 'advice') : undefined;
  return typeof advice === 'string' ? advice : null;
}

/** A message as a sentence. */
export const sentenceOf = ({ message }: Error): string => (/[.!?]$/.test(message) ? message : `${message}.`);
