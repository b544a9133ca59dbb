import type { CertificateLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { capturedIO, type CapturedIOOptions } from './captured-io.js';
import { commandLibrary } from './command-library.js';
import type { Outcome } from './cert-command.js';

/** Runs `schannel ca …` on the real library, with keys in files. */
export async function caCommand(
  args: readonly string[],
  options: CapturedIOOptions = {},
  certificates?: CertificateLibrary,
): Promise<Outcome> {
  const env = { SCHANNEL_CA_PASSWORD: 'secret', ...options.env };
  const io = capturedIO({ ...options, env });
  const code = await run(['ca', ...args], '1.2.3', commandLibrary(certificates), io);
  return { ...io, code, json: (): unknown => JSON.parse(io.output()) };
}
