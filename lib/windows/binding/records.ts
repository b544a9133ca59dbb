import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Native } from '../../native/binding.js';
import type { NativeSslRecord } from '../../native/http-binding.js';
import { callNative, callNativeVoid, type NativeOperation } from '../../native/promises.js';
import { extendedNames, type ExtendedParameter } from './extended.js';
import {
  bindingKeyOf,
  type BindingKey,
  formatBindingKey,
  isSameBinding,
  KIND_NUMBERS,
  KINDS,
  nativeKeyOf,
} from './key.js';

/** What bindings need of Windows; a script in tests. */
export type BindingAddon = Pick<
  Native,
  | 'sslRecords'
  | 'sslRecordOf'
  | 'extendedSslParameters'
  | 'setSslRecord'
  | 'updateSslRecord'
  | 'removeSslRecord'
>;

/** ERROR_INVALID_PARAMETER and ERROR_NOT_SUPPORTED: this Windows does not know this kind of record. */
const UNKNOWN_KIND: ReadonlySet<number | undefined> = new Set([87, 50]);

/** ERROR_PROC_NOT_FOUND and ERROR_NOT_SUPPORTED: Windows can only remove such a record and set it again. */
const NO_UPDATE: ReadonlySet<number | undefined> = new Set([127, 50]);

/**
 * ERROR_NO_SUCH_LOGON_SESSION: http.sys can't use the private key. Right after an import it may be said once too often
 * (win-acme, discussion 260).
 */
const KEY_UNUSABLE = 1312;

/**
 * The records of http.sys. Each change is read back, since Wine 10 says that it has changed something, and does
 * nothing. All methods throw SchannelError ERR_SCHANNEL_BINDING_….
 */
export class BindingRecords {
  readonly #addon: BindingAddon;

  constructor(addon: BindingAddon) {
    this.#addon = addon;
  }

  /** In the order of the kinds, each in Windows' order. */
  async list(): Promise<NativeSslRecord[]> {
    const records: NativeSslRecord[] = [];
    for (const kind of KINDS) {
      try {
        const operation: NativeOperation = { phase: 'binding', text: 'The bindings could not be listed' };
        records.push(
          ...(await callNative<readonly NativeSslRecord[]>(operation, (callback) => {
            this.#addon.sslRecords(KIND_NUMBERS[kind], callback);
          })),
        );
      } catch (error) {
        // Every Windows has the first kind, Windows 8 two more, and newer builds the last.
        if (kind === 'address' || !UNKNOWN_KIND.has(statusOf(error))) throw error;
      }
    }
    return records;
  }

  /**
   * Null if there is none. Other programs may have written the name in capitals or as a person reads it, so the record
   * may have another key.
   */
  async find(key: BindingKey): Promise<NativeSslRecord | null> {
    const found = await this.#read(key);
    if (found !== null || key.host === null) return found;
    return (await this.list()).find((record) => isSameBinding(bindingKeyOf(record), key)) ?? null;
  }

