import { createHash } from 'node:crypto';
import type { Callback } from '#lib/native/binding.js';
import type {
  NativeCertificate,
  NativeEnd,
  NativeKey,
  NativeKeyLocation,
  NativeOutcome,
  NativeStore,
  NativeStoreRequest,
  NativeWatch,
} from '#lib/native/store-binding.js';
import { ScriptedAccounts } from './scripted-accounts.js';
import type { StoreSystem } from '#lib/windows/store/store-access.js';

const FILE_NOT_FOUND = 2;
const ACCESS_DENIED = 5;
const CANCELLED = 1223;
const NOT_FOUND = 0x80092004;
const EXISTS = 0x80092005;

const MEMORY = 2;
const ENUM_ARCHIVED = 0x200;
const MAXIMUM_ALLOWED = 0x1000;
const OPEN_EXISTING = 0x4000;
const READONLY = 0x8000;
const ARCHIVED = 19;

/** A certificate in a scripted store. */
export interface Held {
  readonly encoded: Uint8Array;
  readonly properties: Map<number, Uint8Array>;
  location: NativeKeyLocation | null;
}

/**
 * The stores of a Windows in memory, with what Wine lacks: archived certificates, and changes of properties that are
 * kept at once. It counts what is open, and notes each call.
 */
export class ScriptedSystem extends ScriptedAccounts implements StoreSystem {
  /** By location (the number in the flags) and name in lower case: '1\\my'. */
  readonly stores = new Map<string, Held[]>();
  /** Revocation lists by the same keys, DER. */
  readonly lists = new Map<string, readonly Uint8Array[]>();
  readonly calls: string[] = [];
  /** How many objects nobody has closed. */
  open = 0;
  desktop = true;
  /** Whether stores may be written, by what stands in {@link stores}. */
  mayWrite: (store: string) => boolean = () => true;
  /** Public keys (SubjectPublicKeyInfo) of the keys there are, by container. */
  readonly keys = new Map<string, Uint8Array>();
  /** Who may use a key, by container: security descriptors. */
  readonly security = new Map<string, Uint8Array>();
  readonly platform = { build: 26100, wine: null };
  /** Changes that others make while a store is watched: one each time that somebody waits for a change. */
  coming: (() => void)[] = [];

  hasDesktop(): boolean {
    return this.desktop;
  }

