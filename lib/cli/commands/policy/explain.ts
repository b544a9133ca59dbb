import { type Command, InvalidArgumentError, Option } from 'commander';
import { decide } from '../../../apps/decide/decide.js';
import { decideSuite } from '../../../apps/decide/decide-suite.js';
import { decideVersion } from '../../../apps/decide/decide-version.js';
import {
  DECIDED_VERSIONS,
  type DecideInput,
  type Decision,
  type ServerKey,
  VERSION_NAMES,
} from '../../../apps/decide/decision.js';
import { TLS_VERSION_NAMES, type TlsVersionName } from '../../../formats/tls-wire/versions.js';
import type { Role } from '../../../native/binding.js';
import { suiteNamed } from '../../../windows/policy/suite-versions.js';
import type { CommandContext } from '../../command-context.js';
import { formatDecision, formatDecisions } from '../../describe-decision.js';
import { writeReport } from '../../report.js';
import type { Style } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';

interface ExplainFlags {
  readonly server?: boolean;
  readonly client?: boolean;
  readonly certificateKey?: ServerKey;
  readonly bindingFlags?: number;
  readonly binding?: string;
  readonly minVersion?: TlsVersionName;
  readonly maxVersion?: TlsVersionName;
  readonly json?: boolean;
}

/** Adds `schannel policy explain`. */
export function addExplainCommand(policy: Command, { io, policy: library, binding }: CommandContext): void {
  const version = (name: string, what: string): Option =>
    new Option(`--${name}-version <version>`, what).choices([...TLS_VERSION_NAMES]);
  policy
    .command('explain')
    .summary('say what decides whether a version or a cipher suite is used')
    .description(
      'Says of each version and cipher suite whether this machine uses it, and what decides it: Windows, the registry, ' +
        'FIPS mode, a group policy, the certificate, the groups, a binding of http.sys, or the program. With a name, it ' +
        'also says what to do. Needs no administrator.',
    )
    .argument('[name]', 'a version such as "TLS 1.3", or a cipher suite; default all')
    .option('--client', 'only for clients')
    .option('--server', 'only for servers')
    .option('--certificate-key <key>', "key of the server's certificate: rsa:2048 or ec:NistP256", serverKey)
    .option('--binding-flags <number>', 'DefaultFlags of the binding of http.sys, such as 0x440', flags)
    .option('--binding <binding>', 'the binding of http.sys that answers, as in "schannel binding show"')
    .addOption(version('min', 'minVersion of a program that uses this library'))
    .addOption(version('max', 'maxVersion of such a program'))
    .option('--json', 'write one JSON object to standard output')
    .action(async (name: string | undefined, given: ExplainFlags) => {
      const answer = name === undefined ? decide : decideOne(name);
      if (given.binding !== undefined && given.bindingFlags !== undefined) {
        throw new UsageError('Give either --binding or --binding-flags');
      }
      const bindingFlags =
        given.binding === undefined
          ? given.bindingFlags
          : (await binding.readBinding(given.binding)).flagBits;
      const known: ExplainFlags = { ...given, ...(bindingFlags !== undefined && { bindingFlags }) };
      const read = await library.readPolicy();
      const decisions = rolesOf(given).flatMap((role) => answer(inputOf(read, role, known)));
      writeReport(io, given, {
        facts: () => ({ ok: true, decisions, error: null }),
        lines: (style) =>
          name === undefined
            ? tables(decisions, style)
            : decisions.flatMap((decision) => formatDecision(decision, style)),
      });
    });
}

const rolesOf = ({ client, server }: ExplainFlags): Role[] =>
  client === server ? ['client', 'server'] : client === true ? ['client'] : ['server'];

function inputOf(policy: DecideInput['policy'], role: Role, given: ExplainFlags): DecideInput {
  const { certificateKey: certificate, bindingFlags, minVersion, maxVersion } = given;
  const isLibrary = minVersion !== undefined || maxVersion !== undefined;
  return {
    ...{ policy, role },
    ...(certificate && { certificate }),
    ...(bindingFlags !== undefined && { bindingFlags }),
    ...(isLibrary && { options: { ...(minVersion && { minVersion }), ...(maxVersion && { maxVersion }) } }),
  };
}

/** @throws UsageError for what is neither a version nor a suite */
function decideOne(name: string): (input: DecideInput) => Decision[] {
  const clean = name.replaceAll(' ', '').toLowerCase();
  const version = DECIDED_VERSIONS.find((each) =>
    [each.replace(' ', ''), VERSION_NAMES[each]].some((form) => form.toLowerCase() === clean),
  );
  if (version !== undefined) return (input) => [decideVersion(input, version)];
  const suite = suiteNamed(name.toUpperCase());
  if (suite === null) {
    throw new UsageError(`${name} is neither a version (${DECIDED_VERSIONS.join(', ')}) nor a cipher suite`);
  }
  return (input) => [decideSuite(input, suite)];
}

function serverKey(text: string): ServerKey {
  const [, kind, size = ''] = /^(rsa|ec):(\w+)$/i.exec(text) ?? [];
  if (kind?.toLowerCase() === 'ec') return { kind: 'EC', curve: size };
  if (kind !== undefined && /^\d+$/.test(size)) return { kind: 'RSA', bits: Number(size) };
  throw new InvalidArgumentError(
    'It must be rsa: with the bits, or ec: with the curve, such as ec:NistP256.',
  );
}

function flags(text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff) return number;
  throw new InvalidArgumentError('It must be a number, such as 0x440.');
}

const tables = (decisions: readonly Decision[], style: Style): string[] =>
  (['client', 'server'] as const).flatMap((role) => {
    const own = decisions.filter((each) => each.role === role);
    if (own.length === 0) return [];
    return [style.bold(`for a ${role}`), ...formatDecisions(own, style), ''];
  });
