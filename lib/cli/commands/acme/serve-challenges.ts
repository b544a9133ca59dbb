import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Command } from 'commander';
import type { ChallengeEvent, ChallengeServer } from '../../../acme.js';
import { duration, type Duration, portNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { untilEnded } from '../../ending.js';
import { toJson } from '../../json.js';
import { readCertificates } from '../../tls-options.js';
import { UsageError } from '../../usage-error.js';
import { clientsIn, recordsIn, SERVER_FOLDER_ARGUMENT, SERVER_FOLDER_MEANING } from './challenge-files.js';
import { addDnsProviderFlags, type DnsProviderFlags, dnsProviderOf } from './dns-provider.js';

interface ServeFlags extends DnsProviderFlags {
  readonly certificate?: string;
  readonly store?: string;
  readonly ca?: readonly string[];
  readonly behindProxy?: boolean;
  readonly zone?: string;
  readonly register?: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly for?: Duration;
  readonly json?: boolean;
}

/** Adds `schannel acme serve-challenges`. */
export function addServeChallengesCommand(acme: Command, context: CommandContext): void {
  const command = acme
    .command('serve-challenges')
    .summary('change DNS records for other machines')
    .description(
      'Changes TXT records for other machines, so that only this one has the credentials of the DNS, until you press Ctrl+C. ' +
        "It speaks lego's httpreq and acme-dns. Only this machine can reach it unless --host is given.",
    )
    .argument(SERVER_FOLDER_ARGUMENT, SERVER_FOLDER_MEANING)
    .option('--certificate <name>', 'DNS name of the certificate that it shows')
    .option('--store <name>', 'store of this certificate (default: MY)')
    .option('--ca <file...>', 'authorities of the certificates of clients (PEM, DER, P7B)')
    .option('--behind-proxy', 'plain HTTP, for a proxy on this machine that speaks HTTPS')
    .option('--zone <name>', 'zone of the records of acme-dns, to which names point by CNAME records')
    .option('--register <network...>', 'networks from which clients of acme-dns may register')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', portNumber, 443)
    .option('--for <time>', 'stop after this time, for example 45s or 12h', duration)
    .option('--json', 'print JSON, one object a line');
  addDnsProviderFlags(command).action((folder: string, flags: ServeFlags) =>
    runServe(folder, flags, context),
  );
}

async function runServe(folder: string, flags: ServeFlags, context: CommandContext): Promise<void> {
  const { acme, io, tls } = context;
  checkPlace(flags);
  if (flags.behindProxy !== true) tls.ready();
  const clients = new acme.ChallengeClientFile(clientsIn(folder));
  // A file that is damaged is noticed now, not by the first client.
  await clients.list();
  const challenges = await acme.createChallengeServer(dnsProviderOf(acme, flags, io), {
    clients,
    state: recordsIn(folder),
    zone: flags.zone,
    registration: flags.register,
    log: (event) => io.stdout.write(`${flags.json === true ? toJson(event) : lineOf(event)}\n`),
  });
  try {
    const server = serverOf(challenges, flags);
    server.listen(flags.port, flags.host);
    await once(server, 'listening');
    const { address, port, family } = server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    const url = `${flags.behindProxy === true ? 'http' : 'https'}://${host}:${port}`;
    io.stdout.write(flags.json === true ? `${toJson({ ok: true, url })}\n` : `${url}\n`);
    await untilEnded(flags.for);
    server.close();
    server.closeAllConnections();
  } finally {
    await challenges.close();
  }
}

function checkPlace({ certificate, behindProxy, host }: ServeFlags): void {
  if ((certificate === undefined) === (behindProxy !== true))
    throw new UsageError('Give either --certificate for HTTPS, or --behind-proxy for plain HTTP');
  if (behindProxy === true && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host))
    throw new UsageError(
      '--behind-proxy is only for this machine: secrets would cross the network in the clear',
    );
}

/** What both kinds have. */
type HttpServer = Server & { closeAllConnections(): void };

function serverOf(challenges: ChallengeServer, flags: ServeFlags): HttpServer {
  const { certificate: dns, store = 'MY', ca } = flags;
  if (dns === undefined) return createServer(LIMITS, challenges.handler);
  const clients =
    ca === undefined ? {} : { ca: ca.map(readCertificates), requestCert: true, rejectUnauthorized: false };
  return challenges.createServer({ certificate: { dns, store }, ...clients });
}

/** Milliseconds. */
const LIMITS = { requestTimeout: 10_000, headersTimeout: 10_000 };

/** '2026-11-30T12:00:00.000Z  10.0.0.7  hulk  present  done  _acme-challenge.…  value'; what is not known is '-'. */
const lineOf = ({ time, from, client, action, outcome, name, value, reason }: ChallengeEvent): string =>
  [time.toISOString(), from, client ?? '', action, outcome, name, value, reason]
    .map((text) => text || '-')
    .join('  ');
