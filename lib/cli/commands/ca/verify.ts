import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { LoggedEvent } from '../../../pki.js';
import { wholeNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { toJson } from '../../json.js';
import { writeReport } from '../../report.js';
import type { Style } from '../../terminal.js';
import { addJsonFlag, FOLDER_ARGUMENT, FOLDER_MEANING, openReader } from './open-authority.js';

/** Adds `schannel ca verify`. */
export function addVerifyCommand(ca: Command, { io, exit }: CommandContext): void {
  const command = ca
    .command('verify')
    .summary('examine an authority')
    .description(
      'Examines the log line by line, the signatures of all certificates, the files and the revocation list.\n' +
        `The exit code is ${EXIT_CODES.failure} if anything is wrong.`,
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .option('--head <hash>', 'a hash that was noted down earlier: whether the log still has that line');
  addJsonFlag(command).action(
    async (folder: string, flags: { readonly head?: string; readonly json?: boolean }) => {
      const authority = await openReader(folder);
      const found = await authority.verify({ head: flags.head });
      const ok = found.problems.length === 0;
      writeReport(io, flags, {
        facts: () => ({ ok, ...found, error: null }),
        lines: (style) => [
          ...found.problems.map((problem) => `${style.bad('problem')} ${printable(problem)}`),
          ok
            ? `${style.good('in order')}: ${found.events} events, ${found.certificates} certificates`
            : style.bad(
                `${found.problems.length} problems in ${found.events} events and ${found.certificates} certificates`,
              ),
          `head ${found.head}`,
        ],
      });
      if (!ok) exit(EXIT_CODES.failure);
    },
  );
}

interface LogFlags {
  readonly last?: number;
  readonly json?: boolean;
}

/** Adds `schannel ca log`. */
export function addLogCommand(ca: Command, { io }: CommandContext): void {
  const command = ca
    .command('log')
    .summary('show what an authority has done')
    .description(
      'Prints the events of the log, one a line. With --json, each line is an object as it is in the log.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .option('--last <number>', 'only the last ones', wholeNumber(1, 1_000_000));
  addJsonFlag(command).action(async (folder: string, flags: LogFlags) => {
    const authority = await openReader(folder);
    const events = await authority.events();
    const shown = flags.last === undefined ? events : events.slice(-flags.last);
    if (flags.json === true) {
      io.stdout.write(shown.map((event) => `${toJson(event)}\n`).join(''));
      return;
    }
    writeReport(
      io,
      {},
      {
        facts: () => ({}),
        lines: (style) => [...shown.map((event) => eventLine(event, style)), `head ${authority.head}`],
      },
    );
  });
}

const eventLine = (event: LoggedEvent, style: Style): string =>
  `${String(event.n).padStart(6)}  ${style.dim(event.time)}  ${style.bold(event.event.padEnd(9))}  ${printable(detailsOf(event), 160)}`.trimEnd();

function detailsOf(event: LoggedEvent): string {
  switch (event.event) {
    case 'init':
      return `${event.template} authority ${event.name}, key in ${event.key.kind}`;
    case 'authority':
      return 'has its certificate';
    case 'issuing':
      return `${event.serial} ${event.template} ${event.subject}`;
    case 'imported':
      return `${event.serial} ${event.subject}`;
    case 'issued':
    case 'abandoned':
    case 'released':
      return event.serial;
    case 'refused':
      return `${event.template} ${event.subject}: ${event.reasons.join('; ')}`;
    case 'revoked':
      return `${event.serial} ${event.reason} since ${event.at}`;
    case 'crl':
      return `number ${event.number}, ${event.entries} entries, until ${event.nextUpdate}`;
  }
}
