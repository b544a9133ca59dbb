import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { printable, printableList } from '../../../base/text/printable.js';
import { native } from '../../../native/load.js';
import {
  createPrivateFolder,
  foreignOwnerOf,
  type FolderSystem,
  type Strangers,
  strangersIn,
} from '../../../windows/import-export/folder-rights.js';
import {
  type Disk,
  writePrivateFile,
  type WriteFileOptions,
} from '../../../windows/import-export/write-file.js';
import { newState, readState, type SetState, writeState } from './set-state.js';

/**
 * Where a manager keeps its state if nothing else is said. All accounts of the machine that renew its certificates
 * share it.
 */
export const defaultState = (env: NodeJS.ProcessEnv = process.env): string =>
  path.join(env['ProgramData'] ?? 'C:\\ProgramData', 'schannel', 'acme');

/** As much as an order writes until its certificate is in the store. */
const PROBE_BYTES = 65_536;

/** The temporary files of writePrivateFile(). Only one process at a time writes here. */
const HALF_WRITTEN = /^\..*\.tmp$/;

/** Tells one manager from others, in the stores: the same folder has the same one, even if the folder is emptied. */
export const managerId = (folder: string): string => idOf(path.resolve(folder).toLowerCase());

/** 16 hexadecimal digits. */
export const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** What Windows says of a folder. */
export interface FolderRights {
  readonly strangersIn: (folder: string, kind: 'folder') => Promise<Strangers | null>;
  readonly foreignOwnerOf: (folder: string) => Promise<string | null>;
}

/**
 * Sees who can write to the folder of a manager: what is in it decides which programs run and which keys are removed,
 * and SYSTEM does so. A folder that is not there is fine.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function requireOwn(
  folder: string,
  rights: FolderRights = { strangersIn, foreignOwnerOf },
): Promise<void> {
  const state = path.resolve(folder);
  await requireOwners(state, rights.foreignOwnerOf);
  if (!existsSync(state)) return;
  const strangers = await rights.strangersIn(state, 'folder');
  if (strangers === null) return;
  throw new SchannelError(
    'ERR_SCHANNEL_ACME_STATE',
    `Others can write to the folder ${state}: ${printableList(strangers.names)}`,
    { advice: `End that as administrator, or choose another folder with \`state\`: ${strangers.remedy}` },
  );
}

/**
 * Sees whether SYSTEM would use the folder of a manager, as {@link requireOwn}.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_STATE
 */
export async function requireForSystem(folder: string, system = asSystem()): Promise<void> {
  await requireOwners(path.resolve(folder), (place) => foreignOwnerOf(place, system));
}

/** @throws SchannelError ERR_SCHANNEL_ACME_STATE if the folder, or the one above, is another user's */
async function requireOwners(state: string, foreignOwner: FolderRights['foreignOwnerOf']): Promise<void> {
  // The owner of the folder above can put another one in place of this one at any time.
  const above = path.dirname(state);
  const ownerAbove = existsSync(above) ? await foreignOwner(above) : null;
  if (ownerAbove !== null) throw replaceable(above, ownerAbove);
  const owner = existsSync(state) ? await foreignOwner(state) : null;
  if (owner !== null) throw ofOther(state, owner);
}

/** Windows, as SYSTEM sees it; null without Windows. */
function asSystem(): FolderSystem | null {
  if (process.platform !== 'win32') return null;
  const addon = native();
  return {
    userSid: () => 'S-1-5-18',
    fileRights: (...request) => {
      addon.fileRights(...request);
    },
    createFolder: (...request) => {
      addon.createFolder(...request);
    },
    accountOfSid: (...request) => {
      addon.accountOfSid(...request);
    },
  };
}

const ofOther = (state: string, owner: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `The folder ${state} belongs to ${printable(owner)}`, {
    advice:
      `Look at what is in it. If it is what you want, let the administrators own it: icacls "${state}" ` +
      '/setowner "*S-1-5-32-544"',
  });

const replaceable = (above: string, owner: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_STATE',
    `The folder ${above} belongs to ${printable(owner)}, who could replace any folder in it`,
    {
      advice:
        'Choose another place with `state`, or give it to the administrators: ' +
        `icacls "${above}" /setowner "*S-1-5-32-544" and icacls "${above}" /reset`,
    },
  );

/**
 * Makes the folder of a manager, if it is not there.
 *
 * @throws SchannelError ERR_SCHANNEL_ACME_STATE, also as {@link requireOwn}
 */
