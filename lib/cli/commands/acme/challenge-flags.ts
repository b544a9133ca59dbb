import { once } from 'node:events';
import type { Command } from 'commander';
import type { ChallengeSolver, HttpTokenSolver } from '../../../acme.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { portNumber } from '../../arguments.js';
import type { AcmeLibrary, CommandContext } from '../../command-context.js';
import { addDnsProviderFlags, type DnsProviderFlags, dnsProviderOf } from './dns-provider.js';

/** The options that say how names are proved, as commander parses them. */
export interface ChallengeFlags extends DnsProviderFlags {
  readonly webroot?: string;
  readonly dnsPersist?: boolean;
  readonly httpPort: number;
  readonly httpAddress?: string;
}

export const addChallengeFlags = (command: Command): Command =>
  addDnsProviderFlags(
    command
      .option('--webroot <folder>', 'prove names by files: the folder of the web server that has port 80')
      .option(
        '--http-port <number>',
        'prove names by a server on this port, if nothing else is given',
        portNumber,
        80,
      ),
  )
    .option('--http-address <address>', 'address that this server listens on (default: all)')
    .option('--dns-persist', 'prove names by a TXT record that a person adds once; the log says which');

/** How names are proved. Close it when the order has ended. */
export interface Proofs {
  readonly solvers: readonly ChallengeSolver[];
  /** Begins to listen, if that is needed. @throws SchannelError, Error of node:net */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** @throws {UsageError} */
export function proofsOf({ acme, io }: CommandContext, flags: ChallengeFlags): Proofs {
  const solvers = [
    ...(flags.webroot === undefined ? [] : [acme.webroot({ folder: flags.webroot })]),
    ...(flags.dns === undefined
      ? []
      : [acme.dnsRecords(dnsProviderOf(acme, flags, io), { followAliases: flags.dns !== 'acme-dns' })]),
    ...(flags.dnsPersist === true ? [acme.dnsPersist()] : []),
  ];
  if (solvers.length > 0) return { solvers, open: nothing, close: nothing };
  return ownServer(acme, acme.httpTokens(), flags);
}

const nothing = (): Promise<void> => Promise.resolve();

function ownServer(
  { createRedirectServer }: AcmeLibrary,
  tokens: HttpTokenSolver,
  { httpPort: port, httpAddress: host }: ChallengeFlags,
): Proofs {
  // It only answers challenges. There may be no site yet to which others could be sent.
  const server = createRedirectServer({ hosts: [], tokens });
  return {
    solvers: [tokens],
    async open() {
      server.listen({ port, host });
      try {
        await once(server, 'listening');
      } catch (error) {
        throw taken(port, toError(error));
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function taken(port: number, cause: Error): Error {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new SchannelError(code, `Port ${port} can't be used to prove names: ${cause.message}`, {
    advice: 'Give --webroot if another web server has it, or --dns.',
    syscall: 'listen',
    cause,
  });
}
