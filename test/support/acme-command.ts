import * as acme from '#lib/acme.js';
import { checkChallenges } from '#lib/apps/acme/challenge/check-challenges.js';
import { dnsRecords } from '#lib/apps/acme/challenge/dns-records.js';
import type { AcmeLibrary, CertificateLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { capturedIO, type CapturedIOOptions } from './captured-io.js';
import type { Outcome } from './cert-command.js';
import { commandLibrary } from './command-library.js';
import type { FakeLookup } from './fake-lookup.js';
import { type MemoryDns } from './memory-dns.js';

export interface AcmeCommandOptions extends CapturedIOOptions {
  /** What `--dns program` changes. */
  readonly dns?: MemoryDns;
  /** What is found in DNS. */
  readonly lookup?: FakeLookup;
  /** In place of functions of the library. */
  readonly instead?: Partial<AcmeLibrary>;
  readonly certificates?: CertificateLibrary;
}

/** Runs `schannel acme …` on the real library. Where `dns` is given, `--dns program` changes it. */
export async function acmeCommand(
  args: readonly string[],
  { dns, lookup, instead, certificates, ...options }: AcmeCommandOptions = {},
): Promise<Outcome> {
  const io = capturedIO(options);
  const library: AcmeLibrary = {
    ...acme,
    ...instead,
    ...(dns !== undefined && { program: () => dns }),
    ...(lookup !== undefined && {
      checkChallenges: (check) =>
        checkChallenges(check, {
          lookupFor: () => lookup.at(),
          ownerOf: () => Promise.resolve({ state: 'http.sys' }),
          ownAddresses: () => [],
        }),
      dnsRecords: (provider, settings) => dnsRecords(provider, settings, { lookupFor: () => lookup.at() }),
    }),
  };
  const code = await run(['acme', ...args], '1.2.3', { ...commandLibrary(certificates), acme: library }, io);
  return { ...io, code, json: (): unknown => JSON.parse(io.output()) };
}
