import path from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../../base/async/clock.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { protectSecret, unprotectSecret } from '../../windows/secret/index.js';
import { acmePageManager } from './acme-manager.js';
import { SettingsLog } from './log.js';
import type { CreatePageManager, PageTools } from './manager.js';
import { preparePrivate } from './private-file.js';
import { readSettingsFile, type SiteFromSettings } from './read-settings.js';
import { SettingsServer } from './server.js';
import { SettingsService } from './service.js';
import { type SecretBox, SettingsFile } from './settings-file.js';
import { windowsTools } from './windows-tools.js';

export interface SettingsServerOptions {
  /**
   * The settings file. Its folder also gets the entropy of the secrets and the log. Default
   * '%ProgramData%\\schannel\\settings\\settings.json'.
   */
  readonly file?: string | undefined;
  /** Whether certificates are also renewed by themselves, as long as the server runs. Default false. */
  readonly renew?: boolean | undefined;
}

/** What else tests put in place of Windows. */
export interface SettingsServerParts {
  readonly box: SecretBox;
  readonly createManager: CreatePageManager;
  readonly tools: PageTools;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A page with all settings of a website and its certificates, for the browser of this machine. Call listen(), then
 * open link().
 *
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_FILE if a later version wrote the file, or others can write to it or its
 *   folder; Error of node:fs
 */
export async function createSettingsServer(
  options: SettingsServerOptions = {},
  parts: Partial<SettingsServerParts> = {},
): Promise<SettingsServer> {
  const { file = defaultFile(), renew = false } = options;
  if (typeof file !== 'string') throw invalidType('options.file', 'of type string', file);
  const { clock = SYSTEM_CLOCK, environment = process.env, tools = windowsTools } = parts;
  await preparePrivate(file);
  const now = (): number => clock.now();
  const settings = await SettingsFile.open({
    file,
    box: parts.box ?? windowsBox(`${file}.entropy`),
    environment,
    now,
  });
  const log = await SettingsLog.open({ file: path.join(path.dirname(file), 'log', 'settings.jsonl'), now });
  const createManager = parts.createManager ?? acmePageManager;
  return new SettingsServer(
    await SettingsService.open({ file: settings, log, createManager, tools, renew }),
    clock,
  );
}

/**
 * Reads what the settings page has saved, for serve() and createAcmeManager().
 *
 * @param options `file` as for {@link createSettingsServer}
 * @throws SchannelError ERR_SCHANNEL_SETTINGS_FILE, ERR_SCHANNEL_SETTINGS_INVALID if there are no names; Error of
 *   node:fs
 */
export const readSettings = ({
  file = defaultFile(),
}: Pick<SettingsServerOptions, 'file'> = {}): Promise<SiteFromSettings> =>
  readSettingsFile({ file, box: windowsBox(`${file}.entropy`), environment: process.env, now: Date.now });

/** In a folder with nothing else: nobody but SYSTEM and administrators may write there. */
const defaultFile = (): string =>
  path.join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'schannel', 'settings', 'settings.json');

/** A service of SYSTEM has to read what an administrator has set. */
const windowsBox = (entropyFile: string): SecretBox => ({
  protect: (secret) => protectSecret(secret, { entropyFile, scope: 'machine' }),
  unprotect: (secret) => unprotectSecret(secret, { entropyFile }),
});
