import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { printable } from '../../../base/text/printable.js';
import type { CertificateRequest } from '../../../formats/request/certificate-request.js';
import type { ListedRequest } from '../../../windows/request/pending-requests.js';
import type { CommandContext } from '../../command-context.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import { isFile } from '../cert/file-certificate.js';
import { UsageError } from '../../usage-error.js';
import { formatRequest, pendingFacts, requestFacts, requestName, submissionText } from './request-facts.js';
import { REQUEST_MEANING } from './request-flags.js';

interface ShowFlags {
  readonly pem?: boolean;
  readonly json?: boolean;
}

/** Adds `schannel csr show`. */
export function addShowCommand(csr: Command, context: CommandContext): void {
  csr
    .command('show')
    .summary('show what a request asks for')
    .description(
      'Shows a request of a file (PEM, Base64 or DER), or a pending request. Its signature is verified first. --pem prints a ' +
        'pending request again.',
    )
    .argument('<file|request>', `file, or ${REQUEST_MEANING}`)
    .option('--pem', 'print the request as PEM')
    .option('--json', 'print one JSON object')
    .action((argument: string, flags: ShowFlags) => runShow(argument, flags, context));
}

async function runShow(argument: string, flags: ShowFlags, { requests, io }: CommandContext): Promise<void> {
  const pending = isFile(argument) ? null : await requests.findPending(argument);
  const request = pending === null ? requests.readRequest(readFileSync(argument)) : pending.request;
  if (flags.pem === true && flags.json !== true) {
    io.stdout.write(pemOf(request, pending));
    return;
  }
  const facts = request === null ? null : requestFacts(request);
  writeReport(io, flags, {
    facts: () => ({
      ok: true,
      request: facts,
      pending: pending === null ? null : pendingFacts(pending),
      ...(flags.pem === true ? { pem: pemOf(request, pending) } : {}),
      error: null,
    }),
    lines: (style) => [
      style.bold(pending === null ? printable(request?.commonName ?? argument) : requestName(pending)),
      ...(facts === null
        ? ['another program made it, and kept no copy of what it asked for']
        : formatRequest(facts, style)),
      ...(pending === null
        ? []
        : formatRows(
            [
              ['pending', pending.reference],
              ['created', pending.created.toISOString()],
              ['renews', pending.renews],
              ['waits at', submissionText(pending)],
              ['key in', pending.keyLocation === null ? null : printable(pending.keyLocation.provider)],
            ],
            style,
          )),
    ],
  });
}

/** @throws {UsageError} for a request of another program, which is only in its file */
function pemOf(request: CertificateRequest | null, pending: ListedRequest | null): string {
  if (request !== null) return request.pem;
  throw new UsageError(
    `Another program made ${pending?.reference ?? ''}: only that program's file has the request`,
  );
}
