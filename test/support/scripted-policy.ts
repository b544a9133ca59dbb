import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { NativeCredential } from '#lib/native/binding.js';
import type { NativeOutcome } from '#lib/native/store-binding.js';
import type { PolicySystem } from '#lib/windows/policy/policy-system.js';
import { LOCAL_SUITES_KEY } from '#lib/windows/policy/keys.js';
import type { Registry, RegistryKey } from '#lib/windows/registry/registry.js';
import { listOf, listValue, numberValue, type RegistryValue } from '#lib/windows/registry/registry-value.js';

const WRITTEN = new Date('2026-01-02T03:04:05Z');

const clean = (path: string): string => path.toLowerCase();

/** A registry in memory. */
export class ScriptedRegistry implements Registry {
  readonly keys = new Map<string, { path: string; values: Map<string, RegistryValue & { name: string }> }>();
  /** 'set …\\Enabled', 'remove …', 'remove key …', in order. */
  readonly writes: string[] = [];
  /** Called before each write; what it throws is what the write throws. */
  beforeWrite: (what: string) => void = () => undefined;
  /** Keys that may not be changed. */
  readonly denied = new Set<string>();
  /** Values that are not kept, although the write succeeds. */
  readonly ignored = new Set<string>();

  put(path: string, name: string, value: RegistryValue | number | readonly string[]): this {
    const raw = typeof value === 'number' ? numberValue(value) : 'type' in value ? value : listValue(value);
    this.#key(path).set(clean(name), { ...raw, name });
    return this;
  }

  /** What is there, readable: { 'key\\name': '4 01000000' }. */
  content(): Record<string, string> {
    const content: Record<string, string> = {};
    for (const { path, values } of this.keys.values()) {
      content[path] = 'key';
      for (const { name, type, data } of values.values()) {
        content[`${path}\\${name}`] = `${type} ${Buffer.from(data).toString('hex')}`;
      }
    }
    return content;
  }

  async read(path: string, depth = 0): Promise<readonly RegistryKey[]> {
    const below = `${clean(path)}\\`;
    const found = [...this.keys.values()].filter(
      (key) =>
        clean(key.path) === clean(path) ||
        (clean(key.path).startsWith(below) && key.path.slice(below.length).split('\\').length <= depth),
    );
    return Promise.resolve(
      found.map((key) => ({ path: key.path, written: WRITTEN, values: [...key.values.values()] })),
    );
  }

  async checkRights(path: string): Promise<void> {
    if (this.denied.has(path)) throw new SchannelError('ERR_SCHANNEL_POLICY_ACCESS_DENIED', path);
    return Promise.resolve();
  }

  async set(path: string, name: string, value: RegistryValue): Promise<void> {
    this.#note(`set ${path}\\${name}`);
    this.#key(path);
    if (!this.ignored.has(name)) this.put(path, name, value);
    return Promise.resolve();
  }

  async remove(path: string, name: string): Promise<void> {
    this.#note(`remove ${path}\\${name}`);
    this.keys.get(clean(path))?.values.delete(clean(name));
    return Promise.resolve();
  }

  async removeEmptyKey(path: string): Promise<boolean> {
    this.#note(`remove key ${path}`);
    const key = this.keys.get(clean(path));
    if (key === undefined) return true;
    const isParent = [...this.keys.keys()].some((each) => each.startsWith(`${clean(path)}\\`));
    if (isParent || key.values.size > 0) return false;
    this.keys.delete(clean(path));
    return Promise.resolve(true);
  }

  #note(what: string): void {
    this.beforeWrite(what);
    this.writes.push(what);
  }

  #key(path: string): Map<string, RegistryValue & { name: string }> {
    const parts = path.split('\\');
    for (let count = 1; count <= parts.length; count += 1) {
      const each = parts.slice(0, count).join('\\');
      if (!this.keys.has(clean(each))) this.keys.set(clean(each), { path: each, values: new Map() });
    }
    const key = this.keys.get(clean(path));
    if (key === undefined) throw new Error(path);
    return key.values;
  }
}

export interface ScriptedWindows {
  readonly build?: number;
  /** SP_PROT_* of a credential; 'refused' for none. */
  readonly client?: number | 'refused';
  readonly server?: number | 'refused';
  /** What BCryptEnumContextFunctions lists; undefined as in Wine. */
  readonly suites?: readonly string[];
  /** The same of signature algorithms. */
  readonly signatures?: readonly string[];
  /** Wine's version. */
  readonly wine?: string;
  readonly fips?: boolean;
  /** Functions that add and remove suites change nothing, as in Wine. */
  readonly deafSuites?: boolean;
}

/** A Windows with a registry in memory. */
export function scriptedPolicySystem(
  registry: ScriptedRegistry,
  { build = 22631, client = 0x2800, server = 0x1400, suites, fips, ...more }: ScriptedWindows = {},
): PolicySystem & { readonly calls: string[]; readonly open: () => number } {
  const { signatures, wine = null, deafSuites = false } = more;
  const calls: string[] = [];
  let open = 0;
  const list = (): string[] => {
    const value = registry.keys.get(clean(LOCAL_SUITES_KEY))?.values.get('functions');
    return [...(listOf(value ?? null) ?? [])];
  };
  const refusal = (status: number): NativeOutcome<never> => ({ value: null, status, syscall: 'Scripted' });
  return {
    ...{ registry, calls, open: () => open },
    addon: {
      platform: { build, wine },
      acquireCredential: ({ role }, callback) => {
        const bits = role === 'client' ? client : server;
        if (bits === 'refused') {
          callback(refusal(0x8009030e));
          return;
        }
        open += 1;
        const credential: NativeCredential = {
          supportedProtocols: bits,
          close: (done) => {
            open -= 1;
            done?.({ status: 0, syscall: '' });
          },
        };
        callback({ value: credential });
      },
      contextFunctions: (_table, interfaceId, callback) => {
        const names = interfaceId === 0x10003 ? signatures : suites;
        callback(names === undefined ? refusal(0xc0000002) : { value: names });
      },
      addContextFunction: (_table, _interface, name, position, callback) => {
        calls.push(`+${position} ${name}`);
        const names = list();
        names.splice(position, 0, name);
        if (!deafSuites) registry.put(LOCAL_SUITES_KEY, 'Functions', names);
        callback({ status: 0, syscall: '' });
      },
      removeContextFunction: (_table, _interface, name, callback) => {
        calls.push(`- ${name}`);
        const names = list().filter((each) => each !== name);
        if (!deafSuites) registry.put(LOCAL_SUITES_KEY, 'Functions', names);
        callback({ status: 0, syscall: '' });
      },
      isFipsMode: () => {
        if (fips === undefined) throw new Error('not said');
        return fips;
      },
    },
  };
}
