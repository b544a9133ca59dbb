import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CancelTimer, Clock } from '../../../base/async/clock.js';
import { deferred } from '../../../base/async/deferred.js';
import { SerialQueue } from '../../../base/async/serial-queue.js';
import { errorCode } from '../../../base/errors/error-code.js';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { type LockSystem, withLock } from '../../../base/files/lock.js';
import { writePrivateFile } from '../../../windows/import-export/write-file.js';
import type { DnsHandle, DnsProvider } from '../dns/provider.js';
import { type JsonObject, objectOf, textIn } from '../http/json.js';
import { openPrivateFolder } from '../challenge/private-folder.js';
import { Refusal } from './refusal.js';

/** A value that a client had added. */
export interface ChallengeRecord {
  readonly client: string;
  /** The name of the record. */
  readonly name: string;
  readonly value: string;
  /** Whether a third value makes the first one go, as with acme-dns. */
  readonly rolling: boolean;
}

/** As the journal has it. */
interface Entry extends ChallengeRecord {
  /** When it was added, in milliseconds since 1970. */
  readonly since: number;
  /** Null while it is added, and if nobody knows whether it was. */
  handle: DnsHandle | null;
  /** When it is removed, in milliseconds since 1970. */
  due: number;
  failures: number;
}

/** A value is for one order, which takes some minutes. */
const LIFETIME_MS = 3_600_000;
/** After a failure, it is tried again after a minute, then two, up to an hour. */
const RETRY_MS = 60_000;
/** Clocks are corrected in small steps. */
const CLOCK_SLACK_MS = 60_000;
/** Seconds that others may remember a value: the authority asks the server of the zone itself. */
const TTL = 60;
/** Of an address: it stays longer. */
const ADDRESS_TTL = 300;

/** A client with so many values has an error, or is not what it says. */
const MOST_OF_CLIENT = 200;
/** An authority does not read an answer that is too long. */
const MOST_OF_NAME = 10;
/** acme-dns keeps two: for a name and for its wildcard. */
const MOST_ROLLING = 2;

export interface RecordsOptions {
  readonly system: LockSystem;
  /** Called after a value was removed without being asked, or could not be. */
  readonly onExpired: (record: ChallengeRecord, error: unknown) => void;
}

/**
 * The values that clients have added. They are in a journal before anything changes, and each is removed after an hour:
 * after a restart, too. Only one process can have the journal.
 */
export class ChallengeRecords {
  readonly #provider: DnsProvider;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #onExpired: RecordsOptions['onExpired'];
  readonly #release: () => Promise<void>;
  readonly #entries = new Set<Entry>();
  readonly #turns = new Map<string, { readonly queue: SerialQueue; users: number }>();
  readonly #writes = new SerialQueue();
  #cancel: CancelTimer | null = null;
  #isClosed = false;

  private constructor(
    provider: DnsProvider,
    folder: string,
    { system, onExpired }: RecordsOptions,
    release: () => Promise<void>,
  ) {
    this.#provider = provider;
    this.#file = journalIn(folder);
    this.#clock = system.clock;
    this.#onExpired = onExpired;
    this.#release = release;
  }

  /** @throws SchannelError ERR_SCHANNEL_ACME_STATE */
  static async open(
    provider: DnsProvider,
    folder: string,
    options: RecordsOptions,
  ): Promise<ChallengeRecords> {
    await openPrivateFolder(folder);
    const release = await lock(folder, options.system);
    const records = new ChallengeRecords(provider, folder, options, release);
    try {
      await records.#load();
      // What cannot be written later is said now.
      await records.#save();
    } catch (error) {
      await release();
      throw error;
    }
    records.#schedule();
    return records;
  }

