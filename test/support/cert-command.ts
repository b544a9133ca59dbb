import type { CertificateLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { commandLibrary } from './command-library.js';
import { capturedIO, type CapturedIO, type CapturedIOOptions } from './captured-io.js';

export interface Outcome extends CapturedIO {
  readonly code: number;
  /** What --json has printed. */
  json(): unknown;
}

/** Runs `schannel cert …` on this library. */
export async function certCommand(
  certificates: CertificateLibrary,
  args: readonly string[],
  options: CapturedIOOptions = {},
): Promise<Outcome> {
  const io = capturedIO(options);
  const code = await run(['cert', ...args], '1.2.3', commandLibrary(certificates), io);
  return { ...io, code, json: (): unknown => JSON.parse(io.output()) };
}
