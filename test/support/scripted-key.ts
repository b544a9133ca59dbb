import { type KeyObject } from 'node:crypto';
import { ScriptedAccounts } from './scripted-accounts.js';
import type { Callback } from '#lib/native/binding.js';
import type {
  NativeDecryptScheme,
  NativeEnd,
  NativeExportRequest,
  NativeGenerateKeyRequest,
  NativeImportKeyRequest,
  NativeKey,
  NativeKeyDialog,
  NativeKeyFacts,
  NativeKeyLocation,
  NativeOutcome,
  NativeSignScheme,
  NativeStores,
} from '#lib/native/store-binding.js';

/** A provider of keys as Windows has them and Wine has not: it answers what a test says, and notes what it is asked. */

/** What a call answers: its value, or a status as a number. */
export type Answer<Value> = Value | number;

export interface KeyScript {
  readonly facts?: Partial<NativeKeyFacts>;
  /** Default none: a provider that does not tell it. */
  readonly publicKey?: KeyObject;
  readonly sign?: (digest: Uint8Array, scheme: NativeSignScheme) => Answer<Uint8Array>;
  readonly decrypt?: (data: Uint8Array, scheme: NativeDecryptScheme) => Answer<Uint8Array>;
  readonly exportPrivate?: (request: NativeExportRequest) => Answer<Uint8Array>;
  readonly security?: () => Answer<Uint8Array>;
  /** Status of the change. */
  readonly setSecurity?: (descriptor: Uint8Array) => number;
  /** Status of the close. */
  readonly close?: number;
}

const NTE_NOT_SUPPORTED = 0x80090029;

/** A key in the software key storage provider, as Windows describes one. */
export const SOFTWARE_KEY: NativeKeyFacts = {
  api: 'cng',
  provider: 'Microsoft Software Key Storage Provider',
  name: 'scripted',
  uniqueName: '0f3c_5a1e',
  providerType: 0,
  keySpec: 0,
  algorithm: 'RSA',
  bits: 2048,
  exportPolicy: 0,
  implementation: 2,
  machine: false,
};

export const SOFTWARE_LOCATION: NativeKeyLocation = {
  container: 'scripted',
  provider: 'Microsoft Software Key Storage Provider',
  providerType: 0,
  flags: 0,
  keySpec: 0,
};

export class ScriptedKey implements NativeKey {
  readonly facts: NativeKeyFacts;
  readonly publicKey: Uint8Array | null;
  closed = 0;
  readonly #script: KeyScript;

  constructor(script: KeyScript = {}) {
    this.#script = script;
    this.facts = { ...SOFTWARE_KEY, ...script.facts };
    this.publicKey = script.publicKey?.export({ type: 'spki', format: 'der' }) ?? null;
  }

  sign(digest: Uint8Array, scheme: NativeSignScheme, callback: Callback<NativeOutcome<Uint8Array>>): void {
    answer(callback, 'NCryptSignHash', this.#script.sign?.(digest, scheme));
  }

  decrypt(
    data: Uint8Array,
    scheme: NativeDecryptScheme,
    callback: Callback<NativeOutcome<Uint8Array>>,
  ): void {
    answer(callback, 'NCryptDecrypt', this.#script.decrypt?.(data, scheme));
  }

  exportPrivate(request: NativeExportRequest, callback: Callback<NativeOutcome<Uint8Array>>): void {
    answer(callback, 'NCryptExportKey', this.#script.exportPrivate?.(request));
  }

  security(_parts: number, callback: Callback<NativeOutcome<Uint8Array>>): void {
    answer(callback, 'NCryptGetProperty', this.#script.security?.());
  }

  setSecurity(_parts: number, descriptor: Uint8Array, callback: Callback<NativeEnd>): void {
    const status = this.#script.setSecurity?.(descriptor) ?? NTE_NOT_SUPPORTED;
    setImmediate(() => callback({ status, syscall: 'NCryptSetProperty' }));
  }

  close(callback?: Callback<NativeEnd>): void {
    this.closed += 1;
    const status = this.#script.close ?? 0;
    if (callback !== undefined) setImmediate(() => callback({ status, syscall: 'NCryptFreeObject' }));
  }
}

/** What a {@link ScriptedProvider} was asked, in order. */
export type KeyCall =
  | { readonly call: 'import'; readonly request: NativeImportKeyRequest; readonly blob: Buffer }
  | { readonly call: 'generate'; readonly request: NativeGenerateKeyRequest }
  | { readonly call: 'open'; readonly location: NativeKeyLocation; readonly dialog: NativeKeyDialog }
  | { readonly call: 'delete'; readonly location: NativeKeyLocation };

type KeyFunctions = Pick<NativeStores, 'importKey' | 'generateKey' | 'openKey' | 'deleteKey'>;

/** The functions of the add-on that are about keys. */
export class ScriptedProvider extends ScriptedAccounts implements KeyFunctions {
  readonly calls: KeyCall[] = [];
  readonly #answer: (call: KeyCall) => Answer<NativeKey>;
  readonly #deletion: number;

  /** @param answers the key, or the status, for each call but a deletion */
  constructor(answers: (call: KeyCall) => Answer<NativeKey>, deletion = 0) {
    super();
    this.#answer = answers;
    this.#deletion = deletion;
  }

  importKey(request: NativeImportKeyRequest, callback: Callback<NativeOutcome<NativeKey>>): void {
    // As the add-on does: the caller wipes its own.
    this.#do({ call: 'import', request, blob: Buffer.from(request.blob) }, 'NCryptImportKey', callback);
  }

  generateKey(request: NativeGenerateKeyRequest, callback: Callback<NativeOutcome<NativeKey>>): void {
    this.#do({ call: 'generate', request }, 'NCryptFinalizeKey', callback);
  }

  openKey(
    location: NativeKeyLocation,
    dialog: NativeKeyDialog,
    callback: Callback<NativeOutcome<NativeKey>>,
  ): void {
    this.#do({ call: 'open', location, dialog }, 'NCryptOpenKey', callback);
  }

  deleteKey(location: NativeKeyLocation, callback: Callback<NativeEnd>): void {
    this.calls.push({ call: 'delete', location });
    setImmediate(() => callback({ status: this.#deletion, syscall: 'NCryptDeleteKey' }));
  }

  #do(call: KeyCall, syscall: string, callback: Callback<NativeOutcome<NativeKey>>): void {
    this.calls.push(call);
    answer(callback, syscall, this.#answer(call));
  }
}

function answer<Value>(
  callback: Callback<NativeOutcome<Value>>,
  syscall: string,
  value: Answer<Value> | undefined,
): void {
  const given = value ?? NTE_NOT_SUPPORTED;
  if (typeof given === 'number') setImmediate(() => callback({ value: null, status: given, syscall }));
  else setImmediate(() => callback({ value: given }));
}
