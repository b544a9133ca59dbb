import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../../base/text/printable.js';
import type { DevCert, DevCertState } from '../../apps/dev-cert/dev-cert.js';
import { defaultNames } from '../../apps/dev-cert/names.js';
import { hostNames } from '../../formats/x509/alternative-names.js';
import { findCertificate } from '../../windows/store/find-certificate.js';
import { addChangeFlags, confirmChange, type ChangeFlags } from '../change-flags.js';
import type { CommandContext } from '../command-context.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { writeOutput } from '../output-file.js';
import { readNewPassword } from '../password.js';
import { writeReport } from '../report.js';

interface DevCertFlags extends ChangeFlags {
  readonly check?: boolean;
  readonly uninstall?: boolean;
  readonly machine?: boolean;
  readonly pem?: string;
  readonly pfx?: string;
  readonly json?: boolean;
}

/** Adds `schannel dev-cert`. */
export function addDevCertCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('dev-cert')
    .description(
      'Makes a certificate for servers on this machine that browsers trust, or keeps the one that is there. Windows asks ' +
        'once whether to trust its root, which can only stand for these names and for private ones, and whose key is ' +
        'deleted at once.',
    )
    .argument('[names...]', 'host names and addresses (default: localhost, 127.0.0.1, ::1 and this machine)')
    .option('--check', 'only say whether there is one; for scripts')
    .option('--uninstall', 'remove the certificates, the roots and their keys')
    .option('--machine', 'for all users of this machine; needs an administrator')
    .option('--pem <folder>', 'also write cert.pem, key.pem and root.pem; the key can be exported then')
    .option('--pfx <file>', 'also write a PFX; the key can be exported then')
    .option('--json', 'write one JSON object to standard output');
  addChangeFlags(command).action((names: readonly string[], flags: DevCertFlags) =>
    run(names.length === 0 ? defaultNames() : names, flags, context),
  );
}

async function run(names: readonly string[], flags: DevCertFlags, context: CommandContext): Promise<void> {
  // Fails before the user is asked anything.
  hostNames(names);
  if (flags.uninstall === true) return uninstall(flags, context);
  const exportable = flags.pem !== undefined || flags.pfx !== undefined;
  const options = { names, machine: flags.machine, exportable };
  if (flags.check === true || flags.dryRun === true) {
    const state = await context.devCert.checkDevCert(options);
    reportState(state, flags, context);
    if (flags.check === true) context.exit(EXIT_OF_STATE[state.state]);
    return;
  }
  if (flags.machine === true) {
    await confirmChange(context.io, flags, 'All users of this machine will trust its root. Go on?');
  }
  const made = await context.devCert.ensureDevCert(options);
  const files = await writeFiles(made, flags, context);
  reportMade(made, files, flags, context);
}

const EXIT_OF_STATE: Readonly<Record<DevCertState['state'], ExitCode>> = {
  ready: EXIT_CODES.ok,
  due: EXIT_CODES.expiring,
  incomplete: EXIT_CODES.certificate,
  missing: EXIT_CODES.certificate,
};

function reportState(state: DevCertState, flags: DevCertFlags, { io }: CommandContext): void {
  writeReport(io, flags, {
    facts: () => ({ ok: state.state === 'ready', dryRun: flags.dryRun === true, ...state, error: null }),
    lines: (style) =>
      state.state === 'ready'
        ? [`${style.good('ready')} ${state.reference ?? ''}`]
        : [
            ...state.problems.map((problem) => `${style.bad(state.state)} ${printable(problem)}`),
            `'schannel dev-cert' ${state.state === 'due' ? 'renews it' : 'makes one'}.`,
          ],
  });
}

async function writeFiles(
  { reference, root }: DevCert,
  flags: DevCertFlags,
  { certificates, io }: CommandContext,
): Promise<readonly string[]> {
  const { pem, pfx } = flags;
  if (pem === undefined && pfx === undefined) return [];
  const written: string[] = [];
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    // Its own files: they are replaced, so that a renewed certificate gets to the same place.
    await writeOutput(path, content, true);
    written.push(path);
  };
  const certificate = await findCertificate(reference);
  try {
    if (pem !== undefined) {
      await mkdir(pem, { recursive: true });
      const key = await certificate.openPrivateKey({ silent: true });
      try {
        await write(join(pem, 'key.pem'), await key.export());
      } finally {
        await key.close();
      }
      await write(join(pem, 'cert.pem'), await certificates.exportPem(certificate, { chain: true }));
      await write(join(pem, 'root.pem'), root);
    }
    if (pfx !== undefined) {
      const password = await readNewPassword(io, { of: pfx, neededBy: '--pfx' });
      await write(pfx, await certificates.exportPfx(certificate, { password }));
    }
  } finally {
    certificate.close();
  }
  return written;
}

function reportMade(
  made: DevCert,
  files: readonly string[],
  flags: DevCertFlags,
  { io }: CommandContext,
): void {
  const { action, reference, names, validTo } = made;
  writeReport(io, flags, {
    facts: () => ({ ok: true, action, reference, names, validTo, files, error: null }),
    lines: (style) => [
      `${style.good(action)} ${reference}`,
      `for ${printable(names.join(', '))}, until ${validTo.toISOString().slice(0, 10)}`,
      ...files.map((file) => `wrote ${printable(file)}`),
    ],
  });
}

async function uninstall(flags: DevCertFlags, context: CommandContext): Promise<void> {
  const { io } = context;
  await confirmChange(io, flags, 'Remove the development certificates, their roots and their keys?');
  const removed =
    flags.dryRun === true ? [] : await context.devCert.removeDevCert({ machine: flags.machine });
  writeReport(io, flags, {
    facts: () => ({ ok: true, dryRun: flags.dryRun === true, removed, error: null }),
    lines: (style) =>
      removed.length === 0
        ? ['nothing was removed']
        : removed.map((subject) => `${style.good('removed')} ${printable(subject)}`),
  });
}
