import * as files from 'node:fs/promises';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { writePrivateFile } from '../../windows/import-export/write-file.js';
import { isProtectedSecret, type ProtectedSecret } from '../../windows/secret/secrets.js';
import {
  checked,
  contradictions,
  DEFAULTS,
  type Faults,
  FIELDS,
  isSecretName,
  SECRET_NAMES,
  type SecretName,
  SECRETS,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  variableOf,
} from './schema.js';

/** Encrypts secrets for the file. */
export interface SecretBox {
  protect(secret: string): Promise<ProtectedSecret>;
  /** @throws SchannelError ERR_SCHANNEL_SECRET_FOREIGN */
  unprotect(secret: ProtectedSecret): Promise<Buffer>;
}

export interface SettingsFileOptions {
  readonly file: string;
  readonly box: SecretBox;
  /** Variables of the environment. Those that begin with SCHANNEL_ beat the file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** What is known of a secret without its value. */
export interface SecretState {
  /** 'unreadable': it was protected on another machine or by another user, and has to be entered again. */
  readonly state: 'missing' | 'set' | 'environment' | 'unreadable';
  /** When it was set; null if it was not, or not here. */
  readonly at: Date | null;
}

/** Everything that may be shown. */
export interface SettingsView {
  readonly settings: Settings;
  readonly secrets: Readonly<Record<SecretName, SecretState>>;
  /** The variables that beat the file, by the setting. */
  readonly environment: Readonly<Partial<Record<SettingName | SecretName, string>>>;
  /** Values of the file or the environment that were left out, and why. */
  readonly faults: Faults;
  /** Where a damaged file is kept; null if the file was not damaged. */
  readonly damaged: string | null;
}

/** What a person has changed. */
export interface SettingsChange {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** New values; null removes one. */
  readonly secrets?: Readonly<Record<string, unknown>>;
}

interface StoredSecret extends ProtectedSecret {
  readonly at: Date;
}

interface Content {
  readonly settings: Partial<Settings>;
  readonly secrets: Partial<Record<SecretName, StoredSecret>>;
  readonly faults: Faults;
  /** Where a damaged file is kept; null if it was not damaged. */
  readonly damaged: string | null;
}

const EMPTY: Content = { settings: {}, secrets: {}, faults: {}, damaged: null };

/** The version that this program writes, and the only one that it reads. */
const VERSION = 1;
const LARGEST = 1_048_576;
const LONGEST_SECRET = 16_384;

/** The settings, in a file that only SYSTEM, administrators and the user can read. */
export class SettingsFile {
  readonly #options: SettingsFileOptions;
  readonly #queue = new SerialQueue();
  #content: Content = EMPTY;
  #unreadable: ReadonlySet<SecretName> = new Set();

  private constructor(options: SettingsFileOptions) {
    this.#options = options;
  }

  /**
   * Opens the file. One that isn't there has the defaults. A damaged one is renamed and kept.
   *
   * @throws SchannelError ERR_SCHANNEL_SETTINGS_FILE if a later version wrote it; Error of node:fs
   */
  static async open(options: SettingsFileOptions): Promise<SettingsFile> {
    const file = new SettingsFile(options);
    file.#content = await read(options.file, options.now);
    // Found out now, so that a page can say which secrets have to be entered again.
    await file.secrets();
    return file;
  }

