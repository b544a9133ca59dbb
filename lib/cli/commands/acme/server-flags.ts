import type { Command } from 'commander';
import type { AcmeTransport } from '../../../acme.js';
import type { AcmeLibrary } from '../../command-context.js';
import { readCertificates } from '../../tls-options.js';
import { UsageError } from '../../usage-error.js';

/** The options that say which ACME server is asked, as commander parses them. */
export interface ServerFlags {
  readonly directory?: string;
  readonly staging?: boolean;
  readonly state?: string;
  readonly ca?: readonly string[];
}

export const addServerFlags = (command: Command): Command =>
  command
    .option('--directory <url>', "directory of the ACME server (default: that of Let's Encrypt)")
    .option(
      '--staging',
      "use Let's Encrypt's server for tests, or take --directory for one: servers never show such certificates",
    )
    .option('--state <folder>', 'folder for accounts and orders (default: %ProgramData%\\schannel\\acme)')
    .option('--ca <file...>', "trust only these certificates (PEM, DER, P7B; default: Windows' stores)");

/** Which server, for createAcmeManager() and others. */
export interface ChosenServer {
  readonly directory: string;
  readonly staging: boolean | undefined;
  readonly state: string | undefined;
  readonly transport: AcmeTransport | undefined;
}

/** @throws {UsageError} */
export async function serverOf(acme: AcmeLibrary, flags: ServerFlags): Promise<ChosenServer> {
  const { staging, state, ca } = flags;
  const { production, staging: forTests } = acme.letsEncrypt;
  const directory = flags.directory ?? (staging === true ? forTests : production);
  if (!URL.canParse(directory)) throw new UsageError('--directory must be a URL');
  return { directory, staging, state, transport: ca === undefined ? undefined : await trusting(acme, ca) };
}

async function trusting(acme: AcmeLibrary, files: readonly string[]): Promise<AcmeTransport> {
  const ca = files.map(readCertificates);
  const https = await import('../../../adapters/https/index.js');
  return acme.httpsTransport(https, new https.Agent({ ca }));
}
