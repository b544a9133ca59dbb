import type { Finding } from '#lib/tls/identity/preflight/finding.js';
import type { BindingSystem, ExaminedCertificate } from '#lib/apps/binding/system.js';
import type { Callback } from '#lib/native/binding.js';
import type { NativeSslRecord, NativeSslRecordKey } from '#lib/native/http-binding.js';
import type { NativeEnd, NativeOutcome } from '#lib/native/store-binding.js';
import type { BindingAddon } from '#lib/windows/binding/records.js';
import type { PortListener } from '#lib/windows/port/port-owner.js';
import { bindingKeyOf, formatBindingKey, nativeKeyOf, parseBindingKey } from '#lib/windows/binding/key.js';
import { guidBytes } from '#lib/windows/binding/binding.js';

export type HttpCall = keyof BindingAddon;

/** Thumbprints of certificates. */
export const OLD = 'AB'.repeat(20);
export const NEW = 'CD'.repeat(20);

export const IIS = '{4dc3e181-e14b-4a21-b022-59fc669b0914}';
export const OTHER = '{11111111-2222-3333-4444-555555555555}';

/** http.sys and the certificates of a machine, as far as bindings need them. */
export class ScriptedHttp implements BindingSystem {
  /** In Windows' order. */
  readonly records: NativeSslRecord[] = [];
  /** 'update bar.example:443', in order. */
  readonly done: string[] = [];
  /** Win32 errors of a call, one after the other; it succeeds if there is none left. 0 succeeds, too. */
  readonly refusals = new Map<HttpCall, number[]>();
  /** Calls that say that they have done something, and have not. */
  readonly pretends = new Set<HttpCall>();
  /** What Windows takes away from a record that it writes. */
  spoils: Partial<NativeSslRecord> = {};
  /** Runs before each call that changes something. */
  onChange: (call: string) => void = () => undefined;
  hasUpdate = true;
  /** HTTP_SSL_SERVICE_CONFIG_EX_PARAM_TYPE, one list for each question; the last stays. */
  extended: number[][] = [[]];
  /** By 'MY\\thumbprint'. */
  readonly certificates = new Map<string, ExaminedCertificate>();
  /** What listens on ports; null if it can't be found out. */
  listening: readonly PortListener[] | null = [
    { address: '0.0.0.0', port: 443, pid: 4, program: 'http.sys' },
    { address: '::', port: 443, pid: 4, program: 'http.sys' },
  ];
  time = Date.UTC(2026, 0, 1);

  readonly now = (): number => this.time;

  readonly listenersOn = (ports: ReadonlySet<number>): Promise<readonly PortListener[] | null> =>
    Promise.resolve(this.listening?.filter(({ port }) => ports.has(port)) ?? null);

  readonly examine = (thumbprint: string, store: string): Promise<ExaminedCertificate | null> =>
    Promise.resolve(this.certificates.get(`${store}\\${thumbprint}`) ?? null);

  readonly addon: BindingAddon = {
    sslRecords: (kind, callback) => {
      this.#answer('sslRecords', callback, () => this.records.filter((each) => each.kind === kind));
    },
    sslRecordOf: (key, callback) => {
      this.#answer('sslRecordOf', callback, () => this.records.find((each) => isOf(each, key)) ?? null);
    },
    extendedSslParameters: (_key, callback) => {
      this.#answer('extendedSslParameters', callback, () =>
        this.extended.length > 1 ? (this.extended.shift() ?? []) : (this.extended[0] ?? []),
      );
    },
    setSslRecord: (record, callback) => {
      this.#end('setSslRecord', record, callback, () => {
        this.records.push({ ...record, ...this.spoils });
      });
    },
    updateSslRecord: (record, callback) => {
      if (!this.hasUpdate) {
        setImmediate(callback, { status: 127, syscall: 'HttpUpdateServiceConfiguration' });
        return;
      }
      this.#end('updateSslRecord', record, callback, () => {
        const at = this.records.findIndex((each) => isOf(each, record));
        this.records[at] = { ...record, ...this.spoils };
      });
    },
    removeSslRecord: (key, callback) => {
      this.#end('removeSslRecord', key, callback, () => {
        this.records.splice(
          this.records.findIndex((each) => isOf(each, key)),
          1,
        );
      });
    },
  };

  /** A record as other programs make them, with everything set. */
  add(key: string, record: Partial<NativeSslRecord> = {}): NativeSslRecord {
    const whole: NativeSslRecord = {
      ...nativeKeyOf(parseBindingKey(key)),
      hash: key.startsWith('ccs') ? new Uint8Array() : Buffer.from(OLD, 'hex'),
      appId: guidBytes(OTHER) ?? new Uint8Array(),
      store: 'MY',
      checkMode: 0x10004,
      freshnessTime: 3600,
      retrievalTimeout: 5000,
      ctlIdentifier: 'list',
      ctlStore: 'ClientAuthIssuer',
      flags: 0x80000002,
      ...record,
    };
    this.records.push(whole);
    return whole;
  }

  /** A certificate that can be used for bar.example and *.foo.example, if nothing else is said. */
  certify(thumbprint: string, more: Partial<ExaminedCertificate> = {}, store = 'MY'): void {
    this.certificates.set(`${store}\\${thumbprint}`, {
      thumbprint,
      subject: 'CN=bar.example',
      validTo: new Date(Date.UTC(2027, 0, 1)),
      findings: [],
      isFor: (host) => ['bar.example', '*.foo.example'].includes(host),
      ...more,
    });
  }

  #refusal(call: HttpCall): number {
    return this.refusals.get(call)?.shift() ?? 0;
  }

  #answer<Value>(call: HttpCall, callback: Callback<NativeOutcome<Value>>, value: () => Value): void {
    const status = this.#refusal(call);
    const syscall = 'HttpQueryServiceConfiguration';
    setImmediate(() => {
      callback(status === 0 ? { value: value() } : { value: null, status, syscall });
    });
  }

  #end(call: HttpCall, key: NativeSslRecordKey, callback: Callback<NativeEnd>, work: () => void): void {
    const status = this.#refusal(call);
    this.onChange(`${call.replace('SslRecord', '')} ${formatBindingKey(bindingKeyOf(key))}`);
    this.done.push(`${call.replace('SslRecord', '')} ${key.host}${status === 0 ? '' : ` ${status}`}`);
    if (status === 0 && !this.pretends.has(call)) work();
    setImmediate(callback, { status, syscall: call });
  }
}

const isOf = (record: NativeSslRecordKey, key: NativeSslRecordKey): boolean =>
  record.kind === key.kind &&
  record.host === key.host &&
  Buffer.from(record.address).equals(Buffer.from(key.address));

export const fault = (code: Finding['code'], severity: Finding['severity']): Finding => ({
  code,
  severity,
  meaning: `It has ${code}.`,
  remedy: 'Mend it.',
});