  get view(): SettingsView {
    const { settings, faults } = this.#effective();
    const { environment } = this.#options;
    const secrets = SECRET_NAMES.map((name) => [name, this.#stateOf(name)] as const);
    const variables = [
      ...SETTING_NAMES.map((name) => [name, variableOf(name)] as const),
      ...SECRET_NAMES.map((name) => [name, SECRETS[name]] as const),
    ];
    return {
      settings,
      secrets: Object.fromEntries(secrets) as Record<SecretName, SecretState>,
      environment: Object.fromEntries(variables.filter(([, variable]) => hasValue(environment[variable]))),
      faults: { ...this.#content.faults, ...faults },
      damaged: this.#content.damaged,
    };
  }

  /** The values of the secrets that are set and can be read. They are for the program, and go nowhere else. */
  async secrets(): Promise<Readonly<Partial<Record<SecretName, string>>>> {
    const values: Partial<Record<SecretName, string>> = {};
    const unreadable = new Set<SecretName>();
    for (const name of SECRET_NAMES) {
      const variable = this.#options.environment[SECRETS[name]];
      const stored = this.#content.secrets[name];
      if (hasValue(variable)) values[name] = variable;
      else if (stored !== undefined) {
        try {
          const bytes = await this.#options.box.unprotect({ dpapi: stored.dpapi });
          values[name] = bytes.toString();
          bytes.fill(0);
        } catch (error) {
          if (errorCode(error) !== 'ERR_SCHANNEL_SECRET_FOREIGN') throw error;
          unreadable.add(name);
        }
      }
    }
    this.#unreadable = unreadable;
    return values;
  }

  /**
   * Changes what is given, and writes the file as a whole.
   *
   * @throws SchannelError ERR_SCHANNEL_SETTINGS_INVALID with all reasons, ERR_SCHANNEL_SETTINGS_FILE; Error of node:fs
   */
  change(change: SettingsChange): Promise<void> {
    return this.#queue.run(async () => {
      const { settings, faults } = checked(change.settings ?? {});
      const secrets = await this.#changedSecrets(change.secrets ?? {});
      const all = {
        ...contradictions({ ...DEFAULTS, ...this.#content.settings, ...settings }),
        ...faults,
        ...secrets.faults,
      };
      if (Object.keys(all).length > 0) throw invalid(all);
      // Somebody else, or a later version, may have written it meanwhile.
      const present = await read(this.#options.file, this.#options.now);
      const base = present.damaged === null ? present : this.#content;
      const content = {
        settings: { ...base.settings, ...settings },
        secrets: withoutMissing({ ...base.secrets, ...secrets.changed }),
        faults: {},
        damaged: present.damaged ?? this.#content.damaged,
      };
      await writePrivateFile(this.#options.file, written(content), {
        overwrite: true,
        readers: 'administrators',
      });
      this.#content = content;
      this.#unreadable = new Set([...this.#unreadable].filter((name) => !(name in secrets.changed)));
    });
  }

  async #changedSecrets(given: Readonly<Record<string, unknown>>): Promise<{
    changed: Partial<Record<SecretName, StoredSecret | undefined>>;
    faults: Faults;
  }> {
    const changed: Partial<Record<SecretName, StoredSecret | undefined>> = {};
    const faults: [name: string, fault: string][] = [];
    for (const [name, value] of Object.entries(given)) {
      if (!isSecretName(name)) faults.push([name, 'is no secret']);
      else if (value === null) changed[name] = undefined;
      else if (typeof value !== 'string' || value === '' || value.length > LONGEST_SECRET) {
        faults.push([name, 'must be text that is not empty']);
      } else {
        const secret = await this.#options.box.protect(value);
        changed[name] = { ...secret, at: new Date(this.#options.now()) };
      }
    }
    return { changed, faults: Object.fromEntries(faults) };
  }

  #stateOf(name: SecretName): SecretState {
    const at = this.#content.secrets[name]?.at ?? null;
    if (hasValue(this.#options.environment[SECRETS[name]])) return { state: 'environment', at: null };
    if (at === null) return { state: 'missing', at };
    return { state: this.#unreadable.has(name) ? 'unreadable' : 'set', at };
  }

  /** The defaults, beaten by the file, beaten by the environment. */
  #effective(): { settings: Settings; faults: Faults } {
    const given = SETTING_NAMES.flatMap((name) => {
      const value = this.#options.environment[variableOf(name)];
      return hasValue(value) ? [[name, FIELDS[name].parse(value)] as const] : [];
    });
    const { settings, faults } = checked(Object.fromEntries(given));
    return { settings: { ...DEFAULTS, ...this.#content.settings, ...settings }, faults };
  }
}

/** Empty variables are as good as none. */
const hasValue = (value: string | undefined): value is string => value !== undefined && value !== '';

const written = ({ settings, secrets }: Content): string =>
  `${JSON.stringify({ version: VERSION, ...settings, secrets }, null, 2)}\n`;

/** Those that were removed are undefined. */
const withoutMissing = (secrets: Partial<Record<SecretName, StoredSecret | undefined>>): Content['secrets'] =>
  Object.fromEntries(Object.entries(secrets).filter(([, secret]) => secret !== undefined));

async function read(file: string, now: () => number): Promise<Content> {
  let text: string;
  try {
    if ((await files.stat(file)).size > LARGEST) return await kept(file, now);
    text = textOf(await files.readFile(file));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return EMPTY;
    throw error;
  }
  const document = parsed(text);
  if (document === null) return kept(file, now);
  const { version, secrets = {}, ...settings } = document;
  if (typeof version === 'number' && version > VERSION) throw newer(file, version);
  if (version !== VERSION || !isObject(secrets)) return kept(file, now);
  const { settings: right, faults } = checked(settings);
  return { settings: right, secrets: secretsIn(secrets), faults, damaged: null };
}

/** Editors of Windows put a byte order mark before UTF-8, and PowerShell 5 writes UTF-16. */
function textOf(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(isUtf16 ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');
}

function secretsIn(document: Readonly<Record<string, unknown>>): Content['secrets'] {
  const secrets: Content['secrets'] = {};
  for (const [name, value] of Object.entries(document)) {
    if (!isSecretName(name) || !isObject(value)) continue;
    const { at, ...rest } = value;
    if (!isProtectedSecret(rest)) continue;
    secrets[name] = { dpapi: rest.dpapi, at: new Date(typeof at === 'string' ? at : 0) };
  }
  return secrets;
}

/** Puts a damaged file aside, so that nothing in it is lost. */
async function kept(file: string, now: () => number): Promise<Content> {
  const damaged = `${file}.${String(now())}.damaged`;
  await files.rename(file, damaged);
  return { ...EMPTY, damaged };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string): Record<string, unknown> | null {
  try {
    const document: unknown = JSON.parse(text);
    return isObject(document) ? document : null;
  } catch {
    return null;
  }
}

const newer = (file: string, version: number): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_SETTINGS_FILE',
    `${file} was written by a later version of this program (${version}; this one writes ${VERSION})`,
    { advice: 'Use that version, or give another file. Nothing was changed.' },
  );

export function invalid(faults: Faults): SchannelError {
  const reasons = Object.entries(faults).map(([name, fault]) => `${name} ${fault}`);
  return new SchannelError('ERR_SCHANNEL_SETTINGS_INVALID', `Nothing was saved: ${reasons.join('; ')}`, {
    reasons,
    advice: 'Correct these values.',
  });
}
