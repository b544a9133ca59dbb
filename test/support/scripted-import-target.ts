import { type KeyObject, X509Certificate } from 'node:crypto';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type {
  ImportTarget,
  StoreRole,
  TargetAddOptions,
  TargetCertificate,
  TargetStore,
} from '#lib/windows/import-export/import-target.js';
import type { NativeKeyLocation } from '#lib/native/store-binding.js';

/** A certificate in a {@link ScriptedImportTarget}. */
export interface ScriptedEntry extends TargetCertificate {
  readonly thumbprint: string;
  readonly raw: Uint8Array;
  readonly friendlyName: string | null;
  readonly trustedByName: boolean;
}

/** Stores and keys in memory, which say what was asked of them and fail when told. */
export class ScriptedImportTarget implements ImportTarget<ScriptedEntry> {
  readonly stores: Record<StoreRole, Map<string, ScriptedEntry>> = {
    own: new Map(),
    CA: new Map(),
    Root: new Map(),
  };
  readonly keys = new Set<string>();
  /** Thumbprints of entries that something else put there for a while. */
  readonly temporary = new Set<string>();
  /** Every call that changes or reads something, in order: 'add own', 'removeKey'. */
  readonly calls: string[] = [];
  /** Called before each; throws to have it fail. */
  onCall: (call: string, count: number) => void = () => undefined;
  /** Called when an entry is in its store; throws to have the call fail in spite of that. */
  onAdded: () => void = () => undefined;
  /** Keys that would go if the process were killed and no certificate had them. */
  readonly noted = new Set<string>();
  /** How it ended. */
  readonly ends: boolean[] = [];
  #names = 0;

  /** What is there, for comparisons. */
  get state(): unknown {
    const names = ([store, entries]: [string, Map<string, ScriptedEntry>]): unknown => [
      store,
      [...entries.values()].map(({ thumbprint, keyLocation }) => [
        thumbprint,
        keyLocation?.container ?? null,
      ]),
    ];
    return { stores: Object.entries(this.stores).map(names), keys: [...this.keys] };
  }

  async store(role: StoreRole): Promise<TargetStore<ScriptedEntry>> {
    const entries = this.stores[role];
    await this.#call(`open ${role}`);
    return {
      path: `CurrentUser\\${role === 'own' ? 'MY' : role}`,
      find: async ({ thumbprint }) => {
        await this.#call(`find ${role}`);
        return [...entries.values()].filter(
          (entry) => thumbprint === undefined || entry.thumbprint === thumbprint,
        );
      },
      add: async (certificate, options) => {
        await this.#call(`add ${role}`);
        const entry =
          certificate instanceof Uint8Array
            ? this.#entry(certificate, options)
            : this.#entry(certificate.raw, { ...propertiesOf(certificate), ...options });
        if (entries.has(entry.thumbprint) && options.onExisting === 'error') {
          throw new SchannelError('ERR_SCHANNEL_STORE_EXISTS', 'It is there');
        }
        if (certificate instanceof Uint8Array) this.temporary.delete(entry.thumbprint);
        entries.set(entry.thumbprint, entry);
        this.onAdded();
        return entry;
      },
      remove: async ({ thumbprint }) => {
        await this.#call(`remove ${role}`);
        if (!entries.delete(thumbprint)) throw new Error('removed twice');
      },
    };
  }

  async keepKey(key: KeyObject): Promise<NativeKeyLocation> {
    await this.#call('keepKey');
    if (key.type !== 'private') throw new TypeError('no private key');
    const container = `schannel-import-${++this.#names}`;
    this.noted.add(container);
    this.keys.add(container);
    return { container, provider: 'scripted', providerType: 0, flags: 0, keySpec: 0 };
  }

  async removeKey({ container }: NativeKeyLocation): Promise<void> {
    await this.#call('removeKey');
    if (!this.keys.delete(container)) throw new Error('removed twice');
  }

  async noteKey({ container }: NativeKeyLocation): Promise<void> {
    await this.#call('noteKey');
    this.noted.add(container);
  }

  async end(isDone: boolean): Promise<void> {
    await Promise.resolve();
    this.ends.push(isDone);
  }

  isTemporary({ thumbprint }: ScriptedEntry): boolean {
    return this.temporary.has(thumbprint);
  }

  outside(certificate: Uint8Array): ScriptedEntry {
    return this.#entry(certificate, { onExisting: 'keep' });
  }

  #entry(raw: Uint8Array, { keyLocation = null, friendlyName, trustRoot }: AddOptions): ScriptedEntry {
    return {
      raw,
      thumbprint: new X509Certificate(raw).fingerprint256,
      keyLocation,
      friendlyName: friendlyName ?? null,
      trustedByName: trustRoot === true,
      inspectKey: async () => {
        await this.#call('inspectKey');
        return keyLocation === null ? null : { usable: this.keys.has(keyLocation.container) };
      },
    };
  }

  async #call(name: string): Promise<void> {
    // As late as the real ones answer.
    await Promise.resolve();
    this.calls.push(name);
    this.onCall(name, this.calls.length);
  }
}

type AddOptions = Omit<TargetAddOptions, 'keyLocation'> & { keyLocation?: NativeKeyLocation | null };

const propertiesOf = ({ keyLocation, friendlyName }: ScriptedEntry): Partial<AddOptions> => ({
  keyLocation,
  ...(friendlyName !== null && { friendlyName }),
});
