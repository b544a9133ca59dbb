/**
 * The Windows side of `npm run endurance`. Arguments: the part, and its options as JSON. Prints progress on standard
 * error and tables on standard output; the exit code is 1 if anything is wrong.
 */
import {
  connections,
  remoteEcho,
  serveEcho,
  type ConnectionsOptions,
  type EchoAddress,
} from './connections.js';
import { credentials, type CredentialsOptions } from './credentials.js';
import { killed, type KilledOptions } from './killed.js';
import { TO_CONSOLE } from './part.js';
import { row, type RowOptions } from './row.js';

const parts: Readonly<Record<string, (options: unknown) => Promise<string[]>>> = {
  connections: async (options) => {
    const echo = await remoteEcho(options as EchoAddress);
    try {
      return await connections(options as ConnectionsOptions, echo, TO_CONSOLE);
    } finally {
      await echo.close();
    }
  },
  /** Tells its address in one line, and ends with its client. */
  echo: async (options) => {
    await serveEcho(
      (address) => console.log(JSON.stringify(address)),
      options as Pick<ConnectionsOptions, 'isControl'>,
    );
    return [];
  },
  row: (options) => row(options as RowOptions, TO_CONSOLE),
  credentials: (options) => credentials(options as CredentialsOptions, TO_CONSOLE),
  killed: (options) => killed(options as KilledOptions, TO_CONSOLE),
};

async function main(): Promise<void> {
  const [, , part = '', options = '{}'] = process.argv;
  const faults = await parts[part]?.(JSON.parse(options));
  if (faults === undefined) throw new Error(`there is no part ${part}`);
  if (part === 'echo') return;
  console.log(faults.length === 0 ? `${part}: as before` : [`${part}:`, ...faults].join('\n  '));
  process.exitCode = faults.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