  /** Adds a value. One that is there stays as it is. @throws Refusal, SchannelError ERR_SCHANNEL_DNS_… */
  present(record: ChallengeRecord): Promise<void> {
    return this.#turn(record.name, async () => {
      const known = this.#find(record);
      // One without a handle was perhaps never added.
      if (known !== undefined && known.handle !== null) return;
      await this.#add(known ?? this.#newEntry(record));
      await this.#dropOldest(record);
    });
  }

  #newEntry(record: ChallengeRecord): Entry {
    this.#checkCounts(record);
    const since = this.#clock.now();
    const entry: Entry = { ...record, since, handle: null, due: since + LIFETIME_MS, failures: 0 };
    this.#entries.add(entry);
    return entry;
  }

  async #add(entry: Entry): Promise<void> {
    const { name, value } = entry;
    try {
      await this.#save();
    } catch (error) {
      this.#entries.delete(entry);
      throw new Refusal(503, `the journal could not be written (${errorCode(error)})`);
    }
    try {
      entry.handle = await this.#provider.add({ name, value, ttl: TTL });
      // A first attempt may have failed.
      entry.due = entry.since + LIFETIME_MS;
      // The journal has the name and the value already, which is enough.
      await this.#save().catch(() => undefined);
    } catch (error) {
      // Whether it was added is known only to a server that answered.
      if (/^ERR_SCHANNEL_DNS_(REFUSED|ZONE)$/.test(errorCode(error))) await this.#forget(entry);
      else entry.due = this.#clock.now() + RETRY_MS;
      throw error;
    } finally {
      this.#schedule();
    }
  }

  /** Removes a value that this client has added. One that is not there counts as removed. */
  cleanup(record: ChallengeRecord): Promise<void> {
    return this.#turn(record.name, async () => {
      const entry = this.#find(record);
      if (entry?.client === record.client) await this.#remove(entry);
    });
  }

  /** @throws Refusal if the provider cannot */
  setAddress(name: string, address: string | null): Promise<void> {
    return this.#turn(name, async () => {
      if (this.#provider.setAddress === undefined) throw new Refusal(501, 'this server sets no addresses');
      await this.#provider.setAddress({ name, address, ttl: ADDRESS_TTL });
    });
  }

  /** Ends. What clients have added stays in the journal, and is removed after the next start. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel?.();
    await this.settled();
    await this.#release();
  }

  /** Waits for the changes that have begun. */
  async settled(): Promise<void> {
    const nothing = (): Promise<void> => Promise.resolve();
    await Promise.all([...this.#turns.values()].map(({ queue }) => queue.run(nothing)));
    await this.#writes.run(nothing);
  }

  #find({ name, value }: ChallengeRecord): Entry | undefined {
    return [...this.#entries].find((entry) => entry.name === name && entry.value === value);
  }

  #checkCounts({ client, name }: ChallengeRecord): void {
    const all = [...this.#entries];
    const ofName = all.filter((entry) => entry.name === name && !entry.rolling);
    const ofClient = all.filter((entry) => entry.client === client);
    for (const [entries, most] of [
      [ofName, MOST_OF_NAME],
      [ofClient, MOST_OF_CLIENT],
    ] as const) {
      if (entries.length < most) continue;
      const next = Math.min(...entries.map(({ due }) => due));
      throw new Refusal(429, 'too many values', Math.max(next - this.#clock.now(), 0));
    }
  }

  /** Beyond the last two of this client and name. */
  async #dropOldest({ client, name, rolling }: ChallengeRecord): Promise<void> {
    if (!rolling) return;
    const own = [...this.#entries].filter(
      (each) => each.rolling && each.client === client && each.name === name,
    );
    for (const entry of own.slice(0, -MOST_ROLLING)) {
      // The new value is there, which is what was asked for.
      await this.#remove(entry).catch((error: unknown) => this.#failed(entry, error));
    }
  }

  async #remove(entry: Entry): Promise<void> {
    if (!this.#entries.has(entry)) return;
    if (entry.handle === null) await this.#provider.removeValue(entry);
    else await this.#provider.remove(entry.handle);
    await this.#forget(entry);
  }

  async #forget(entry: Entry): Promise<void> {
    this.#entries.delete(entry);
    // If the disk is full, the next process finds that there is nothing to remove.
    await this.#save().catch(() => undefined);
    this.#schedule();
  }

  /** One change of a name after the other. */
  #turn<Value>(name: string, task: () => Promise<Value>): Promise<Value> {
    if (this.#isClosed) return Promise.reject(new Refusal(503, 'the server is stopping'));
    const turn = this.#turns.get(name) ?? { queue: new SerialQueue(), users: 0 };
    this.#turns.set(name, turn);
    turn.users += 1;
    return turn.queue.run(task).finally(() => {
      turn.users -= 1;
      if (turn.users === 0) this.#turns.delete(name);
    });
  }

  #schedule(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isClosed || this.#entries.size === 0) return;
    const next = Math.min(...[...this.#entries].map(({ due }) => due));
    // Not longer, even if the clock was set back.
    const wait = Math.min(Math.max(next - this.#clock.now(), 0), LIFETIME_MS);
    this.#cancel = this.#clock.after(wait, () => this.#expire());
  }

  #expire(): void {
    const now = this.#clock.now();
    // A clock that is behind the beginning was set back: nobody knows how long the value has been there.
    const isDue = ({ due, since }: Entry): boolean => due <= now || since > now + CLOCK_SLACK_MS;
    for (const entry of [...this.#entries].filter(isDue)) {
      entry.due = now + Math.min(RETRY_MS * 2 ** entry.failures, LIFETIME_MS);
      this.#turn(entry.name, async () => {
        const wasThere = this.#entries.has(entry);
        await this.#remove(entry);
        if (wasThere) this.#onExpired(entry, null);
      }).catch((error: unknown) => this.#failed(entry, error));
    }
    this.#schedule();
  }

  #failed(entry: Entry, error: unknown): void {
    if (this.#isClosed) return;
    entry.failures += 1;
    this.#onExpired(entry, error);
  }

  #save(): Promise<void> {
    return this.#writes.run(() => {
      const records = [...this.#entries].map(({ client, name, value, rolling, since, handle }) => ({
        client,
        name,
        value,
        rolling,
        since,
        handle,
      }));
      return writePrivateFile(this.#file, `${JSON.stringify({ version: 1, records }, null, 1)}\n`, {
        overwrite: true,
      });
    });
  }

  async #load(): Promise<void> {
    let text;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      throw error;
    }
    const now = this.#clock.now();
    for (const record of recordsIn(text) ?? fail(damaged(this.#file))) {
      // A clock that was set back must not give it another year.
      const due = Math.min(record.since, now) + LIFETIME_MS;
      this.#entries.add({ ...record, due, failures: 0 });
    }
  }
}

