import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import type { Place } from '../../../formats/stunnel/configuration.js';
import { faultAt } from '../../../formats/stunnel/fault.js';
import { readConfiguration, type ConfigurationFiles } from '../../../formats/stunnel/read-configuration.js';
import type { TunnelOptions } from '../options.js';
import { loadTunnel } from '../stunnel/load-plan.js';
import type { StunnelNotice, StunnelPlan, StunnelProcess } from '../stunnel/plan.js';
import { planConfiguration } from '../stunnel/plan-configuration.js';
import { DISK } from './disk.js';
import { isJson, placeInJson, planJson } from './plan-json.js';

/** How a configuration of stunnel is read. */
export interface ReadStunnelConfOptions {
  /** For keys in files that are encrypted. Default none; such a key is then refused. */
  readonly passphrase?: string | undefined;
  /** The file may name programs, which are started for connections. Default false; such a file is then refused. */
  readonly allowPrograms?: boolean | undefined;
}

/** A configuration of stunnel as options of createTunnel(). */
export interface StunnelServices {
  /** One for each section that listens, in the order of the file. */
  readonly services: readonly TunnelOptions[];
  /** What works in another way than in stunnel, or is less safe than it may seem. Show them once, at the start. */
  readonly notices: readonly StunnelNotice[];
  /** What the file says about the process: log file, level, name of the service. */
  readonly process: StunnelProcess;
}

/** The same, with what is needed to tell where something is wrong. */
export interface TunnelFileContents extends StunnelServices {
  /** An error that concerns one of the tunnels, with its place in the file. */
  readonly faultOf: (name: string, error: unknown) => Error;
}

/**
 * Reads stunnel.conf, with the files that it includes and names. Relative paths begin at its folder. The JSON that
 * `schannel tunnel FILE --print` writes is read, too.
 *
 * @param file path of the file
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG for a file that is wrong or can't be read, and
 *   ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED for an option without a counterpart. The property `place`
 *   has file, line and column, and `advice` what to do instead
 */
export async function readStunnelConf(
  file: string,
  options: ReadStunnelConfOptions = {},
): Promise<StunnelServices> {
  const { services, notices, process } = await readTunnelFile(file, options);
  return { services, notices, process };
}

/** @throws as {@link readStunnelConf} */
export async function readTunnelFile(
  file: string,
  { passphrase, allowPrograms = false }: ReadStunnelConfOptions = {},
  files: ConfigurationFiles = DISK,
): Promise<TunnelFileContents> {
  const { plan, placeOf } = await planned(file, files, allowPrograms);
  const faultOf = (name: string, error: unknown): Error => inSection(placeOf(name), name, error);
  const services: TunnelOptions[] = [];
  for (const service of plan.services) {
    try {
      const options = await loadTunnel(service, { files, passphrase });
      services.push(allowPrograms ? { ...options, allowPrograms } : options);
    } catch (error) {
      throw faultOf(service.name, error);
    }
  }
  return { services, notices: plan.notices, process: plan.process, faultOf };
}

/**
 * What a file means here, as JSON without secrets: certificates and keys are not read.
 *
 * @throws SchannelError as {@link readStunnelConf}
 */
export async function planTunnelFile(file: string): Promise<StunnelPlan> {
  return (await planned(file, DISK, true)).plan;
}

interface Planned {
  readonly plan: StunnelPlan;
  readonly placeOf: (name: string) => Place;
}

async function planned(file: string, files: ConfigurationFiles, allowPrograms: boolean): Promise<Planned> {
  const start = { file, line: 1, column: 1 };
  const bytes = await files.read(file).catch((error: unknown) => {
    throw faultAt(start, `Cannot read ${file}: ${toError(error).message}`, undefined, error);
  });
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  if (isJson(text)) return { plan: planJson(file, text), placeOf: (name) => placeInJson(file, text, name) };
  const configuration = await readConfiguration(file, files);
  return {
    plan: planConfiguration(configuration, allowPrograms),
    placeOf: (wanted) => configuration.sections.find(({ name }) => name === wanted)?.place ?? start,
  };
}

/** What a section names or asks for is at fault. */
function inSection(place: Place, name: string, error: unknown): Error {
  const { message } = toError(error);
  const advice = error instanceof SchannelError ? error.advice : undefined;
  return faultAt(place, `Service [${name}]: ${message}`, advice, error);
}