  /** Which extended parameters a record has; empty where Windows knows none. */
  async extended(key: BindingKey): Promise<ExtendedParameter[]> {
    return extendedNames(await this.#extended(key));
  }

  /**
   * Makes a record, or changes that of the same key. If it fails, the old one is as it was.
   * @param before what {@link find} has found
   */
  async write(before: NativeSslRecord | null, after: NativeSslRecord): Promise<void> {
    const key = bindingKeyOf(after);
    // The certificate was examined since, and a person may have been asked.
    if (!areSame(await this.#read(key), before)) throw changedMeanwhile(key, before);
    const extended = before === null ? [] : await this.#extended(key);
    if (before === null) await this.#set(key, after);
    else await this.#replace(key, before, after, extended);
    try {
      await this.#verify(key, before, after, extended);
    } catch (error) {
      await this.#undo(key, before, after, error);
      throw error;
    }
  }

  async #verify(
    key: BindingKey,
    before: NativeSslRecord | null,
    after: NativeSslRecord,
    extended: readonly number[],
  ): Promise<void> {
    if (!areSame(await this.#read(key), after)) throw unverified(key, 'does not have what was written');
    if (before !== null && String(await this.#extended(key)) !== String(extended)) {
      throw unverified(key, 'has lost extended parameters');
    }
  }

  /** @throws SchannelError ERR_SCHANNEL_BINDING_LEFTOVERS */
  async #undo(
    key: BindingKey,
    before: NativeSslRecord | null,
    after: NativeSslRecord,
    cause: unknown,
  ): Promise<void> {
    try {
      if (before !== null) {
        await this.restore(before, after);
      } else if (isOf(await this.#read(key), after)) {
        await this.remove(key);
      }
    } catch {
      throw leftover(key, 'is not as it was before, and it could not be undone', cause);
    }
  }

  /**
   * Makes a record what it was before, if it is not.
   * @param after what was written, or begun to be written. What another program has written stays
   * @throws SchannelError if it is not as it was before
   */
  async restore(before: NativeSslRecord, after: NativeSslRecord): Promise<void> {
    const key = bindingKeyOf(before);
    const found = await this.#read(key);
    if (areSame(found, before)) return;
    if (found === null) {
      await this.#set(key, before);
    } else if (isOf(found, before) || isOf(found, after)) {
      await this.#replace(key, found, before, await this.#extended(key));
    } else {
      throw changedMeanwhile(key, found);
    }
    if (!areSame(await this.#read(key), before)) throw unverified(key, 'does not have what was written');
  }

  async remove(key: BindingKey): Promise<void> {
    await this.#remove(key);
    if ((await this.#read(key)) !== null) throw unverified(key, 'is still there');
  }

  /** The record of exactly this key. */
  #read(key: BindingKey): Promise<NativeSslRecord | null> {
    return callNative(failing(key, 'could not be read'), (callback) => {
      this.#addon.sslRecordOf(nativeKeyOf(key), callback);
    });
  }

  async #replace(
    key: BindingKey,
    before: NativeSslRecord,
    after: NativeSslRecord,
    extended: readonly number[],
  ): Promise<void> {
    try {
      await this.#twice(() => this.#update(key, after));
      return;
    } catch (error) {
      if (!NO_UPDATE.has(statusOf(error))) throw error;
    }
    if (extended.length > 0) {
      throw new SchannelError(
        'ERR_SCHANNEL_BINDING_FAILURE',
        `The binding ${formatBindingKey(key)} has extended parameters, which this Windows would forget`,
        { phase: 'binding', advice: 'Change it with the program that has made it.' },
      );
    }
    await this.#remove(key);
    try {
      await this.#set(key, after);
    } catch (error) {
      try {
        await this.#set(key, before);
      } catch {
        throw leftover(key, 'was removed, and neither the new record nor the old one could be set', error);
      }
      throw error;
    }
  }

  #set(key: BindingKey, record: NativeSslRecord): Promise<void> {
    return this.#twice(() =>
      callNativeVoid(failing(key, 'could not be set'), (callback) => {
        this.#addon.setSslRecord(record, callback);
      }),
    );
  }

  #update(key: BindingKey, record: NativeSslRecord): Promise<void> {
    return callNativeVoid(failing(key, 'could not be changed'), (callback) => {
      this.#addon.updateSslRecord(record, callback);
    });
  }

  #remove(key: BindingKey): Promise<void> {
    return callNativeVoid(failing(key, 'could not be removed'), (callback) => {
      this.#addon.removeSslRecord(nativeKeyOf(key), callback);
    });
  }

  #extended(key: BindingKey): Promise<readonly number[]> {
    return callNative(failing(key, 'could not be read'), (callback) => {
      this.#addon.extendedSslParameters(nativeKeyOf(key), callback);
    });
  }

  async #twice(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (statusOf(error) !== KEY_UNUSABLE) throw error;
      await work();
    }
  }
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof SchannelError ? error.status : undefined;

const failing = (key: BindingKey, text: string): NativeOperation => ({
  phase: 'binding',
  text: `The binding ${formatBindingKey(key)} ${text}`,
});

const unverified = (key: BindingKey, text: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_BINDING_UNVERIFIED',
    `Windows reported success, but the binding ${formatBindingKey(key)} ${text}`,
    {
      phase: 'binding',
      advice: 'Look at it with "schannel binding show". Another program may change it at the same time.',
    },
  );

export const noBinding = (key: BindingKey): SchannelError =>
  new SchannelError('ERR_SCHANNEL_BINDING_NOT_FOUND', `There is no binding ${formatBindingKey(key)}`, {
    phase: 'binding',
    advice: 'List the bindings: schannel binding ls.',
  });

const leftover = (key: BindingKey, text: string, cause: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_BINDING_LEFTOVERS', `The binding ${formatBindingKey(key)} ${text}`, {
    phase: 'binding',
    cause,
    advice: 'Set it again: schannel binding set.',
  });

const changedMeanwhile = (key: BindingKey, before: NativeSslRecord | null): SchannelError =>
  before === null
    ? new SchannelError(
        'ERR_SCHANNEL_BINDING_EXISTS',
        `Another program has made the binding ${formatBindingKey(key)} meanwhile`,
        { phase: 'binding', advice: 'Look at it with "schannel binding show", and try again.' },
      )
    : new SchannelError(
        'ERR_SCHANNEL_BINDING_CHANGED',
        `Another program has changed the binding ${formatBindingKey(key)} meanwhile`,
        { phase: 'binding', advice: 'Look at it with "schannel binding show", and try again.' },
      );

const areSame = (one: NativeSslRecord | null, other: NativeSslRecord | null): boolean =>
  one === null || other === null ? one === other : sameRecords(one, other);

/** Whether a record has the certificate of another one. */
const isOf = (found: NativeSslRecord | null, record: NativeSslRecord): boolean =>
  found !== null && Buffer.from(found.hash).equals(Buffer.from(record.hash));

/** Whether http.sys has what it was given. It may give MY a name, or none. */
const sameRecords = (found: NativeSslRecord, wanted: NativeSslRecord): boolean =>
  comparable(found) === comparable(wanted);

const comparable = (record: NativeSslRecord): string =>
  JSON.stringify([
    Buffer.from(record.hash).toString('hex'),
    Buffer.from(record.appId).toString('hex'),
    record.hash.length === 0 ? '' : (record.store ?? 'MY').toUpperCase(),
    record.checkMode,
    record.freshnessTime,
    record.retrievalTimeout,
    record.ctlIdentifier ?? '',
    record.ctlStore ?? '',
    record.flags,
  ]);
