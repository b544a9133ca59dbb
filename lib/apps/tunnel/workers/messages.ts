import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import type { TunnelFigures } from '../status/figures.js';

/** What a worker is asked to do, and what it answers with. */
export interface Orders {
  readonly figures: { readonly argument: null; readonly answer: readonly TunnelFigures[] };
  readonly reload: { readonly argument: null; readonly answer: null };
  /** How many milliseconds it may take; how many connections were cut off. */
  readonly stop: { readonly argument: number; readonly answer: number };
}

export type OrderName = keyof Orders;

/** To a worker. */
export interface Order {
  readonly id: number;
  readonly name: OrderName;
  readonly argument: number | null;
}

/** From a worker: it takes connections, it could not, or what came of an order. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorData }
  | { readonly kind: 'done'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'undone'; readonly id: number; readonly error: ErrorData };

/** What is left of an error on the way to another process: a copy would lose its code. */
export interface ErrorData {
  readonly message: string;
  readonly code: string;
  readonly advice: string | null;
}

export function dataOf(error: Error): ErrorData {
  const { advice } = error as { readonly advice?: unknown };
  return {
    message: error.message,
    code: errorCode(error),
    advice: typeof advice === 'string' ? advice : null,
  };
}

export function errorOf({ message, code, advice }: ErrorData): Error {
  if (code.startsWith('ERR_SCHANNEL_')) {
    return new SchannelError(code, message, { ...(advice !== null && { advice }) });
  }
  return Object.assign(new Error(message), { ...(code !== '' && { code }) });
}
