import { SchannelError } from '../../../base/errors/schannel-error.js';
import { passwordFromEnvironment, readPassword } from '../../password.js';
import { canAsk } from '../../prompt.js';
import type { CommandIO } from '../../terminal.js';

/** The passwords of files that are read one after another. What was typed for one is tried on the next. */
export class FilePasswords {
  readonly #io: CommandIO;
  readonly #known: (string | undefined)[];

  constructor(io: CommandIO) {
    this.#io = io;
    const given = passwordFromEnvironment(io.env);
    // A file without a password accepts any, so no password is tried last.
    this.#known = given === undefined ? [undefined] : [given, undefined];
  }

  /**
   * Reads a file with the password that fits. The user is asked only if no known password fits, and none came from
   * the environment.
   * @param of the file, for the question
   * @throws {UsageError} when there is no terminal to ask on; what `read` throws for the first password
   */
  async try<Result>(of: string, read: (password: string | undefined) => Promise<Result>): Promise<Result> {
    let refusal: unknown;
    for (const password of this.#known) {
      try {
        return await read(password);
      } catch (error) {
        if (!isRefusedPassword(error)) throw error;
        refusal ??= error;
      }
    }
    const { env, stdin } = this.#io;
    if (passwordFromEnvironment(env) !== undefined || (this.#known.length > 1 && !canAsk(stdin)))
      throw refusal;
    const typed = await readPassword(this.#io, { of, neededBy: of });
    const result = await read(typed);
    this.#known.unshift(typed);
    return result;
  }
}

const isRefusedPassword = (error: unknown): boolean =>
  error instanceof SchannelError &&
  (error.code === 'ERR_SCHANNEL_IMPORT_PASSWORD_MISSING' ||
    error.code === 'ERR_SCHANNEL_IMPORT_PASSWORD_WRONG');
