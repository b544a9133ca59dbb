import { askHidden, canAsk } from './prompt.js';
import type { CommandIO } from './terminal.js';
import { UsageError } from './usage-error.js';

/** A password that is needed. */
export interface PasswordRequest {
  /** Whose password: 'anna', 'x.pfx'. */
  readonly of: string;
  /** What needs it: '--user', 'x.pfx'. */
  readonly neededBy: string;
}

/** The password of SCHANNEL_PASSWORD; undefined if it is not set or empty. */
export function passwordFromEnvironment(env: CommandIO['env']): string | undefined {
  const password = env['SCHANNEL_PASSWORD'];
  return password === '' ? undefined : password;
}

/**
 * Reads a password from SCHANNEL_PASSWORD, or else asks for it without echo. It is never an argument, because every
 * user of the machine can read those.
 * @throws {UsageError} when there is no terminal to ask on
 */
export async function readPassword(io: CommandIO, request: PasswordRequest): Promise<string> {
  return passwordFromEnvironment(io.env) ?? askFor(io, request, 'Password');
}

/**
 * Reads a new password from SCHANNEL_PASSWORD, or else asks for it twice, because a typing error would be noticed only
 * when the password is needed.
 * @throws {UsageError} when there is no terminal to ask on, or the answers differ or are empty
 */
export async function readNewPassword(io: CommandIO, request: PasswordRequest): Promise<string> {
  const given = passwordFromEnvironment(io.env);
  if (given !== undefined) return given;
  const first = await askFor(io, request, 'New password');
  if (first === '') throw new UsageError('An empty password protects nothing');
  const second = await askFor(io, request, 'Repeat the password');
  if (first !== second) throw new UsageError('The two passwords differ');
  return first;
}

function askFor(
  { stdin, stderr }: CommandIO,
  { of, neededBy }: PasswordRequest,
  what: string,
): Promise<string> {
  if (!canAsk(stdin)) {
    throw new UsageError(
      `${neededBy} needs a password. Set SCHANNEL_PASSWORD, or run the command on a terminal to be asked for it`,
    );
  }
  return askHidden(stdin, stderr, `${what} of ${of}: `);
}
