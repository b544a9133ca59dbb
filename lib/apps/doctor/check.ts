import type { Native } from '../../native/binding.js';
import type { Registry } from '../../windows/registry/registry.js';
import type { Cleanup } from './cleanup.js';

/** The result of a check. */
export type Verdict =
  /** It does what the library relies on. */
  | 'works'
  /** An answer to an open question, neither good nor bad. */
  | 'found'
  /** This Windows, or this account, does not have it. The library reports that to any caller that asks for it. */
  | 'absent'
  /** It was not tried, for the given reason. */
  | 'not tried'
  /** Something fails that the library needs. */
  | 'broken';

/** Values for JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface Finding {
  readonly verdict: Verdict;
  /** One sentence. */
  readonly text: string;
  readonly data?: Json;
}

/** What checks get. */
export interface CheckContext {
  readonly native: Native;
  /** Version of the package. */
  readonly version: string;
  /** A check registers here what it creates, before it does. */
  readonly cleanup: Cleanup;
  /** The check took too long, or the whole run was cancelled. */
  readonly signal: AbortSignal;
  readonly registry: Pick<Registry, 'read'>;
  /** Runs a program of Windows and returns its output. @throws Error when it fails */
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
}

/** One question to this machine. */
export interface Check {
  /** 'loop-back.cng-ec': to find it in a report. */
  readonly id: string;
  /** The question. */
  readonly title: string;
  /** It creates temporary keys or certificates: only with `--write`. */
  readonly writes: boolean;
  /** A failure means that the library does not work here. */
  readonly vital: boolean;
  run(context: CheckContext): Promise<Finding>;
}

/** A check in the report. */
export interface CheckReport extends Finding {
  readonly id: string;
  readonly title: string;
  readonly milliseconds: number;
}

export const works = (text: string, data?: Json): Finding => finding('works', text, data);
export const found = (text: string, data?: Json): Finding => finding('found', text, data);
export const absent = (text: string, data?: Json): Finding => finding('absent', text, data);
export const notTried = (text: string): Finding => finding('not tried', text);

const finding = (verdict: Verdict, text: string, data?: Json): Finding =>
  data === undefined ? { verdict, text } : { verdict, text, data };
