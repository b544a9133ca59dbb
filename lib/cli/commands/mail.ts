import { basename } from 'node:path';
import type { Command } from 'commander';
import { createTransport } from 'nodemailer';
import { printable } from '../../base/text/printable.js';
import type { ProxyAttempt } from '../../adapters/proxy/choose-proxy.js';
import { createMailTransport } from '../../adapters/mail/transport.js';
import { portNumber, readInput, readText } from '../arguments.js';
import type { CommandContext } from '../command-context.js';
import { inspect, type Inspection } from '../../formats/description/connection.js';
import { deadlineAfter } from '../deadline.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { MailLog } from '../mail-log.js';
import { readPassword } from '../password.js';
import { addDecidedProxyFlags, deciderOf, proxiesOf, type ProxyFlags } from '../proxy-flags.js';
import { styleFor, type CommandIO } from '../terminal.js';
import type { ConnectOptions, SecureSocket } from '../tls.js';
import { addTlsFlags, tlsOptions, type TlsFlags } from '../tls-options.js';
import { UsageError } from '../usage-error.js';
import { toJson } from '../json.js';

interface MailFlags extends TlsFlags, Pick<ProxyFlags, 'proxy' | 'proxyAuth'> {
  readonly from: string;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly attach?: readonly string[];
  readonly host: string;
  readonly port?: number;
  readonly secure?: boolean;
  readonly name?: string;
  readonly user?: string;
  readonly verbose?: boolean;
}

/** Adds `schannel mail`. */
export function addMailCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('mail')
    .description(
      'Sends one message over STARTTLS, or over TLS from the first byte with --secure. Nothing is sent to a server without TLS.\n' +
        'The password for --user is read from SCHANNEL_PASSWORD, or asked for.',
    )
    .requiredOption('--from <address>', 'sender')
    .option('--to <address...>', 'recipients')
    .option('--cc <address...>', 'recipients of a copy')
    .option('--bcc <address...>', 'recipients of a blind copy')
    .option('--subject <text>', 'subject', '')
    .option('--text <text>', 'body; @file reads a file, - reads standard input')
    .option('--html <text>', 'HTML body, given like --text')
    .option('--attach <file...>', 'files to attach')
    .requiredOption('--host <name>', 'mail server')
    .option('--port <number>', 'port (default: 587, or 465 with --secure)', portNumber)
    .option('--secure', 'TLS from the first byte (default for port 465)')
    .option('--name <name>', 'name to send in EHLO')
    .option('--user <name>', 'user name to sign in with');
  addTlsFlags(addDecidedProxyFlags(command))
    .option('-v, --verbose', 'show the SMTP dialogue and the TLS details on standard error')
    .action(async (flags: MailFlags) => {
      context.exit(await runMail(flags, context));
    });
}

async function runMail(flags: MailFlags, { tls, io }: CommandContext): Promise<ExitCode> {
  const { stdout, stderr, env } = io;
  const message = await composeMessage(flags, io);
  const options = tlsOptions(flags);
  const auth =
    flags.user === undefined
      ? {}
      : {
          auth: {
            user: flags.user,
            pass: await readPassword(io, { of: flags.user, neededBy: '--user' }),
          },
        };
  const decider = deciderOf(flags);
  const way =
    decider === null
      ? { through: await proxiesOf(flags, io) }
      : { proxy: decider, proxyAuth: flags.proxyAuth };
  const log = new MailLog(flags.verbose ? stderr : null, styleFor(stderr, env));
  const deadline = deadlineAfter(flags.timeout, `The message to ${flags.host}`);
  const inspections: Inspection[] = [];

  const transport = createMailTransport<ConnectOptions, SecureSocket>(tls)({
    host: flags.host,
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.secure === undefined ? {} : { secure: flags.secure }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...auth,
    // If --user is given, the server must accept the sign-in. Otherwise the message would be sent without one.
    forceAuth: flags.user !== undefined,
    ...way,
    onProxy: (attempt: ProxyAttempt) => log.proxied(attempt),
    tls: options,
    disableFileAccess: true,
    disableUrlAccess: true,
    debug: flags.verbose === true,
    logger: flags.verbose ? log.logger : false,
    onLine: (line: string, direction: 'sent' | 'received') => log.line(line, direction),
    onSecureConnect: (socket: SecureSocket) => {
      const inspection = inspect(socket, options.ca === undefined ? 'windows' : 'ca');
      inspections.push(inspection);
      log.secured(inspection);
    },
  });
  const sent = await createTransport(transport)
    .sendMail({ ...message, signal: deadline.signal })
    .catch((error: unknown) => {
      throw deadline.explain(error);
    });

  const result = {
    messageId: sent.messageId,
    accepted: sent.accepted,
    rejected: sent.rejected,
    response: sent.response,
  };
  const complete = result.rejected.length === 0;
  if (flags.json) {
    stdout.write(`${toJson({ ok: complete, ...result, ...inspections[0], error: null }, 2)}\n`);
  } else {
    const style = styleFor(stdout, env);
    stdout.write(`${style.good('sent')} ${result.messageId} to ${result.accepted.join(', ')}\n`);
    stdout.write(`${style.dim('server')} ${printable(result.response)}\n`);
    for (const recipient of result.rejected) stdout.write(`${style.bad('refused')} ${recipient}\n`);
  }
  return complete ? EXIT_CODES.ok : EXIT_CODES.refused;
}

async function composeMessage(flags: MailFlags, { stdin }: CommandIO): Promise<object> {
  const { from, to, cc, bcc, subject } = flags;
  if (to === undefined && cc === undefined && bcc === undefined) {
    throw new UsageError('A message needs a recipient: add --to, --cc or --bcc');
  }
  if (flags.text === '-' && flags.html === '-') {
    throw new UsageError('Standard input can be read only once: use --text - or --html -, not both');
  }
  const recipients = { to: to?.slice(), cc: cc?.slice(), bcc: bcc?.slice() };
  const attachments = (flags.attach ?? []).map((path) => ({
    filename: basename(path),
    content: readInput(path, '--attach'),
  }));
  return {
    from,
    ...recipients,
    subject,
    text:
      flags.text === undefined && flags.html === undefined ? '' : await readText(flags.text, '--text', stdin),
    html: await readText(flags.html, '--html', stdin),
    attachments,
  };
}
