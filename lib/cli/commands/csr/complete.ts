import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { PreparedCompletion } from '../../../windows/request/complete-request.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import type { CommandIO } from '../../terminal.js';
import { displayName, entryFacts } from '../cert/entry-facts.js';
import { FileCertificate } from '../cert/file-certificate.js';
import { promptNotice } from '../cert/store-questions.js';
import { completionFacts, formatCompletion } from './completion-report.js';
import { pendingFacts } from './request-facts.js';
import { addPendingFlags, type PendingFlags } from './request-flags.js';

interface CompleteFlags extends PendingFlags, ChangeFlags {
  readonly request?: string;
  readonly store?: string;
  readonly friendlyName?: string;
  readonly trustRoot?: boolean;
  readonly searchKeys?: boolean;
}

/** Adds `schannel csr complete`. */
export function addCompleteCommand(csr: Command, context: CommandContext): void {
  const command = csr
    .command('complete')
    .summary('install the certificate that an authority issued')
    .description(
      'Installs the certificate of a pending request (PEM, DER or P7B). The request is found by the public key. The certificate ' +
        'gets the key and the friendly name of the request, and intermediate authorities of the file go into CA. If anything ' +
        'fails, the request is still pending.\n' +
        'The authority need not be trusted here. What is missing, and what differs from the request, is shown.',
    )
    .argument('<file>', 'what the authority sent')
    .option('--request <request>', 'the pending request, by reference or friendly name (default: by the key)')
    .option('--store <name>', 'store for the certificate: MY, WebHosting … (default: MY)')
    .option('--friendly-name <name>', 'friendly name instead of that of the request')
    .option('--trust-root', 'make Windows trust the root in the file')
    .option('--search-keys', 'if no request has its key, search among all keys');
  addChangeFlags(addPendingFlags(command)).action((file: string, flags: CompleteFlags) =>
    runComplete(file, flags, context),
  );
}

async function runComplete(
  file: string,
  flags: CompleteFlags,
  { requests, io }: CommandContext,
): Promise<void> {
  const { request, store, friendlyName, location, searchKeys } = flags;
  const trustRoot = flags.trustRoot === true;
  const prepared = await requests.prepareCompletion(file, {
    request,
    store,
    friendlyName,
    location,
    trustRoot,
    searchKeys,
  });
  const target = `${prepared.location}\\${store ?? 'MY'}`;
  const name = printable(displayName(new FileCertificate(prepared.certificate.raw)));
  await confirm(prepared, target, name, flags, io);
  if (flags.dryRun === true) {
    writeReport(io, flags, {
      facts: () => previewFacts(prepared, target),
      lines: () => [
        `would complete ${prepared.request?.reference ?? 'no request'} with ${name} in ${target}`,
      ],
    });
    return;
  }
  using result = await prepared.run();
  writeReport(io, flags, {
    facts: () => completionFacts(result),
    lines: (style) => formatCompletion(result, style),
  });
}

async function confirm(
  { location, roots }: PreparedCompletion,
  target: string,
  name: string,
  flags: CompleteFlags,
  io: CommandIO,
): Promise<void> {
  const trusted = flags.trustRoot === true ? roots : [];
  const names = trusted.map(({ raw }) => printable(displayName(new FileCertificate(raw))));
  const reasons = [
    location === 'LocalMachine' ? `${target} is not only used by this account.` : null,
    names.length === 0
      ? null
      : `Every certificate that ${names.join(', ')} signs will be trusted.${promptNotice({ name: 'Root', location })}`,
  ].filter((reason) => reason !== null);
  if (reasons.length > 0) await confirmChange(io, flags, `${reasons.join(' ')} Put ${name} into ${target}?`);
}

const previewFacts = ({ certificate, request }: PreparedCompletion, store: string): object => ({
  ok: true,
  dryRun: true,
  store,
  certificate: entryFacts(new FileCertificate(certificate.raw)),
  request: request === null ? null : pendingFacts(request),
  error: null,
});
