import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { PreparedCompletion } from '../../../windows/request/complete-request.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { exitCodeOf } from '../../exit-code.js';
import { writeReport } from '../../report.js';
import type { CommandIO } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import { displayName, entryFacts } from '../cert/entry-facts.js';
import { FileCertificate } from '../cert/file-certificate.js';
import { promptNotice } from '../cert/store-questions.js';
import { Rebinding } from './rebinding.js';
import { completionFacts, formatCompletion } from './completion-report.js';
import { pendingFacts } from './request-facts.js';
import { addPendingFlags, type PendingFlags } from './request-flags.js';

interface CompleteFlags extends PendingFlags, ChangeFlags {
  readonly request?: string;
  readonly store?: string;
  readonly friendlyName?: string;
  readonly trustRoot?: boolean;
  readonly searchKeys?: boolean;
  readonly rebind?: string;
  readonly owned?: boolean;
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
    .option('--search-keys', 'if no request has its key, search among all keys')
    .option('--rebind <sha1>', 'have the bindings of http.sys with this certificate show the new one')
    .option('--owned', 'with --rebind: bindings of IIS, too, which IIS writes again from its own settings');
  addChangeFlags(addPendingFlags(command)).action((file: string, flags: CompleteFlags) =>
    runComplete(file, flags, context),
  );
}

async function runComplete(file: string, flags: CompleteFlags, context: CommandContext): Promise<void> {
  const { requests, io, exit } = context;
  const { request, store, friendlyName, location, searchKeys } = flags;
  if (flags.owned === true && flags.rebind === undefined) throw new UsageError('--owned needs --rebind');
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
  const rebinding = flags.rebind === undefined ? null : await Rebinding.prepare(flags.rebind, flags, context);
  if (rebinding !== null && prepared.location !== 'LocalMachine') {
    throw new UsageError(
      '--rebind needs a certificate of the machine: http.sys has no access to those of a user',
    );
  }
  await confirm(prepared, target, name, rebinding, flags, io);
  if (flags.dryRun === true) {
    writeReport(io, flags, {
      facts: () => ({ ...previewFacts(prepared, target), ...rebinding?.plan() }),
      lines: () => [
        `would complete ${prepared.request?.reference ?? 'no request'} with ${name} in ${target}`,
        ...(rebinding?.preview() ?? []),
      ],
    });
    return;
  }
  using result = await prepared.run();
  const rebound = rebinding === null ? null : await rebinding.run(result.certificate);
  writeReport(io, flags, {
    facts: () => ({ ...completionFacts(result), ...rebound?.facts }),
    lines: (style) => [...formatCompletion(result, style), ...(rebound?.lines(style) ?? [])],
  });
  if (rebound?.error != null) exit(exitCodeOf(rebound.error));
}

async function confirm(
  { location, roots }: PreparedCompletion,
  target: string,
  name: string,
  rebinding: Rebinding | null,
  flags: CompleteFlags,
  io: CommandIO,
): Promise<void> {
  const trusted = flags.trustRoot === true ? roots : [];
  const names = trusted.map(({ raw }) => printable(displayName(new FileCertificate(raw))));
  const reasons = [
    location === 'LocalMachine' ? `${target} is not only used by this account.` : null,
    rebinding?.question ?? null,
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
