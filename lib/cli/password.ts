import { askHidden, canAsk } from './prompt.js';
import type { CommandIO } from './terminal.js';
import { UsageError } from './usage-error.js';

/** A password that is needed. */
export interface PasswordRequest {
  /** What it is of: 'anna', 'x.pfx'. */
  readonly of: string;
  /** Who says that it is needed: '--user', 'x.pfx'. */
  readonly neededBy: string;
}

/** The password of SCHANNEL_PASSWORD; undefined when that is not set, or empty. */
export function passwordFromEnvironment(env: CommandIO['env']): string | undefined {
  const password = env['SCHANNEL_PASSWORD'];
  return password === '' ? undefined : password;
}

/**
 * A password: from SCHANNEL_PASSWORD, else asked for without echo. Never an argument, where every user of the machine
 * could read it.
 * @throws {UsageError} when there is nobody to ask
 */
export async function readPassword(io: CommandIO, request: PasswordRequest): Promise<string> {
  return passwordFromEnvironment(io.env) ?? askFor(io, request, 'Password');
}

/**
 * A password for something new: from SCHANNEL_PASSWORD, else asked for twice, since a slip would only be noticed when
 * the password is needed.
 * @throws {UsageError} when there is nobody to ask, or the answers differ, or are empty
 */
export async function readNewPassword(io: CommandIO, request: PasswordRequest): Promise<string> {
  const given = passwordFromEnvironment(io.env);
  if (given !== undefined) return given;
  const first = await askFor(io, request, 'New password');
  if (first === '') throw new UsageError('An empty password protects nothing');
  const second = await askFor(io, request, 'Once more, the password');
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
      `${neededBy} needs a password: set SCHANNEL_PASSWORD, or run on a terminal to be asked for it`,
    );
  }
  return askHidden(stdin, stderr, `${what} of ${of}: `);
}
