import type { Callback } from '#lib/native/binding.js';
import type {
  NativeCertificate,
  NativeEnd,
  NativeKeyLocation,
  NativeOutcome,
  NativeWatch,
} from '#lib/native/store-binding.js';
import type { SignalledStore } from '#lib/windows/store/change-signal.js';
import type { Remembered } from '#lib/windows/store/snapshot.js';
import { thumbprintOf } from '#lib/windows/store/snapshot.js';
import type { WatchedCertificate, WatchedStore } from '#lib/windows/store/watch.js';

const ERROR_NOT_SUPPORTED = 50;
const ERROR_CANCELLED = 1223;
const DONE: NativeEnd = { status: 0, syscall: 'CertControlStore' };

/** What lies in a scripted store. */
export interface Entry {
  readonly encoded: Uint8Array;
  readonly properties: Map<number, Uint8Array>;
  keyLocation: NativeKeyLocation | null;
}

export const entry = (name: string): Entry => ({
  encoded: Buffer.from(name),
  properties: new Map(),
  keyLocation: null,
});

/** SHA-1 of what stands for a certificate's DER. */
export const thumbprint = (name: string): string => thumbprintOf(Buffer.from(name));

/** A certificate that was handed out. */
export class Handed implements WatchedCertificate {
  readonly thumbprint: string;
  readonly reference: string;

  constructor(
    readonly name: string,
    readonly friendlyName: string | null,
    readonly close: () => void,
  ) {
    this.thumbprint = thumbprintOf(Buffer.from(name));
    this.reference = `Scripted\\MY\\${this.thumbprint}`;
  }
}

/** A certificate store that does as it is told, and counts what is open. */
export class ScriptedStore {
  readonly entries: Entry[] = [];
  /** Certificates, and watches, that nobody has closed yet. */
  open = 0;
  watches = 0;
  lists = 0;
  /** With what listing fails. */
  failure: Error | null = null;
  readonly watchers = new Set<{ end(): void }>();
  #changed = false;
  #waiting: Callback<NativeEnd> | null = null;

  constructor(readonly options: { readonly notified: boolean; readonly refusesWatch?: boolean }) {}

  /** As Windows after a change. */
  signal(): void {
    this.#changed = true;
    this.#release();
  }

  put(name: string): Entry {
    const added = entry(name);
    this.entries.push(added);
    this.signal();
    return added;
  }

  take(name: string): void {
    const at = this.entries.findIndex(({ encoded }) => Buffer.from(encoded).toString() === name);
    this.entries.splice(at, 1);
    this.signal();
  }

  /** How many next() of a watch are under way: such a one keeps the process alive. */
  get waiting(): number {
    return this.#waiting === null ? 0 : 1;
  }

  watched(): WatchedStore<Handed> {
    return {
      native: this.#native(),
      notified: this.options.notified,
      watchers: this.watchers,
      list: () => this.#list(),
      give: (certificate) => this.#hand(certificate),
      copy: ({ encoded, friendlyName }: Remembered) => {
        this.open += 1;
        return Promise.resolve(
          new Handed(Buffer.from(encoded).toString(), textOf(friendlyName), () => void (this.open -= 1)),
        );
      },
    };
  }

  #hand(certificate: NativeCertificate): Handed {
    return new Handed(Buffer.from(certificate.encoded).toString(), textOf(certificate.property(11)), () => {
      certificate.close();
    });
  }

  async #list(): Promise<readonly NativeCertificate[]> {
    this.lists += 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure === null) return this.entries.map((each) => this.#certificate(each));
    throw this.failure;
  }

  #native(): SignalledStore {
    return {
      watch: (callback) => {
        later<NativeOutcome<NativeWatch>>(callback, () => {
          if (this.options.refusesWatch === true)
            return { value: null, status: ERROR_NOT_SUPPORTED, syscall: 'CertControlStore' };
          this.watches += 1;
          return { value: this.#watch() };
        });
      },
    };
  }

  #watch(): NativeWatch {
    let closed = false;
    this.#changed = false;
    return {
      next: (callback) => {
        if (this.#waiting !== null) throw new Error('watch is busy');
        if (closed) throw new Error('watch is closed');
        this.#waiting = callback;
        if (this.#changed) this.#release();
      },
      close: () => {
        if (closed) return;
        closed = true;
        this.watches -= 1;
        this.#release({ status: ERROR_CANCELLED, syscall: 'watch is closed' });
      },
    };
  }

  #release(end: NativeEnd = DONE): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.#changed = false;
    later(waiting, () => end);
  }

  #certificate({ encoded, properties, keyLocation }: Entry): NativeCertificate {
    this.open += 1;
    let closed = false;
    // As it is now: what changes later is seen by the next list.
    const copy = new Map(properties);
    const unused = (): never => {
      throw new Error('watching changes nothing');
    };
    return {
      encoded,
      property: (id) => copy.get(id) ?? null,
      keyLocation: () => keyLocation,
      setProperty: unused,
      setKeyLocation: unused,
      close: () => {
        if (!closed) this.open -= 1;
        closed = true;
      },
    };
  }
}

const later = <Value>(callback: Callback<Value>, value: () => Value): void => {
  setImmediate(() => {
    callback(value());
  });
};

const textOf = (octets: Uint8Array | null): string | null =>
  octets === null ? null : Buffer.from(octets).toString();
