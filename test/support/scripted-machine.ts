import type { TemporaryNative } from '#lib/windows/temporary-identity/temporary-identities.js';
import type { Callback, Native } from '#lib/native/binding.js';
import type { NativeLock, NativeLivenessMarker } from '#lib/native/process-binding.js';
import type { NativeRegistryValue } from '#lib/native/registry-binding.js';
import type {
  NativeCertificate,
  NativeEnd,
  NativeKey,
  NativeKeyLocation,
  NativeOutcome,
  NativeStore,
} from '#lib/native/store-binding.js';

/** What the library needs of the add-on for temporary identities, and for their end. */
export type MachineNative = TemporaryNative & Pick<Native, 'finish' | 'setRegistryValue'>;

interface Properties {
  readonly encoded: Uint8Array;
  readonly properties: Map<number, Uint8Array>;
  location: NativeKeyLocation | null;
}

const SUCCESS: NativeEnd = { status: 0, syscall: '' };

const NTE_BAD_KEYSET = 0x80090016;

/**
 * A machine in memory: keys of the software provider, the user's CA store, liveness markers and locks, for several
 * processes, each with its own add-on. Every call may be made to fail by its name.
 */
export class ScriptedMachine {
  /** Those of the user. */
  readonly containers = new Set<string>();
  readonly containersOfMachine = new Set<string>();
  /** By DER in hexadecimal. */
  readonly authorities = new Map<string, ReadonlyMap<number, Uint8Array>>();
  /** Values by the paths of their keys. */
  readonly registry = new Map<string, Map<string, NativeRegistryValue>>();
  /** Other stores than the user's CA, by name, and the keys that their certificates name. */
  readonly keysInStores = new Map<string, NativeKeyLocation[]>();
  readonly livenessMarkers = new Set<string>();
  readonly locks = new Set<string>();
  /** Those who wait for a lock, the first in front. */
  readonly waiting: { readonly name: string; readonly take: () => void }[] = [];
  /** Every lock that was ever asked for. */
  readonly lockNames = new Set<string>();
  /** Milliseconds that each who asked for a lock would wait. */
  readonly patience: number[] = [];
  /** Every call, by its name, in order. */
  readonly calls: string[] = [];
  /** The status that a call ends with; 0 is success. */
  onCall: (call: string) => number = () => 0;

  /** @param wine its version; null is a Windows, whose stores keep each change at once */
  constructor(readonly wine: string | null = '10.0') {}

  /** @param flags CRYPT_MACHINE_KEYSET, or none */
  containersOf(flags: number): Set<string> {
    return (flags & 0x20) === 0 ? this.containers : this.containersOfMachine;
  }

  /** An entry that somebody else made. */
  addAuthority(encoded: Uint8Array, properties: ReadonlyMap<number, Uint8Array> = new Map()): void {
    this.authorities.set(hex(encoded), properties);
  }

  has(encoded: Uint8Array): boolean {
    return this.authorities.has(hex(encoded));
  }

  property(encoded: Uint8Array, id: number): Uint8Array | null {
    return this.authorities.get(hex(encoded))?.get(id) ?? null;
  }

  /** Gives a lock to the next one. */
  unlock(name: string): void {
    this.locks.delete(name);
    const index = this.waiting.findIndex((each) => each.name === name);
    if (index >= 0) this.waiting.splice(index, 1)[0]?.take();
  }

  process(): ScriptedProcess {
    return new ScriptedProcess(this);
  }
}

/** One process of a {@link ScriptedMachine}. */
export class ScriptedProcess {
  readonly native: MachineNative;
  isAppContainer = false;
  readonly #machine: ScriptedMachine;
  readonly #livenessMarkers = new Set<string>();
  readonly #locks = new Set<string>();
  readonly #certificates = new Set<NativeCertificate>();
  #openStores = 0;
  #openKeys = 0;
  #isFinishing = false;
  #isKilled = false;