const journalIn = (folder: string): string => path.join(folder, 'records.json');

function fail(error: Error): never {
  throw error;
}

/** Null if it is no journal of this version. */
function recordsIn(text: string): Omit<Entry, 'due' | 'failures'>[] | null {
  let document: JsonObject | null;
  try {
    document = objectOf(JSON.parse(text));
  } catch {
    return null;
  }
  const records = document?.['version'] === 1 ? document['records'] : null;
  if (!Array.isArray(records)) return null;
  const read = records.map((each) => recordIn(objectOf(each) ?? {}));
  return read.every((each) => each !== null) ? read : null;
}

function recordIn(value: JsonObject): Omit<Entry, 'due' | 'failures'> | null {
  const [client, name, content] = [textIn(value, 'client'), textIn(value, 'name'), textIn(value, 'value')];
  const { rolling, since, handle } = value;
  if (client === '' || name === '' || content === '') return null;
  if (typeof rolling !== 'boolean' || typeof since !== 'number') return null;
  const members = objectOf(handle);
  if (members === null && handle !== null) return null;
  const isHandle = (all: JsonObject): all is DnsHandle =>
    Object.values(all).every((each) => typeof each === 'string' || typeof each === 'number');
  if (members !== null && !isHandle(members)) return null;
  return { client, name, value: content, rolling, since, handle: members };
}

/** Takes the lock of the folder until it is released. */
async function lock(folder: string, system: LockSystem): Promise<() => Promise<void>> {
  const taken = deferred();
  const released = deferred();
  const held = withLock(
    folder,
    () => {
      taken.resolve();
      return released.promise;
    },
    { locked: inUse, system },
  );
  await Promise.race([taken.promise, held]);
  return async () => {
    released.resolve();
    await held;
  };
}

const inUse = (who: string, file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `The records of the challenge server are in use by ${who}`, {
    advice: `Stop the other server. If it is gone for certain, or its number belongs to another program by now, delete ${file}.`,
  });

const damaged = (file: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_STATE', `${file} is damaged, or of a later version of this program`, {
    advice: 'Look into it for TXT records that are left over, remove them, and delete the file.',
  });
