import { readdir, readFile } from 'node:fs/promises';

import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import type { Section } from '../../../formats/stunnel/configuration.js';
import { faultAt } from '../../../formats/stunnel/fault.js';
import { readConfiguration, type ConfigurationFiles } from '../../../formats/stunnel/read-configuration.js';
import type { TunnelOptions } from '../options.js';
import { loadTunnel } from './load-plan.js';
import type { StunnelNotice, StunnelPlan, StunnelProcess } from './plan.js';
import { planConfiguration } from './plan-configuration.js';

/** How a configuration of stunnel is read. */
export interface ReadStunnelConfOptions {
  /** For keys in files that are encrypted. Default none; such a key is then refused. */
  readonly passphrase?: string | undefined;
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

/**
 * Reads stunnel.conf, with the files that it includes and names. Relative paths begin at its folder.
 *
 * @param file path of the file
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG for a file that is wrong or can't be read, and
 *   ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED for an option without a counterpart. The property `place`
 *   has file, line and column, and `advice` what to do instead
 */
export async function readStunnelConf(
  file: string,
  { passphrase }: ReadStunnelConfOptions = {},
): Promise<StunnelServices> {
  const configuration = await readConfiguration(file, DISK);
  const plan = planConfiguration(configuration);
  const services: TunnelOptions[] = [];
  for (const service of plan.services) {
    const section = configuration.sections.find(({ name }) => name === service.name);
    try {
      services.push(await loadTunnel(service, { files: DISK, passphrase }));
    } catch (error) {
      throw section === undefined ? error : inSection(section, error);
    }
  }
  return { services, notices: plan.notices, process: plan.process };
}

/** A file that a section names is at fault. */
function inSection({ name, place }: Section, error: unknown): Error {
  const { message } = toError(error);
  const advice = error instanceof SchannelError ? error.advice : undefined;
  return faultAt(place, `Service [${name}]: ${message}`, advice, error);
}

/**
 * What stunnel.conf means here, as JSON without secrets: certificates and keys are not read.
 *
 * @throws SchannelError as {@link readStunnelConf}
 */
export async function planStunnelConf(file: string): Promise<StunnelPlan> {
  return planConfiguration(await readConfiguration(file, DISK));
}

const DISK: ConfigurationFiles = {
  read: (file) => readFile(file),
  list: async (folder) => {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  },
};
