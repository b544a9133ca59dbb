import type { DnsHandle, DnsProvider, HostAddress, TxtRecord } from '#lib/apps/acme/dns/provider.js';

/** A zone in memory: 'name value' for each TXT value, and the last address of each host. */
export class MemoryDns implements DnsProvider {
  readonly name = 'memory';
  readonly values: string[] = [];
  readonly addresses = new Map<string, string | null>();
  /** Each call: 'add name value'. */
  readonly calls: string[] = [];
  /** What the next calls throw. */
  readonly errors: Error[] = [];
  /** Values that are added although the call throws, as when an answer gets lost. */
  loses = false;

  add({ name, value }: TxtRecord): Promise<DnsHandle> {
    return this.#call(`add ${name} ${value}`, () => {
      this.values.push(`${name} ${value}`);
      return { name, value, number: this.calls.length };
    });
  }

  remove({ name, value }: DnsHandle): Promise<void> {
    return this.#call(`remove ${String(name)} ${String(value)}`, () =>
      this.#drop(`${String(name)} ${String(value)}`),
    );
  }

  removeValue({ name, value }: Pick<TxtRecord, 'name' | 'value'>): Promise<void> {
    return this.#call(`removeValue ${name} ${value}`, () => this.#drop(`${name} ${value}`));
  }

  setAddress({ name, address }: HostAddress): Promise<void> {
    return this.#call(
      `setAddress ${name} ${address ?? 'none'}`,
      () => void this.addresses.set(name, address),
    );
  }

  #drop(text: string): void {
    const at = this.values.indexOf(text);
    if (at >= 0) this.values.splice(at, 1);
  }

  async #call<Value>(what: string, make: () => Value): Promise<Value> {
    this.calls.push(what);
    const error = this.errors.shift();
    if (error !== undefined && !this.loses) throw error;
    await new Promise((resolve) => setImmediate(resolve));
    const value = make();
    if (error !== undefined) throw error;
    return value;
  }
}
