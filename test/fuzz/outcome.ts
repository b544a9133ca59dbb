import assert from 'node:assert/strict';
import { SchannelError } from '#lib/base/errors/schannel-error.js';

/** What a reader makes of some bytes: what it returns, or why it refuses them. */
export type Outcome<Value> = { readonly value: Value } | { readonly refusal: string };

/** Whether an error is one that the reader promises; any other one is a finding. */
export type Promised = (error: unknown) => boolean;

/** Errors of ours whose code begins so. */
export const codes =
  (...beginnings: readonly string[]): Promised =>
  (error) =>
    error instanceof SchannelError && beginnings.some((beginning) => error.code.startsWith(beginning));

/** Errors of this class. */
export const instances =
  (type: abstract new (...args: never[]) => Error): Promised =>
  (error) =>
    error instanceof type;

/** Reads, and throws again what is not promised. */
export function outcomeOf<Value>(read: () => Value, isPromised: Promised): Outcome<Value> {
  try {
    return { value: read() };
  } catch (error) {
    return refusalOf(error, isPromised);
  }
}

/** The same for what is not known at once. */
export async function outcomeLater<Value>(
  read: () => Promise<Value>,
  isPromised: Promised,
): Promise<Outcome<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    return refusalOf(error, isPromised);
  }
}

function refusalOf(error: unknown, isPromised: Promised): { readonly refusal: string } {
  if (!isPromised(error)) throw error;
  assert.ok(error instanceof Error);
  // What people read has to stay readable.
  assert.ok(error.message.length < 4096, 'a message without end');
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    assert.ok(!isOurMistake(cause), `a mistake is the cause: ${String(cause.stack)}`);
  return { refusal: error instanceof SchannelError ? error.code : error.message };
}

/** An exception that JavaScript throws in the library itself, and that somebody caught as if a reader had refused. */
function isOurMistake(error: Error): boolean {
  const isMistake =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  // What a function of Node refuses may be the peer's fault: a nonce of the wrong length.
  if (!isMistake || ('code' in error && /^ERR_(CRYPTO|OSSL)/.test(String(error.code)))) return false;
  const frames = error.stack?.split('\n').filter((line) => /^ +at /.test(line)) ?? [];
  const place = frames.find((line) => !/node:|<anonymous>/.test(line));
  return place !== undefined && !place.includes('node_modules');
}

/** The value, if there is one. */
export const valueOf = <Value>(outcome: Outcome<Value>): Value | null =>
  'value' in outcome ? outcome.value : null;
