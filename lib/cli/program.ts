import { Command, CommanderError } from 'commander';
import type { CommandContext, CommandLibrary } from './command-context.js';
import { COMMANDS } from './command-table.js';
import { errorFacts, formatError } from './describe-error.js';
import { CONSOLE, type Lifecycle } from './lifecycle.js';
import { EXIT_CODE_MEANINGS, EXIT_CODES, exitCodeOf, type ExitCode } from './exit-code.js';
import { styleFor, type CommandIO } from './terminal.js';
import { toJson } from './json.js';

/**
 * Runs the command line.
 * @param args without the program's name
 * @returns the exit code; nothing is thrown
 */
export async function run(
  args: readonly string[],
  version: string,
  library: CommandLibrary,
  io: CommandIO,
  lifecycle: Lifecycle = CONSOLE,
): Promise<ExitCode> {
  const { stdout, stderr, env } = io;
  let code: ExitCode = EXIT_CODES.ok;
  const exit = (chosen: ExitCode): void => {
    code = chosen;
  };
  // Getters of the library stay getters: they load what a command uses, and nothing else.
  const context = Object.defineProperties(
    {
      io,
      exit,
      args,
      lifecycle,
      runCommand: (line: readonly string[], streams: CommandIO, owner: Lifecycle) =>
        run(line, version, library, streams, owner),
    },
    Object.getOwnPropertyDescriptors(library),
  ) as CommandContext;
  const program = createProgram(version, context, args);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // commander has already printed its help or its error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    await sayWhoHasPort(error, library);
    if (args.includes('--json')) {
      stdout.write(`${toJson({ ok: false, error: errorFacts(error) }, 2)}\n`);
    }
    stderr.write(`${formatError(error, styleFor(stderr, env)).join('\n')}\n`);
    return exitCodeOf(error);
  }
}

/** Gives an error of Node about a port an advice that says who has it. */
async function sayWhoHasPort(
  error: unknown,
  { whyNotListen }: Pick<CommandLibrary, 'whyNotListen'>,
): Promise<void> {
  if (!(error instanceof Error) || 'advice' in error) return;
  const { syscall, code = '', port } = error as NodeJS.ErrnoException & { readonly port?: unknown };
  if (syscall !== 'listen' || typeof port !== 'number') return;
  const why = await whyNotListen(port, code);
  if (why !== null) {
    Object.assign(error, { advice: `Take another port, or stop what has this one: ${why}.` });
  }
}

/** The commands that need no Windows, with those below them. An authority needs it only if its key is in Windows,
 * and a challenge server only for HTTPS. */
const EVERYWHERE: readonly string[] = ['ca', 'dns', 'challenge-client', 'serve-challenges', 'probe'];

const worksEverywhere = (command: Command): boolean =>
  EVERYWHERE.includes(command.name()) ||
  // Not "policy explain".
  (command.name() === 'explain' && command.parent?.parent === null) ||
  (command.name() === 'doctor' && command.opts<{ connect?: string }>().connect !== undefined) ||
  (command.parent !== null && worksEverywhere(command.parent));

/**
 * The commands and their options.
 *
 * @param args only the commands whose names occur in them are loaded; the others have a name and a summary. Default all
 */
export function createProgram(version: string, context: CommandContext, args?: readonly string[]): Command {
  const { stdout, stderr } = context.io;
  const program = new Command('schannel')
    .description('TLS by Windows Schannel, and Windows certificates, on the command line')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .addHelpText('after', exitCodeHelp())
    // Before the command asks for a password, reads a file or connects.
    .hook('preAction', (_program, command) => {
      if (!worksEverywhere(command)) context.tls.ready();
    });
  for (const { name, summary, load } of COMMANDS) {
    if (args === undefined || args.includes(name)) load()(program, context, version);
    else program.command(name);
    program.commands.at(-1)?.summary(summary);
  }
  return program;
}

function exitCodeHelp(): string {
  return [
    '',
    'Exit codes:',
    ...EXIT_CODE_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`),
  ].join('\n');
}
