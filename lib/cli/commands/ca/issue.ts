import type { Command } from 'commander';
import { parseTemplate, type Template } from '../../../apps/authority/template.js';
import { constraintsOf as parseConstraints } from '../../../apps/authority/init.js';
import type { Issued, IssueOptions } from '../../../pki.js';
import { readRequest } from '../../../formats/request/request-reader.js';
import { printable } from '../../../base/text/printable.js';
import { readInput, wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { refuseToOverwrite, writeOutput } from '../../output-file.js';
import { writeReport } from '../../report.js';
import type { CommandIO } from '../../terminal.js';
import { formatDecisions, issuedFacts } from './facts.js';
import {
  addConstraintFlags,
  addNameFlags,
  type ConstraintFlags,
  constraintsOf,
  type NameFlags,
  namesOf,
} from './names.js';
import {
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  openReader,
  withAuthority,
} from './open-authority.js';

/** The options of commands that issue a certificate. */
export interface IssueFlags extends KeyFlags, NameFlags {
  readonly template: string;
  readonly days?: number;
  readonly subject?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** Adds the options of commands that issue a certificate. */
export const addIssueFlags = (command: Command): Command =>
  addNameFlags(
    addKeyFlags(
      command
        .option('--template <name>', 'template, or a file with one: see ca templates', 'server')
        .option(
          '--days <number>',
          'days until it expires (default: what the template says)',
          wholeNumber(1, 9125),
        )
        .option('--subject <name>', 'subject, for example "CN=Anna, O=Example"')
        .option('--dry-run', 'show what would be issued, and sign nothing')
        .option('--force', 'replace an existing file'),
    ),
  );

interface RequestFlags extends IssueFlags, ConstraintFlags {
  readonly out?: string;
}

/** Adds `schannel ca issue`. */
export function addIssueCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('issue')
    .summary('issue a certificate for a request')
    .description(
      'Issues a certificate for a request (PKCS #10). Only the key and the names come from the request; names that are given ' +
        'here take their place.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .argument('<request>', 'file with the request: PEM or DER')
    .option('--out <file>', 'file for the certificate and its issuers (default: standard output)');
  addIssueFlags(addConstraintFlags(command)).action((folder: string, file: string, flags: RequestFlags) =>
    runIssue(folder, file, flags, context),
  );
}

async function runIssue(
  folder: string,
  file: string,
  flags: RequestFlags,
  { io }: CommandContext,
): Promise<void> {
  const request = readRequest(readInput(file, '<request>'));
  const { out, force } = flags;
  if (out !== undefined) refuseToOverwrite(out, force === true);
  const options: IssueOptions = {
    ...issueOptions(flags),
    names: namesOf(flags),
    constraints: parseConstraints(constraintsOf(flags)) ?? undefined,
  };
  if (flags.dryRun === true) {
    const reader = await openReader(folder);
    reportIssued(await reader.issue(request, { ...options, dryRun: true }), flags, io);
    return;
  }
  await withAuthority(folder, flags, io, async (authority) => {
    const issued = await authority.issue(request, options);
    if (out !== undefined) await writeOutput(out, issued.pem, force === true);
    reportIssued(issued, flags, io, out);
  });
}

/** Options of the library, but for the names. */
export const issueOptions = ({ template, days, subject }: IssueFlags): IssueOptions => ({
  template: templateOption(template),
  days,
  subject,
});

/** A file is recognized by its extension or a separator: names of templates have neither. */
const templateOption = (text: string): string | Template =>
  /[./\\]/.test(text) ? parseTemplate(readInput(text, '--template').toString('utf8')) : text;

/** @param out the file that was written */
export function reportIssued(
  issued: Issued,
  flags: { readonly json?: boolean; readonly dryRun?: boolean },
  io: CommandIO,
  out?: string,
): void {
  const dryRun = flags.dryRun === true;
  writeReport(io, flags, {
    facts: () => issuedFacts(issued, dryRun),
    lines: (style) => [
      ...formatDecisions(issued.decisions, style),
      dryRun
        ? `would issue a certificate by the template ${issued.template}`
        : `${style.good('issued')} ${issued.certificate?.serialNumber ?? ''}${out === undefined ? '' : ` to ${printable(out)}`}`,
      ...(out === undefined && !dryRun ? [issued.pem.trimEnd()] : []),
    ],
  });
}
