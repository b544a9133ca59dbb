import type { CertificateLibrary } from '#lib/cli/commands/cert/library.js';
import { run } from '#lib/cli/program.js';
import { commandLibrary } from './command-library.js';
import {
  capturedSurroundings,
  type CapturedSurroundings,
  type SurroundingsOptions,
} from './mail-surroundings.js';

export interface Outcome extends CapturedSurroundings {
  readonly code: number;
  /** What --json has printed. */
  json(): unknown;
}

/** Runs `schannel cert …` on this library. */
export async function certCommand(
  certificates: CertificateLibrary,
  args: readonly string[],
  options: SurroundingsOptions = {},
): Promise<Outcome> {
  const surroundings = capturedSurroundings(options);
  const code = await run(['cert', ...args], '1.2.3', commandLibrary(certificates), surroundings);
  return { ...surroundings, code, json: (): unknown => JSON.parse(surroundings.output()) };
}
