import { once } from 'node:events';
import type { Command } from 'commander';
import type { ChallengeSolver } from '../../../acme.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { portNumber } from '../../arguments.js';
import type { AcmeLibrary, CommandContext } from '../../command-context.js';
import { UsageError } from '../../usage-error.js';
import { addDnsProviderFlags, type DnsProviderFlags, dnsProviderOf } from './dns-provider.js';

/** The options that say how names are proved, as commander parses them. */
export interface ChallengeFlags extends DnsProviderFlags {
  readonly webroot?: string;
  readonly dnsPersist?: boolean;
  readonly challenges?: string;
  readonly tlsAlpn?: boolean;
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
    .option('--challenges <folder>', 'prove names by servers that have this folder: "web serve --challenges"')
    .option('--tls-alpn', 'with --challenges: on port 443 instead of 80')
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
  const { challenges: folder, tlsAlpn } = flags;
  if (tlsAlpn === true && folder === undefined)
    throw new UsageError('--tls-alpn needs the folder of the server that has port 443: --challenges');
  const solvers = [
    ...(folder === undefined
      ? []
      : [tlsAlpn === true ? acme.tlsAlpn({ folder }) : acme.httpTokens({ folder, port: flags.httpPort })]),
    ...(flags.webroot === undefined ? [] : [acme.webroot({ folder: flags.webroot })]),
    ...(flags.dns === undefined
      ? []
      : [acme.dnsRecords(dnsProviderOf(acme, flags, io), { followAliases: flags.dns !== 'acme-dns' })]),
    ...(flags.dnsPersist === true ? [acme.dnsPersist()] : []),
  ];
  if (solvers.length > 0) return { solvers, open: nothing, close: nothing };
  return ownServer(acme, flags);
}

const nothing = (): Promise<void> => Promise.resolve();

function ownServer(acme: AcmeLibrary, { httpPort: port, httpAddress: host }: ChallengeFlags): Proofs {
  // It is looked at on 127.0.0.1, where it may not listen.
  const tokens = acme.httpTokens({ port: host === undefined ? port : 0 });
  // It only answers challenges. There may be no site yet to which others could be sent.
  const server = acme.createRedirectServer({ hosts: [], tokens });
  return {
    solvers: [tokens],
    async open() {
      server.listen({ port, host });
      try {
        await once(server, 'listening');
      } catch (error) {
        throw await taken(port, toError(error), acme);
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

/** Also says who has it. */
async function taken(port: number, cause: Error, { portObstacle }: AcmeLibrary): Promise<Error> {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const obstacle = code === 'EADDRNOTAVAIL' ? null : await portObstacle(port);
  const reason = obstacle?.text ?? cause.message;
  return new SchannelError(code, `Port ${port} can't be used to prove names: ${reason}`, {
    advice: 'Give --challenges if "web serve" has it, --webroot if another web server has it, or --dns.',
    syscall: 'listen',
    cause,
  });
}
