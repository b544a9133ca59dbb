import { askHidden, canAsk } from './prompt.js';
import type { CommandIO } from './terminal.js';
import { UsageError } from './usage-error.js';

/** A password that is needed. */
export interface PasswordRequest {
  /** Whose password: 'anna', 'x.pfx'. */
  readonly of: string;
  /** What needs it: '--user', 'x.pfx'. */
  readonly neededBy: string;
  /** The environment variable that may hold it. Default SCHANNEL_PASSWORD. */
  readonly variable?: PasswordVariable;
}

/**
 * The passphrase of an authority's key has its own variable: it must not become the password of a PFX for others.
 * So has the password for a proxy: it must not be sent to a mail server.
 */
export type PasswordVariable = 'SCHANNEL_PASSWORD' | 'SCHANNEL_CA_PASSWORD' | 'SCHANNEL_PROXY_PASSWORD';

/** The password of the variable; undefined if it is not set or empty. */
export function passwordFromEnvironment(
  env: CommandIO['env'],
  variable: PasswordVariable = 'SCHANNEL_PASSWORD',
): string | undefined {
  const password = env[variable];
  return password === '' ? undefined : password;
}

/**
 * Reads a password from its environment variable, or else asks for it without echo. It is never an argument, because
 * every
 * user of the machine can read those.
 * @throws {UsageError} when there is no terminal to ask on
 */
export async function readPassword(io: CommandIO, request: PasswordRequest): Promise<string> {
  return passwordFromEnvironment(io.env, request.variable) ?? askFor(io, request, 'Password');
}

/**
 * Reads a new password from its environment variable, or else asks for it twice, because a typing error would be
 * noticed only
 * when the password is needed.
 * @throws {UsageError} when there is no terminal to ask on, or the answers differ or are empty
 */
export async function readNewPassword(io: CommandIO, request: PasswordRequest): Promise<string> {
  const given = passwordFromEnvironment(io.env, request.variable);
  if (given !== undefined) return given;
  const first = await askFor(io, request, 'New password');
  if (first === '') throw new UsageError('An empty password protects nothing');
  const second = await askFor(io, request, 'Repeat the password');
  if (first !== second) throw new UsageError('The two passwords differ');
  return first;
}

function askFor(
  { stdin, stderr }: CommandIO,
  { of, neededBy, variable = 'SCHANNEL_PASSWORD' }: PasswordRequest,
  what: string,
): Promise<string> {
  if (!canAsk(stdin)) {
    throw new UsageError(
      `${neededBy} needs a password. Set ${variable}, or run the command on a terminal to be asked for it`,
    );
  }
  return askHidden(stdin, stderr, `${what} of ${of}: `);
}