  constructor(machine: ScriptedMachine) {
    this.#machine = machine;
    this.native = {
      platform: { build: 20348, wine: machine.wine },
      importKey: (request, callback) => {
        this.#answer(callback, 'importKey', () => this.#importKey(request.location));
      },
      deleteKey: ({ container, providerType, flags }, callback) => {
        this.#answer(callback, 'deleteKey', () => {
          const isThere = providerType === 0 && machine.containersOf(flags).delete(container);
          return isThere ? SUCCESS : { status: NTE_BAD_KEYSET, syscall: 'NCryptOpenKey' };
        });
      },
      listContainers: ({ providerType, flags }, callback) => {
        this.#answer(callback, 'listContainers', () => ({
          value: providerType === 0 ? [...machine.containersOf(flags)] : [],
        }));
      },
      openStore: ({ name }, callback) => {
        this.#answer(callback, 'openStore', () => ({
          value: this.#openStore(machine.keysInStores.get(name)),
        }));
      },
      readRegistry: (path, _depth, callback) => {
        this.#answer(callback, 'readRegistry', () => {
          const values = machine.registry.get(path);
          return {
            value: values === undefined ? [] : [{ path: '', written: 0, values: [...values.values()] }],
          };
        });
      },
      setRegistryValue: (path, value, callback) => {
        this.#answer(callback, 'setRegistryValue', () => {
          machine.registry.set(
            path,
            (machine.registry.get(path) ?? new Map<string, NativeRegistryValue>()).set(value.name, value),
          );
          return SUCCESS;
        });
      },
      removeRegistryValue: (path, name, callback) => {
        this.#answer(callback, 'removeRegistryValue', () => {
          machine.registry.get(path)?.delete(name);
          return SUCCESS;
        });
      },
      createCertificate: (encoded) => {
        this.#throwing('createCertificate');
        return this.#certificate({ encoded, properties: new Map(), location: null });
      },
      createLivenessMarker: (name) => this.#createLivenessMarker(name),
      isAlive: (name) => {
        this.#throwing('isAlive');
        return machine.livenessMarkers.has(name);
      },
      isAppContainer: () => this.isAppContainer,
      acquireLock: (name, timeout, callback) => {
        this.#machine.patience.push(timeout);
        this.#machine.lockNames.add(name);
        this.#acquireLock(name, callback);
      },
      finish: () => {
        machine.calls.push('finish');
        this.#isFinishing = true;
      },
    };
  }

  /** Nothing of this process is open any more. */
  get isClean(): boolean {
    const open = this.#livenessMarkers.size + this.#locks.size + this.#certificates.size;
    return open + this.#openStores + this.#openKeys === 0;
  }

  /** As TerminateProcess does it: no callback comes any more, and the kernel closes what was open. */
  kill(): void {
    this.#isKilled = true;
    for (const name of this.#livenessMarkers) this.#machine.livenessMarkers.delete(name);
    for (const name of this.#locks) this.#machine.unlock(name);
  }

  #importKey({ container, providerType, flags }: NativeKeyLocation): NativeOutcome<NativeKey> {
    if (providerType !== 0) return { value: null, status: NTE_BAD_KEYSET, syscall: 'CryptAcquireContextW' };
    this.#machine.containersOf(flags).add(container);
    this.#openKeys += 1;
    const close: NativeKey['close'] = (callback) => {
      this.#openKeys -= 1;
      this.#answer(callback, 'closeKey', () => SUCCESS);
    };
    return { value: { close } as NativeKey };
  }

  #openStore(named?: readonly NativeKeyLocation[]): NativeStore {
    // What others change is seen by those who open the store afterwards.
    const entries = new Map(this.#machine.authorities);
    const changes: (() => void)[] = [];
    const change = (what: () => void): void => {
      if (this.#machine.wine === null) what();
      else changes.push(what);
    };
    const commit = (): void => {
      for (const each of changes) each();
    };
    this.#openStores += 1;
    return {
      certificates: (callback) => {
        this.#answer(callback, 'certificates', () => ({
          value:
            named?.map((location) =>
              this.#certificate({ encoded: new Uint8Array(), properties: new Map(), location }),
            ) ??
            [...entries].map(([encoded, properties]) =>
              this.#certificate({
                encoded: Buffer.from(encoded, 'hex'),
                properties: new Map(properties),
                location: null,
              }),
            ),
        }));
      },
      add: (certificate, _disposition, callback) => {
        this.#answer(callback, 'add', () => {
          const { encoded, properties } = this.#stateOf(certificate);
          const kept = new Map(properties);
          change(() => this.#machine.authorities.set(hex(encoded), kept));
          return { value: this.#certificate({ encoded, properties: kept, location: null }) };
        });
      },
      remove: ({ encoded }, callback) => {
        this.#answer(callback, 'remove', () => {
          change(() => void this.#machine.authorities.delete(hex(encoded)));
          return SUCCESS;
        });
      },
      revocationLists: unused,
      addRevocationList: unused,
      removeRevocationList: unused,
      commit: (_flags, callback) => {
        this.#answer(callback, 'commit', () => {
          commit();
          return SUCCESS;
        });
      },
      watch: unused,
      close: (callback) => {
        // As Wine does it: takes its time, and writes once more what was changed here.
        const end = (): void => {
          this.#answer(callback, 'closeStore', () => {
            commit();
            this.#openStores -= 1;
            return SUCCESS;
          });
        };
        this.#soon(() => {
          this.#soon(end);
        });
      },
    };
  }

  readonly #states = new WeakMap<NativeCertificate, Properties>();

  #stateOf(certificate: NativeCertificate): Properties {
    const state = this.#states.get(certificate);
    if (state === undefined || !this.#certificates.has(certificate)) throw new Error('not open here');
    return state;
  }

  #certificate(state: Properties): NativeCertificate {
    const certificate: NativeCertificate = {
      encoded: state.encoded,
      property: (id) => state.properties.get(id) ?? null,
      setProperty: (id, value, callback) => {
        this.#answer(callback, 'setProperty', () => {
          if (value === null) state.properties.delete(id);
          else state.properties.set(id, value);
          return SUCCESS;
        });
      },
      keyLocation: () => state.location,
      setKeyLocation: (location, callback) => {
        this.#answer(callback, 'setKeyLocation', () => {
          state.location = location;
          return SUCCESS;
        });
      },
      close: () => void this.#certificates.delete(certificate),
    };
    this.#states.set(certificate, state);
    this.#certificates.add(certificate);
    return certificate;
  }

  #createLivenessMarker(name: string): NativeLivenessMarker {
    this.#throwing('createLivenessMarker');
    if (this.#machine.livenessMarkers.has(name)) throw new Error(`${name} is there`);
    this.#machine.livenessMarkers.add(name);
    this.#livenessMarkers.add(name);
    return {
      close: () => {
        this.#livenessMarkers.delete(name);
        this.#machine.livenessMarkers.delete(name);
      },
    };
  }

  /** Waits as long as it takes; at the end of the process not at all, and then nobody is called back. */
  #acquireLock(name: string, callback: Callback<NativeOutcome<NativeLock>>): void {
    const take = (): void => {
      this.#soon(() => {
        if (!this.#machine.locks.has(name)) {
          this.#tell(callback, 'acquireLock', () => ({ value: this.#lock(name) }));
        } else if (!this.#isFinishing) {
          this.#machine.waiting.push({ name, take });
        }
      });
    };
    take();
  }

  #lock(name: string): NativeLock {
    this.#machine.locks.add(name);
    this.#locks.add(name);
    return {
      abandoned: false,
      release: (callback) => {
        this.#answer(callback, 'release', () => {
          if (this.#locks.delete(name)) this.#machine.unlock(name);
          return SUCCESS;
        });
      },
    };
  }

  #throwing(call: string): void {
    const status = this.#begin(call);
    if (status !== 0) throw Object.assign(new Error(call), { status, syscall: call });
  }

  #begin(call: string): number {
    this.#machine.calls.push(call);
    return this.#machine.onCall(call);
  }

  #answer<Answer>(
    callback: ((answer: Answer | Failure) => void) | undefined,
    call: string,
    work: () => Answer,
  ): void {
    this.#soon(() => this.#tell(callback, call, work));
  }

  /** A call that fails does nothing. */
  #tell<Answer>(
    callback: ((answer: Answer | Failure) => void) | undefined,
    call: string,
    work: () => Answer,
  ): void {
    const status = this.#begin(call);
    callback?.(status === 0 ? work() : { value: null, status, syscall: call });
  }

  #soon(run: () => void): void {
    if (this.#isFinishing) run();
    else setImmediate(() => this.#isKilled || run());
  }
}

interface Failure {
  readonly value: null;
  readonly status: number;
  readonly syscall: string;
}

const unused = (): never => {
  throw new Error('not in this script');
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