  openStore(request: NativeStoreRequest, callback: Callback<NativeOutcome<NativeStore>>): void {
    const { flags, provider } = request;
    const path = `${flags >>> 16}\\${request.name.toLowerCase()}`;
    this.calls.push(`open ${provider === MEMORY ? 'memory' : path} ${(flags & 0xffff).toString(16)}`);
    if (provider !== MEMORY && !this.stores.has(path)) {
      if ((flags & OPEN_EXISTING) !== 0) {
        answer(callback, { value: null, status: FILE_NOT_FOUND, syscall: 'CertOpenStore' });
        return;
      }
      this.stores.set(path, []);
    }
    if ((flags & (READONLY | MAXIMUM_ALLOWED)) === 0 && provider !== MEMORY && !this.mayWrite(path)) {
      answer(callback, { value: null, status: ACCESS_DENIED, syscall: 'CertOpenStore' });
      return;
    }
    const held = provider === MEMORY ? [] : (this.stores.get(path) ?? []);
    answer(callback, { value: this.#store(path, held, flags) });
  }

  createCertificate(encoded: Uint8Array): NativeCertificate {
    this.calls.push('create');
    return this.#certificate({ encoded, properties: new Map(), location: null });
  }

  openKey(
    { container }: NativeKeyLocation,
    _dialog: unknown,
    callback: Callback<NativeOutcome<NativeKey>>,
  ): void {
    this.#give(container, 'NCryptOpenKey', callback);
  }

  acquireKey(
    certificate: NativeCertificate,
    _flags: number,
    _dialog: unknown,
    callback: Callback<NativeOutcome<NativeKey>>,
  ): void {
    this.#give(certificate.keyLocation()?.container ?? '', 'CryptAcquireCertificatePrivateKey', callback);
  }

  #give(container: string, syscall: string, callback: Callback<NativeOutcome<NativeKey>>): void {
    const publicKey = this.keys.get(container);
    if (publicKey === undefined) {
      answer(callback, { value: null, status: 0x80090016, syscall });
      return;
    }
    this.open += 1;
    answer(callback, { value: this.#key(container, publicKey) });
  }

  deleteKey({ container }: NativeKeyLocation, callback: Callback<NativeEnd>): void {
    this.calls.push(`delete key ${container}`);
    this.keys.delete(container);
    answer(callback, DONE);
  }

  #store(path: string, held: Held[], flags: number): NativeStore {
    this.open += 1;
    const refusal = (): number => ((flags & READONLY) !== 0 || !this.mayWrite(path) ? ACCESS_DENIED : 0);
    const close = once(() => (this.open -= 1));
    return {
      certificates: (callback) => {
        const listed = held.filter(
          ({ properties }) => (flags & ENUM_ARCHIVED) !== 0 || !properties.has(ARCHIVED),
        );
        answer(callback, { value: listed.map((each) => this.#certificate(each, refusal)) });
      },
      add: (certificate, disposition, callback) => {
        this.calls.push(`add ${path} ${disposition}`);
        const at = held.findIndex(({ encoded }) => Buffer.compare(encoded, certificate.encoded) === 0);
        const status = refusal() || (disposition === 1 && at >= 0 ? EXISTS : 0);
        if (status !== 0) {
          answer(callback, { value: null, status, syscall: 'CertAddCertificateContextToStore' });
          return;
        }
        const known = held[at];
        const entry = disposition === 2 && known !== undefined ? known : copyOf(certificate);
        if (known === undefined) held.push(entry);
        else held[at] = entry;
        answer(callback, { value: this.#certificate(entry, refusal) });
      },
      remove: (certificate, callback) => {
        this.calls.push(`remove ${path}`);
        const at = held.findIndex(({ encoded }) => Buffer.compare(encoded, certificate.encoded) === 0);
        const status = refusal() || (at < 0 ? NOT_FOUND : 0);
        if (status === 0) held.splice(at, 1);
        answer(callback, { status, syscall: 'CertDeleteCertificateFromStore' });
      },
      revocationLists: (callback) => {
        answer(callback, { value: this.lists.get(path) ?? [] });
      },
      addRevocationList: (encoded, disposition, callback) => {
        this.calls.push(`add list ${path} ${disposition}`);
        const present = this.lists.get(path) ?? [];
        // As if all lists were of one issuer and of one second.
        const status = refusal() || (disposition === 6 && present.length > 0 ? EXISTS : 0);
        if (status === 0) this.lists.set(path, [encoded]);
        answer(callback, { status, syscall: 'CertAddEncodedCRLToStore' });
      },
      removeRevocationList: (encoded, callback) => {
        this.calls.push(`remove list ${path}`);
        const present = this.lists.get(path) ?? [];
        const left = present.filter((each) => Buffer.compare(each, encoded) !== 0);
        const status = refusal() || (left.length === present.length ? NOT_FOUND : 0);
        if (status === 0) this.lists.set(path, left);
        answer(callback, { status, syscall: 'CertDeleteCRLFromStore' });
      },
      commit: (_flags, callback) => {
        this.calls.push('commit');
        answer(callback, DONE);
      },
      watch: (callback) => {
        answer(callback, { value: this.#watch() });
      },
      close,
    };
  }

  #watch(): NativeWatch {
    this.open += 1;
    let waiting: Callback<NativeEnd> | null = null;
    return {
      next: (callback) => {
        const change = this.coming.shift();
        if (change === undefined) {
          waiting = callback;
          return;
        }
        change();
        answer(callback, DONE);
      },
      close: once(() => {
        this.open -= 1;
        if (waiting !== null) answer(waiting, { status: CANCELLED, syscall: 'CertControlStore' });
      }),
    };
  }

  /** The certificate as a call gives it. */
  hand(held: Held): NativeCertificate {
    return this.#certificate(held);
  }

  #certificate(held: Held, refusal: () => number = () => 0): NativeCertificate {
    this.open += 1;
    const change = (work: () => void, callback: Callback<NativeEnd>): void => {
      const status = refusal();
      if (status === 0) work();
      answer(callback, { status, syscall: 'CertSetCertificateContextProperty' });
    };
    const handed: NativeCertificate & { readonly held: Held } = {
      held,
      encoded: held.encoded,
      property: (id) => held.properties.get(id) ?? null,
      keyLocation: () => held.location,
      setProperty: (id, value, callback) => {
        change(() => {
          if (value === null) held.properties.delete(id);
          else held.properties.set(id, value);
        }, callback);
      },
      setKeyLocation: (location, callback) => {
        change(() => (held.location = location), callback);
      },
      close: once(() => (this.open -= 1)),
    };
    return handed;
  }

  #key(container: string, publicKey: Uint8Array): NativeKey {
    const close = once(() => (this.open -= 1));
    const unused = (): never => {
      throw new Error('not scripted');
    };
    return {
      facts: {
        api: 'cng',
        provider: 'Microsoft Software Key Storage Provider',
        name: container,
        uniqueName: null,
        providerType: 0,
        keySpec: 0,
        algorithm: 'ECDSA',
        bits: 256,
        exportPolicy: 0,
        implementation: 2,
        machine: false,
      },
      publicKey,
      sign: unused,
      decrypt: unused,
      exportPrivate: unused,
      security: (_parts, callback) => {
        const value = this.security.get(container);
        answer(
          callback,
          value === undefined ? { value: null, status: 0x80090029, syscall: 'NCryptGetProperty' } : { value },
        );
      },
      setSecurity: (_parts, descriptor, callback) => {
        this.calls.push(`set security ${container}`);
        this.security.set(container, descriptor);
        answer(callback, DONE);
      },
      close: (callback) => {
        close();
        if (callback !== undefined) answer(callback, DONE);
      },
    };
  }
}

const DONE: NativeEnd = { status: 0, syscall: '' };

/** What is behind a certificate that a scripted system gave. */
export const heldBy = (certificate: NativeCertificate): Held =>
  (certificate as NativeCertificate & { readonly held: Held }).held;

const copyOf = (certificate: NativeCertificate): Held => {
  const held = heldBy(certificate);
  return { encoded: held.encoded, properties: new Map(held.properties), location: held.location };
};

/** As the add-on: on the event loop, never before the call returned. */
const answer = <Value>(callback: Callback<Value>, value: Value): void => {
  setImmediate(callback, value);
};

const once = (work: () => void): (() => void) => {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
};

/** SHA-1 as Windows writes it. */
export const sha1 = (bytes: Uint8Array): string =>
  createHash('sha1').update(bytes).digest('hex').toUpperCase();
