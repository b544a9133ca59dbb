import type { Callback } from '#lib/native/binding.js';
import type { NativeAccount, NativeProcesses } from '#lib/native/process-binding.js';
import type { NativeOutcome } from '#lib/native/store-binding.js';
import { readSid, writeSid } from '#lib/formats/security-descriptor/sid.js';

export interface ScriptedAccount {
  readonly sid: string;
  readonly domain?: string;
  readonly name: string;
  /** SID_NAME_USE; default a user. */
  readonly use?: number;
}

const ERROR_NONE_MAPPED = 1332;

/** The accounts of a machine, as LookupAccountNameW and LookupAccountSidW know them. */
export class ScriptedAccounts implements Pick<NativeProcesses, 'accountOfName' | 'accountOfSid'> {
  /** None at first. */
  accounts: readonly ScriptedAccount[] = [];
  /** The status for an account that is not there. */
  absence = ERROR_NONE_MAPPED;

  /** The account of this process. */
  userSid(): string {
    return 'S-1-5-21-1-2-3-1000';
  }

  accountOfName(name: string, callback: Callback<NativeOutcome<NativeAccount>>): void {
    const wanted = name.toLowerCase();
    const found = this.accounts.find((one) =>
      [one.name, `${one.domain ?? ''}\\${one.name}`].some((each) => each.toLowerCase() === wanted),
    );
    this.#answer('LookupAccountNameW', found, callback);
  }

  accountOfSid(sid: Uint8Array, callback: Callback<NativeOutcome<NativeAccount>>): void {
    const text = readSid(sid);
    this.#answer(
      'LookupAccountSidW',
      this.accounts.find((one) => one.sid === text),
      callback,
    );
  }

  #answer(
    syscall: string,
    found: ScriptedAccount | undefined,
    callback: Callback<NativeOutcome<NativeAccount>>,
  ): void {
    setImmediate(() => {
      if (found === undefined) {
        callback({ value: null, status: this.absence, syscall });
        return;
      }
      const { sid, domain = '', name, use = 1 } = found;
      callback({ value: { sid: writeSid(sid), domain, name, use } });
    });
  }
}
