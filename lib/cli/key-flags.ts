import { Option, type Command } from 'commander';
import { wholeNumber } from './arguments.js';
import { UsageError } from './usage-error.js';

/** The options for the kind of a new key, as commander parses them. */
export interface KeyKindFlags {
  readonly algorithm?: 'rsa' | 'ec';
  readonly bits?: number;
  readonly curve?: 'P-256' | 'P-384' | 'P-521';
}

/** The options for a new key in Windows. */
export interface WindowsKeyFlags extends KeyKindFlags {
  readonly provider?: string;
  readonly exportable?: boolean;
}

/** What a command does without the options, and the shortest RSA key that it allows. */
export interface KeyKindDefaults {
  readonly bits?: number;
  readonly curve?: string;
  readonly fewestBits?: number;
}

export const addKeyKindFlags = (
  command: Command,
  { bits = 2048, curve = 'P-256', fewestBits = 2048 }: KeyKindDefaults = {},
): Command =>
  command
    .addOption(new Option('--algorithm <name>', 'type of key (default: rsa)').choices(['rsa', 'ec']))
    .option('--bits <number>', `length of an RSA key (default: ${bits})`, wholeNumber(fewestBits, 16_384))
    .addOption(
      new Option('--curve <name>', `curve of an EC key (default: ${curve})`).choices([
        'P-256',
        'P-384',
        'P-521',
      ]),
    );

export const addWindowsKeyFlags = (command: Command, defaults?: KeyKindDefaults): Command =>
  addKeyKindFlags(command, defaults)
    .option('--provider <name>', 'where to keep the key: software, tpm, or the name of a provider')
    .option('--exportable', 'allow the key to be exported later');

/** The kind of a new key, as generateKey() takes it. Undefined is the default. */
export interface KeyKind {
  readonly algorithm: 'rsa' | 'ec' | undefined;
  readonly modulusLength: number | undefined;
  readonly namedCurve: 'P-256' | 'P-384' | 'P-521' | undefined;
}

/** @throws {UsageError} for options that do not go together */
export function keyKindOf({ algorithm, bits, curve }: KeyKindFlags): KeyKind {
  if (algorithm !== 'ec' && curve !== undefined) throw new UsageError('--curve needs --algorithm ec');
  if (algorithm === 'ec' && bits !== undefined) throw new UsageError('--bits needs --algorithm rsa');
  return { algorithm, modulusLength: bits, namedCurve: curve };
}

/** @throws {UsageError} for options that do not go together */
export const windowsKeyOf = (
  flags: WindowsKeyFlags,
): KeyKind & { readonly provider: string | undefined; readonly exportable: boolean | undefined } => ({
  ...keyKindOf(flags),
  provider: flags.provider,
  exportable: flags.exportable,
});
