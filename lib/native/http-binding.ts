/**
 * The part of the native add-on for http.sys: the records by which it chooses certificates. The same rules apply as in
 * binding.ts: numbers as in Windows, and no policy.
 */
import type { Callback } from './binding.js';
import type { NativeEnd, NativeOutcome } from './store-binding.js';

export interface NativeSslRecordKey {
  /** HTTP_SERVICE_CONFIG_ID: 1 an address, 5 a host name, 6 a central store, 11 a host name in a central store. */
  readonly kind: number;
  /** SOCKADDR_IN or SOCKADDR_IN6. */
  readonly address: Uint8Array;
  /** Of the kinds 5 and 11; empty otherwise. */
  readonly host: string;
}

/** HTTP_SERVICE_CONFIG_SSL_PARAM. */
export interface NativeSslRecord extends NativeSslRecordKey {
  /** SHA-1 of the certificate; empty for central stores. */
  readonly hash: Uint8Array;
  /** The 16 bytes of a GUID. */
  readonly appId: Uint8Array;
  readonly store: string | null;
  readonly checkMode: number;
  /** Seconds. */
  readonly freshnessTime: number;
  /** Milliseconds. */
  readonly retrievalTimeout: number;
  readonly ctlIdentifier: string | null;
  readonly ctlStore: string | null;
  readonly flags: number;
}

export interface NativeHttp {
  /** HttpQueryServiceConfiguration for each record of a kind. */
  sslRecords(kind: number, callback: Callback<NativeOutcome<readonly NativeSslRecord[]>>): void;
  /** The record of a key; null if there is none. */
  sslRecordOf(key: NativeSslRecordKey, callback: Callback<NativeOutcome<NativeSslRecord | null>>): void;
  /** HTTP_SSL_SERVICE_CONFIG_EX_PARAM_TYPE of the extended parameters that a record has. */
  extendedSslParameters(key: NativeSslRecordKey, callback: Callback<NativeOutcome<readonly number[]>>): void;
  /** HttpSetServiceConfiguration. Wine 10 returns success and does nothing. */
  setSslRecord(record: NativeSslRecord, callback: Callback<NativeEnd>): void;
  /** HttpUpdateServiceConfiguration; ERROR_PROC_NOT_FOUND (127) before Windows 10 1703. */
  updateSslRecord(record: NativeSslRecord, callback: Callback<NativeEnd>): void;
  /** HttpDeleteServiceConfiguration. Wine 10 returns success and does nothing. */
  removeSslRecord(key: NativeSslRecordKey, callback: Callback<NativeEnd>): void;
}
