import type { Clock } from '../../../base/async/clock.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { runProgram } from '../process/run-program.js';
import { type Random, retryMoment } from './schedule.js';
import type { PendingHooks } from './set-state.js';

/** A program that runs after a certificate was placed: for RDP, Exchange, and whatever does not follow the store. */
export interface Hook {
  /** 'powershell.exe', or the path of a program. */
  readonly program: string;
  /**
   * Its arguments, one by one: nothing is parsed by a shell. Placeholders are those of win-acme, so that its scripts
   * run unchanged: {CertThumbprint}, {OldCertThumbprint}, {CertCommonName}, {CertFriendlyName}, {StorePath},
   * {StoreType}, {RenewalId}.
   */
  readonly args?: readonly string[] | undefined;
  /** Most seconds that it may take. Default 600. */
  readonly timeout?: number | undefined;
}

/**
 * Has bindings of http.sys show another certificate.
 *
 * @param from thumbprints of the earlier ones
 * @param to 'LocalMachine\\MY\\<thumbprint>'
 */
export type MoveBindings = (
  from: readonly string[],
  to: string,
  options: { readonly owned: boolean },
) => Promise<{
  readonly changes: readonly { readonly key: string }[];
  /** Those of IIS that were left alone. */
  readonly left: readonly { readonly key: string }[];
}>;

/** What the placeholders stand for. */
export interface HookFacts {
  readonly thumbprint: string;
  /** '' if there was none. */
  readonly formerThumbprint: string;
  readonly name: string;
  readonly friendlyName: string;
  /** 'MY'. */
  readonly store: string;
  readonly set: string;
}

const DEFAULT_SECONDS = 600;

/** @throws SchannelError ERR_SCHANNEL_ACME_HOOK; AbortError */
export async function runHook(
  { program, args = [], timeout = DEFAULT_SECONDS }: Hook,
  facts: HookFacts,
  run: typeof runProgram,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await run(
      program,
      args.map((arg) => filled(arg, facts)),
      { timeout: timeout * 1000, signal },
    );
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const said = cause instanceof Error ? printable(cause.message, 500) : '';
    throw new SchannelError('ERR_SCHANNEL_ACME_HOOK', `${printable(program, 200)} failed: ${said}`, {
      advice: 'Correct the program. It is run again by itself; the certificate is in its store already.',
      cause,
    });
  }
}

/** One pass: what a value contains is not filled in again. */
const filled = (text: string, facts: HookFacts): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => PLACEHOLDERS.get(name)?.(facts) ?? whole);

const PLACEHOLDERS = new Map<string, (facts: HookFacts) => string>([
  ['CertThumbprint', ({ thumbprint }) => thumbprint],
  ['OldCertThumbprint', ({ formerThumbprint }) => formerThumbprint],
  ['CertCommonName', ({ name }) => name],
  ['CertFriendlyName', ({ friendlyName }) => friendlyName],
  ['StorePath', ({ store }) => store],
  // win-acme's name for stores of Windows.
  ['StoreType', () => 'CertificateStore'],
  ['RenewalId', ({ set }) => set],
]);

/** What doing the rest of a renewal needs. */
export interface PendingContext {
  /** Moves the bindings; null if there is nothing to move. */
  readonly move: (() => Promise<void>) | null;
  readonly run: typeof runProgram;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  /** Keeps what is left to do; null for nothing. */
  readonly save: (left: PendingHooks | null) => Promise<void>;
  readonly warn: (text: string) => void;
}

/**
 * Moves bindings, and runs the programs that have not succeeded yet, in order: they may restart what the bindings
 * serve. What fails is tried again by itself later, and changes nothing about the certificate.
 *
 * @throws AbortError
 */
export async function runPending(
  pending: PendingHooks,
  hooks: readonly Hook[],
  facts: HookFacts,
  { move, run, clock, random, signal, save, warn }: PendingContext,
): Promise<void> {
  let left = pending;
  const tasks = hooks.slice(pending.done).map((hook) => async (): Promise<PendingHooks> => {
    await runHook(hook, facts, run, signal);
    return { ...left, done: left.done + 1 };
  });
  if (move !== null && pending.moved !== true) {
    tasks.unshift(async () => {
      await move();
      return { ...left, moved: true };
    });
  }
  for (const task of tasks) {
    try {
      left = { ...(await task()), failures: 0, error: null };
    } catch (thrown) {
      if (signal?.aborted === true) throw thrown;
      const error = toError(thrown).message;
      const failures = left.failures + 1;
      const nextTry = retryMoment(failures, clock.now(), { lifetime: null, notBefore: null }, random);
      await save({ ...left, failures, nextTry, error });
      warn(error);
      return;
    }
    await save(left);
  }
  await save(null);
}
