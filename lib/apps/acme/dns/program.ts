import { argumentError, invalidType } from '../../../base/errors/argument-error.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { runProgram } from '../process/run-program.js';
import type { DnsContext, DnsHandle, DnsProvider, TxtRecord } from './provider.js';

export interface ProgramOptions {
  /** A program, never a line for a shell. */
  readonly program: string;
  /**
   * Arguments to add and to remove a value. '{fqdn}' is the name with its final dot, '{name}' without, '{value}' the
   * value; '{RecordName}' and '{Token}' are the same for scripts of win-acme. Default as for lego: 'present {fqdn}
   * {value}' and 'cleanup {fqdn} {value}'.
   */
  readonly add?: readonly string[] | undefined;
  readonly remove?: readonly string[] | undefined;
}

/** As long as win-acme waits, in milliseconds. */
const PATIENCE_MS = 600_000;

/**
 * Has a program change the records. It has to end with 0. What it printed at last is part of the error.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function program(options: ProgramOptions): DnsProvider {
  const { add = ['present', '{fqdn}', '{value}'], remove = ['cleanup', '{fqdn}', '{value}'] } = options;
  if (typeof options.program !== 'string' || options.program === '')
    throw invalidType('options.program', 'of type string', options.program);
  for (const list of [add, remove]) checkArguments(list);
  return {
    name: options.program,
    async add({ name, value }: TxtRecord, context: DnsContext = {}): Promise<DnsHandle> {
      await run(options.program, filled(add, name, value), context);
      return { name, value };
    },
    async remove({ name, value }: DnsHandle, context: DnsContext = {}): Promise<void> {
      await run(options.program, filled(remove, String(name), String(value)), context);
    },
    removeValue({ name, value }, context: DnsContext = {}): Promise<void> {
      return this.remove({ name, value }, context);
    },
  };
}

const PLACEHOLDER = /\{(\w+)\}/g;

const filled = (list: readonly string[], name: string, value: string): string[] => {
  const values: Readonly<Record<string, string>> = {
    fqdn: `${name}.`,
    name,
    value,
    RecordName: name,
    Token: value,
  };
  return list.map((each) => each.replace(PLACEHOLDER, (whole, key: string) => values[key] ?? whole));
};

function checkArguments(list: readonly string[]): void {
  for (const [whole, name] of list.join(' ').matchAll(PLACEHOLDER)) {
    if (['fqdn', 'name', 'value', 'RecordName', 'Token'].includes(name ?? '')) continue;
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The arguments of the program have an unknown placeholder: ${whole}`,
    );
  }
}

async function run(file: string, args: readonly string[], { signal }: DnsContext): Promise<void> {
  try {
    await runProgram(file, args, { timeout: PATIENCE_MS, signal });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const cause = toError(error);
    throw new SchannelError(
      'ERR_SCHANNEL_DNS_REFUSED',
      `${file} did not change the records: ${cause.message}`,
      { advice: 'Run it by hand with the same arguments.', cause },
    );
  }
}
