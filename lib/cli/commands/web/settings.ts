import type { Command } from 'commander';
import { errorCode } from '../../../base/errors/error-code.js';
import { duration, type Duration, portNumber } from '../../arguments.js';
import type { CommandContext } from '../../command-context.js';
import { untilEnded } from '../../ending.js';
import { EXIT_CODES } from '../../exit-code.js';

interface SettingsFlags {
  readonly file?: string;
  readonly port?: number;
  readonly renew?: boolean;
  readonly for?: Duration;
  readonly json?: true;
}

/** Adds `schannel web settings`. */
export function addSettingsCommand(web: Command, context: CommandContext): void {
  web
    .command('settings')
    .summary('show the settings page')
    .description(
      'Serves a page with all settings of certificates and web server to the browser of this machine, until you press Ctrl+C. ' +
        'It prints a link that works once, within ten minutes.',
    )
    .option('--file <path>', 'settings file; default %ProgramData%\\schannel\\settings\\settings.json')
    .option('--port <number>', 'port of the page on 127.0.0.1 and ::1; default any that is free', portNumber)
    .option('--renew', 'also get and renew certificates by itself meanwhile')
    .option('--for <time>', 'stop after this time, for example 45m or 12h', duration)
    .option('--json', 'the link as JSON')
    .action((flags: SettingsFlags) => runSettings(flags, context));
}

async function runSettings(
  { file, port, renew = false, for: limit, json }: SettingsFlags,
  { io, exit, web }: CommandContext,
): Promise<void> {
  const server = await web.createSettingsServer({ file, renew });
  try {
    await server.listen(port);
  } catch (error) {
    if (!/^E(ADDR|ACCES)/.test(errorCode(error))) throw error;
    io.stderr.write(`Port ${port ?? 0} cannot be used: another program has it, or it is not permitted\n`);
    exit(EXIT_CODES.listen);
    return;
  }
  const link = server.link();
  if (json === true) io.stdout.write(`${JSON.stringify({ ok: true, link })}\n`);
  else {
    io.stdout.write(`${link}\n`);
    io.stderr.write('Open it within ten minutes. It works once. Press Ctrl+C to end the page.\n');
  }
  await untilEnded(limit);
  await server.close();
}
