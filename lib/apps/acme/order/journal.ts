import { readdir, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';
import type { ChallengePlan } from '../challenge/solver.js';
import { arrayIn, objectOf, textIn } from '../http/json.js';
import type { Identifier } from '../protocol/resources.js';
import type { KeyPlan } from './keys.js';

/** Something that others can see, or could. */
export interface ShownAnswer {
  /** The solver that showed it, by name. */
  readonly solver: string;
  /** What it is about, for people. */
  readonly name: string;
  readonly plan: ChallengePlan;
}

/** The order that is on its way. */
export interface OrderRecord {
  /** URL of the account. */
  readonly account: string;
  readonly names: readonly Identifier[];
  readonly profile: string | null;
  /** Null until the server has accepted it. */
  readonly url: string | null;
  /** Written before the key is made. */
  readonly key: KeyPlan | null;
  /** Whether the request may have been sent. */
  readonly finalized: boolean;
  /** Whether its certificate was refused once. */
  readonly refused: boolean;
}

/** What has to be known after a crash. */
export interface JournalRecord {
  readonly order: OrderRecord | null;
  /** What has to be removed, even if the order fails. */
  readonly shown: readonly ShownAnswer[];
  /** Keys of orders that were given up. */
  readonly keys: readonly KeyPlan[];
}

const VERSION = 1;
const EMPTY: JournalRecord = { order: null, shown: [], keys: [] };

/**
 * The journal of one order. It is one file, and each change replaces it as a whole: it is in the old state or in the
 * new one at every moment. It has no secrets and gets the rights of its folder, so that a task of SYSTEM can go on with
 * the order of a service.
 */
export class OrderJournal {
  readonly #file: string;
  #record: JournalRecord;
  /** Where a file that could not be read was put; null if there was none. */
  readonly damaged: string | null;

  private constructor(file: string, record: JournalRecord, damaged: string | null) {
    this.#file = file;
    this.#record = record;
    this.damaged = damaged;
  }

  /**
   * Reads the journal, and removes what a killed process left half written. A damaged file is put aside.
   *
   * @throws SchannelError ERR_SCHANNEL_ACME_STATE
   */
  static async open(file: string): Promise<OrderJournal> {
    try {
      await removeHalfWritten(file);
      const text = await textOf(file);
      if (text === null) return new OrderJournal(file, EMPTY, null);
      const record = recordIn(text, file);
      if (record !== null) return new OrderJournal(file, record, null);
      const aside = `${file}.damaged`;
      await rename(file, aside);
      return new OrderJournal(file, EMPTY, aside);
    } catch (error) {
      throw unusable(file, 'read', error);
    }
  }

  get record(): JournalRecord {
    return this.#record;
  }

  /** @throws SchannelError ERR_SCHANNEL_ACME_STATE; the record stays as it was */
  async change(change: Partial<JournalRecord>): Promise<void> {
    const next = { ...this.#record, ...change };
    try {
      const isEmpty = next.order === null && next.shown.length === 0 && next.keys.length === 0;
      if (isEmpty) await unlinkIfThere(this.#file);
      else {
        const text = `${JSON.stringify({ version: VERSION, ...next }, null, 2)}\n`;
        await writePrivateFile(this.#file, text, { overwrite: true, readers: 'folder' });
      }
    } catch (error) {
      throw unusable(this.#file, 'written', error);
    }
    this.#record = next;
  }

  /** Changes the order in it. */
  async changeOrder(change: Partial<OrderRecord>): Promise<void> {
    const { order } = this.#record;
    if (order === null) throw new RangeError('there is no order to change');
    await this.change({ order: { ...order, ...change } });
  }
}

/** The temporary files of {@link writePrivateFile}. Only one process uses a journal at a time. */
async function removeHalfWritten(file: string): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  const prefix = `.${path.basename(file)}.`;
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && name.endsWith('.tmp')) await unlinkIfThere(path.join(folder, name));
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function unlinkIfThere(file: string): Promise<void> {
  await unlink(file).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

/** Null for what this version has not written. @throws SchannelError for what a newer version has written */
function recordIn(text: string, file: string): JournalRecord | null {
  let members;
  try {
    members = objectOf(JSON.parse(text));
  } catch {
    return null;
  }
  if (members === null) return null;
  if (typeof members['version'] === 'number' && members['version'] > VERSION) throw newer(file);
  const order = members['order'] === null ? null : orderIn(members['order']);
  const shown = arrayIn(members, 'shown').map(shownIn);
  const keys = arrayIn(members, 'keys').map(planIn);
  if (order === undefined || shown.includes(null) || keys.includes(null)) return null;
  return { order, shown: shown.filter((each) => each !== null), keys: keys.filter((each) => each !== null) };
}

function orderIn(value: unknown): OrderRecord | undefined {
  const members = objectOf(value);
  if (members === null || textIn(members, 'account') === '') return undefined;
  const names = arrayIn(members, 'names').map((each): Identifier | null => {
    const name = objectOf(each) ?? {};
    const type = textIn(name, 'type');
    return type === 'dns' || type === 'ip' ? { type, value: textIn(name, 'value') } : null;
  });
  if (names.length === 0 || names.includes(null)) return undefined;
  return {
    account: textIn(members, 'account'),
    names: names.filter((each) => each !== null),
    profile: textIn(members, 'profile') || null,
    url: textIn(members, 'url') || null,
    key: planIn(members['key']),
    finalized: members['finalized'] === true,
    refused: members['refused'] === true,
  };
}

function shownIn(value: unknown): ShownAnswer | null {
  const members = objectOf(value) ?? {};
  const plan = planIn(members['plan']);
  return plan === null ? null : { solver: textIn(members, 'solver'), name: textIn(members, 'name'), plan };
}

/** It came out of JSON.parse(), so it has nothing but JSON in it. */
const planIn = (value: unknown): ChallengePlan | null => objectOf(value) as ChallengePlan | null;

function unusable(file: string, what: string, cause: unknown): Error {
  if (cause instanceof SchannelError) return cause;
  return new SchannelError('ERR_SCHANNEL_ACME_STATE', `The journal ${file} could not be ${what}`, {
    advice: ADVICE[errorCode(cause)] ?? 'The cause says what the file system reports.',
    cause,
  });
}

const ACCESS = 'Let this account write in the folder.';
const ADVICE: Readonly<Record<string, string | undefined>> = {
  ENOSPC: 'Make space on the disk.',
  ENOENT: 'Create the folder.',
  EACCES: ACCESS,
  EPERM: ACCESS,
  EROFS: ACCESS,
};

const newer = (file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `A newer version of this program has written ${file}`, {
    advice: 'Use that version. The file was left as it is.',
  });
