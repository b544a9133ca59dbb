import type { OptionLine } from '../../../formats/stunnel/configuration.js';
import { faultIn, refusal } from '../../../formats/stunnel/fault.js';
import type { PlannedProgram } from './plan.js';
import type { SectionOptions } from './section-options.js';

/**
 * The program of a section; null for none.
 *
 * @param resolve makes a path complete
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, and ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED if programs are not allowed
 */
export function programOf(
  options: SectionOptions,
  { resolve, allowed }: { readonly resolve: (name: string) => string; readonly allowed: boolean },
): PlannedProgram | null {
  const [line, words] = [options.last('exec'), options.last('execArgs')];
  if (line === undefined) {
    if (words !== undefined) throw faultIn(words, 'There is no program', 'Name it with "exec".');
    return null;
  }
  if (!allowed) {
    throw refusal(
      line,
      'Programs are not started unless you allow it',
      'Start with --allow-exec, or open the file with allowPrograms: true. Or run the program as a service, and use "connect".',
    );
  }
  const [argv0, ...args] = (words?.value ?? '').split(/\s+/).filter((word) => word !== '');
  const env = options.all('setEnv').map(variableIn);
  return {
    program: resolve(line.value),
    ...(argv0 !== undefined && { argv0 }),
    ...(args.length > 0 && { args }),
    ...(env.length > 0 && { env: Object.fromEntries(env) }),
  };
}

function variableIn(option: OptionLine): [string, string] {
  const [, name, value] = /^([^=\s]+)=(.*)$/.exec(option.value) ?? [];
  if (name === undefined || value === undefined) throw faultIn(option, 'A variable is written NAME=value');
  return [name, value];
}
