import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import type { CommandNeeds, Lifecycle } from '../../lifecycle.js';
import type { PasswordVariable } from '../../password.js';

/** Commands that run until they are ended, and say what they need. */
const COMMANDS: readonly (readonly string[])[] = [['tunnel'], ['web', 'serve']];

/** A command that can be a service, and what it needs. */
export interface Rehearsed {
  /** With absolute paths: a service starts in another folder. */
  readonly args: readonly string[];
  readonly needs: CommandNeeds;
}

/**
 * Has a command read its arguments and files, without opening anything, and without the passwords of this console's
 * environment, which the service does not have.
 *
 * @throws SchannelError ERR_SCHANNEL_SERVICE_COMMAND for a command that can't be a service, or is wrong
 */
export async function rehearse(context: CommandContext, args: readonly string[]): Promise<Rehearsed> {
  if (!COMMANDS.some((words) => words.every((word, index) => args[index] === word))) {
    const known = COMMANDS.map((words) => `"${words.join(' ')}"`).join(' and ');
    throw new SchannelError(
      'ERR_SCHANNEL_SERVICE_COMMAND',
      `"${printable(args.slice(0, 2).join(' '))}" can't be a service`,
      { phase: 'service', advice: `Commands that can: ${known}.` },
    );
  }
  refusePasswords(args);
  const needs = await needsOf(context, args);
  const places = new Set([...needs.files, ...(needs.paths ?? [])]);
  const absolute = args.map((arg) => (places.has(arg) ? path.resolve(arg) : arg));
  return { args: absolute, needs: await needsOf(context, absolute) };
}

/** http://user:password@proxy, as an argument or behind --proxy= */
const PASSWORD = /:\/\/[^\s/@:]*:[^\s/@]+@/;

function refusePasswords(args: readonly string[]): void {
  if (!args.some((arg) => PASSWORD.test(arg))) return;
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_COMMAND',
    'The command has a password, and every user of this machine can read the command of a service',
    {
      phase: 'service',
      advice:
        'Write the proxy into a stunnel.conf that only the service can read: protocolUsername and protocolPassword.',
    },
  );
}

const SECRETS: readonly PasswordVariable[] = [
  'SCHANNEL_PASSWORD',
  'SCHANNEL_CA_PASSWORD',
  'SCHANNEL_PROXY_PASSWORD',
];

/** As far as a command gets before it opens something. */
async function needsOf(context: CommandContext, args: readonly string[]): Promise<CommandNeeds> {
  let told: CommandNeeds | null = null;
  const lifecycle: Lifecycle = {
    begin: (needs) => {
      told = needs();
      return false;
    },
    untilEnded: () => Promise.resolve(),
    onReload: () => () => undefined,
    report: () => undefined,
  };
  const output = new Text();
  const withheld = SECRETS.filter((name) => (context.io.env[name] ?? '') !== '');
  const env = Object.fromEntries(
    Object.entries(context.io.env).filter(([name]) => !SECRETS.some((secret) => secret === name)),
  );
  const io = { stdin: new PassThrough().end(), stdout: output, stderr: output, env };
  const code = await context.runCommand(args, io, lifecycle);
  const needs = toldNeeds(told);
  if (code === EXIT_CODES.ok && needs !== null) return needs;
  // It has said what is wrong with it, in its own words.
  context.io.stderr.write(output.text);
  throw new SchannelError(
    'ERR_SCHANNEL_SERVICE_COMMAND',
    code === EXIT_CODES.ok ? 'The command would end at once' : `The command is wrong (exit code ${code})`,
    {
      phase: 'service',
      advice:
        withheld.length === 0
          ? 'Try it without "schannel service install" first.'
          : `It was tried without ${withheld.join(' and ')}: a service does not have the environment of this console.`,
    },
  );
}

/** The compiler does not see that it was assigned meanwhile. */
const toldNeeds = (needs: CommandNeeds | null): CommandNeeds | null => needs;

class Text extends Writable {
  text = '';

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
