import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { ListedRequest } from '../../../windows/request/pending-requests.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatTable } from '../../table.js';
import type { Style } from '../../terminal.js';
import { dayOf } from '../../../base/text/validity.js';
import { installedFor, pendingFacts, requestName, submissionText } from './request-facts.js';
import { addPendingFlags, type PendingFlags } from './request-flags.js';

/** Adds `schannel csr ls`. */
export function addListCommand(csr: Command, context: CommandContext): void {
  const command = csr
    .command('ls')
    .summary('list pending requests')
    .description(
      'Lists the requests that wait for their certificate, oldest first: those of this program, of IIS, certreq and others.',
    );
  addPendingFlags(command).action((flags: PendingFlags) => runList(flags, context));
}

async function runList({ location, json }: PendingFlags, { requests, io }: CommandContext): Promise<void> {
  const pending = await requests.pendingRequests({ location });
  writeReport(
    io,
    { ...(json !== undefined && { json }) },
    {
      facts: () => ({
        ok: true,
        requests: pending.map((each) => ({ ...pendingFacts(each), certificates: each.certificates })),
        error: null,
      }),
      lines: (style) => (pending.length === 0 ? ['No request is pending'] : formatPending(pending, style)),
    },
  );
}

function formatPending(pending: readonly ListedRequest[], style: Style, now = Date.now()): string[] {
  const rows = pending.map((each) => [
    requestName(each),
    printable(each.subject, 60),
    dayOf(each.created.getTime()),
    ageOf(each.created.getTime(), now),
    each.reference,
  ]);
  return [
    ...formatTable(['Name', 'Subject', 'Created', 'Age', 'Request'], rows, style),
    ...pending.flatMap((each) => notesOn(each, style)),
  ];
}

/** Where it waits, and what an interrupted completion leaves. */
function notesOn(request: ListedRequest, style: Style): string[] {
  const name = requestName(request);
  const waitsAt = submissionText(request);
  return [
    ...(waitsAt === null ? [] : [`${name}: waits at ${waitsAt}`]),
    ...installedFor(request).map((reference) =>
      style.warn(
        `${name}: ${reference} has its key already. If that is its certificate, complete it again or cancel it`,
      ),
    ),
  ];
}

const DAY_MS = 86_400_000;

function ageOf(created: number, now: number): string {
  const days = Math.floor((now - created) / DAY_MS);
  return days < 1 ? 'today' : days === 1 ? '1 day' : `${days} days`;
}
