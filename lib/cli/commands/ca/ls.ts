import { Option, type Command } from 'commander';
import type { RecordQuery } from '../../../pki.js';
import { duration, type Duration } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import { formatRecords, recordFacts } from './facts.js';
import { addJsonFlag, FOLDER_ARGUMENT, FOLDER_MEANING, openReader } from './open-authority.js';

interface ListFlags {
  readonly status?: 'valid' | 'revoked' | 'expired';
  readonly name?: string;
  readonly template?: string;
  readonly within?: Duration;
  readonly json?: boolean;
}

/** Adds `schannel ca ls`. */
export function addListCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('ls')
    .summary('list the certificates of an authority')
    .description(
      'Lists the certificates that an authority has issued.\n' +
        `With --within, the exit code is ${EXIT_CODES.expiring} if some expire within that time.`,
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .addOption(new Option('--status <status>', 'only these').choices(['valid', 'revoked', 'expired']))
    .option('--name <text>', 'only those with this text in a name or the subject')
    .option('--template <name>', 'only those of this template')
    .option('--within <time>', 'only valid ones that expire within this time: 30d, 2w', duration);
  addJsonFlag(command).action((folder: string, flags: ListFlags) => runList(folder, flags, context));
}

async function runList(folder: string, flags: ListFlags, { io, exit }: CommandContext): Promise<void> {
  const authority = await openReader(folder);
  const now = Date.now();
  const { status, name, template, within } = flags;
  const query: RecordQuery = {
    status,
    name,
    template,
    expiresBefore: within === undefined ? undefined : new Date(now + within.milliseconds),
  };
  const records = authority.certificates(query);
  const isAlarm = within !== undefined && records.length > 0;
  writeReport(io, flags, {
    facts: () => ({
      ok: !isAlarm,
      certificates: records.map((record) => recordFacts(record, now)),
      error: null,
    }),
    lines: (style) =>
      records.length === 0 ? ['There is no such certificate'] : formatRecords(records, style, now),
  });
  if (isAlarm) exit(EXIT_CODES.expiring);
}
