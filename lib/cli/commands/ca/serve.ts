import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { CertificateAuthority } from '../../../pki.js';
import { duration, type Duration, portNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { untilEnded } from '../../ending.js';
import type { CommandIO } from '../../terminal.js';
import {
  addKeyFlags,
  FOLDER_ARGUMENT,
  FOLDER_MEANING,
  type KeyFlags,
  withAuthority,
} from './open-authority.js';

interface ServeFlags extends KeyFlags {
  readonly host: string;
  readonly port: number;
  readonly for?: Duration;
}

/** Adds `schannel ca serve`. */
export function addServeCommand(ca: Command, context: CommandContext): void {
  const command = ca
    .command('serve')
    .summary('publish revocations over http')
    .description(
      "Serves the authority's certificate, its revocation list and its OCSP responder over plain http, and makes new lists when " +
        'they are due, until you press Ctrl+C. Only this machine can reach it unless --host is given.',
    )
    .argument(FOLDER_ARGUMENT, FOLDER_MEANING)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', portNumber, 80)
    .option('--for <time>', 'stop after this time, for example 45s or 12h', duration);
  addKeyFlags(command).action((folder: string, flags: ServeFlags) => runServe(folder, flags, context));
}

/** How long a client may take for a request: the longest has four kilobytes. */
const REQUEST_MS = 30_000;
const MOST_CONNECTIONS = 256;

async function runServe(folder: string, flags: ServeFlags, { io }: CommandContext): Promise<void> {
  await withAuthority(folder, flags, io, async (authority) => {
    const log = (what: unknown): void => {
      io.stderr.write(`${printable(toError(what).message)}\n`);
    };
    const server = createServer(
      { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
      authority.handler(log),
    );
    server.maxConnections = MOST_CONNECTIONS;
    await authority.crl({ ifDue: true });
    server.listen(flags.port, flags.host);
    await once(server, 'listening');
    announce(authority, server, flags, io);
    const timer = setInterval(() => {
      authority.crl({ ifDue: true }).catch(log);
    }, RENEWAL_MS);
    await untilEnded(flags.for);
    clearInterval(timer);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
}

/** How often it looks whether a new list is due. */
const RENEWAL_MS = 60_000;

function announce(
  authority: CertificateAuthority,
  server: Server,
  flags: ServeFlags,
  { stdout }: CommandIO,
): void {
  const { address, port, family } = server.address() as AddressInfo;
  const base = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  const folder = authority.url === null ? '/' : new URL(authority.url).pathname;
  const addresses = {
    list: `${base}${folder}${authority.name}.crl`,
    certificate: `${base}${folder}${authority.name}.crt`,
    ocsp: `${base}${folder}${authority.name}/ocsp`,
  };
  if (flags.json === true)
    stdout.write(`${JSON.stringify({ ok: true, ...addresses, url: authority.url })}\n`);
  else stdout.write(`${Object.values(addresses).join('\n')}\n`);
}
