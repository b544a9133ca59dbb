import type { HttpTokenSolver } from '../../apps/acme/challenge/http-tokens.js';
import type { ManagerOptions } from '../../apps/acme/manager/options.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { toError } from '../../base/errors/to-error.js';
import { printable } from '../../base/text/printable.js';
import { acmeSetUp, completeName } from './acme-options.js';
import { preparePrivate } from './private-file.js';
import type { Faults, Settings } from './schema.js';
import { SettingsFile, type SettingsFileOptions } from './settings-file.js';

/** What a site and its manager are made with. */
export interface SiteFromSettings {
  /** Options of serve(). */
  readonly site: {
    readonly names: readonly string[];
    readonly address: string | undefined;
    readonly family: 4 | 6 | undefined;
    readonly https: number;
    readonly http: number | false;
    readonly store: string;
    readonly fallback: boolean;
    readonly minVersion: Settings['minVersion'];
    readonly maxVersion: Settings['maxVersion'];
    /** Answers to HTTP-01, those of the settings page too. */
    readonly tokens: HttpTokenSolver | undefined;
  };
  /** Options of createAcmeManager(); null if something is missing for it. */
  readonly acme: ManagerOptions | null;
  /** What is missing; null for nothing. The site can be served anyway. */
  readonly problem: Error | null;
}

/**
 * Reads what the settings page has saved.
 *
 * @param state the folder of the manager; default that of the machine
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_FILE, ERR_SCHANNEL_SETTINGS_INVALID if there are no names; Error of
 *   node:fs
 */
export async function readSettingsFile(
  options: SettingsFileOptions,
  state?: string,
): Promise<SiteFromSettings> {
  await preparePrivate(options.file);
  const file = await SettingsFile.open(options);
  const { settings, faults, damaged } = file.view;
  if (damaged !== null) throw notRead(options.file, damaged);
  // The page shows what is wrong. A site would listen on all addresses if its own is misspelled.
  if (Object.keys(faults).length > 0) throw wrong(options.file, faults);
  const names = [...new Set(settings.names.flat().map((name) => completeName(name, settings.rootDomain)))];
  if (names.length === 0) {
    throw new SchannelError('ERR_SCHANNEL_SETTINGS_INVALID', `There are no names in ${options.file}`, {
      reasons: ['names is missing'],
      advice: 'Enter them on the page of `schannel web settings`.',
    });
  }
  const site = {
    names,
    address: settings.address === '' ? undefined : settings.address,
    family: ({ both: undefined, ipv4: 4, ipv6: 6 } as const)[settings.family],
    https: settings.securePort,
    http: settings.insecurePort === 0 ? (false as const) : settings.insecurePort,
    store: settings.store,
    fallback: settings.selfSigned,
    minVersion: settings.minVersion,
    maxVersion: settings.maxVersion,
  };
  try {
    const { options: acme, tokens } = acmeSetUp({ settings, secrets: await file.secrets() }, state);
    return { site: { ...site, tokens: tokens ?? undefined }, acme, problem: null };
  } catch (error) {
    return { site: { ...site, tokens: undefined }, acme: null, problem: toError(error) };
  }
}

function wrong(file: string, faults: Faults): SchannelError {
  const reasons = Object.entries(faults).map(([name, fault]) => `${name} ${fault}`);
  return new SchannelError(
    'ERR_SCHANNEL_SETTINGS_INVALID',
    `Some settings in ${printable(file)} or the environment are wrong: ${reasons.map((reason) => printable(reason)).join('; ')}`,
    { reasons, advice: 'Correct them on the page of `schannel web settings`, or in the file.' },
  );
}

const notRead = (file: string, damaged: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_SETTINGS_FILE', `${printable(file)} was damaged`, {
    advice: `It is kept as ${printable(damaged)}. Enter the settings again on the page of \`schannel web settings\`.`,
  });
