/**
 * The part of the native add-on for the registry and the configuration of CNG. The same rules apply as in binding.ts:
 * numbers as in Windows, and no policy.
 */
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

export interface NativeRegistryValue {
  /** '' for the default value of the key. */
  readonly name: string;
  /** REG_*: 1 SZ, 2 EXPAND_SZ, 3 BINARY, 4 DWORD, 7 MULTI_SZ. */
  readonly type: number;
  /** As they are in the registry: texts in UTF-16, numbers with the lowest byte first. */
  readonly data: Uint8Array;
}

export interface NativeRegistryKey {
  /** Relative to the key that was asked for; '' for that key. */
  readonly path: string;
  /** When it was last written, in milliseconds since 1970. */
  readonly written: number;
  readonly values: readonly NativeRegistryValue[];
}

/**
 * The functions; part of {@link Native}. Keys are below HKEY_LOCAL_MACHINE, in the 64-bit view:
 * 'SYSTEM\\CurrentControlSet\\Control\\Lsa'. Paths of the user's begin with 'HKEY_CURRENT_USER\\'.
 */
export interface NativeRegistry {
  /** A key and, down to `depth`, those below it. Empty if there is no such key. */
  readRegistry(
    path: string,
    depth: number,
    callback: Callback<NativeOutcome<readonly NativeRegistryKey[]>>,
  ): void;
  /** ERROR_ACCESS_DENIED (5) if values of this key could not be set, or the key not made. Changes nothing. */
  checkRegistryRights(path: string, callback: Callback<NativeEnd>): void;
  /** RegSetValueExW, then RegFlushKey. Makes the key, and those above it, if they are not there. */
  setRegistryValue(path: string, value: NativeRegistryValue, callback: Callback<NativeEnd>): void;
  /** RegDeleteValueW. The value may be gone already. */
  removeRegistryValue(path: string, name: string, callback: Callback<NativeEnd>): void;
  /** RegDeleteKeyExW, for a key without keys and values: ERROR_DIR_NOT_EMPTY (145) otherwise. */
  removeRegistryKey(path: string, callback: Callback<NativeEnd>): void;
  /**
   * BCryptEnumContextFunctions for the context 'SSL', first things first. STATUS_NOT_IMPLEMENTED (0xC0000002) from Wine
   * 10.
   * @param table CRYPT_LOCAL 1, CRYPT_DOMAIN 2
   * @param interfaceId NCRYPT_SCHANNEL_INTERFACE 0x10002 for cipher suites, 0x10003 for signature algorithms
   */
  contextFunctions(
    table: number,
    interfaceId: number,
    callback: Callback<NativeOutcome<readonly string[]>>,
  ): void;
  /**
   * BCryptAddContextFunction. Wine 10 reports success and changes nothing.
   * @param position counted from the top; CRYPT_PRIORITY_BOTTOM 0xFFFFFFFF
   */
  addContextFunction(
    table: number,
    interfaceId: number,
    name: string,
    position: number,
    callback: Callback<NativeEnd>,
  ): void;
  /** BCryptRemoveContextFunction. */
  removeContextFunction(
    table: number,
    interfaceId: number,
    name: string,
    callback: Callback<NativeEnd>,
  ): void;
  /** BCryptGetFipsAlgorithmMode. @throws NativeFailure */
  isFipsMode(): boolean;
}
