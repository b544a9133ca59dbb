import { askHidden, canAsk } from './prompt.js';
import type { Surroundings } from './terminal.js';
import { UsageError } from './usage-error.js';

/** A password that is needed. */
export interface PasswordRequest {
  /** What it is of: 'anna', 'x.pfx'. */
  readonly of: string;
  /** Who says that it is needed: '--user', 'x.pfx'. */
  readonly neededBy: string;
}

/** The password of SCHANNEL_PASSWORD; undefined when that is not set, or empty. */
export function passwordFromEnvironment(env: Surroundings['env']): string | undefined {
  const password = env['SCHANNEL_PASSWORD'];
  return password === '' ? undefined : password;
}

/**
 * A password: from SCHANNEL_PASSWORD, else asked for without echo. Never an argument, where every user of the machine
 * could read it.
 * @throws {UsageError} when there is nobody to ask
 */
export async function readPassword(surroundings: Surroundings, request: PasswordRequest): Promise<string> {
  return passwordFromEnvironment(surroundings.env) ?? askFor(surroundings, request, 'Password');
}

/**
 * A password for something new: from SCHANNEL_PASSWORD, else asked for twice, since a slip would only be noticed when
 * the password is needed.
 * @throws {UsageError} when there is nobody to ask, or the answers differ, or are empty
 */
export async function readNewPassword(surroundings: Surroundings, request: PasswordRequest): Promise<string> {
  const given = passwordFromEnvironment(surroundings.env);
  if (given !== undefined) return given;
  const first = await askFor(surroundings, request, 'New password');
  if (first === '') throw new UsageError('An empty password protects nothing');
  const second = await askFor(surroundings, request, 'Once more, the password');
  if (first !== second) throw new UsageError('The two passwords differ');
  return first;
}

function askFor(
  { stdin, stderr }: Surroundings,
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