export async function prepareState(folder: string): Promise<void> {
  const state = path.resolve(folder);
  try {
    await createPrivateFolder(state);
  } catch (error) {
    throw unwritable(state, error);
  }
  await requireOwn(state);
}

/**
 * The files of a manager for one ACME server. They have no secrets, and get the rights of the folder: SYSTEM's task and
 * the account of a service work with the same ones.
 */
export class StateFolder {
  readonly path: string;
  readonly #writing: WriteFileOptions;

  /** @param state the folder of the manager, which has a folder for each server */
  constructor(state: string, directory: string, disk?: Disk) {
    this.path = path.join(path.resolve(state), folderOf(directory));
    this.#writing = { overwrite: true, readers: 'folder', ...(disk !== undefined && { disk }) };
  }

  get account(): string {
    return path.join(this.path, 'account.json');
  }

  journal(set: string): string {
    return path.join(this.path, `${set}.order.json`);
  }

  /**
   * Makes the folder, removes what killed processes have left half written, and sees whether there is room for an
   * order.
   *
   * @throws SchannelError ERR_SCHANNEL_ACME_STATE
   */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 });
      for (const name of await readdir(this.path)) {
        if (HALF_WRITTEN.test(name)) await rm(path.join(this.path, name), { force: true });
      }
      const probe = path.join(this.path, 'probe');
      await writePrivateFile(probe, Buffer.alloc(PROBE_BYTES), this.#writing);
      await rm(probe, { force: true });
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }

  /**
   * What is known of a set. A file that is damaged is kept under another name, and the set begins again: its
   * certificate is found in the store.
   *
   * @returns `damaged` is the new name of a damaged file, or null
   * @throws SchannelError ERR_SCHANNEL_ACME_STATE if a later version wrote it, or if it can't be read
   */
  async read(
    set: string,
    names: readonly string[],
  ): Promise<{ readonly state: SetState; readonly damaged: string | null }> {
    const file = this.#file(set);
    const text = await readIfThere(file);
    if (text === null) return { state: newState(names), damaged: null };
    const state = readState(text);
    if (state === 'newer') throw newer(file);
    if (state !== 'damaged') return { state: { ...state, names }, damaged: null };
    return { state: newState(names), damaged: await setAside(file) };
  }

  /** As {@link read}, without changing anything: for a report. */
  async look(set: string, names: readonly string[]): Promise<SetState> {
    const text = await readIfThere(this.#file(set));
    const state = text === null ? 'damaged' : readState(text);
    if (state === 'newer') throw newer(this.#file(set));
    return state === 'damaged' ? newState(names) : { ...state, names };
  }

  /** @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  async write(set: string, state: SetState): Promise<void> {
    await this.writeFile(this.#file(set), writeState(state));
  }

  /** Writes a file of the folder, completely or not at all. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  async writeFile(file: string, text: string): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 });
      await writePrivateFile(file, text, this.#writing);
    } catch (error) {
      throw unwritable(file, error);
    }
  }

  #file(set: string): string {
    return path.join(this.path, `${set}.json`);
  }
}

/** The text of a file; null if there is none. @throws SchannelError ERR_SCHANNEL_ACME_STATE */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new SchannelError('ERR_SCHANNEL_ACME_STATE', `The file ${file} could not be read`, {
      advice: 'Give this account the right to read it.',
      cause: error,
    });
  }
}

/** Gives a file another name, so that a person can look at it. @returns its new name */
export async function setAside(file: string): Promise<string> {
  const aside = `${file}.damaged`;
  try {
    await rename(file, aside);
    return aside;
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** 'acme-v02.api.letsencrypt.org-1b2c3d4e5f607182': people see whose it is, and no two servers share one. */
function folderOf(directory: string): string {
  const { hostname } = new URL(directory);
  return `${hostname.replaceAll(/[^\w.-]/g, '_').slice(0, 100)}-${idOf(directory)}`;
}

const unwritable = (file: string, cause: unknown): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_ACME_STATE',
    errorCode(cause) === 'ENOSPC'
      ? `The disk of ${file} is full, so nothing was ordered`
      : `${file} could not be written`,
    {
      advice:
        errorCode(cause) === 'ENOSPC'
          ? 'Free some space: an order needs less than a megabyte.'
          : 'Give this account the right to write there, or choose another folder with `state`.',
      cause,
    },
  );

const newer = (file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `A later version of this program wrote ${file}`, {
    advice: 'Use that version. Nothing was changed.',
  });
