import type { ProblemDocument } from '../base/errors/schannel-error.js';
import { statusName } from '../base/errors/status-table.js';
import { printable } from '../base/text/printable.js';
import { formatRows } from './table.js';
import type { Style } from './terminal.js';

/** A failure as the JSON output has it. What is not known is left out. */
export interface ErrorFacts {
  readonly code?: string;
  readonly message: string;
  readonly phase?: string;
  /** Windows status, unsigned. */
  readonly status?: number;
  readonly statusName?: string;
  readonly syscall?: string;
  readonly alert?: { readonly name: string; readonly description: number; readonly direction: string };
  /** What the server said. */
  readonly reply?: string;
  /** What an ACME server says. */
  readonly problem?: ProblemDocument;
  /** Before this time the same request would be refused again. */
  readonly retryAfter?: Date;
  /** Each rule that an authority refuses for. */
  readonly reasons?: readonly string[];
  readonly advice?: string;
  /** What can be given instead of an ambiguous name. */
  readonly candidates?: readonly string[];
}

type Mutable<Facts> = { -readonly [Key in keyof Facts]: Facts[Key] };

/** What is known about an error of ours, Node's or nodemailer's. */
export function errorFacts(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { message: String(error) };
  const properties = error as Error & Readonly<Record<string, unknown>>;
  const facts: Mutable<ErrorFacts> = { message: error.message };
  const copy = (name: 'code' | 'phase' | 'syscall' | 'reply' | 'advice', ...from: string[]): void => {
    const value = from.map((key) => properties[key]).find((candidate) => typeof candidate === 'string');
    if (typeof value === 'string') facts[name] = value;
  };
  copy('code', 'originalCode', 'code');
  copy('phase', 'phase');
  copy('syscall', 'syscall');
  copy('reply', 'reply', 'response');
  copy('advice', 'advice');
  if (typeof properties['status'] === 'number') {
    facts.status = properties['status'];
    facts.statusName = statusName(properties['status']);
  }
  const alert = properties['alert'] as ErrorFacts['alert'];
  if (typeof alert === 'object') facts.alert = alert;
  const { candidates, reasons } = properties;
  const problem = properties['problem'] as ErrorFacts['problem'];
  if (typeof problem === 'object') facts.problem = problem;
  if (properties['retryAfter'] instanceof Date) facts.retryAfter = properties['retryAfter'];
  if (Array.isArray(reasons)) facts.reasons = reasons.map(String);
  if (Array.isArray(candidates)) facts.candidates = candidates.map(String);
  return facts;
}

/** The failure for a person: what happened, then the details. */
export function formatError(error: unknown, style: Style): string[] {
  const facts = errorFacts(error);
  const status =
    facts.status === undefined
      ? null
      : `0x${facts.status.toString(16).padStart(8, '0')} ${facts.statusName ?? ''}${facts.syscall === undefined ? '' : ` (${facts.syscall})`}`;
  const alert =
    facts.alert === undefined
      ? null
      : `${facts.alert.direction} ${facts.alert.name} (${facts.alert.description})`;
  return [
    style.bad(printable(facts.message)),
    ...formatRows(
      [
        ['code', facts.code ?? null],
        ['phase', facts.phase ?? null],
        ['Windows', status],
        ['alert', alert],
        ['server', facts.reply === undefined ? null : printable(facts.reply)],
        ['again after', facts.retryAfter?.toLocaleString() ?? null],
        ['advice', isSaid(facts) ? null : (facts.advice ?? null)],
      ],
      style,
      '  ',
    ),
  ];
}

/** Messages of trust failures end with the advice, for programs that show only the message. */
function isSaid({ message, advice }: ErrorFacts): boolean {
  return advice !== undefined && message.toLowerCase().endsWith(advice.toLowerCase().replace(/\.$/, ''));
}
