import type { Command } from 'commander';
import { UsageError } from '../usage-error.js';

/** The options of `schannel doctor --connect` as they are typed: what they can be is loaded with what runs them. */
export interface DoctorConnectFlags {
  readonly connect?: string;
  readonly starttls?: string;
  readonly servername?: string;
  readonly certificate?: string;
  readonly ca?: readonly string[];
  readonly minVersion?: string;
  readonly maxVersion?: string;
  readonly revocation?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

const OPTIONS: readonly (readonly [flag: string, text: string])[] = [
  ['--starttls <protocol>', 'use STARTTLS in this protocol, such as smtp'],
  ['--servername <name>', 'name to send and to expect in the certificate; default the host'],
  [
    '--certificate <certificate>',
    'certificate to show if the server asks for one: thumbprint, Location\\Store\\thumbprint, DNS name or friendly name',
  ],
  ['--ca <file...>', "trust only these certificates (default: Windows' stores)"],
  ['--min-version <version>', 'lowest protocol version: TLSv1.2 or TLSv1.3'],
  ['--max-version <version>', 'highest protocol version'],
  ['--revocation <mode>', 'how revocation is checked: off, soft, hard, cache-only; default soft'],
  ['--timeout <seconds>', 'time for one connection; default 5'],
];

export function addDoctorConnectFlags(command: Command): Command {
  command.option('--connect <host:port>', 'say why a connection to this server works or not; on any system');
  for (const [flag, text] of OPTIONS) command.option(flag, `with --connect: ${text}`);
  return command;
}

/** @throws {UsageError} for options of --connect without it */
export function checkDoctorConnectFlags(flags: DoctorConnectFlags): void {
  const names = OPTIONS.map(([flag]) => flag.replace(/ .*/, ''));
  const stray = names.find((name) => keyOf(name) in flags);
  if (flags.connect === undefined && stray !== undefined) throw new UsageError(`${stray} needs --connect`);
}

/** '--min-version' is minVersion. */
const keyOf = (option: string): string =>
  option.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
