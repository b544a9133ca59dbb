import type { Command } from 'commander';
import { networkOctets } from '../../../formats/x509/ip-address.js';
import type { ConstraintNames, ConstraintOptions } from '../../../pki.js';
import type { AlternativeNames } from '../../../formats/x509/alternative-names.js';

/** The options for the names of a certificate, as commander parses them. */
export interface NameFlags {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly email?: readonly string[];
  readonly upn?: readonly string[];
  readonly uri?: readonly string[];
}

export const addNameFlags = (command: Command): Command =>
  command
    .option('--dns <name...>', 'host names')
    .option('--ip <address...>', 'IP addresses')
    .option('--email <address...>', 'e-mail addresses')
    .option('--upn <name...>', 'names of Windows accounts')
    .option('--uri <uri...>', 'URIs');

/** The names that were given; undefined if there are none. */
export function namesOf({ dns, ip, email, upn, uri }: NameFlags): Partial<AlternativeNames> | undefined {
  const given = Object.entries({ dns, ip, email, upn, uri }).filter(([, names]) => names !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** The options for what an authority may issue for. */
export interface ConstraintFlags {
  readonly permit?: readonly string[];
  readonly exclude?: readonly string[];
}

export const addConstraintFlags = (command: Command): Command =>
  command
    .option(
      '--permit <name...>',
      'the authority may issue only for these: bar.example, 10.0.0.0/8, @bar.example',
    )
    .option('--exclude <name...>', 'and never for these');

export const constraintsOf = ({ permit, exclude }: ConstraintFlags): ConstraintOptions => ({
  ...(permit !== undefined && { permitted: sorted(permit) }),
  ...(exclude !== undefined && { excluded: sorted(exclude) }),
});

/** Networks, what has an @, and host names. '@bar.example' are all mailboxes of a host. */
const sorted = (texts: readonly string[]): ConstraintNames => ({
  ip: texts.filter(isNetwork),
  email: texts.filter((text) => text.includes('@')).map((text) => text.replace(/^@/, '')),
  dns: texts.filter((text) => !isNetwork(text) && !text.includes('@')),
});

const isNetwork = (text: string): boolean => networkOctets(text) !== null;
